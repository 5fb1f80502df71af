"""What a subject is held to: its tier, the rules that are asked, how severe each is, what does not count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..reading.sources import Spot
from .findings import CODE, SEVERITIES
from .rule import TIERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..reading.sources import Sources
    from .findings import Finding
    from .listed import Listed
    from .subject import Subject

TABLE = "tool.dmb.audit"


class Options(NamedTuple):
    """What the command line says; it wins over the settings. Codes are of rules or of areas (`DEF`).

    `baseline` maps fingerprints to how many findings of each are known already (see baseline.py); `advice` asks for
    recommendations too, as a checklist does. `areas` narrow what is judged here, not what a subject is held to: others
    judge the rest ("" is all areas).
    """

    tier: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preview: bool = False
    baseline: Mapping[str, int] = {}
    advice: bool = False
    areas: tuple[str, ...] = ("",)


class Settings:
    """The table [tool.dmb.audit] of a subject's own pyproject.toml, or of its repository's where its own has none.

    Reading never fails: `problems` says what in it is wrong, a rule tells it, and the wrong part does not count.
    """

    KEYS = ("tier", "select", "ignore", "per-file-ignores", "severity", "preview")

    def __init__(self, own: Sources, repository: Sources) -> None:
        self.path = "pyproject.toml"
        self.files, table = own, _table(own, self.path)
        if table is None and (shared := _table(repository, self.path)) is not None:
            self.files, table = repository, shared
        self.problems = [] if table is None else list(_problems(table))
        self._values: dict[str, Any] = table if isinstance(table, dict) else {}

    def table(self, key: str) -> dict[str, Any]:
        """A setting that is a table; empty where it is none."""
        value = self._values.get(key)
        return value if isinstance(value, dict) else {}

    def codes(self, key: str) -> tuple[str, ...]:
        """A setting that is a list of codes."""
        value = self._values.get(key)
        return tuple(code for code in value if isinstance(code, str)) if isinstance(value, list) else ()

    @property
    def tier(self) -> str:
        """The tier that is set, "" where none is."""
        value = self._values.get("tier")
        return value if value in TIERS else ""

    @property
    def preview(self) -> bool:
        """Whether new rules are asked."""
        return self._values.get("preview") is True

    def spot(self, text: str, word: str, table: str = "") -> Spot:
        """Where a key stands: the first line of the settings, or of one of their tables, that begins with it."""
        start = max(text.find(f"[{TABLE}"), text.find(f"[{TABLE}.{table}]") if table else -1)
        match = re.compile(rf"^[ \t]*[\"']?{re.escape(word)}(?!\w)", re.MULTILINE).search(text, max(start, 0))
        at = match.start() if match else max(start, 0)
        return Spot(self.path, text.count("\n", 0, at) + 1)


class Policy:
    """What one subject is held to."""

    def __init__(self, subject: Subject, options: Options, settings: Settings | None = None) -> None:
        self._subject = subject
        self._options = options
        self.settings = settings = settings or Settings(subject.files, subject.repository)
        governance = subject.project.setting("tool", "dmb", "governance")
        self.tier = options.tier or settings.tier or (governance if governance in TIERS else TIERS[0])
        self._select = options.select or settings.codes("select")
        self._severities = {
            code: severity for code, severity in settings.table("severity").items() if severity in SEVERITIES
        }
        self._preview = options.preview or settings.preview

    def rules(self, rules: Iterable[Listed]) -> list[Listed]:
        """Those that are asked: of this kind of subject, of its tier or below, selected and not ignored."""
        return [rule for rule in rules if self._asked(rule)]

    def _asked(self, rule: Listed) -> bool:
        subject = self._subject
        if subject.kind not in rule.kinds or (rule.made and subject.kind == "module" and not subject.project.made):
            return False
        if rule.code.startswith(self._options.ignore or "-"):
            return False
        if rule.preview and not self._preview:
            return False
        if rule.advises and not self._options.advice and rule.code not in self._select:
            return False
        if self._select:
            return rule.code.startswith(self._select) and (rule.code in self._select or self._within(rule))
        return self._within(rule)

    def _within(self, rule: Listed) -> bool:
        return TIERS.index(rule.tier) <= TIERS.index(self.tier)

    def applied(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings with the severities that the settings give."""
        if not self._severities:
            return list(findings)
        return [finding._replace(severity=self._severities.get(finding.rule, finding.severity)) for finding in findings]


def _table(files: Sources, name: str) -> Any:
    table: Any = files.toml(name)
    for key in ("tool", "dmb", "audit"):
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _problems(table: Any) -> Iterable[tuple[str, str]]:
    """(key, what is wrong with it) of every wrong entry of the settings."""
    if not isinstance(table, dict):
        yield "audit", "it must be a table"
        return
    for key, value in table.items():
        if key not in Settings.KEYS:
            yield key, f"there is no such setting; there are: {', '.join(Settings.KEYS)}"
        elif key == "tier" and value not in TIERS:
            yield key, f"it must be one of: {', '.join(TIERS)}"
        elif key == "preview" and not isinstance(value, bool):
            yield key, "it must be true or false"
        elif key == "select":
            yield from _list_problems(key, value)
        elif key in ("ignore", "severity", "per-file-ignores") and not isinstance(value, dict):
            yield key, "it must be a table"
        elif key == "ignore":
            yield from _ignore_problems(value)
        elif key == "severity":
            for code, severity in value.items():
                if not CODE.fullmatch(code) or severity not in SEVERITIES:
                    yield code, f"write CODE = one of: {', '.join(SEVERITIES)}"
        elif key == "per-file-ignores":
            for path, codes in value.items():
                if isinstance(codes, dict):
                    yield from _ignore_problems(codes)
                else:
                    yield from _list_problems(path, codes)


def _list_problems(key: str, value: Any) -> Iterable[tuple[str, str]]:
    if not isinstance(value, list) or not all(isinstance(code, str) and CODE.fullmatch(code) for code in value):
        yield key, 'it must be a list of codes, such as ["DEF", "SEC004"]'


def _ignore_problems(table: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    import datetime

    for code, entry in table.items():
        if not CODE.fullmatch(code):
            yield code, "it is no code of a rule or an area"
        elif isinstance(entry, dict):
            if entry.keys() - {"reason", "until"} or not isinstance(entry.get("reason", ""), str):
                yield code, 'write it as {reason = "why", until = 2030-01-31}'
            elif type(entry.get("until", datetime.date.max)) is not datetime.date:  # nor a time of a day
                yield code, "until must be a date, without quotes: 2030-01-31"
        elif not isinstance(entry, str):
            yield code, 'write the reason as text: CODE = "why"'
