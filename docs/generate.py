"""Write the part of the reference that the code knows: `python docs/generate.py`; a test checks that it is current."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.testing import CliRunner

from audit_hooks.judging.findings import SEVERITIES
from audit_hooks.judging.rule import TIERS, CodeRule, Rule
from audit_hooks.reports.explain import explain
from audit_hooks.reports.summary import anchor
from audit_hooks.rules import AREAS
from dmb.cli import dmb
from dmb.ports.tables import KINDS, SOURCES
from dmb.system_packages import CATALOGUE, LARGE
from dmb.workspace.live.problems import PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "audit_hooks" / "rules"
NOTE = "<!-- Written by docs/generate.py; change the code and run it again. -->\n"


def pages() -> dict[Path, str]:
    """Each generated file, by its path."""
    reference = ROOT / "docs" / "reference"
    return {
        ROOT / "audit_hooks" / "judging" / "index.py": index(),
        reference / "command.md": command_page(),
        reference / "questions.md": questions_page(),
        reference / "ports.md": ports_page(),
        reference / "findings.md": findings_page(),
        reference / "audit-settings.schema.json": settings_schema(),
        reference / "system-packages.md": system_packages_page(),
    }


def _rules() -> Iterator[tuple[str, type[Rule]]]:
    """(place, class) of the rule in every file of an area's folder that is named for one."""
    for path in sorted(FOLDER.glob("*/[a-z][a-z][a-z][0-9][0-9][0-9]_*.py"), key=lambda path: path.name):
        place = f"{path.parent.name}.{path.stem}"
        module = import_module(f"audit_hooks.rules.{place}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__:
                yield place, value


RULES = [rule for _, rule in _rules()]


def index() -> str:
    """The list of rules that the audit starts from."""
    lines = [
        '"""What rules there are. Written by docs/generate.py; change the rules and run it again."""\n',
        "from .listed import Listed\n",
        "INDEX = (",
    ]
    for place, rule in _rules():
        mentions = rule.mentions if issubclass(rule, CodeRule) else None
        facts = (rule.code, rule.tier, rule.kinds, rule.made, rule.preview, rule.advises, rule.secret)
        lines.append(f"    Listed{(place, rule.__name__, *facts, mentions)!r},")
    return "\n".join([*lines, ")"]) + "\n"


def command_page() -> str:
    """Every command with its own --help."""
    parts = ["# The `dmb` command", NOTE, _EXIT_CODES]
    for path in _commands(dmb, ()):
        printed = CliRunner().invoke(dmb, [*path, "--help"], prog_name="dmb", terminal_width=100, max_content_width=100)
        parts.append(f"## `{' '.join(('dmb', *path))}`\n\n```\n{printed.output.strip()}\n```\n")
    return "\n".join(parts)


def _commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _commands(child, (*path, name))


_EXIT_CODES = """\
| exit code | meaning |
|---|---|
| 0 | done, or clean |
| 1 | findings, or drift |
| 2 | wrong usage, or refused input: nothing was changed |
| 3 | nothing to work on: no module or workspace found |
| 4 | an internal error |

Data goes to standard output, everything else to standard error. `--json` prints one object with a `schema` such as
`dmb.workspace.add/1`; the number changes when a field is removed or means something else. NO_COLOR is honoured.
"""


def questions_page() -> str:
    """The template's questions: key, default, choices."""
    questions = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    prompts = questions["__prompts__"]
    lines = [
        "# The template's questions",
        NOTE,
        "## Asked",
        "",
        "| key | question | answers, the default first |",
        "|---|---|---|",
    ]
    for key, value in questions.items():
        if key.startswith("_"):
            continue
        prompt = prompts[key]
        question = prompt if isinstance(prompt, str) else prompt["__prompt__"]
        answers = " · ".join(f"`{choice}`" for choice in value) if isinstance(value, list) else f"`{value}`"
        lines.append(f"| `{key}` | {question} | {answers} |")
    lines += ["", "## Derived, and set only on purpose", "", _SET, "", "| key | default |", "|---|---|"]
    for key, value in questions.items():
        if key.startswith("__") and not key.startswith(("__check", "__prompts", "__version")):
            unset = "chosen when the module is made" if key.endswith("_port") else "empty"
            lines.append(f"| `{key}` | {f'`{value}`' if value else unset} |")
    return "\n".join(lines) + "\n"


_SET = """\
With cookiecutter as `cookiecutter … __python_version=3.13`, with the command as
`dmb new … --set python_version=3.13`."""


def ports_page() -> str:
    """The ranges that ports are chosen from, and what counts as a claim."""
    lines = ["# Ports", NOTE, "| kind | chosen from |", "|---|---|"]
    lines += [
        f"| {kind} | {ports.start} to {ports.stop - 1}, the first that is free |" for kind, ports in KINDS.items()
    ]
    lines += [
        "",
        "A port counts as taken when one of these places names it; `dmb ports` shows each with file and line.",
        "",
    ]
    lines += ["| source | where |", "|---|---|"]
    lines += [f"| {source} | {words} |" for source, words in SOURCES.items()]
    return "\n".join(lines) + "\n"


def system_packages_page() -> str:
    """The catalogue of system packages."""
    lines = [
        "# System packages",
        NOTE,
        _SYSTEM_PACKAGES,
        "| key | what | Debian packages | MB | lighter, where it does |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{key}` | {program.what} | {' '.join(program.debian)} | {program.megabytes} | {program.lighter} |"
        for key, program in CATALOGUE.items()
    ]
    return "\n".join(lines) + "\n"


_SYSTEM_PACKAGES = f"""\
`--set system_packages=git,pdf` installs these into the module's image, and for a shared module into the workspace's.
MB is what the packages add to `python:3-slim-bookworm` with all that they need (`Installed-Size`, Debian 12, amd64, no
recommended packages). What adds more than {LARGE} MB is said when the module is made.
"""


def findings_page() -> str:
    """Every rule with what it fires on, why, an example, and what to do; then what only a running workspace shows."""
    parts = ["# Findings", NOTE, _FINDINGS, "| rule | severity | tier | what |", "|---|---|---|---|"]
    parts += [
        f"| [{rule.code}](#{anchor(rule)}) | {rule.severity} | {rule.tier} | {rule.title} |"
        for area in AREAS
        for rule in RULES
        if rule.code.startswith(area)
    ]
    for area, title in AREAS.items():
        rules = [rule for rule in RULES if rule.code.startswith(area)]
        parts += [f"\n# {title}\n"] * bool(rules) + [f"{explain(rule)}\n" for rule in rules]
    parts.append("# Of a running workspace\n\n`dmb workspace validate --live URL` and `dmb workspace up` add these.\n")
    parts.append("| id | severity | what |\n|---|---|---|")
    parts += [f"| {rule} | {severity} | {title} |" for rule, (severity, title) in PROBLEMS.items()]
    return "\n".join(parts) + "\n"


_FINDINGS = """\
What `dmb audit` and the hook `dmb-audit` find; `dmb workspace validate` and the hook `dmb-workspace-validate` ask the
WSP rules alone, whatever the tier. All exit with 1 when there is a finding as severe as `--fail-on` (default: error),
else with 0. How to configure, ignore and fix: [audit](../how-to/audit.md).

A tier includes the ones before it: quick, standard, enterprise. As JSON a report of the audit has the schema
`dmb.audit/1`, one of the workspace `dmb.findings/1`: the list `findings`, each with `path` (relative to what was
judged), `line` and `column` (from 1; 0 where the whole file is meant), `rule`, `severity` (`error`, `warning`, `info`),
`subject`, `message` and `remedy`.
"""


def settings_schema() -> str:
    """The JSON Schema of [tool.dmb.audit]."""
    code = {"enum": [*AREAS, *(rule.code for rule in RULES)]}
    reason = {
        "oneOf": [
            {"type": "string", "description": "Why."},
            {
                "type": "object",
                "properties": {"reason": {"type": "string"}, "until": {"description": "A TOML date: its last day."}},
                "additionalProperties": False,
            },
        ]
    }
    ignores = {"type": "object", "propertyNames": code, "additionalProperties": reason}
    codes = {"type": "array", "items": code}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "[tool.dmb.audit]",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "tier": {"enum": list(TIERS), "description": "What it is held to; else [tool.dmb] governance, else quick."},
            "select": {**codes, "description": "Ask only these rules and areas."},
            "ignore": {**ignores, "description": "Do not tell these, everywhere."},
            "per-file-ignores": {
                "type": "object",
                "description": "Do not tell these in the files that match a glob.",
                "additionalProperties": {"oneOf": [codes, ignores]},
            },
            "severity": {
                "type": "object",
                "description": "Another severity for a rule.",
                "propertyNames": code,
                "additionalProperties": {"enum": list(SEVERITIES)},
            },
            "preview": {"type": "boolean", "description": "Ask the new rules too."},
        },
    }
    return json.dumps(schema, indent=2) + "\n"


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
