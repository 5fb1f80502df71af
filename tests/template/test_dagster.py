"""What Dagster itself says of each module: it loads, its tests pass, its job runs, its wheel stands alone."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from tests.support.made_modules import Configuration, Database, MadeModule, install, loaded, make

pytestmark = pytest.mark.slow

# The sample has 24 lines: four that cannot be counted on and two that stand twice, from five countries.
ROWS = {"bar_one/raw_orders": 24, "bar_one/orders": 18, "bar_one/revenue_by_country": 5}

# The rows of each asset's latest materialization and the checks' verdicts, asked of the instance that the run wrote to.
REPORT = """
import json
import dagster as dg
with dg.DagsterInstance.get() as instance:
    rows, checks = {}, {}
    for key in instance.all_asset_keys():
        event = instance.get_latest_materialization_event(key)
        rows[key.to_user_string()] = event.asset_materialization.metadata["dagster/row_count"].value
    for record in instance.get_event_records(dg.EventRecordsFilter(dg.DagsterEventType.ASSET_CHECK_EVALUATION)):
        evaluation = record.event_log_entry.dagster_event.event_specific_data
        checks[evaluation.check_name] = evaluation.passed
    print(json.dumps({"runs": [run.status.value for run in instance.get_runs()], "rows": rows, "checks": checks}))
"""
TARGET = ("-m", "bar_one_dagster.definitions")


@pytest.fixture(params=loaded(), ids=str, scope="session")
def module(request: pytest.FixtureRequest, cookies_session: Cookies) -> MadeModule:
    """A configuration of each database and tier."""
    return make(cookies_session, request.param)


def test_the_installed_wheel_loads_and_its_job_runs_to_success(
    own_copy: MadeModule, installed: dict[str, str], database: Database | None, tmp_path: Path
) -> None:
    neutral = tmp_path / "neutral"
    neutral.mkdir()
    own_copy.run("dagster", "definitions", "validate", *TARGET, cwd=neutral, env=installed)  # knows of no server
    if database:
        installed |= database.variables
        database.server.feed(own_copy.project / "src" / "bar_one_dagster" / "schema.sql", database.name)
    own_copy.run("dagster", "job", "execute", *TARGET, "-j", "bar_one_refresh", cwd=neutral, env=installed)
    if database:
        assert database.server.tables(database.name) == {key.removeprefix("bar_one/"): n for key, n in ROWS.items()}
    report = json.loads(own_copy.run("python", "-c", REPORT, cwd=neutral, env=installed).splitlines()[-1])
    assert report == {"runs": ["SUCCESS"], "rows": ROWS, "checks": {"order_ids_are_unique": True}}


def test_without_its_resources_it_does_not_load_and_says_what_is_missing(own_copy: MadeModule, tmp_path: Path) -> None:
    """Dagster's own IO manager would take over in silence, and look for values elsewhere."""
    site = tmp_path / "site"
    (own_copy.project / "src" / "bar_one_dagster" / "defs" / "resources.py").unlink()
    install(own_copy, site)
    load = "from bar_one_dagster.definitions import defs\ntry: defs()\nexcept LookupError as error: print(error)"
    said = own_copy.run("python", "-c", load, cwd=tmp_path, env={"PYTHONPATH": str(site)})
    assert "bring defs/resources.py back" in said


def test_dg_accepts_the_source_tree_and_its_own_tests_pass(
    own_copy: MadeModule, installed: dict[str, str], database: Database | None
) -> None:
    own_copy.run("dg", "check", "defs", env=installed)
    source = {"PYTHONPATH": str(own_copy.project / "src")}
    if database:
        source |= {"CI": "true", **database.variables}  # a test that skips would be one that fails
    assert " passed" in own_copy.run("pytest", "-q", "-p", "no:cacheprovider", env=source)


def asset_keys(module: MadeModule, package: str, folder: Path, env: dict[str, str]) -> set[str]:
    code = (
        f"import json; from {package}.definitions import defs; "
        "print(json.dumps([k.to_user_string() for k in defs().resolve_all_asset_keys()]))"
    )
    return set(json.loads(module.run("python", "-c", code, cwd=folder, env=env).splitlines()[-1]))


def test_two_modules_in_one_environment_list_only_their_own_assets(cookies: Cookies, tmp_path: Path) -> None:
    one = make(cookies, Configuration("duckdb", "standard", "shared"))
    two = make(cookies, Configuration("none", "quick", "shared"), module_name="Foo Two")
    site, neutral = tmp_path / "site", tmp_path / "neutral"
    neutral.mkdir()
    install(one, site)
    install(two, site)
    environment = {"PYTHONPATH": str(site)}
    assert asset_keys(one, "bar_one_dagster", neutral, env=environment) == set(ROWS)
    assert asset_keys(two, "foo_two_dagster", neutral, env=environment) == {
        k.replace("bar_one", "foo_two") for k in ROWS
    }


def test_dg_scaffold_works_in_the_source_tree_and_what_it_makes_is_loaded(cookies: Cookies) -> None:
    module = make(cookies, Configuration("none", "quick", "isolated"))
    environment = {"PYTHONPATH": str(module.project / "src")}
    module.run("dg", "scaffold", "defs", "dagster.asset", "extra.py", env=environment)
    keys = asset_keys(module, "bar_one_dagster", module.project, env=environment)
    assert keys - set(ROWS) == {"extra"}


def test_the_wheel_carries_its_data_and_says_where_the_project_starts(own_copy: MadeModule, tmp_path: Path) -> None:
    build = ("uv", "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable)
    own_copy.run(*build, "--out-dir", tmp_path / "dist")
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"bar_one_dagster/dg.toml", "bar_one_dagster/data/orders.csv", "bar_one_dagster/py.typed"} <= names
    assert not (own_copy.project / "src" / "bar_one_dagster" / "dg.toml").exists()
    assert all(name.startswith(("bar_one_dagster/", "bar_one_dagster-")) for name in names)
