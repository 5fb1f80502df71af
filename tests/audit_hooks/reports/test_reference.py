"""The examples in the reference are what is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit_hooks.reports import checklist, text
from tests.support.paths import ROOT
from tests.support.samples import finding, tree, verdict

PAGE = ROOT / "docs" / "reference" / "reports.md"


def test_the_examples_are_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, pieces = "src/bar_one_dagster/definitions.py", "workspace/local/workspace.yaml"
    files = tree(
        tmp_path,
        {
            code: 'import os\n\nREGION = os.environ["BAR_ONE_REGION"]\n',
            pieces: "load_from:\n  - grpc_server:\n      host: bar-one\n      location_name: bar-two\n",
        },
    )
    bar = verdict(
        finding(
            "WSP007",
            "warning",
            code,
            3,
            21,
            message="the code reads BAR_ONE_REGION, and .env.example does not have it",
            remedy="add it to .env.example, commented out with its default where it has one",
        ),
        finding(
            "WSP020",
            "error",
            pieces,
            4,
            22,
            message="the location is bar-two here and bar-one in pyproject.toml",
            remedy="make the two say the same",
        ),
        name="bar-one",
        checked=("PKG001", "PKG002", "WSP007", "WSP020"),
        silenced=2,
    )
    shown = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert shown == [text.render([bar], files), checklist.render([bar], files)]
