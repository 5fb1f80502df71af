"""What is known already: findings as fingerprints that survive edits elsewhere in the file."""

from __future__ import annotations

import functools
import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

from dmb.errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..reading.sources import Sources
    from .findings import Finding

SCHEMA = "dmb.baseline/1"


def fingerprint(finding: Finding, files: Sources) -> str:
    """Rule, path, object and the line's words, no line number: 32 hexadecimal digits, the same on every machine."""
    return mark(finding, files.text(finding.path))


def mark(finding: Finding, text: str | None) -> str:
    """The fingerprint, from the text of the finding's file."""
    lines = _lines(text or "")
    line = lines[finding.line - 1] if 0 < finding.line <= len(lines) else ""
    if hidden(finding.rule):
        line = ""  # a baseline is committed: nothing of a secret goes into it
    words = "\0".join((finding.rule, finding.path, finding.subject, " ".join(line.split())))
    return hashlib.sha256(words.encode("utf-8", "surrogateescape")).hexdigest()[:32]


@functools.lru_cache(maxsize=4)  # findings come file by file, and one may have thousands
def _lines(text: str) -> list[str]:
    return text.split("\n")


def hidden(code: str) -> bool:
    """Whether the lines that a rule tells of may hold a secret."""
    from .index import INDEX

    return any(listed.secret for listed in INDEX if listed.code == code)


def render(findings: Iterable[Finding], files: Sources) -> str:
    """The baseline's file: how many findings there are of each fingerprint; sorted, so that it merges."""
    counts = Counter(fingerprint(finding, files) for finding in set(findings))
    return json.dumps({"schema": SCHEMA, "findings": dict(sorted(counts.items()))}, indent=1) + "\n"


def read(path: Path) -> dict[str, int]:
    """How many findings of each fingerprint are known. DmbError where the file is no baseline."""
    remedy = "write it anew: dmb audit --write-baseline FILE"
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["schema"] != SCHEMA:
            raise DmbError(f"its schema is not {SCHEMA}", place=str(path), remedy=remedy)
        counts = document["findings"]
        if not isinstance(counts, dict) or not all(isinstance(count, int) for count in counts.values()):
            raise TypeError
    except OSError as error:
        raise DmbError(f"it cannot be read: {error.strerror}", place=str(path), remedy=remedy) from error
    except (ValueError, TypeError, KeyError) as error:
        raise DmbError("this is no baseline", place=str(path), remedy=remedy) from error
    return {str(mark): count for mark, count in counts.items()}
