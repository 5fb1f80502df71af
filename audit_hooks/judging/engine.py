"""Judge: find what is to be judged below a folder, run the rules, take out what is ignored or known.

There is one verdict: both hooks, `dmb audit` and `dmb workspace validate` come to it through `verdict`.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from ..reading.sources import Sources
from .discovery import repositories, subjects
from .ignores import Ignores
from .policy import Policy, Settings
from .statements import StatementRule, Statements
from .subject import Subject
from .verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from ..reading.edits import Edit
    from .findings import Finding
    from .listed import Listed
    from .policy import Options
    from .rule import Rule

_MANY = 8  # what another process costs to start is then worth it
_OBJECTS = 50_000


def judge(
    subject: Subject, rules: Iterable[type[Rule]], judged: Collection[str] = (), ignores: Ignores | None = None
) -> list[Finding]:
    """The findings of these rules in one subject, sorted, whatever ignores say. `judged` are the codes of all that is
    judged, where these rules are only those of them that may find something.
    """
    return sorted(diagnose(subject, rules, judged, ignores))


def diagnose(
    subject: Subject, rules: Iterable[type[Rule]], judged: Collection[str] = (), ignores: Ignores | None = None
) -> dict[Finding, Callable[[], Iterable[Edit]]]:
    """The same findings, each with what gives the edits that fix it.

    A rule is not asked where one that it `requires` found something.
    """
    diagnoses: dict[Finding, Callable[[], Iterable[Edit]]] = {}
    fired: set[str] = set()
    ordered = in_order(rule for rule in rules if subject.kind in rule.kinds)
    codes = frozenset(judged or [rule.code for rule in ordered])
    for rule in ordered:
        if not fired.isdisjoint(rule.requires):
            continue
        if issubclass(rule, StatementRule):
            if ignores is None:
                ignores = Ignores(subject, Settings(subject.files, subject.repository))
            statements = Statements(ignores.settings, ignores, codes, frozenset(diagnoses))
            own = dict(rule().check_statements(subject, statements))
        else:
            own = dict(rule().check(subject))
        if rule.gives_way_to:
            subjects = {finding.subject for finding in diagnoses if finding.rule in rule.gives_way_to}
            own = {finding: edits for finding, edits in own.items() if finding.subject not in subjects}
        if own:
            diagnoses |= own
            fired.add(rule.code)
    return diagnoses


def in_order(rules: Iterable[type[Rule]]) -> list[type[Rule]]:
    """Each rule after those that it waits for: what it requires or gives way to. Else as they come, those that are
    `last` after the others, and those on a subject's statements after all that judge the subject itself.

    ValueError where rules wait for each other.
    """
    waiting = sorted(rules, key=lambda rule: (issubclass(rule, StatementRule), rule.last))
    by_code = {rule.code: rule for rule in waiting}
    ordered: dict[str, type[Rule]] = {}

    def place(rule: type[Rule], above: tuple[str, ...]) -> None:
        if rule.code in above:
            raise ValueError(f"these rules wait for each other: {', '.join((*above, rule.code))}")
        if rule.code not in ordered:
            for code in waits_for(rule):
                if code in by_code:
                    place(by_code[code], (*above, rule.code))
            ordered[rule.code] = rule

    for rule in waiting:
        place(rule, ())
    return list(ordered.values())


def waits_for(rule: type[Rule]) -> tuple[str, ...]:
    """The codes of the rules whose answer a rule needs."""
    return (*rule.requires, *rule.gives_way_to)


def audit(root: Path, options: Options, *, jobs: int = 1) -> list[Verdict]:
    """The verdict on every subject below `root`, a repository or a folder that holds some, in the order of folders.

    Each is held to its own settings ([tool.dmb], [tool.dmb.audit]) as far as `options` say nothing else. A repository
    is judged as git knows it: no file of this machine alone counts, so that the same commit gets the same verdict
    everywhere; outside of git all files but those do. `jobs` is how many processes share the work where there is
    enough of it.
    """
    folders = list(repositories(root))
    many = jobs > 1 and (len(folders) >= _MANY or sum(1 for folder in folders for _ in subjects(folder)) >= _MANY)
    parts = jobs if many and len(folders) < _MANY else 1
    units = [(root, folder, options, part, parts) for folder in folders for part in range(parts)]
    if many:
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(jobs, initializer=collect_seldom) as pool:
            chunk = max(1, len(units) // (jobs * 8))
            verdicts = [verdict for unit in pool.map(_unit, units, chunksize=chunk) for verdict in unit]
    else:
        verdicts = [verdict for unit in units for verdict in _unit(unit)]
    return _once(sorted(verdicts, key=lambda verdict: (verdict.folder, verdict.kind)))


def audit_workspace(root: Path, options: Options) -> Verdict:
    """The verdict on the workspace in a folder as it is on this machine: registry, `.env` and its modules' repositories
    count.

    Its settings are those that hold for it in the repository around it.
    """
    subject = workspace(root)
    repository = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    return verdict(subject, options, settings=Settings(subject.files, Sources(repository)))


def workspace(root: Path) -> Subject:
    """The workspace in a folder as it is on this machine."""
    return Subject("workspace", Sources(root))


def collect_seldom() -> None:
    """Look for garbage every 50,000 objects. They live as long as their module is judged: to look every 700, as Python
    does unless told, is a tenth of an audit's time, and this still lets go of a module's trees after a few others.
    """
    gc.set_threshold(_OBJECTS)


def _once(verdicts: list[Verdict]) -> list[Verdict]:
    """The verdicts with each finding in one of them: two subjects may share a file, and the innermost has it."""
    seen: set[Finding] = set()
    for index in sorted(range(len(verdicts)), key=lambda index: (-len(verdicts[index].folder), index)):
        findings = verdicts[index].findings
        verdicts[index] = verdicts[index]._replace(
            findings=tuple(finding for finding in findings if finding not in seen)
        )
        seen.update(findings)
    return verdicts


def _unit(unit: tuple[Path, Path, Options, int, int]) -> list[Verdict]:
    """The verdicts of one repository, or of every `parts`-th subject in it; each is let go once it is judged."""
    root, repository, options, part, parts = unit
    inside = repository.relative_to(root).as_posix()
    return [
        verdict(subject, options, "" if inside == "." else inside)
        for index, subject in enumerate(subjects(repository))
        if index % parts == part
    ]


def verdict(subject: Subject, options: Options, inside: str = "", settings: Settings | None = None) -> Verdict:
    """The verdict on one subject of a repository that stands in the folder `inside` of what is audited."""
    from .index import INDEX

    policy = Policy(subject, options, settings)
    ignores = Ignores(subject, policy.settings)
    held = policy.rules(INDEX)
    judged = [listed for listed in held if listed.code.startswith(options.areas)]
    findings = policy.applied(_judged(subject, held, judged, ignores))
    folder = "/".join(part for part in (inside, subject.folder) if part)
    counting = _placed([finding for finding in findings if not ignores.of(finding)], folder)
    unknown = _unknown(counting, options, subject, folder) if options.baseline else counting
    module = subject.project.manifest
    return Verdict(
        folder=folder,
        name=subject.name,
        kind=subject.kind,
        made=subject.project.made,
        tier=policy.tier,
        checked=tuple(listed.code for listed in judged),
        findings=tuple(unknown),
        silenced=len(findings) - len(unknown),
        owner=module.owner if module else "",
        database=module.database if module else "",
        ports=module.ports if module else {},
    )


def _judged(subject: Subject, held: Collection[Listed], judged: Iterable[Listed], ignores: Ignores) -> list[Finding]:
    """The findings of what is judged. Rules that these wait for are asked too where the subject is held to them, and
    not told.

    Only what may find something is loaded: a rule over code finds nothing where none of its words stands.
    """
    by_code = {listed.code: listed for listed in held}
    codes = [listed.code for listed in judged]
    loaded: dict[str, type[Rule]] = {}
    waiting = codes[::-1]
    while waiting:
        listed = by_code.get(waiting.pop())
        if listed is None or listed.code in loaded:
            continue
        if listed.mentions is None or any(map(subject.package.mentioning, listed.mentions)):
            loaded[listed.code] = listed.load()
            waiting += waits_for(loaded[listed.code])
    findings = judge(subject, loaded.values(), codes, ignores)
    return findings if len(codes) == len(held) else [finding for finding in findings if finding.rule in codes]


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
