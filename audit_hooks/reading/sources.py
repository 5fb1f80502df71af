"""The files of one folder, each read and parsed once. What cannot be read is noted and never stops the rest."""

from __future__ import annotations

import errno
import io
import os
import stat
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from dmb.errors import DmbError
from dmb.formats import marked_blocks, yaml_nodes
from dmb.formats.source import Source, offset, plain

from .git_files import walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dmb.formats.dockerfile import Instruction
    from dmb.formats.marked_blocks import Span
    from dmb.formats.yaml_nodes import Documents, Node

LARGEST = 10_000_000  # bytes: no file that a person writes is larger
GLANCED = 200_000  # bytes: nor is a script, a pipeline, a Dockerfile or a list of requirements


class Spot(NamedTuple):
    """A place in a file, as in Finding."""

    path: str
    line: int = 0
    column: int = 0

    @classmethod
    def at(cls, path: str, node: Node) -> Spot:
        """The place of a node of a YAML file."""
        return cls(path, node.line, node.column)


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
        self._documents: dict[str, Documents] = {}
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
        return "" if b"\0" in data else plain(data.decode("utf-8", "replace"))

    def offset(self, spot: Spot) -> int:
        """Where a place begins in the text of its file, in characters."""
        return offset(self.text(spot.path) or "", spot.line, spot.column)

    def yaml(self, name: str) -> Node:
        """The first document of a YAML file; a null node when there is none."""
        return self._yaml(name).first

    def owners(self, name: str) -> Mapping[int, str]:
        """The module of each line of a YAML file that stands in a marked block."""
        return self._yaml(name).owners

    def opaque(self, name: str) -> Sequence[Span]:
        """The spans of a file in which the text of a marker is data."""
        return self._yaml(name).opaque if name.endswith((".yaml", ".yml")) else ()

    def _yaml(self, name: str) -> Documents:
        if name not in self._documents:
            self._documents[name] = yaml_nodes.NONE
            if (text := self.text(name)) is not None:
                try:
                    self._documents[name] = yaml_nodes.read(Source(self.root / name, text))
                except DmbError as error:
                    self.refused(name, error)
        return self._documents[name]

    def toml(self, name: str) -> dict[str, Any]:
        """A TOML file's document; empty when there is none that can be read."""
        if name not in self._tables:
            self._tables[name] = {}
            if (text := self.text(name)) is not None:
                from dmb.formats import toml

                try:
                    self._tables[name] = toml.document(text, name)
                except DmbError as error:
                    self.refused(name, error)
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
            data = _content(self._head, self._way + name, LARGEST, linked=not self.committed)
            return plain(marked_blocks.decode(data, name))
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
        except DmbError as error:
            self.refused(name, DmbError("it is not UTF-8", place=error.place, remedy="save it as UTF-8"))
        return None


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
    parent = os.open(head, _READ | os.O_DIRECTORY)
    try:
        for folder in folders:
            child = os.open(folder, _READ | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
            os.close(parent)
            parent = child
        return os.open(last, _READ | os.O_NOFOLLOW, dir_fd=parent)
    finally:
        os.close(parent)
