"""`dmb workspace validate` on workspaces that dmb made, whole and damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from tests.support.command import Dmb
from tests.support.made_modules import Configuration, make
from tests.support.modules import make_module
from tests.support.workspaces import contents


def found(dmb: Dmb, workspace: Path, *options: str) -> list[tuple[str, str, str]]:
    """(rule, file, object) of each finding; every one has a place that is there, and a remedy."""
    done = dmb("workspace", "validate", "--workspace", workspace, "--json", *options)
    assert done.json["schema"] == "dmb.findings/1"
    findings = done.json["findings"]
    errors = [finding for finding in findings if finding["severity"] == "error"]
    assert done.code == (1 if errors else 0), done.err
    for finding in findings:
        lines = (workspace / finding["path"]).read_text().splitlines()
        assert finding["line"] <= len(lines)
        assert finding["remedy"]
    return [(finding["rule"], finding["path"], finding["subject"]) for finding in findings]


@pytest.fixture
def filled(dmb: Dmb, served: Path, tmp_path: Path) -> Path:
    """A workspace with code servers for two modules."""
    modules = [make_module(tmp_path / "modules", name, database="duckdb") for name in ("bar-one", "foo")]
    assert dmb("workspace", "add", *modules, "--workspace", served, "--no-install").code == 0
    return served


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_what_dmb_made_is_clean_and_nothing_is_written(dmb: Dmb, filled: Path, workspace: Path) -> None:
    before = contents(filled)
    assert found(dmb, filled) == []
    assert found(dmb, workspace) == []
    done = dmb("workspace", "validate", "--workspace", filled)
    assert (done.code, done.out) == (0, "no findings\n")
    assert contents(filled) == before


def test_a_block_that_is_gone_changed_or_of_nobody(dmb: Dmb, filled: Path) -> None:
    yaml, procfile, env = filled / "workspace.yaml", filled / "Procfile", filled / ".env"
    edit(yaml, "location_name: bar-one", "location_name: bar-one  # mine")
    lines = procfile.read_text().splitlines(keepends=True)
    start = lines.index("# BEGIN: foo\n")
    procfile.write_text("".join(lines[:start] + lines[start + 3 :]))
    with env.open("a") as file:
        file.write("# BEGIN: old\nOLD_PORT=1\n# END: old\n")
    edit(env, "FOO_DUCKDB_PATH=", "FOO_MORE=1\nFOO_DUCKDB_PATH=")  # what people change in .env is theirs
    assert found(dmb, filled) == [
        ("WSP016", ".env", "old"),
        ("WSP015", "Procfile", "foo"),
        ("WSP017", "workspace.yaml", "bar-one"),
    ]


def test_damage_is_told_with_its_line(dmb: Dmb, filled: Path) -> None:
    edit(filled / "workspace.yaml", "  # END: bar-one\n", "")
    done = dmb("workspace", "validate", "--workspace", filled)
    assert done.code == 1
    line = (filled / "workspace.yaml").read_text().splitlines().index("  # BEGIN: bar-one") + 1
    assert f"workspace.yaml:{line}: error WSP013: `# BEGIN: bar-one` has no `# END: bar-one`" in done.out


def test_a_module_that_is_gone_or_has_changed(dmb: Dmb, filled: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "modules" / "foo")
    edit(tmp_path / "modules/bar-one/pyproject.toml", 'code_location_name = "bar-one"', 'code_location_name = "bar"')
    assert found(dmb, filled) == [
        ("WSP019", ".dmb/registry.json", "bar-one"),
        ("WSP018", ".dmb/registry.json", "foo"),
    ]
    assert dmb("workspace", "validate", "--workspace", filled, "--fail-on", "warning").code == 1


def test_names_ports_and_variables_that_stand_twice_or_nowhere(dmb: Dmb, filled: Path) -> None:
    with (filled / "workspace.yaml").open("a") as file:
        file.write("  - grpc_server: {host: localhost, port: 4001, location_name: foo}\n")
        file.write("  - grpc_server: {host: {env: SOMEWHERE}, port: 4090, location_name: third}\n")
    with (filled / ".env").open("a") as file:
        file.write("BAR_ONE_GRPC_PORT=1\n")
    (filled / "docker-compose.yml").write_text(
        "services:\n"
        "  a: {image: 'x:${X_TAG}', container_name: c, ports: ['127.0.0.1:5440:5432']}\n"
        "  b: {image: 'x:1', container_name: c, ports: ['5440:5432']}\n"
    )
    ports = [line for line in (filled / ".env").read_text().splitlines() if line.startswith("BAR_ONE_GRPC_PORT=4")]
    same = [("WSP006", "workspace.yaml", "foo")] if ports == ["BAR_ONE_GRPC_PORT=4001"] else []
    assert sorted(found(dmb, filled)) == sorted(
        [
            ("WSP014", ".env", "BAR_ONE_GRPC_PORT"),
            ("WSP021", "docker-compose.yml", "X_TAG"),
            ("WSP006", "docker-compose.yml", "b"),
            ("WSP006", "docker-compose.yml", "b"),
            ("WSP002", "workspace.yaml", "foo"),
            *same,
            ("WSP021", "workspace.yaml", "SOMEWHERE"),
        ]
    )


def test_where_there_is_no_workspace_it_says_so(dmb: Dmb, tmp_path: Path) -> None:
    assert dmb("workspace", "validate", "--workspace", tmp_path).code == 3
    assert dmb("workspace", "validate", "--workspace", tmp_path, "--live", "ftp://x").code == 3


def test_a_workspace_of_containers_is_judged_in_all_its_files(
    dmb: Dmb, tmp_path: Path, cookies_session: Cookies
) -> None:
    workspace = tmp_path / "ws"
    assert dmb("workspace", "init", workspace, "--runtime", "docker").code == 0
    answers = {"pg": ("postgresql", "isolated"), "my": ("mysql", "shared")}
    for name, (database, location) in answers.items():
        made = make(cookies_session, Configuration(database, "quick", location), module_name=name).project
        assert dmb("workspace", "add", made, "--workspace", workspace, "--no-install").code == 0
    assert found(dmb, workspace) == []
    edit(workspace / "Dockerfile", "# ---- my", "# ---- mine")
    edit(workspace / "docker-compose.yml", "POSTGRES_DB: pg", "POSTGRES_DB: other")
    edit(workspace / "home/workspace.yaml", "host: pg", "host: elsewhere")
    edit(workspace / ".env", "PG_DB_PORT=", "PG_DB_PORT_WAS=")
    assert sorted(found(dmb, workspace)) == [
        ("WSP005", "home/workspace.yaml", "pg"),
        ("WSP015", "Dockerfile", "my"),
        ("WSP016", "Dockerfile", "mine"),
        ("WSP017", "docker-compose.yml", "pg"),
        ("WSP017", "home/workspace.yaml", "pg"),
        ("WSP021", "docker-compose.yml", "PG_DB_PORT"),
    ]
