"""The report for programs, against its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from audit_hooks.reports import json as report
from tests.support.paths import ROOT
from tests.support.samples import HOSTILE, PLAIN, finding, fleet, hostile, sources, verdict

SCHEMA = json.loads((ROOT / "docs/reference/audit.schema.json").read_text(encoding="utf-8"))


def strict(schema: Any) -> Any:
    """The schema with no room for fields that it does not tell of: one that is not documented fails here."""
    if isinstance(schema, dict):
        closed = {name: strict(part) for name, part in schema.items()}
        return {"additionalProperties": False, **closed} if "properties" in schema and "type" in schema else closed
    return [strict(part) for part in schema] if isinstance(schema, list) else schema


def read(text: str) -> Any:
    assert text.endswith("}\n")
    text.encode()
    data = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(data, strict(SCHEMA), jsonschema.Draft202012Validator)
    return data


def test_everything_of_a_verdict_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PLAIN[0], "mends", "unsafe")
    code = PLAIN[0].code
    found = finding(code, "warning", "m/a.py", 3, 5)
    facts: dict[str, Any] = {"owner": "team:data", "database": "duckdb", "ports": {"grpc": 4001}, "made": False}
    one = verdict(found, folder="m", checked=(code, "PKG001"), silenced=2, **facts)
    data = read(report.render([one, verdict(tier="quick")], sources(tmp_path)))
    assert data["schema"] == "dmb.audit/1"
    assert data["summary"] == {"subjects": 2, "errors": 0, "warnings": 1, "infos": 0, "silenced": 2}
    told = data["verdicts"][0]
    assert told["findings"] == [
        {
            "path": "m/a.py",
            "line": 3,
            "column": 5,
            "rule": code,
            "severity": "warning",
            "subject": "bar",
            "message": "it is so",
            "remedy": "change it",
            "fix": "unsafe",
        }
    ]
    assert told["rules"] == {"checked": [code, "PKG001"], "passed": 1}
    assert (told["folder"], told["made"], told["ports"]) == ("m", False, {"grpc": 4001})
    assert [verdict["owner"] for verdict in data["verdicts"]] == ["team:data", ""]


def test_text_comes_back_as_it_was(tmp_path: Path) -> None:
    (told,) = read(report.render([hostile()], sources(tmp_path)))["verdicts"]
    assert [one["message"] for one in told["findings"]] == [text.replace("\udcff", "\ufffd") for text in HOSTILE]


def test_a_fleet_and_nothing(tmp_path: Path) -> None:
    assert read(report.render(fleet(500), sources(tmp_path)))["summary"]["subjects"] == 500
    assert read(report.render([], sources(tmp_path)))["verdicts"] == []


def test_no_line_of_a_file_is_in_it(tmp_path: Path) -> None:
    assert "hunter2" not in report.render([verdict(finding())], sources(tmp_path, a_py="x = 'hunter2'\n"))
