"""The source lines that reports show. A line that may hold a secret is shown by none of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..facts.tokens import masked
from ..rules import find
from .plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..judging.findings import Finding
    from ..judging.verdict import Verdict
    from ..reading.sources import Sources

BEFORE, WIDTH = 60, 110  # characters: of a longer line that much is shown, so much of it before the column

# Besides what the rules on secrets point at: files that hold them, and lines that look as if they did.
_FILES = re.compile(r"(^|/)\.env[^/]*$|\.(env|pem|key|p12|pfx|jks)$|(^|/)id_[a-z0-9]+$")
_WORDS = re.compile(
    r"passw|passphrase|(?<![a-z])pass(?![a-z])|pwd|secret|token|credential|(api|access|account|private)[-_ ]?key"
    r"|authorization|bearer|://[^/\s]*@|eyJ[\w-]{8,}\.[\w-]",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"\s*(#?\s*(export\s+)?\w+=)?\s*")  # in a file of variables: nothing that is secret
# A value whose name stands on the line above.
_ALONE = re.compile(
    r"""\s*["']?[^\s"'=:()\[\]{}]{4,}={0,2}["']?[\])},;]*"""
)  # a value whose name stands on the line above
_BLOCK = re.compile(r"\s*[0-9A-Za-z+/]{40,}={0,2}\s*")  # a line of a key
HIDDEN = "…"


class Excerpt(NamedTuple):
    """A line, or the part of it around the column, in one line of printable text. `caret` counts characters from 0."""

    line: int
    text: str
    caret: int


class Excerpts:
    """The lines that the findings of some verdicts point at; `files` has them below the folder that was audited."""

    def __init__(self, verdicts: Iterable[Verdict], files: Sources) -> None:
        self._files = files
        self._lines: tuple[str, list[str]] = ("", [])  # of the file that was asked for last: findings come by file
        self._secret = {
            (finding.path, finding.line)
            for verdict in verdicts
            for finding in verdict.findings
            if (rule := find(finding.rule)) is None or rule.secret
        }

    def of(self, finding: Finding) -> Excerpt | None:
        """The line of a finding; None where it points at a whole file or at a line that is blank, gone or kept back."""
        line = self._line(finding)
        if not line.strip() or self.kept_back(finding, line):
            return None
        column = min(max(finding.column - 1, 0), len(line))
        indent = len(line) - len(line.lstrip())
        start = column - BEFORE if column - indent > BEFORE else min(indent, column)
        part = line[start : start + WIDTH]
        head, tail = "…" * (start > indent), "…" * (start + WIDTH < len(line))
        return Excerpt(finding.line, head + one_line(part).rstrip() + tail, column - start + len(head))

    def kept_back(self, finding: Finding, line: str | None = None) -> bool:
        """Whether the line of a finding may hold a secret."""
        line = self._line(finding) if line is None else line
        flagged = (finding.path, finding.line) in self._secret
        return bool(flagged or _FILES.search(finding.path) or _WORDS.search(line) or masked(line) != line)

    def _line(self, finding: Finding) -> str:
        if not finding.line:
            return ""
        if self._lines[0] != finding.path:
            self._lines = (finding.path, (self._files.text(finding.path) or "").split("\n"))
        lines = self._lines[1]
        return lines[finding.line - 1] if finding.line <= len(lines) else ""


def without_secrets(path: str, diff: Iterable[str]) -> Iterator[str]:
    """The lines of a unified diff of one file, without the words of those that may hold a secret."""
    kept_back = False
    for number, line in enumerate(diff):
        if number < 2 or line.startswith("@@"):
            kept_back = False
            yield line
            continue
        text = line[1:]
        if _FILES.search(path):
            kept_back = not _EMPTY.fullmatch(text)
        else:
            goes_on = kept_back and _ALONE.fullmatch(text)
            kept_back = bool(goes_on or _WORDS.search(text) or _BLOCK.fullmatch(text) or masked(text) != text)
        yield line[0] + HIDDEN if kept_back else line
