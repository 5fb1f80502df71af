"""What is not to be told: comments in the files, and entries of [tool.dmb.audit]; each may say why and until when."""

from __future__ import annotations

import datetime
import re
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ..reading.sources import LARGEST, Spot
from .findings import CODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .findings import Finding
    from .policy import Settings
    from .subject import Subject

WORD = "dmb: ignore"
_COMMENT = re.compile(r"#[ \t]*dmb:[ \t]*ignore\[([^\]\n]*)\][ \t]*([^\n]*)")
_READ = re.compile(
    r"(\.py|\.ya?ml|\.toml|\.cfg|(^|/)\.env(\.[^/]*)?|(^|/)(Dockerfile|Procfile)(\.[^/]*)?|\.Dockerfile)$"
)


class Ignore(NamedTuple):
    """One ignore of one code (`DEF005`, or the area `DEF`), told at `spot`.

    It covers `paths` (a glob; "" for every file), and there the lines in `lines` (None for all of them).
    """

    code: str
    reason: str
    spot: Spot
    paths: str = ""
    lines: frozenset[int] | None = None
    until: datetime.date | None = None

    @property
    def expired(self) -> bool:
        """Whether its last day is past."""
        return self.until is not None and self.until < datetime.datetime.now(tz=datetime.UTC).date()

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is not to be told because of this."""
        return (
            finding.rule.startswith(self.code)
            and (not self.paths or fnmatchcase(finding.path, self.paths))
            and (self.lines is None or finding.line in self.lines)
            and not self.expired
        )


class Ignores:
    """All ignores of a subject: what its files and settings say is not to be told."""

    def __init__(self, subject: Subject, settings: Settings) -> None:
        self._subject = subject
        self.settings = settings

    @cached_property
    def all(self) -> list[Ignore]:
        """Those of the settings, then those in the files by path and line."""
        return [*_of_settings(self.settings), *_comments(self._subject)]

    @property
    def own(self) -> list[Ignore]:
        """Those that stand in the subject's files, and are for it alone: not those of a repository's settings."""
        shared = self.settings.files is not self._subject.files or self._subject.nested
        return [ignore for ignore in self.all if not (shared and ignore.lines is None)]

    def of(self, finding: Finding) -> Ignore | None:
        """The first that covers a finding."""
        return next((ignore for ignore in self._near(finding) if ignore.covers(finding)), None)

    def _near(self, finding: Finding) -> Iterator[Ignore]:
        """Those that are for the finding's line in some file, or for all lines."""
        for line in (None, finding.line):
            yield from self._by_line.get(line, ())

    @cached_property
    def _by_line(self) -> dict[int | None, list[Ignore]]:
        by_line: dict[int | None, list[Ignore]] = {}
        for ignore in self.all:
            for line in ignore.lines or (None,):
                by_line.setdefault(line, []).append(ignore)
        return by_line

    def unused(self, findings: Iterable[Finding]) -> list[Ignore]:
        """Those of its own that cover none of these findings."""
        if not self.all:
            return []
        used = {ignore for finding in findings for ignore in self._near(finding) if ignore.covers(finding)}
        return [ignore for ignore in self.own if ignore not in used and not ignore.expired]


def _of_settings(settings: Settings) -> Iterator[Ignore]:
    text = settings.files.text(settings.path) or ""
    for code, entry in settings.table("ignore").items():
        yield _ignore(code, entry, settings.spot(text, code, "ignore"))
    for paths, codes in settings.table("per-file-ignores").items():
        entries: Any = dict.fromkeys(codes, "") if isinstance(codes, list) else codes
        for code, entry in entries.items() if isinstance(entries, dict) else ():
            yield _ignore(code, entry, settings.spot(text, paths, "per-file-ignores"))._replace(paths=paths)


def _ignore(code: Any, entry: Any, spot: Spot) -> Ignore:
    table = entry if isinstance(entry, dict) else {"reason": entry}
    until = table.get("until")
    reason = table.get("reason")
    return Ignore(
        str(code),
        reason if isinstance(reason, str) else "",
        spot,
        until=until if type(until) is datetime.date else None,
    )


def _comments(subject: Subject) -> Iterator[Ignore]:
    for name in subject.own:
        if not _READ.search(name) or WORD not in (text := subject.files.glance(name, LARGEST)):
            continue
        commented = _commented(text) if name.endswith(".py") else None
        for number, line in enumerate(text.split("\n"), 1):
            for match in _COMMENT.finditer(line) if commented is None or number in commented else ():
                # A comment that stands alone is for the line below it.
                lines = frozenset({number, number + 1} if not line[: match.start()].strip() else {number})
                for code in match[1].split(","):
                    if CODE.fullmatch(code.strip()):
                        spot = Spot(name, number, match.start() + 1)
                        yield Ignore(code.strip(), match[2].strip(), spot, _literal(name), lines)


def _commented(text: str) -> set[int] | None:
    """The lines of a Python file that have a comment: a text may hold the words too. None where it has no tokens."""
    import io
    import tokenize

    try:
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return {token.start[0] for token in tokens if token.type == tokenize.COMMENT and WORD in token.string}
    except (tokenize.TokenError, SyntaxError):
        return None


def _literal(path: str) -> str:
    """A glob that means this path alone."""
    return re.sub(r"([*?[])", r"[\1]", path)
