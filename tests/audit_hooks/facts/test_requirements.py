"""Requirements are understood as the packaging tools understand them."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from audit_hooks.facts.requirements import MAIN, Span, dagster, may_use, span
from audit_hooks.judging.engine import judge
from audit_hooks.rules import every
from tests.support.trees import module

PROJECT = "[project]\ndependencies = "
VERSIONS = ["0.15.8", "1.0.0", "1.8.12", "1.9.0", "1.9.1", "1.9.2", "1.10.0", "1.13.27", "1.14.0", "2.0.0", "3.1.4"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "==1.9.1",
        "==1.9",
        "===1.9.1",
        "==1.9.*",
        "~=1.9",
        "~=1.9.1",
        ">=1.9",
        ">1.9.0",
        "<1.10",
        "<=1.9.1",
        ">=1.9,<1.10",
        " >= 1.9.1 , < 2 ",
    ],
)
def test_a_span_holds_the_versions_that_an_installer_would_take(text: str) -> None:
    told = span(text)
    assert told
    for version in VERSIONS:
        one = tuple(map(int, version.split(".")))
        assert (told.low <= one < told.high) == (version in SpecifierSet(text)), version


@pytest.mark.parametrize("text", ["==1.9rc1", "latest", ">=1.*", "@ git+https://example.com/x", "~=1"])
def test_what_is_not_understood_is_not_guessed(text: str) -> None:
    assert span(text) is None


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"pyproject.toml": '[project]\ndependencies = ["Dagster[x]>=1.9,<1.10; python_version>\'3\'"]\n'}, "1.9,1.10"),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.10"\ndagster = "^1.9.1"\n'}, "1.9.1,2"),
        ({"pyproject.toml": '[tool.poetry.dependencies]\ndagster = {version = "~1.9", extras = []}\n'}, "1.9,1.10"),
        ({"requirements.txt": "# ours\n\n-r other.txt\ndagster == 1.9.1  # why\n"}, "1.9.1,1.9.2"),
        ({"requirements.txt": "dagster==1.9.1 \\\n    --hash=sha256:00\n"}, "1.9.1,1.9.2"),
        ({"setup.py": 'setup(\n    install_requires=["dagster~=1.9.1", *more],\n)\n'}, "1.9.1,1.10"),
        ({"pyproject.toml": '[project]\ndependencies = ["x"]\n', "requirements.txt": "dagster==1.9.1\n"}, ""),
        ({"pyproject.toml": "[project]\ndependencies = 1\n", "requirements.txt": "dagster @ file:///x\n"}, ""),
        ({"setup.py": "install_requires = (\n"}, ""),
    ],
)  # fmt: skip
def test_a_project_says_which_dagster_it_takes(files: dict[str, str], wanted: str, tmp_path: Path) -> None:
    found = dagster(module(tmp_path, files).project.requirements)
    told = ",".join(".".join(map(str, version)) for version in found) if found else ""
    assert told == wanted


def test_each_requirement_has_its_place(tmp_path: Path) -> None:
    text = (
        '[project]\ndependencies = [\n  "dagster>=1.9",\n]\n\n[project.optional-dependencies]\n'
        'aws = ["dagster_aws"]\n\n'
        '[dependency-groups]\ndev = ["pytest", {include-group = "x"}]\n'
    )
    found = module(tmp_path, {"pyproject.toml": text}).project.requirements
    assert [(one.name, one.place, one.spot.line, one.spot.column) for one in found] == [
        ("dagster", MAIN, 3, 4),
        ("dagster-aws", "extra aws", 7, 9),
        ("pytest", "group dev", 10, 9),
    ]
    assert found[0].span == Span((1, 9), (10**6,))
    assert found[0].span.open


@pytest.mark.parametrize(
    ("files", "may"),
    [
        ({"defs.py": ""}, True),
        ({"pyproject.toml": PROJECT + '["dagster<1.8"]'}, False),
        ({"pyproject.toml": PROJECT + '["dagster>=1.5"]', "Dockerfile": "RUN pip install dagster==1.2"}, True),
        ({"docker/Dockerfile": "FROM x\nRUN pip install 'dagster==1.6.1' dagster-postgres==0.29.1\n"}, False),
        ({"pyproject.toml": PROJECT + '["dagster"]', "Dockerfile": "RUN pip install dagster==1.2"}, False),
        ({"all/requirements.txt": "dagster==1.9.1\n", "old/requirements.txt": "dagster==1.2.3\n"}, True),
        ({"all/requirements.txt": "dagster-dbt==0.20.1\nmy-dagster==1.2\n"}, True),
    ],
)  # fmt: skip
def test_what_the_repository_installs_counts_where_a_project_says_nothing(
    files: dict[str, str], may: bool, tmp_path: Path
) -> None:
    subject = module(tmp_path, files)
    assert may_use(subject.project.requirements, subject.repository, (1, 8)) is may


HOSTILE = [
    {"requirements.txt": "dagster" + " " * 100_000 + "x\n" + "\n" * 100_000 + "dagster==" + "9" * 100_000},
    {"setup.py": f"setup(install_requires=['dagster=={'9' * 100_000}', 1, *x, 'dagster' + y], **z)\nsetup()\n"},
    {"Dockerfile": "\n" * 190_000 + "dagster-webserver==1.2\n", "defs.py": "import dagster\n"},
    {"Dockerfile": "dagster dev " + "- " * 90_000, "defs.py": "import dagster as dg\na = b = dg.Definitions()\n"},
    {"pyproject.toml": "\n" * 200_000 + "[tool.poetry.dependencies]\ndagster = '^1'\nx = {version = 1}\ny = []\n"},
    {"pyproject.toml": "[project]\nrequires-python = 3\ndependencies = [1, [], 'dagster==1', 'dagster-dbt==0.1']\n"},
    {"pyproject.toml": "project = 1\ndependency-groups = []\n[tool]\ndagster = []\ndg = {project = 1}\nuv = 1\n"},
    {"pyproject.toml": "[tool.dagster]\nmodules = [1, {name = 1}, {name = ''}]\nmodule_name = 1\n"},
    {"pyproject.toml": "[tool.dg.project]\nroot_module = '..'\ncode_location_target_module = '(.*'\n"},
    {
        "defs.py": "import dagster as dg\na0 = []\n"
        + "".join(f"a{n} = [{f'a{n - 1}, ' * 50}]\n" for n in range(1, 12))
        + "d = dg.Definitions(assets=a11)\n"
    },
    {"dg.toml": "project = 1\n", "workspace.yaml": "load_from:\n- python_file: [1]\n- x\n- {}\n- python_module:\n"},
]


@pytest.mark.parametrize("files", HOSTILE, ids=range(len(HOSTILE)))
def test_no_rule_on_packages_and_definitions_falls_over_what_is_strange(files: dict[str, str], tmp_path: Path) -> None:
    judge(module(tmp_path, files), [*every("PKG"), *every("DEF")])
