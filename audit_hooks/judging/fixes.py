"""Fix what rules found: edits on texts in memory, kept only when the finding is gone and nothing else broke."""

from __future__ import annotations

import os
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

from .engine import diagnose, judge, waits_for
from .ignores import Ignores
from .policy import Policy, Settings
from .rule import SAFE, UNSAFE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ..reading.edits import Edit
    from .findings import Finding
    from .policy import Options
    from .rule import Rule
    from .subject import Subject

_ROUNDS = 10  # a fix may lay bare another finding that can be fixed too


class Fixed(NamedTuple):
    """What can be fixed in one subject: new texts by path (as `Sources.text` has them), and how many findings went.

    `refused` are the codes of rules whose fix did not hold: nothing of theirs is in the texts.
    """

    texts: Mapping[str, str]
    fixed: int
    refused: tuple[str, ...]


def fix_findings(subject: Subject, options: Options, *, unsafe: bool) -> Fixed:
    """The fixes of every rule that `subject` is held to; nothing is written.

    Only SAFE ones unless `unsafe`: those keep what the code does, the others may not. What is ignored is not fixed.
    """
    from .index import INDEX

    allowed = (SAFE, UNSAFE) if unsafe else (SAFE,)
    rules = [listed.load() for listed in Policy(subject, options).rules(INDEX)]
    fixing = [rule for rule in rules if rule.mends in allowed]
    texts: dict[str, str] = {}
    refused: list[str] = []
    count = 0
    for _ in range(_ROUNDS):
        before = count
        for rule in fixing:
            if rule.code in refused:
                continue
            fixed = _by_rule(subject, rule, rules)
            if fixed is None:
                refused.append(rule.code)
            elif fixed.fixed:
                texts |= fixed.texts
                count += fixed.fixed
                subject = subject.over(fixed.texts)
        if count == before:
            break
    return Fixed(texts, count, tuple(refused))


def _by_rule(subject: Subject, rule: type[Rule], rules: Sequence[type[Rule]]) -> Fixed | None:
    """What one rule of those that are asked fixes; None when its edits leave the finding there, or break a file."""
    # One that judges what the others left needs the others; what a rule waits for may make it silent.
    judging = rules if rule.last else _needed(rule, rules)
    codes = [other.code for other in rules]

    ignores = Ignores(subject, Settings(subject.files, subject.repository))
    diagnoses = diagnose(subject, judging, codes)
    before = sorted(finding for finding in diagnoses if finding.rule == rule.code)
    fixable = [finding for finding in before if not ignores.of(finding)]
    edits: list[Edit] = []
    for finding in fixable:
        own = list(diagnoses[finding]())
        if all(_editable(subject, edit.path) for edit in own) and not _collide(own, edits):
            edits += own
    texts = {path: new for path, new in _applied(subject, edits).items() if new != subject.files.text(path)}
    if not texts:
        return Fixed({}, 0, ())
    after = subject.over(texts)
    left = Counter(_known(finding for finding in judge(after, judging, codes) if finding.rule == rule.code))
    gone = Counter(_known(fixable)) - left
    if not gone or left - Counter(_known(before)) or _broken(after, texts) > _broken(subject, texts):
        return None
    return Fixed(texts, gone.total(), ())


def _needed(rule: type[Rule], rules: Sequence[type[Rule]]) -> list[type[Rule]]:
    """A rule, those that it waits for, and what these wait for."""
    by_code = {other.code: other for other in rules}
    needed: dict[str, type[Rule]] = {}
    waiting = [rule.code]
    while waiting:
        other = by_code.get(waiting.pop())
        if other and other.code not in needed:
            needed[other.code] = other
            waiting += waits_for(other)
    return list(needed.values())


def _editable(subject: Subject, name: str) -> bool:
    """Whether an edit meets the place that it means, and nothing is lost: not in a file that git does not know, that is
    a link, in a folder that is one, or no UTF-8, nor where a lone carriage return ends lines for Python.
    """
    text = subject.files.text(name)
    if text is not None:
        return "\r" not in text
    path = subject.root / name
    return not os.path.lexists(path) and path.resolve() == subject.root.resolve() / name


def _known(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.path, finding.subject, finding.message) for finding in findings]


def _broken(subject: Subject, names: Iterable[str]) -> int:
    """How many of these files cannot be parsed."""
    count = 0
    for name in names:
        if name.endswith(".py"):
            count += any(broken.spot.path == name for broken in subject.package.unparsed)
        elif name.endswith((".yaml", ".yml", ".toml")):
            _ = subject.files.toml(name) if name.endswith(".toml") else subject.files.yaml(name)
            count += any(broken.spot.path == name for broken in subject.files.broken)
    return count


def _collide(edits: Iterable[Edit], taken: Collection[Edit]) -> bool:
    """Whether two edits would change the same place; two that say the same are one."""
    return any(
        edit.path == other.path and edit != other and edit.start <= other.end and other.start <= edit.end
        for edit in edits
        for other in taken
    )


def _applied(subject: Subject, edits: Iterable[Edit]) -> dict[str, str]:
    """The new text of every file that is edited; the last edit first, so that the offsets hold."""
    texts: dict[str, str] = {}
    for edit in sorted(set(edits), key=lambda edit: (edit.path, edit.start, edit.end), reverse=True):
        text = texts.get(edit.path, subject.files.text(edit.path) or "")
        start, end = max(edit.start, 0), max(edit.end, 0)
        texts[edit.path] = text[:start] + edit.text + text[end:]
    return texts


def as_bytes(old: bytes | None, new: str) -> bytes:
    """The bytes of a file for its new text: lines that stay keep their ends, and the file its byte order mark; new
    lines end as most of the old ones do.
    """
    if not old:
        return new.encode()
    mark = b"\xef\xbb\xbf" if old.startswith(b"\xef\xbb\xbf") else b""
    raw = _lines(old[len(mark) :].decode())
    usual = "\r\n" if 2 * sum(line.endswith("\r\n") for line in raw) > len(raw) - 1 > 0 else "\n"
    plain = [line.replace("\r\n", "\n") for line in raw]
    lines = _lines(new)
    made: list[str] = []
    for tag, start, end, first, last in SequenceMatcher(None, plain, lines, autojunk=False).get_opcodes():
        made += raw[start:end] if tag == "equal" else [line.replace("\n", usual) for line in lines[first:last]]
    return mark + "".join(made).encode()


def _lines(text: str) -> list[str]:
    """The lines with their ends; what follows the last end is one too, if only an empty one."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines
