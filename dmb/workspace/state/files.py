"""The files of a workspace in which modules have blocks: each read, parsed and checked once, for any number of changes.

What a module has in them is plain data, its `Pieces`; a module that is removed has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...compose.services import services
from ...errors import DmbError, NothingToWorkOn
from ...formats import envfile, marked_blocks, yaml_nodes
from ...formats.dockerfile_sections import put_sections, sections
from ...formats.yamlsplice import YamlFile
from .registry import Entry, fingerprints

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ...formats.envfile import Assignment
    from ...formats.marked_blocks import Block
    from ...formats.source import Source
    from ...formats.yaml_nodes import Documents
    from ...formats.yamlsplice import KeyPath
    from ...layout import Layout
    from ...transaction.transaction import Transaction


@dataclass(frozen=True)
class Pieces:
    """What one module has in the files of a workspace."""

    entries: Mapping[Path, Mapping[KeyPath, str]] = field(default_factory=dict)  # YAML files
    lines: Mapping[Path, str] = field(default_factory=dict)  # the Procfile
    variables: Mapping[str, str] = field(default_factory=dict)  # .env
    snippet: str = ""  # the Dockerfile


NO_PIECES = Pieces()

# The first line of a `.env` that dmb created; when nothing else is left in it, the file is deleted.
ENV_HEADER = "# Made by dmb for variables of modules.\n"


class Files:
    """The texts of one workspace, as a transaction sees them. Everything refuses with file and line (DmbError)."""

    def __init__(self, tx: Transaction, layout: Layout) -> None:
        self._tx, self.layout = tx, layout
        self._texts: dict[Path, str] = {}
        self._yaml: dict[Path, YamlFile] = {}
        self._variables: Sequence[Assignment] | None = None

    def text(self, path: Path) -> str:
        """What a file says; NothingToWorkOn when it is missing. A `.env` may be: it is created when it is needed."""
        if path not in self._texts:
            data = self._tx.read(path)
            if data is None and path == self.layout.env:
                data = ENV_HEADER.encode()
            if data is None:
                raise NothingToWorkOn(
                    "this file of the workspace is missing",
                    place=str(path),
                    remedy="restore it, or create it again: dmb workspace init, with the options of the first time",
                )
            self._texts[path] = marked_blocks.decode(data, str(path))
        return self._texts[path]

    def exists(self, path: Path) -> bool:
        """Whether there is such a file."""
        return self._tx.read(path) is not None

    @property
    def mounts_all_credentials(self) -> bool:
        """Whether a container mounts the folder of all modules' credential files, which must be there then."""
        return not self.exists(self.layout.compose) or "./auth:" in self.text(self.layout.compose)

    def state(self, name: str) -> bytes | None:
        """A file of dmb's own folder; None where there is none."""
        return self._tx.read(self.layout.state / name)

    def write_state(self, name: str, data: bytes | None) -> None:
        """Plan a file of dmb's own folder, readable for the user alone; None: gone."""
        self._tx.write(self.layout.state / name, data, mode=0o600)

    def yaml(self, path: Path) -> YamlFile:
        """A YAML file, parsed."""
        if path not in self._yaml:
            self._yaml[path] = YamlFile(self.text(path), str(path))
        return self._yaml[path]

    def documents(self, source: Source) -> Documents:
        """What a YAML file says, for readers; a file that was parsed already is not parsed again."""
        file = self._yaml.get(source.path)
        return file.documents if file else yaml_nodes.read(source)

    def variables(self) -> Sequence[Assignment]:
        """All that `.env` sets."""
        if self._variables is None:
            env = self.layout.env
            self._variables = envfile.assignments(self.text(env), str(env))
        return self._variables

    def change(
        self, wanted: Mapping[str, Pieces], entries: Mapping[str, Entry | None], *, force: bool = False
    ) -> tuple[dict[str, dict[str, str]], set[str]]:
        """Plan that each module has exactly its pieces: the fingerprints of its blocks, by module and file, and the
        modules whose blocks change.

        `entries` are the registry's, None for a module that is new. A block that a person changed is neither replaced
        nor removed unless `force`; in `.env`, variables that a block has already keep their values.
        """
        names = {name for entry in entries.values() if entry for name in entry.blocks}
        kept = {self.layout.root / name for name in names}
        digests: dict[str, dict[str, str]] = {name: {} for name in wanted}
        touched: set[str] = set()

        def record(path: Path, before: list[Block], after: list[Block]) -> None:
            file = self.layout.name_of(path)
            is_now, will_be = fingerprints(before, wanted), fingerprints(after, wanted)
            touched.update(name for name in wanted if is_now.get(name) != will_be.get(name))
            judged = [block for block in before if path != self.layout.env or wanted[block.owner] == NO_PIECES]
            if not force:
                _refuse_changed(path, file, judged, is_now, will_be, entries)
            for name, digest in will_be.items():
                digests[name][file] = digest

        for path in sorted(kept | {path for pieces in wanted.values() for path in pieces.entries}):
            if path.suffix in (".yaml", ".yml") and self._needed(path, wanted):
                file = self.yaml(path)
                for name, pieces in wanted.items():
                    file.put(name, pieces.entries.get(path, {}))
                new = file.applied()
                record(path, _of(file, wanted), _of(new, wanted))
                if path == self.layout.compose and NO_PIECES in wanted.values():
                    _refuse_left(file, new)
                self._write(path, new.render())
        for path in sorted(kept | {path for pieces in wanted.values() for path in pieces.lines}):
            if path.name == self.layout.procfile.name and self._needed(path, wanted):
                text, place = self.text(path), str(path)
                bodies = {name: pieces.lines.get(path) for name, pieces in wanted.items()}
                before = marked_blocks.find_blocks(text, place)
                new_text = marked_blocks.changed(text, bodies, before)
                record(path, _owned(before, wanted), _owned(marked_blocks.find_blocks(new_text, place), wanted))
                self._write(path, new_text)
        path = self.layout.dockerfile
        snippets = {name: pieces.snippet for name, pieces in wanted.items()}
        if any(snippets.values()) or self.exists(path):
            text, place = self.text(path), str(path)
            before = _owned(sections(text, place), wanted)
            if before or any(snippets.values()):
                new_text = put_sections(text, snippets, place)
                record(path, before, _owned(sections(new_text, place), wanted))
                self._write(path, new_text)
        env = self.layout.env
        if self.exists(env) or any(pieces.variables for pieces in wanted.values()):
            text, place = self.text(env), str(env)
            before = _owned(envfile.blocks(text, place), wanted)
            bodies = self._bodies(before, wanted)
            new_text = envfile.update(text, bodies, place) if bodies else text
            after = _owned(envfile.blocks(new_text, place), wanted) if bodies else before
            record(env, before, after)
            self._write(env, new_text)
        return digests, touched

    def _needed(self, path: Path, wanted: Mapping[str, Pieces]) -> bool:
        """Whether the file must be read: one that is missing does not prevent the removal of a module."""
        return self.exists(path) or any(path in (*pieces.entries, *pieces.lines) for pieces in wanted.values())

    def _bodies(self, before: list[Block], wanted: Mapping[str, Pieces]) -> dict[str, str | None]:
        """The blocks of `.env` that change: missing variables are added; None removes the block."""
        bodies: dict[str, str | None] = {}
        blocks = {block.owner: block for block in before}
        env = self.layout.env
        present = {(owner, key) for owner, key, _ in envfile.owned(self.text(env), str(env)) if owner in wanted}
        for name, pieces in wanted.items():
            missing = {key: value for key, value in pieces.variables.items() if (name, key) not in present}
            if missing:
                body = blocks[name].body if name in blocks else ""
                bodies[name] = body + "".join(f"{envfile.line(key, value)}\n" for key, value in missing.items())
            elif name in blocks and pieces == NO_PIECES:
                bodies[name] = None
        return bodies

    def _write(self, path: Path, text: str) -> None:
        if path == self.layout.env and text == ENV_HEADER:
            self._tx.write(path, None)
        else:
            self._tx.write(path, marked_blocks.encode(text), mode=0o600 if path == self.layout.env else 0o644)


def _of(file: YamlFile, owners: Mapping[str, Pieces]) -> list[Block]:
    return _owned((placed.block for placed in file.blocks), owners)


def _owned(blocks: Iterable[Block], owners: Mapping[str, Pieces]) -> list[Block]:
    return [block for block in blocks if block.owner in owners]


def _refuse_left(before: YamlFile, after: YamlFile) -> None:
    """What stays must not depend on a service that is removed: Compose refuses such a file as a whole."""
    services_before, services_after = services(before), services(after)
    for service in services_after.values():
        for needed in service.needs:
            if needed in services_before.keys() - services_after.keys():
                raise DmbError(
                    f"{service.name} depends on {needed} outside dmb's blocks, and {needed} would be removed",
                    place=f"{before.place}:{before.line(('services', service.name, 'depends_on'))}",
                    remedy=f"remove {needed} from that `depends_on` by hand, then run again",
                )


def _refuse_changed(
    path: Path,
    file: str,
    before: list[Block],
    is_now: Mapping[str, str],
    will_be: Mapping[str, str],
    entries: Mapping[str, Entry | None],
) -> None:
    """Refuse to overwrite or remove a block that a person changed, unless it says what it should.

    `is_now` and `will_be` are the fingerprints before and after the change.
    """
    for block in before:
        entry = entries.get(block.owner)
        expected = entry.blocks.get(file) if entry else None
        if is_now[block.owner] not in (expected, will_be.get(block.owner)):
            problem = "was changed by hand" if expected else "was not written by dmb"
            remedy = "undo your change, or move it outside the markers; --force discards it"
            raise DmbError(
                f"the block of {block.owner} {problem}",
                place=f"{path}:{block.line}",
                remedy=remedy if expected else f"dmb workspace adopt {block.owner} takes over what is there now",
            )
