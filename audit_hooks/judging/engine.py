"""Judge: find what is to be judged below a folder, run the rules, take out what is ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..reading.sources import Sources
from .discovery import repositories, subjects
from .garbage_collection import seldom
from .policy import Policy
from .subject import Subject
from .verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from ..rules import Listed
    from .findings import Finding
    from .policy import Options
    from .rule import Rule


def judge(subject: Subject, rules: Iterable[type[Rule]], asked: Collection[str] = ()) -> list[Finding]:
    """The findings of these rules in one subject, sorted. `asked` are the codes that it is held to where these rules
    are only some of them.

    A rule is not asked where one that it `requires` found something; those that are `last` see what the others left.
    """
    found: set[Finding] = set()
    fired: set[str] = set()
    judging = sorted((rule for rule in rules if subject.kind in rule.kinds), key=lambda rule: rule.last)
    subject.asked = frozenset(asked or [rule.code for rule in judging])
    for rule in judging:
        if fired.isdisjoint(rule.requires):
            if rule.last:
                subject.ignores.take(found)
            new = set(rule().check(subject))
            if new:
                found |= new
                fired.add(rule.code)
    return sorted(found)


def workspace(root: Path) -> Subject:
    """The workspace in a folder as it is on this machine: registry, `.env` and module repositories count."""
    return Subject("workspace", Sources(root))


def judge_commit(root: Path, rules: Iterable[Listed]) -> tuple[list[Finding], int]:
    """The findings in the repository `root` as git knows it, and how many modules and workspaces there were. No file
    of this machine alone counts, so that the same commit gets the same verdict everywhere; outside of git all files but
    those do.
    """
    found: set[Finding] = set()
    rules, count = tuple(rules), 0
    for subject in subjects(root):
        if subject.kind != "repository":
            count += 1
            asked = [listed for listed in rules if subject.kind in listed.kinds]
            found |= set(_placed(_judged(subject, asked), subject.folder))
    return sorted(found), count


def audit(root: Path, options: Options, *, jobs: int = 1) -> list[Verdict]:
    """The verdict on every subject below `root`, a repository or a folder that holds some, in the order of folders.

    Each is held to its own settings ([tool.dmb], [tool.dmb.audit]) as far as `options` say nothing else. `jobs` is how
    many processes share the work where there is enough of it.
    """
    found = list(repositories(root))
    many = jobs > 1 and (len(found) >= _MANY or sum(1 for one in found for _ in subjects(one)) >= _MANY)
    parts = jobs if many and len(found) < _MANY else 1
    units = [(root, repository, options, part, parts) for repository in found for part in range(parts)]
    if many:
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(jobs, initializer=seldom) as pool:
            chunk = max(1, len(units) // (jobs * 8))
            verdicts = [one for some in pool.map(_unit, units, chunksize=chunk) for one in some]
    else:
        verdicts = [one for unit in units for one in _unit(unit)]
    return _once(sorted(verdicts, key=lambda verdict: (verdict.folder, verdict.kind)))


def _once(verdicts: list[Verdict]) -> list[Verdict]:
    """The verdicts with each finding in one of them: two subjects may share a file, and the innermost has it."""
    seen: set[Finding] = set()
    for index in sorted(range(len(verdicts)), key=lambda index: (-len(verdicts[index].folder), index)):
        told = verdicts[index].findings
        verdicts[index] = verdicts[index]._replace(findings=tuple(one for one in told if one not in seen))
        seen.update(told)
    return verdicts


_MANY = 8  # what another process costs to start is then worth it


def _unit(unit: tuple[Path, Path, Options, int, int]) -> list[Verdict]:
    """The verdicts of one repository, or of every `parts`-th subject in it; each is let go once it is judged."""
    root, repository, options, part, parts = unit
    inside = repository.relative_to(root).as_posix()
    return [
        verdict(subject, options, "" if inside == "." else inside)
        for index, subject in enumerate(subjects(repository))
        if index % parts == part
    ]


def verdict(subject: Subject, options: Options, inside: str = "") -> Verdict:
    """The verdict on one subject of a repository that stands in the folder `inside` of what is audited."""
    from ..rules.index import INDEX

    policy = Policy(subject, options)
    asked = policy.rules(INDEX)
    found = policy.applied(_judged(subject, asked))
    folder = "/".join(part for part in (inside, subject.folder) if part)
    told = _placed([finding for finding in found if not subject.ignores.of(finding)], folder)
    counted = _unknown(told, options, subject, folder) if options.baseline else told
    module = subject.module
    return Verdict(
        folder=folder,
        name=subject.name,
        kind=subject.kind,
        made=subject.made,
        tier=policy.tier,
        checked=tuple(listed.code for listed in asked),
        findings=tuple(counted),
        silenced=len(found) - len(counted),
        database=module.database if module else "",
        ports=module.ports if module else {},
    )


def _judged(subject: Subject, asked: Collection[Listed]) -> list[Finding]:
    """The findings of all that is asked. Only what may find something is loaded: a rule over code finds nothing where
    none of its words stands.
    """
    loaded = [
        listed.load()
        for listed in asked
        if listed.mentions is None or any(map(subject.package.mentioning, listed.mentions))
    ]
    return judge(subject, loaded, [listed.code for listed in asked])


def _unknown(findings: Iterable[Finding], options: Options, subject: Subject, folder: str) -> list[Finding]:
    """The findings that the baseline does not hold; each of its entries counts as often as it says."""
    from .baseline import mark

    known = dict(options.baseline)
    left = []
    for finding in findings:
        fingerprint = mark(finding, subject.files.text(finding.path[len(folder) + 1 if folder else 0 :]))
        known[fingerprint] = known.get(fingerprint, 0) - 1
        if known[fingerprint] < 0:
            left.append(finding)
    return left


def _placed(findings: Iterable[Finding], folder: str) -> list[Finding]:
    """The findings with their paths below the folder that is audited."""
    return [finding._replace(path=f"{folder}/{finding.path}") for finding in findings] if folder else list(findings)
