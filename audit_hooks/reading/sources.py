"""The files of one folder, each read and parsed once. What cannot be read is noted and never stops the rest."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from dmb.errors import DmbError
from dmb.formats.source import Source, offset
from dmb.formats.yaml_nodes import NULL, Node, documents

from .git_files import walk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dmb.formats.dockerfile import Instruction

LARGEST = 10_000_000  # bytes: no file that a person writes is larger
GLANCED = 200_000  # bytes: nor is a script, a pipeline, a Dockerfile or a list of requirements


class Spot(NamedTuple):
    """A place in a file, as in Finding."""

    path: str
    line: int = 0
    column: int = 0


def spot_at(path: str, text: str, at: int) -> Spot:
    """The place of the character `at` in the text of a file."""
    return Spot(path, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


class Broken(NamedTuple):
    """A file, or a part of one, that cannot be understood."""

    spot: Spot
    cause: str
    remedy: str


class Sources:
    """The files below `root`. With `tracked`, the names that git knows, there are no others: a commit is judged."""

    def __init__(self, root: Path, tracked: frozenset[str] | None = None) -> None:
        self.root = root
        self.tracked = tracked
        self._head = os.fspath(root)  # a text, for there are many files and each is read once
        self._way = ""  # from there to the files of a commit, without a link on it: a folder of the repository, or ""
        self.broken: list[Broken] = []
        self._texts: dict[str, str | None] = {}
        self._nodes: dict[str, Node] = {}
        self._tables: dict[str, dict[str, Any]] = {}
        self._steps: dict[str, list[Instruction]] = {}

    @property
    def committed(self) -> bool:
        """Whether a commit is judged: then what another machine cannot have does not count."""
        return self.tracked is not None

    def over(self, texts: Mapping[str, str]) -> Sources:
        """The same files with other texts in some, new ones among them; nothing is written."""
        names = None if self.tracked is None else self.tracked | texts.keys()
        files = self._like(self.root, names)
        files._texts = {**self._texts, **texts}
        return files

    def below(self, folder: str) -> Sources:
        """The files of one folder of these."""
        if folder in ("", "."):
            return self
        if self.tracked is None:
            return Sources(self.root / folder)
        names = frozenset(name[len(folder) + 1 :] for name in self._inside(folder))
        files = self._like(self.root / folder, names)
        files._way = f"{self._way}{folder}/"
        return files

    def _like(self, root: Path, names: frozenset[str] | None) -> Sources:
        """Other files of the same repository."""
        files = Sources(root, names)
        files._head, files._way = self._head, self._way
        return files

    def _inside(self, folder: str) -> list[str]:
        """The names below a folder: they stand together in the sorted list."""
        return self.names[bisect_left(self.names, f"{folder}/") : bisect_left(self.names, f"{folder}0")]  # 0 follows /

    @cached_property
    def names(self) -> list[str]:
        """The files that are there, sorted; hidden folders and environments left out where git cannot tell."""
        return sorted(walk(self.root) if self.tracked is None else self.tracked)

    def has(self, name: str) -> bool:
        """Whether there is a file or, with a name that ends in `/`, a folder of that name."""
        if self.tracked is None:
            return (self.root / name).exists()
        return bool(self._inside(name[:-1])) if name.endswith("/") else name in self.tracked

    def text(self, name: str) -> str | None:
        """A file's text without byte order mark and with `\\n` as line ending; None when there is none to be read."""
        if name not in self._texts:
            self._texts[name] = self._read(name)
        return self._texts[name]

    def glance(self, name: str, most: int = GLANCED) -> str:
        """A file's text where it has at most `most` bytes; "" for a larger one, a binary or none. Nothing is noted."""
        if name in self._texts:
            return self._texts[name] or ""
        if self.tracked is not None and name not in self.tracked:
            return ""
        try:
            data = _content(self._head, self._way + name, most, linked=False)
        except OSError:
            return ""
        return "" if b"\0" in data else _text(data, "replace")

    def offset(self, spot: Spot) -> int:
        """Where a place begins in the text of its file, in characters."""
        return offset(self.text(spot.path) or "", spot.line, spot.column)

    def yaml(self, name: str) -> Node:
        """The first document of a YAML file; a null node when there is none."""
        if name not in self._nodes:
            self._nodes[name] = NULL
            if (text := self.text(name)) is not None:
                try:
                    self._nodes[name] = next(iter(documents(_Source(self.root / name, text))), NULL)
                except DmbError as error:
                    self.refused(name, error)
        return self._nodes[name]

    def toml(self, name: str) -> dict[str, Any]:
        """A TOML file's document; empty when there is none that can be read."""
        if name not in self._tables:
            self._tables[name] = {}
            if (text := self.text(name)) is not None:
                import tomllib

                try:
                    self._tables[name] = tomllib.loads(text)
                except tomllib.TOMLDecodeError as error:
                    line, cause = _told(error, text)
                    self.broken.append(Broken(Spot(name, line), f"broken TOML: {cause}", "mend the line"))
                except RecursionError:
                    self.broken.append(Broken(Spot(name), "its values are nested too deep", "mend it"))
        return self._tables[name]

    def dockerfile(self, name: str) -> list[Instruction]:
        """The instructions of a Dockerfile; none when there are none that can be read."""
        if name not in self._steps:
            from dmb.formats.dockerfile import instructions

            self._steps[name] = []
            try:
                self._steps[name] = instructions(self.text(name) or "", str(self.root / name))
            except DmbError as error:
                self.refused(name, error)
        return self._steps[name]

    def owners(self, name: str) -> dict[int, str]:
        """The module of each line of a file that stands in a marked block."""
        return Source(self.root / name, self.text(name) or "").owners()

    def refused(self, name: str, error: DmbError) -> None:
        """Note what one of dmb's readers refused."""
        line = error.place.rpartition(":")[2]
        note = Broken(Spot(name, int(line) if line.isdecimal() else 0), error.cause, error.remedy)
        if note not in self.broken:
            self.broken.append(note)

    def _read(self, name: str) -> str | None:
        if self.tracked is not None and name not in self.tracked:
            return None
        try:
            return _text(_content(self._head, self._way + name, LARGEST, linked=not self.committed))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno in _NO_FILE:
                return None
            if error.errno == errno.EFBIG:
                cause, remedy = f"it is larger than {LARGEST // 1_000_000} MB", "make it smaller"
            else:
                cause, remedy = f"it cannot be read: {error.strerror}", "give the right to read it"
            self.broken.append(Broken(Spot(name), cause, remedy))
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            self.broken.append(Broken(Spot(name, line), "it is not UTF-8", "save it as UTF-8"))
        return None


def _text(data: bytes, errors: str = "strict") -> str:
    return data.decode("utf-8", errors).removeprefix("\ufeff").replace("\r\n", "\n")


_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe would wait for its writer
_NO_FILE = (errno.ELOOP, errno.ENXIO, errno.EISDIR)  # a link, a socket, a folder or a pipe


def _content(head: str, name: str, most: int, *, linked: bool) -> bytes:
    """The bytes of the file `name` below the folder `head`. OSError where it has more than `most` (EFBIG), where it is
    no file (EISDIR), and for a link on the way unless `linked`: it may lead out of the repository.
    """
    descriptor = os.open(os.path.join(head, name), _READ) if linked else _opened(head, name)  # noqa: PTH118
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):  # `.env` is also a name for an environment
            raise IsADirectoryError(errno.EISDIR, "it is no file")
        if status.st_size > most:
            raise OSError(errno.EFBIG, "it is too large")
        with io.FileIO(descriptor, closefd=False) as file:
            return file.readall()
    finally:
        os.close(descriptor)


def _opened(head: str, name: str) -> int:
    """The file `name` below the folder `head`, opened folder by folder; OSError where one of them, or it, is a link."""
    *folders, last = name.split("/")
    here = os.open(head, _READ | os.O_DIRECTORY)
    try:
        for folder in folders:
            below = os.open(folder, _READ | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        return os.open(last, _READ | os.O_NOFOLLOW, dir_fd=here)
    finally:
        os.close(here)


_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


def _told(error: Exception, text: str) -> tuple[int, str]:
    """(line, cause) of a TOML file's error, which names its line in words."""
    where = _AT_LINE.search(str(error))
    line = int(where[1]) if where and where[1] else text.count("\n") + 1
    return line, _AT_LINE.sub("", str(error)).strip()


class _Source(Source):
    """A file whose refusals say nothing of what it was read for."""

    def broken(self, cause: str, line: int) -> DmbError:
        return DmbError(cause, place=self.place(line), remedy="mend the line")
