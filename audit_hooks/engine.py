"""Judge: find what is to be judged below a folder, run the rules, take out what is ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .discovery import repositories, subjects
from .policy import Options, Policy
from .rule import SAFE, UNSAFE
from .sources import Sources
from .subject import Subject
from .verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .findings import Finding
    from .rule import Rule

__all__ = ["SAFE", "UNSAFE", "Options", "audit", "judge", "judge_commit", "workspace"]


def judge(subject: Subject, rules: Iterable[type[Rule]]) -> list[Finding]:
    """The findings of these rules in one subject, sorted.

    A rule is not asked where one that it `requires` found something; those that are `last` see what the others left.
    """
    found: set[Finding] = set()
    fired: set[str] = set()
    for rule in sorted((rule for rule in rules if subject.kind in rule.kinds), key=lambda rule: rule.last):
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


def judge_commit(root: Path, rules: Iterable[type[Rule]]) -> tuple[list[Finding], int]:
    """The findings in the repository `root` as git knows it, and how many modules and workspaces there were. No file
    of this machine alone counts, so that the same commit gets the same verdict everywhere; outside of git all files but
    those do.
    """
    found: set[Finding] = set()
    rules, count = tuple(rules), 0
    for subject in subjects(root):
        if subject.kind != "repository":
            count += 1
            found |= set(_placed(judge(subject, rules), subject.folder))
    return sorted(found), count


def audit(root: Path, options: Options) -> Iterator[Verdict]:
    """The verdict on every subject below `root`, a repository or a folder that holds some, in the order of folders.

    Each is held to its own settings ([tool.dmb], [tool.dmb.audit]) as far as `options` say nothing else.
    """
    for repository in repositories(root):
        inside = repository.relative_to(root).as_posix()
        for subject in subjects(repository):
            yield verdict(subject, options, "" if inside == "." else inside)


def verdict(subject: Subject, options: Options, inside: str = "") -> Verdict:
    """The verdict on one subject of a repository that stands in the folder `inside` of what is audited."""
    from .rules import RULES

    policy = Policy(subject, options)
    rules = policy.rules(RULES)
    found = policy.applied(judge(subject, rules))
    counted = [finding for finding in found if not policy.ignored(finding)]
    folder = "/".join(part for part in (inside, subject.folder) if part)
    module = subject.module
    return Verdict(
        folder=folder,
        name=subject.name,
        kind=subject.kind,
        made=subject.made,
        tier=policy.tier,
        checked=tuple(rule.code for rule in rules),
        findings=tuple(_placed(counted, folder)),
        silenced=len(found) - len(counted),
        database=module.database if module else "",
        ports=module.ports if module else {},
    )


def _placed(findings: Iterable[Finding], folder: str) -> list[Finding]:
    """The findings with their paths below the folder that is audited."""
    return [finding._replace(path=f"{folder}/{finding.path}") for finding in findings] if folder else list(findings)
