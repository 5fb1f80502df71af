"""What people put in by hand is taken over: markers alone are added, and all other commands work on it afterwards."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values

from dmb.workspace.changes.adopt import adopt
from tests.support import faults
from tests.support.command import Dmb
from tests.support.containers import config
from tests.support.modules import isolated, make_module, shared
from tests.support.workspace_shapes import CODE_SERVERS, COMMENTED_OUT, CRLF, ONE_CONTAINER, PASTED, SHAPES, SHORT_BUILD
from tests.support.workspaces import contents, unmarked

# The files that these name are not there.
MISSING = {
    "crlf": {("WSP004", "there is no file a.py")},
    "flow": {("WSP004", "there is no file x/y.py")},
}


def lay_out(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    return root


def own(root: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(root).items() if not name.startswith(".dmb")}


@pytest.mark.parametrize("shape", SHAPES)
def test_only_markers_are_added_and_all_works_afterwards(dmb: Dmb, tmp_path: Path, shape: str) -> None:
    root = lay_out(tmp_path / "ws", SHAPES[shape])
    before = own(root)
    preview = dmb("workspace", "adopt", "--workspace", root, "--dry-run", "--json")
    assert (preview.code, own(root), (root / ".dmb").exists()) == (0, before, False)
    done = dmb("workspace", "adopt", "--workspace", root, "--yes", "--json")
    assert done.code == 0, done.err
    after = own(root)
    assert {name: unmarked(data) for name, data in after.items()} == {
        name: unmarked(data) for name, data in before.items()
    }
    names = [module["name"] for module in done.json["modules"]]
    listed = dmb("workspace", "list", "--workspace", root, "--json").json["modules"]
    assert [(module["name"], module["in_sync"]) for module in listed] == [(name, True) for name in names]
    judged = dmb("workspace", "validate", "--workspace", root, "--json").json["findings"]
    wrong = {(finding["rule"], finding["message"]) for finding in judged if finding["severity"] == "error"}
    assert wrong == MISSING.get(shape, set())
    again = dmb("workspace", "adopt", "--workspace", root, "--yes")
    assert (again.code, "nothing made by hand" in again.err) == (3, True)
    assert own(root) == after
    module = module_with_pieces(tmp_path)
    added = dmb("workspace", "add", module, "--workspace", root, "--no-install")
    assert added.code == 0, added.err
    assert dmb("workspace", "remove", "zz-new", "--workspace", root, "--yes").code == 0
    assert own(root) == after
    assert dmb("workspace", "remove", *names, "--workspace", root, "--yes").code == 0
    assert b"# BEGIN" not in b"".join(own(root).values())
    for name in ("compose.yaml", "docker-compose.yml", "docker-compose.yaml"):
        if (root / name).exists() and yaml.safe_load((root / name).read_text())["services"]:
            assert config(root).returncode == 0, config(root).stderr


def module_with_pieces(parent: Path) -> Path:
    module = make_module(parent, "zz-new")
    pieces = {
        "workspace.yaml": "load_from:\n- grpc_server: {host: zz-new, port: 4000, location_name: zz-new}\n",
        "docker-compose.yml": "services:\n  zz-new:\n    image: ${ZZ_NEW_IMAGE:?the image}\n",
        ".env.example": "ZZ_NEW_IMAGE=zz:1\n",
    }
    lay_out(module / "workspace" / "local", pieces)
    return module


def test_a_shared_module_goes_into_the_image_that_runs_dagster(dmb: Dmb, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "ws", ONE_CONTAINER)
    assert dmb("workspace", "adopt", "--workspace", root, "--yes").code == 0
    before, module = own(root), shared(tmp_path, "alpha")
    assert dmb("workspace", "add", module, "--workspace", root).code == 0
    assert (root / "Dockerfile").read_bytes() == before["Dockerfile"]
    assert "from=alpha" in (root / "Dockerfile.dagster").read_text()
    services = json.loads(config(root).stdout)["services"]
    for name in ("dagster", "scheduler"):
        assert services[name]["build"]["additional_contexts"] == {"alpha": str(module)}
        own_variables = {"ALPHA_EXECUTOR": "in_process", "ALPHA_AUTH_DIR": "/run/auth/alpha"}
        assert services[name]["environment"] == {"DAGSTER_HOME": "/srv/home", **own_variables}
        mounted = {mount["target"]: mount["source"] for mount in services[name]["volumes"]}
        assert mounted["/run/auth/alpha"] == str(root / "auth" / "alpha")
    assert dmb("workspace", "remove", "alpha", "--workspace", root, "--yes").code == 0
    assert own(root) == before


def test_a_shared_module_is_refused_where_dagster_runs_from_two_images(dmb: Dmb, tmp_path: Path) -> None:
    text = ONE_CONTAINER["docker-compose.yml"].replace("./Dockerfile.dagster", "Dockerfile")
    root = lay_out(tmp_path / "ws", {**ONE_CONTAINER, "docker-compose.yml": text})
    assert dmb("workspace", "adopt", "--workspace", root, "--yes").code == 0
    before = own(root)
    done = dmb("workspace", "add", shared(tmp_path, "alpha"), "--workspace", root)
    assert (done.code, own(root)) == (2, before)
    line = text.splitlines().index("      dockerfile: Dockerfile.dagster") - 1
    assert f"docker-compose.yml:{line}: the image of dagster is not built from Dockerfile" in done.err


def test_a_variable_of_the_instance_is_nobodys(dmb: Dmb, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "ws", COMMENTED_OUT)
    done = dmb("workspace", "adopt", "flow", "--workspace", root, "--yes", "--json")
    assert done.code == 0, done.err
    assert "FLOW_STORE is used in home/dagster.yaml and stays as it is" in " ".join(done.json["modules"][0]["left"])
    assert dmb("workspace", "remove", "flow", "--workspace", root, "--yes").code == 0
    assert set(dotenv_values(root / ".env")) == {"FLOW_STORE", "LAKE"}


def test_an_env_file_that_was_not_there_goes_again(dmb: Dmb, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "ws", CRLF)
    (root / ".env").unlink()
    assert dmb("workspace", "adopt", "--workspace", root, "--yes").code == 0
    before, modules = own(root), [make_module(tmp_path, name, database="duckdb") for name in ("one", "two")]
    assert dmb("workspace", "add", *modules, "--workspace", root, "--no-install").code == 0
    assert dmb("workspace", "remove", "one", "--workspace", root, "--yes").code == 0
    assert set(dotenv_values(root / ".env")) == {"TWO_AUTH_DIR", "TWO_DUCKDB_PATH"}
    assert dmb("workspace", "remove", "two", "--workspace", root, "--yes").code == 0
    assert own(root) == before
    # What a person wrote there keeps it.
    assert dmb("workspace", "add", modules[0], "--workspace", root, "--no-install").code == 0
    with (root / ".env").open("a") as file:
        file.write("MINE=1\n")
    assert dmb("workspace", "remove", "one", "--workspace", root, "--yes").code == 0
    assert dotenv_values(root / ".env") == {"MINE": "1"}


def test_the_grouping_and_its_evidence(dmb: Dmb, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "ws", CODE_SERVERS)
    data = dmb("workspace", "adopt", "--workspace", root, "--dry-run", "--json").json
    found = {module["name"]: module for module in data["modules"]}
    assert {name: module["location_name"] for name, module in found.items()} == {
        "sales": "sales",
        "stock-keeping": "stock_keeping",
    }
    assert found["sales"]["database"] == "mysql"
    words = [find["what"] for find in found["sales"]["finds"]]
    assert words == [
        "grpc_server sales on sales_code:4000",
        "service sales_code: the host of sales",
        "service sales_db: a database that only sales_code depends on",
        "ui depends on sales_code",
        "background depends on sales_code",
        "volume sales-data: nothing else mounts it",
        "SALES_DB_PORT, SALES_REGION: named for it",
    ]
    lines = {find["what"]: find["line"] for find in found["sales"]["finds"]}
    assert (
        CODE_SERVERS["docker-compose.yml"].splitlines()[
            lines["service sales_db: a database that only sales_code depends on"] - 1
        ]
        == "  sales_db:"
    )
    stock = [find["what"] for find in found["stock-keeping"]["finds"]]
    assert "service whatever_name: the host of stock_keeping" in stock
    assert ["STOCK_KEEPING_B is not next to the others" in note for note in found["stock-keeping"]["left"]] == [True]
    assert not any("metadata" in word for word in words + stock)


@pytest.mark.parametrize("host", ["host: localhost, ", "host: '::', ", "host: host.docker.internal, ", ""])
def test_the_port_of_a_code_server_on_this_host_is_kept(dmb: Dmb, tmp_path: Path, host: str) -> None:
    servers = (
        f"- grpc_server: {{{host}port: 4321, location_name: here}}\n"
        "- grpc_server: {host: elsewhere, port: 4322, location_name: far}\n"
    )
    root = lay_out(tmp_path / "ws", {"workspace.yaml": f"load_from:\n{servers}", "dagster.yaml": ""})
    done = dmb("workspace", "adopt", "--workspace", root, "--yes")
    assert done.code == 0, done.err
    modules = json.loads((root / ".dmb" / "registry.json").read_text())["modules"]
    assert {name: module["ports"] for name, module in modules.items()} == {"here": {"grpc": 4321}, "far": {}}


def test_removing_an_adopted_module_takes_all_of_it(dmb: Dmb, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "ws", CODE_SERVERS)
    assert dmb("workspace", "adopt", "--workspace", root, "--yes").code == 0
    assert dmb("workspace", "remove", "sales", "--workspace", root, "--yes").code == 0
    compose = yaml.safe_load((root / "docker-compose.yml").read_text())
    assert set(compose["services"]) == {"metadata_store", "whatever_name", "ui", "background"}
    assert compose["services"]["background"]["depends_on"] == ["metadata_store", "whatever_name"]
    assert set(compose["volumes"]) == {"metadata"}
    assert set(dotenv_values(root / ".env")) == {"TOKEN", "STOCK_KEEPING_MODE", "OTHER", "STOCK_KEEPING_B"}
    left = yaml.safe_load((root / "workspace.yaml").read_text())["load_from"]
    assert [item["grpc_server"]["location_name"] for item in left] == ["stock_keeping"]


def test_what_stays_must_not_depend_on_what_goes(dmb: Dmb, tmp_path: Path) -> None:
    line = "depends_on: [models]\n"
    text = SHORT_BUILD["docker-compose.yml"].replace("depends_on:\n            - models\n", line, 1)
    root = lay_out(tmp_path / "ws", {**SHORT_BUILD, "docker-compose.yml": text})
    done = dmb("workspace", "adopt", "--workspace", root, "--yes", "--json")
    assert "it shares its line" in " ".join(done.json["modules"][0]["left"])
    before, compose = own(root), root / "docker-compose.yml"
    number = compose.read_text().split(line)[0].count("\n") + 1
    done = dmb("workspace", "remove", "models", "--workspace", root, "--yes", "--force")
    assert f"{compose}:{number}: ui depends on models outside dmb's blocks, and models would be removed" in done.err
    assert (done.code, own(root)) == (2, before)
    compose.write_text(compose.read_text().replace(f"        {line}", ""))
    assert dmb("workspace", "remove", "models", "--workspace", root, "--yes").code == 0
    assert config(root).returncode == 0


def test_old_blocks_become_modules_with_not_one_byte_more(dmb: Dmb, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "ws", PASTED)
    before = own(root)
    assert dmb("workspace", "adopt", "old-one", "--workspace", root, "--yes").code == 0
    assert own(root) == before
    assert dmb("workspace", "remove", "old-one", "--workspace", root, "--yes").code == 0
    assert "old" not in (root / "workspace.yaml").read_text()
    assert set(dotenv_values(root / ".env")) == {"LOOSE_X", "LOOSE_Y"}


def test_a_person_says_what_belongs_where(dmb: Dmb, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "ws", CODE_SERVERS)
    done = dmb(
        "workspace", "adopt", "shop", "--workspace", root, "--yes", "--json",
        "--map", "shop=stock_keeping", "--map", "shop=metadata_store",
    )  # fmt: skip
    assert done.code == 0, done.err
    words = [find["what"] for find in done.json["modules"][0]["finds"]]
    assert "service metadata_store: named by --map" in words
    assert [module["name"] for module in dmb("workspace", "list", "--workspace", root, "--json").json["modules"]] == [
        "shop"
    ]
    wrong = dmb("workspace", "adopt", "--workspace", root, "--map", "Shop X=sales")
    assert (wrong.code, "--map" in wrong.err) == (2, True)


def test_it_asks_and_says_where_nothing_is(dmb: Dmb, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "ws", CRLF)
    before = contents(root)
    asked = dmb("workspace", "adopt", "--workspace", root)
    assert (asked.code, "--yes" in asked.err) == (2, True)
    unknown = dmb("workspace", "adopt", "bee", "--workspace", root, "--yes")
    assert (unknown.code, "did you mean be?" in unknown.err) == (3, True)
    empty = dmb("workspace", "adopt", "--workspace", tmp_path / "nowhere", "--yes")
    assert empty.code == 3
    (tmp_path / "none").mkdir()
    assert "no workspace.yaml" in dmb("workspace", "adopt", "--workspace", tmp_path / "none", "--yes").err
    assert {name: data for name, data in contents(root).items() if not name.startswith(".dmb")} == before


def test_a_refusal_leaves_no_trace(dmb: Dmb, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "ws", CODE_SERVERS)
    (root / "workspace.yaml").chmod(0o444)
    done = dmb("workspace", "adopt", "--workspace", root, "--yes")
    assert (done.code, "read-only" in done.err, (root / ".dmb").exists()) == (2, True, False)
    (root / "workspace.yaml").chmod(0o644)
    assert dmb("workspace", "adopt", "--workspace", root, "--yes").code == 0


def everything(root: Path) -> dict[str, object]:
    """All files and folders, the lock too, with the time of their last change."""
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode, path.is_file() and path.read_bytes())
        for path in (root, *root.rglob("*"))
    }


def first_adopt(root: Path) -> None:
    adopt(root, (), mapped={}, given=(), commit=True)


def killed_adopt(parent: Path, left: str) -> Path:
    """A folder whose first adopt was killed when `left` was there last."""
    for calls in range(500):
        root = lay_out(parent / f"{left}-{calls}", CODE_SERVERS)
        assert faults.run_killed(lambda at=root: first_adopt(at), calls) != 0  # type: ignore[misc]
        if (root / ".dmb" / left).exists() and (left != "journal.tmp" or len(list(root.glob(".*.dmb"))) > 2):
            return root
        shutil.rmtree(root)
    raise AssertionError


def without_registry(dmb: Dmb, root: Path) -> Path:
    """A workspace with backups, by hand again, whose registry is gone."""
    lay_out(root, CODE_SERVERS)
    assert dmb("workspace", "adopt", "--workspace", root, "--yes").code == 0
    lay_out(root, CODE_SERVERS)
    (root / ".dmb/registry.json").unlink()
    return root


@pytest.mark.parametrize(
    "state", ["none", "a workspace", "no registry", "no lock", "empty", "journal.tmp", "journal.json"]
)
def test_a_dry_run_writes_and_deletes_nothing(dmb: Dmb, tmp_path: Path, state: str) -> None:
    if state.startswith("journal"):
        root = killed_adopt(tmp_path, state)
    elif state.startswith("no "):
        root = without_registry(dmb, tmp_path / "ws")
        if state == "no lock":
            (root / ".dmb/lock").unlink()
    else:
        root = lay_out(tmp_path / "ws", CODE_SERVERS)
        if state == "empty":
            (root / ".dmb").mkdir()
        elif state == "a workspace":
            assert dmb("workspace", "adopt", "sales", "--workspace", root, "--yes").code == 0
    before = everything(root)
    done = dmb("workspace", "adopt", "--workspace", root, "--dry-run", "--json")
    assert everything(root) == before
    refused = dmb("workspace", "adopt", "nobody", "--workspace", root, "--dry-run")
    assert everything(root) == before
    if state == "journal.json":
        assert (done.code, refused.code) == (2, 2)
        assert f"{root / '.dmb/journal.json'}: an interrupted change is not finished" in done.err
        assert "--dry-run" in done.err.split("  -> ")[1]
    else:
        assert (done.code, refused.code) == (0, 3)
        assert [module["name"] for module in done.json["modules"]][-1] == "stock-keeping"


def test_backups_outlive_an_adopt(dmb: Dmb, tmp_path: Path) -> None:
    root = without_registry(dmb, tmp_path / "ws")
    backups = {name: data for name, data in contents(root).items() if "/backups/" in name}
    assert len(backups) > 2
    (root / "workspace.yaml").chmod(0o444)
    assert dmb("workspace", "adopt", "--workspace", root, "--yes").code == 2
    assert dmb("workspace", "adopt", "nobody", "--workspace", root, "--yes").code == 3
    assert dmb("workspace", "adopt", "--workspace", root).code == 2  # nobody to ask
    assert backups.items() <= contents(root).items()
    (root / "workspace.yaml").chmod(0o644)
    assert dmb("workspace", "adopt", "--workspace", root, "--yes").code == 0
    assert backups.items() <= contents(root).items()


def test_a_first_adopt_that_was_killed_is_taken_back_or_finished_by_the_next(dmb: Dmb, tmp_path: Path) -> None:
    wanted = lay_out(tmp_path / "wanted", CODE_SERVERS)
    first_adopt(wanted)
    root = killed_adopt(tmp_path, "journal.tmp")
    done = dmb("workspace", "adopt", "--workspace", root, "--yes")
    assert (done.code, own(root)) == (0, own(wanted))
    assert "undid a change that had been interrupted" in done.err
    root = killed_adopt(tmp_path, "journal.json")
    done = dmb("workspace", "adopt", "--workspace", root, "--yes")
    assert (done.code, own(root)) == (3, own(wanted))
    assert "finished a change that had been interrupted" in done.err
    assert "nothing made by hand" in done.err
    assert [len(list((at / ".dmb/backups").iterdir())) for at in (root, wanted)] == [1, 1]


def test_a_state_folder_that_was_just_made_is_completed(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "ws", CODE_SERVERS)
    (root / ".dmb").mkdir()  # killed before the next call
    first_adopt(root)
    assert (root / ".dmb/.gitignore").read_text() == "*\n"


def test_a_file_that_was_edited_after_a_kill_is_left_alone(dmb: Dmb, tmp_path: Path) -> None:
    root = killed_adopt(tmp_path, "journal.json")
    (root / "workspace.yaml").write_text("mine")
    done = dmb("workspace", "adopt", "--workspace", root, "--yes")
    assert (done.code, "edited after a change to it was interrupted" in done.err) == (2, True)
    assert (root / "workspace.yaml").read_text() == "mine"


def test_two_first_adopts_at_once_are_one(tmp_path: Path) -> None:
    wanted = lay_out(tmp_path / "wanted", CODE_SERVERS)
    first_adopt(wanted)
    for turn in range(10):
        root = lay_out(tmp_path / str(turn), CODE_SERVERS)
        running = [faults.fork(lambda at=root: first_adopt(at)) for _ in range(4)]  # type: ignore[misc]
        assert sorted(faults.wait(pid) for pid in running) == [0, 1, 1, 1]  # the others have nothing to take over
        assert own(root) == own(wanted)
        assert len(list((root / ".dmb/backups").iterdir())) == 1


def test_several_workspace_files_are_told_apart(dmb: Dmb, tmp_path: Path) -> None:
    root = tmp_path / "ws"
    for name in ("a", "b"):
        lay_out(root / name, {"workspace.yaml": f"load_from:\n- python_module: in_{name}\n"})
    done = dmb("workspace", "adopt", "--workspace", root, "--yes")
    assert (done.code, "a/workspace.yaml, b/workspace.yaml" in done.err) == (2, True)
    done = dmb("workspace", "adopt", "--workspace", root, "--yes", "--json", "--file", "b/workspace.yaml")
    assert [module["name"] for module in done.json["modules"]] == ["in-b"]
    assert b"BEGIN" not in (root / "a" / "workspace.yaml").read_bytes()


def test_an_adopted_module_is_brought_up_to_date_from_its_repository(dmb: Dmb, tmp_path: Path) -> None:
    by_hand = (
        "load_from:\n  - python_file: a.py\n  # mine\n  - python_module: {module_name: x, location_name: bar-one}\n"
    )
    root = lay_out(tmp_path / "ws", {"workspace.yaml": by_hand, ".env": "BAR_ONE_TOKEN=1\n"})
    module = make_module(tmp_path, database="duckdb")
    assert dmb("workspace", "adopt", "bar-one", "--workspace", root, "--yes").code == 0
    done = dmb("workspace", "add", module, "--workspace", root, "--no-install", "--json")
    assert (done.code, [one["status"] for one in done.json["modules"]]) == (0, ["changed"])
    items = yaml.safe_load((root / "workspace.yaml").read_text())["load_from"]
    assert items[0] == {"python_file": "a.py"}
    assert items[1]["python_module"]["working_directory"] == str(module)
    assert {"BAR_ONE_TOKEN", "BAR_ONE_DUCKDB_PATH"} <= set(dotenv_values(root / ".env"))
    assert dmb("workspace", "remove", "bar-one", "--workspace", root, "--yes").code == 0
    assert (root / "workspace.yaml").read_text() == "load_from:\n  - python_file: a.py\n  # mine\n"
    assert (root / ".env").read_bytes() == b""


def test_a_folder_that_looks_like_one_is_meant_before_the_usual_place(
    dmb: Dmb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = tmp_path / "nobody" / "workspace" / "services" / "dagster"
    assert dmb("workspace", "init", usual, "--no-install").code == 0
    root = lay_out(tmp_path / "ws", {"workspace.yaml": "load_from:\n- python_file: a.py\n"})
    monkeypatch.chdir(root)
    monkeypatch.delenv("DMB_WORKSPACE", raising=False)
    done = dmb("workspace", "adopt", "--yes", "--json")
    assert (done.code, done.json["workspace"]) == (0, str(root))


def test_a_service_that_no_location_names_is_taken_over_by_map(dmb: Dmb, tmp_path: Path) -> None:
    root, module = tmp_path / "ws", isolated(tmp_path)
    assert dmb("workspace", "init", root, "--runtime", "docker").code == 0
    path = root / "docker-compose.yml"
    path.write_text(path.read_text().replace("services:\n", "services:\n  bar-one:\n    image: old:1\n\n"))
    refused = dmb("workspace", "add", module, "--workspace", root)
    assert (refused.code, "`dmb workspace adopt`" in refused.err) == (2, True)
    nothing = dmb("workspace", "adopt", "--workspace", root, "--yes")
    assert (nothing.code, "--map NAME=SERVICE" in nothing.err) == (3, True)
    before = unmarked(path.read_bytes())
    assert dmb("workspace", "adopt", "--map", "bar-one=bar-one", "--workspace", root, "--yes").code == 0
    assert unmarked(path.read_bytes()) == before
    added = dmb("workspace", "add", module, "--workspace", root)
    assert added.code == 0, added.err
    assert yaml.safe_load(path.read_text())["services"]["bar-one"]["image"].startswith("${BAR_ONE_IMAGE")
