"""The rules on workspaces where their examples do not say enough: exact edits, many files, other shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit_hooks.judging.engine import judge
from audit_hooks.judging.findings import Finding
from audit_hooks.judging.fixes import fix_findings
from audit_hooks.judging.policy import Options
from audit_hooks.judging.rule import Rule
from audit_hooks.judging.subject import Subject
from audit_hooks.reading.sources import Sources
from audit_hooks.rules import every
from audit_hooks.rules.workspace.wsp007_undocumented_variable import UndocumentedVariable
from audit_hooks.rules.workspace.wsp008_variable_not_launched import VariableNotLaunched
from audit_hooks.rules.workspace.wsp009_no_health_check import NoHealthCheck
from audit_hooks.rules.workspace.wsp011_unknown_network import UnknownNetwork
from audit_hooks.rules.workspace.wsp012_relative_home import RelativeHome
from audit_hooks.rules.workspace.wsp013_broken_file import BrokenFile
from tests.support.trees import module, write

EMPTY = "load_from: []\n"


def workspace(root: Path, files: dict[str, str]) -> Subject:
    """The workspace in a folder, as git knows it."""
    write(root, files)
    return Subject("workspace", Sources(root, frozenset(files)))


def found(rule: type[Rule], subject: Subject) -> list[Finding]:
    return judge(subject, [rule])


def mended(subject: Subject, code: str, *, unsafe: bool = False) -> dict[str, str]:
    return dict(fix_findings(subject, Options(select=(code,), tier="enterprise"), unsafe=unsafe).texts)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  - python_module: bar # x\n", "  - python_module:\n      module_name: bar\n      location_name: bar # x\n"),
        ("- python_package: bar", "- python_package:\n    package_name: bar\n    location_name: bar"),
        ("- python_file: a/b.py\n", "- python_file:\n    relative_path: a/b.py\n    location_name: b.py\n"),
        (
            "  - grpc_server:\n      # where\n      host: bar\n      port: 4000\n",
            '  - grpc_server:\n      # where\n      location_name: "grpc:bar:4000"\n      host: bar\n'
            "      port: 4000\n",
        ),
        (
            "  - python_module: {module_name: bar, attribute: defs}\n",
            '  - python_module: {location_name: "bar:defs", module_name: bar, attribute: defs}\n',
        ),
    ],
)
def test_a_location_is_given_the_name_that_it_has(before: str, after: str, tmp_path: Path) -> None:
    subject = workspace(tmp_path, {"workspace.yaml": f"load_from:\n{before}"})
    assert mended(subject, "WSP003") == {"workspace.yaml": f"load_from:\n{after}"}


def test_a_name_that_depends_on_a_variable_is_not_guessed(tmp_path: Path) -> None:
    text = "load_from:\n  - grpc_server: {host: bar, port: {env: BAR_PORT}}\n"
    assert mended(workspace(tmp_path, {"workspace.yaml": text}), "WSP003") == {}


def test_all_variables_are_documented_at_once_behind_what_is_there(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pyproject.toml": "",
        "x.py": "import os, dagster as dg\na = os.environ['BAR_A'], dg.EnvVar.int('BAR_B'), os.getenv('BAR_E', 'e')\n",
        "compose.yaml": "services:\n  db: {image: 'postgres:${BAR_D:?which}${BAR_F:-17}'}\n",
        ".env.example": "# mine\nBAR_C=c",
        "alembic/env.py": "import os\nos.environ['OTHER']\n",
        "tests/x.py": "import os, dagster\nos.environ['OTHER']\n",
    }
    subject = module(tmp_path, files)
    told = [(one.path, one.line, one.subject) for one in found(UndocumentedVariable, subject)]
    assert told == [("compose.yaml", 2, "BAR_D"), ("x.py", 2, "BAR_A"), ("x.py", 2, "BAR_B")]
    assert mended(subject, "WSP007") == {".env.example": "# mine\nBAR_C=c\n#BAR_A=\n#BAR_B=\n#BAR_D=\n"}


SERVER = (
    "services:\n  bar:\n    {}\n    command: [dagster, api, grpc, -p, '4000', -m, bar]\n"
    "    environment:\n      BAR_A: a\n      BAR_B: b\n"
)
LAUNCHER = (
    "run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n  config:\n    env_vars:\n      - BAR_A\n"
)


def test_what_the_image_has_by_itself_runs_have_too(tmp_path: Path) -> None:
    files = {"workspace.yaml": EMPTY, "dagster.yaml": LAUNCHER, "Dockerfile": "FROM python:3.12\nENV BAR_B=b X=y\n"}
    pulled = workspace(tmp_path / "a", {**files, "compose.yaml": SERVER.format("image: bar:1")})
    (one,) = found(VariableNotLaunched, pulled)
    assert (one.path, one.line, one.message) == ("dagster.yaml", 6, "the runs of bar do not get BAR_B")
    built = workspace(tmp_path / "b", {**files, "compose.yaml": SERVER.format("build: .")})
    assert found(VariableNotLaunched, built) == []


def test_a_health_check_comes_at_the_end_of_its_service(tmp_path: Path) -> None:
    head = "services:\n  bar:\n    build: {context: ., target: serve}\n    environment:\n      A: |\n        x\n\n"
    tail = "    # the database\n\n  db: {image: 'postgres:17'}\n"
    files = {
        "workspace.yaml": EMPTY,
        "docker-compose.yml": head + tail,
        "Dockerfile": "FROM python:3.12 AS serve\nENTRYPOINT dagster code-server start --port=4266 -m bar\n"
        "FROM serve AS other\nHEALTHCHECK CMD true\n",
    }
    subject = workspace(tmp_path, files)
    assert [(one.line, one.subject) for one in found(NoHealthCheck, subject)] == [(2, "bar")]
    assert mended(subject, "WSP009") == {}
    assert mended(subject, "WSP009", unsafe=True) == {
        "docker-compose.yml": head.rstrip("\n")
        + "\n    healthcheck:\n"
        + '      test: ["CMD", "dagster", "api", "grpc-health-check", "--port", "4266"]\n'
        + "      interval: 30s\n      timeout: 15s\n      start_period: 60s\n\n"
        + tail
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('["CMD-SHELL", "a || exit 0"]', '["CMD-SHELL", "a"]'),
        ("[CMD-SHELL, a || true]", "[CMD-SHELL, a]"),
        ("a || exit 0 # later", "a # later"),
        ("'a; true'", "'a'"),
        (">\n        a\n        || exit 0", ">\n        a"),
    ],
)
def test_a_health_check_loses_the_end_that_hides(before: str, after: str, tmp_path: Path) -> None:
    text = "services:\n  db:\n    image: a:1\n    healthcheck:\n      test: {}\n      retries: 3\n"
    subject = workspace(tmp_path, {"workspace.yaml": EMPTY, "compose.yaml": text.format(before)})
    assert mended(subject, "WSP010") == {"compose.yaml": text.format(after)}


@pytest.mark.parametrize(
    ("network", "compose", "line"),
    [
        ("dagster", "networks: {dagster: {name: dagster}}", 0),
        ("dagster", "networks: {dagster: }", 5),
        ("lake_dagster", "name: lake\nnetworks: {dagster: }", 0),
        ("pond_dagster", "name: lake\nnetworks: {dagster: }", 5),
        ("lake_default", "name: lake", 0),
        ("shared", "networks: {dagster: {external: true, name: shared}}", 0),
        ("shared", "networks: {shared: {external: true}}", 0),
        ("shared", "networks: {dagster: {name: '${NETWORK}'}}", 0),
        ("{env: NETWORK}", "networks: {dagster: }", 0),
    ],
)
def test_a_network_is_known_by_the_name_that_docker_has(network: str, compose: str, line: int, tmp_path: Path) -> None:
    launcher = (
        f"run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n  config:\n    network: {network}\n"
    )
    files = {"workspace.yaml": EMPTY, "dagster.yaml": launcher, "compose.yaml": f"services: {{}}\n{compose}\n"}
    assert [one.line for one in found(UnknownNetwork, workspace(tmp_path, files))] == ([line] if line else [])


@pytest.mark.parametrize("value", ["home", "./home", "..", "a/b/"])
def test_a_relative_home_is_told(value: str, tmp_path: Path) -> None:
    files = {
        "workspace.yaml": EMPTY,
        ".env": f"DAGSTER_HOME={value}\n",
        "Dockerfile": f'FROM a:1\nENV DAGSTER_HOME="{value}"\n',
    }
    assert [one.path for one in found(RelativeHome, workspace(tmp_path, files))] == [".env", "Dockerfile"]


@pytest.mark.parametrize("value", ["/home", "~/home", "$PWD/home", "<where>", ""])
def test_a_home_that_dagster_may_take_is_not_judged(value: str, tmp_path: Path) -> None:
    files = {"workspace.yaml": EMPTY, ".env": f"DAGSTER_HOME='{value}'\n"}
    assert found(RelativeHome, workspace(tmp_path, files)) == []


@pytest.mark.parametrize(("profiles", "lines"), [("", [6]), ("profiles: [full]", [])])
def test_a_port_that_cannot_be_read_is_told_whatever_else_is_asked(
    profiles: str, lines: list[int], tmp_path: Path
) -> None:
    text = f"services:\n  a:\n    image: a:1\n    {profiles}\n    ports:\n      - '80:x:y'\n"
    subject = workspace(tmp_path, {"workspace.yaml": EMPTY, "compose.yaml": text})
    assert [finding.place for finding in found(BrokenFile, subject)] == [f"compose.yaml:{line}" for line in lines]


@pytest.mark.parametrize("rule", every("WSP"), ids=lambda rule: rule.code)
def test_files_of_another_shape_stop_nothing(rule: type[Rule], tmp_path: Path) -> None:
    files = {
        "workspace.yaml": "load_from:\n  - x\n  - {python_module: [a]}\n  - python_file:\n",
        "compose.yaml": "services:\n  a: text\n  b:\n"
        "  c: {healthcheck: x, command: {d: e}, environment: 3, build: [y]}\nnetworks: z\n",
        "dagster.yaml": "run_launcher: {class: DockerRunLauncher, config: [x]}\n",
        "Dockerfile": "HEALTHCHECK\nENV\nFROM\n",
        ".env.example": "DAGSTER_HOME\n",
    }
    assert all(one.rule == rule.code for one in found(rule, workspace(tmp_path, files)))
