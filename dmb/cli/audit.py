"""`dmb audit` and `dmb rules`: parsing and printing only; the rules and the reports are in `audit_hooks`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit_hooks.reports import FORMATS

from ..answers import GOVERNANCE
from ..errors import DmbError, NothingToWorkOn
from . import output
from .audit_options import baseline_option, fail_on_option
from .options import FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit_hooks.judging.policy import Options
    from audit_hooks.judging.rule import Rule
    from audit_hooks.judging.subject import Subject
    from audit_hooks.judging.verdict import Verdict

FAILED = 1


@click.command(
    epilog="\b\nExamples:\n  dmb audit\n  dmb audit ~/projects --format html --output fleet.html\n"
    "  dmb audit --tier standard --fix --diff\n  dmb audit --select SEC --format sarif --output dmb.sarif"
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=FOLDER)
@click.option("--tier", type=click.Choice(GOVERNANCE), help="Tier to audit at (default: each module's own).")
@fail_on_option
@click.option("--select", multiple=True, metavar="CODE", help="Run only this rule or area (repeatable).")
@click.option("--ignore", multiple=True, metavar="CODE", help="Skip this rule or area (repeatable).")
@click.option("--preview", is_flag=True, help="Also run preview rules.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="Report format.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json (schema dmb.audit/1).")
@click.option("--output", "target", metavar="FILE", type=FOLDER, help="Write the report to FILE.")
@baseline_option
@click.option(
    "--write-baseline", metavar="FILE", type=FOLDER, help="Write the current findings to FILE as the baseline."
)
@click.option("--fix", is_flag=True, help="Apply fixes that do not change what the code does.")
@click.option("--unsafe", is_flag=True, help="With --fix: also apply fixes that may change what the code does.")
@click.option("--diff", is_flag=True, help="With --fix: write nothing; show the changes as a unified diff.")
@click.option(
    "--jobs", type=click.IntRange(1), default=lambda: os.cpu_count() or 1, help="Number of parallel processes."
)
def audit(paths: Sequence[Path], form: str, *, as_json: bool, fix: bool, **given: Any) -> int:
    """Audit modules and workspaces without running them.

    PATH is a repository or a folder of repositories (default: the working folder). Each module is audited at the tier
    of its manifest ([tool.dmb] governance) with its settings in [tool.dmb.audit]. `dmb rules CODE` explains a finding.
    """
    if not fix and (given["unsafe"] or given["diff"]):
        raise click.UsageError("--unsafe and --diff go with --fix")
    roots = [_folder(path) for path in paths or (Path(),)]
    options = _options(given)._replace(advice=form == "checklist" and not as_json)
    if fix:
        _fix(roots, options, unsafe=given["unsafe"], diff=given["diff"])
    verdicts = [(root, _audited(root, options, given["jobs"])) for root in roots]
    if given["write_baseline"]:
        _write_baseline(verdicts, given["write_baseline"])
        return 0
    if fix and given["diff"]:
        form = ""
    return _report(verdicts, "json" if as_json else form, given["target"], given["fail_on"])


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise NothingToWorkOn("no such folder", place=str(path), remedy="name a repository or a folder")
    return path.resolve()


def _options(given: dict[str, Any]) -> Options:
    from audit_hooks.judging.index import INDEX
    from audit_hooks.judging.policy import Options
    from audit_hooks.rules import AREAS

    known = {*AREAS, *(listed.code for listed in INDEX)}
    for code in (*given["select"], *given["ignore"]):
        if code not in known:
            raise DmbError(f"{code} is not a rule or an area", remedy="list them: dmb rules")
    baseline: dict[str, int] = {}
    if given["baseline"]:
        from audit_hooks.judging.baseline import read

        baseline = read(given["baseline"])
    return Options(given["tier"] or "", given["select"], given["ignore"], given["preview"], baseline)


def _audited(root: Path, options: Options, jobs: int) -> list[Verdict]:
    from audit_hooks.judging.engine import audit as judged

    verdicts = judged(root, options, jobs=jobs)
    if not verdicts:
        raise NothingToWorkOn(
            "no Dagster project or workspace found in it",
            place=str(root),
            remedy="name the folder of one, or make one: dmb new NAME",
        )
    return verdicts


def _report(verdicts: list[tuple[Path, list[Verdict]]], form: str, target: Path | None, fail_on: str) -> int:
    from importlib import import_module

    from audit_hooks.judging.findings import at_or_above
    from audit_hooks.reading.sources import Sources

    top, below = _joined(verdicts)
    findings = [finding for verdict in below for finding in verdict.findings]
    if form:
        report = import_module(f"audit_hooks.reports.{form}")
        painted = {"color": True} if form == "text" and not target and output.colored() else {}
        text = report.render(below, Sources(top), **painted)
        if target:
            _write(target, text.encode())
            output.tell(f"Wrote {target}")
        else:
            output.line(text.removesuffix("\n"))
    return FAILED if at_or_above(findings, fail_on) else 0


def _joined(verdicts: list[tuple[Path, list[Verdict]]]) -> tuple[Path, list[Verdict]]:
    """The folder that holds all that was audited, and the verdicts with paths below that."""
    if len(verdicts) == 1:
        return verdicts[0]
    top = Path(os.path.commonpath([root for root, _ in verdicts]))
    joined: list[Verdict] = []
    for root, own in verdicts:
        head = root.relative_to(top).as_posix()
        for verdict in own:
            findings = tuple(finding._replace(path=f"{head}/{finding.path}") for finding in verdict.findings)
            joined.append(verdict._replace(folder=f"{head}/{verdict.folder}".rstrip("/"), findings=findings))
    return top, joined


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise DmbError(
            f"cannot be written: {error.strerror}",
            place=str(path),
            remedy="name another file, or check its permissions",
        ) from None


def _write_baseline(verdicts: list[tuple[Path, list[Verdict]]], target: Path) -> None:
    from audit_hooks.judging.baseline import render
    from audit_hooks.reading.sources import Sources

    top, below = _joined(verdicts)
    findings = {finding for verdict in below for finding in verdict.findings}
    _write(target, render(findings, Sources(top)).encode())
    known = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    output.tell(f"Wrote {target}: {known} recorded; pass --baseline {target} to ignore them")


def _fix(roots: Sequence[Path], options: Options, *, unsafe: bool, diff: bool) -> None:
    """Fix in memory, subject by subject; then show the changes, or write every file."""
    from audit_hooks.judging.discovery import repositories, subjects
    from audit_hooks.judging.fixes import as_bytes, fix_findings

    from ..transaction import disk

    texts: dict[Path, str] = {}
    fixed = 0
    for subject in (subject for root in roots for repository in repositories(root) for subject in subjects(repository)):
        # Two subjects may share a file: the second fixes what the first has left of it.
        own = {path.relative_to(subject.root).as_posix(): text for path, text in texts.items() if _in(path, subject)}
        done = fix_findings(subject.over(own), options, unsafe=unsafe)
        texts |= {subject.root / name: text for name, text in done.texts.items()}
        fixed += done.fixed
        for code in done.refused:
            output.tell(f"{subject.name}: the fix for {code} does not work here, so it was not applied")
    changes = {path: (disk.read(path), text) for path, text in sorted(texts.items())}
    for path, (old, text) in changes.items():
        name = Path(os.path.relpath(path)).as_posix()
        if path.resolve() != path:
            output.tell(f"{name}: a link to another place, so it was not changed")
        elif diff:
            _show(name, old or b"", as_bytes(old, text))
        else:
            disk.replace(path, as_bytes(old, text))
            output.tell(f"fixed {name}")
    output.tell(f"{fixed} finding{'s' * (fixed != 1)} {'would be ' * diff}fixed")


def _show(name: str, old: bytes, new: bytes) -> None:
    """What would change in one file, as a unified diff."""
    from difflib import unified_diff

    from audit_hooks.reports.excerpts import without_secrets

    before, after = (data.decode("utf-8", "replace").splitlines() for data in (old, new))
    for text in without_secrets(name, unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="")):
        output.line(text)


def _in(path: Path, subject: Subject) -> bool:
    return path.is_relative_to(subject.root)


@click.command(epilog="\b\nExamples:\n  dmb rules\n  dmb rules SEC\n  dmb rules DEF002")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the rules as JSON (schema dmb.rules/1).")
def rules(code: str | None, *, as_json: bool) -> None:
    """List the audit's rules, or explain one: what it finds, why that is bad, an example, what to do."""
    from audit_hooks.rules import AREAS, every

    code = (code or "").upper()
    matching = every(code)
    if not matching:
        raise NothingToWorkOn(f"there is no rule {code}", remedy=f"list them: dmb rules (areas: {', '.join(AREAS)})")
    if as_json:
        output.data("dmb.rules/1", {"rules": [_rule_data(rule) for rule in matching]})
    elif len(matching) == 1 and matching[0].code == code:
        from audit_hooks.reports.explain import explain

        output.line(explain(matching[0]))
    else:
        for rule in matching:
            marks = {"fix": rule.mends, "preview": rule.preview, "checklist": rule.advises}
            labels = " ".join(mark for mark, holds in marks.items() if holds)
            output.line(f"{rule.code} {rule.severity:<7} {rule.tier:<10} {rule.title}{labels and f' [{labels}]'}")


def _rule_data(rule: type[Rule]) -> dict[str, Any]:
    facts = ("code", "title", "severity", "tier", "confidence", "preview", "advises", "made", "mends")
    return {name: getattr(rule, name) for name in (*facts, "what", "why", "remedy")}
