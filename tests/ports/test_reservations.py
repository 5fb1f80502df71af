"""Reservations: kept for a day, lapsed with their project, idempotent, and never a reason to fail."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dmb.errors import DmbError
from dmb.ports import reservation_file
from dmb.ports.reservations import Reserved, confirm, reserve
from dmb.ports.survey import survey
from dmb.ports.tables import KINDS, SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Make = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("quiet_host")

NOW = 1_800_000_000.0  # seconds since the epoch
MINUTE = 60
DAY = 24 * 60 * MINUTE
GRPC = {"grpc": None}


def grpc(slug: str, workspace: Path | None, **more: Any) -> int:
    return reserve(slug, {"grpc": None}, workspace=workspace, **{"now": NOW, **more}).ports["grpc"]


def records(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "reservations.json").read_text())["reservations"]
    return found


def test_modules_get_one_port_after_the_other(workspace: Path, project: Make) -> None:
    given = [grpc(slug, workspace, project=project(slug)) for slug in ("one", "two", "three")]
    assert given == [4001, 4002, 4003]


def test_every_kind_is_reserved_at_once(workspace: Path) -> None:
    wanted = {"grpc": None, "postgresql": None, "mysql": 3333}
    assert reserve("one", wanted, workspace=workspace) == Reserved({"grpc": 4001, "postgresql": 5440, "mysql": 3333})
    second = reserve("two", {"grpc": None, "postgresql": None}, workspace=workspace)
    assert second.ports == {"grpc": 4002, "postgresql": 5441}


def test_what_any_source_claims_is_not_reserved_again(workspace: Path, project: Make) -> None:
    (workspace / ".dmb" / "registry.json").write_text('{"modules": {"one": {"ports": {"grpc": 4001}}}}')
    (workspace / ".env").write_text("WEB_PORT=4002\n")
    (workspace / "workspace.yaml").write_text("load_from:\n- grpc_server: {host: localhost, port: 4003}\n")
    (workspace / "compose.yaml").write_text("services: {s: {ports: ['4004:80']}}\n")
    (project("five") / "pyproject.toml").write_text('[tool.dmb]\nname = "five"\n[tool.dmb.ports]\ngrpc = 4005\n')
    reserve("six", {"grpc": 4006}, workspace=workspace, now=NOW)
    siblings = project("five").parent
    holders = survey(workspace, siblings=siblings, now=NOW).holders
    assert {holder.source for holder in holders} == set(SOURCES) - {"socket"}
    for holder in holders:
        with pytest.raises(DmbError, match=f"port {holder.port} is taken by"):
            reserve("new", {"grpc": holder.port}, workspace=workspace, siblings=siblings, now=NOW)
    assert grpc("new", workspace, siblings=siblings) == 4007


def test_a_reservation_stands_in_the_workspace_for_its_owner_alone(workspace: Path, state: Path, project: Make) -> None:
    grpc("one", workspace, project=project("one"))
    file = workspace / ".dmb" / "reservations.json"
    expected = {"slug": "one", "kind": "grpc", "port": 4001, "project": str(project("one")), "at": int(NOW)}
    assert records(file.parent) == [expected]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not state.exists()


@pytest.mark.parametrize("kind_of_folder", ["none", "gone", "no workspace"])
def test_without_a_workspace_it_stands_in_the_users_state_folder(
    tmp_path: Path, state: Path, kind_of_folder: str
) -> None:
    folder = None if kind_of_folder == "none" else tmp_path / kind_of_folder
    if kind_of_folder == "no workspace":
        (tmp_path / kind_of_folder).mkdir()
    assert reserve("one", GRPC, workspace=folder).notes == ()
    assert [record["slug"] for record in records(state)] == ["one"]
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    if folder and folder.exists():
        assert list(folder.iterdir()) == []


def test_what_was_reserved_without_a_workspace_counts_with_one(workspace: Path) -> None:
    assert grpc("one", None) == 4001
    assert grpc("two", workspace) == 4002


def test_the_line_of_a_reservation_is_told(workspace: Path) -> None:
    grpc("one", workspace)
    grpc("two", workspace)
    file = workspace / ".dmb" / "reservations.json"
    for holder in survey(workspace, now=NOW).holders:
        line = int(holder.place.removeprefix(f"{file}:"))
        assert f'"slug": "{holder.who}"' in file.read_text().splitlines()[line - 1]


# --- the same module asks again -------------------------------------------------------------------------------------


def test_the_same_project_gets_the_same_port(workspace: Path, project: Make) -> None:
    assert grpc("one", workspace, project=project("one")) == 4001
    assert grpc("two", workspace, project=project("two")) == 4002
    project("one")
    assert grpc("two", workspace, project=project("two"), now=NOW + 30 * MINUTE) == 4002
    assert len(records(workspace / ".dmb")) == 2


def test_renderings_of_one_module_in_temporary_folders_see_no_difference(
    tmp_path: Path, workspace: Path, project: Make
) -> None:
    """As `cruft update` makes them: the old template and the new one, beside the real module."""
    grpc("other", workspace, project=project("other"))
    port = grpc("one", workspace, project=project("one"))
    renderings = [tmp_path / name / "one" for name in ("old", "new")]
    for folder in renderings:
        folder.mkdir(parents=True)
        assert grpc("one", workspace, project=folder, siblings=folder.parent) == port
    for folder in renderings:
        folder.rmdir()
    assert grpc("third", workspace) == 4003
    assert {record["project"] for record in records(workspace / ".dmb")} == {
        str(project("other")),
        str(project("one")),
        None,
    }


def test_two_projects_of_one_slug_share_until_one_of_them_types_another(workspace: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "one", tmp_path / "b" / "one"
    first.mkdir(parents=True)
    second.mkdir(parents=True)
    assert grpc("one", workspace, project=first) == 4001
    assert grpc("one", workspace, project=second) == 4001
    assert reserve("one", {"grpc": 4050}, workspace=workspace, project=second, now=NOW).ports == {"grpc": 4050}
    assert grpc("one", workspace, project=first) == 4001
    assert grpc("one", workspace, project=second) == 4050
    first.rmdir()
    assert grpc("two", workspace) == 4001


def test_a_typed_port_replaces_the_reserved_one(workspace: Path, project: Make) -> None:
    grpc("one", workspace, project=project("one"))
    reserve("one", {"grpc": 4044}, workspace=workspace, project=project("one"), now=NOW)
    assert grpc("one", workspace, project=project("one")) == 4044
    assert grpc("two", workspace) == 4001


def test_a_typed_port_that_another_reserved_is_refused(workspace: Path) -> None:
    grpc("one", workspace)
    before = (workspace / ".dmb" / "reservations.json").read_bytes()
    with pytest.raises(DmbError) as caught:
        reserve("two", {"grpc": 4001}, workspace=workspace, now=NOW)
    assert caught.value.cause == "port 4001 is taken by one (reserved for a day)"
    assert caught.value.place == f"{workspace}/.dmb/reservations.json:4"
    assert "4002" in caught.value.remedy
    assert (workspace / ".dmb" / "reservations.json").read_bytes() == before


def test_an_assigned_port_wins_over_the_preferred_one(workspace: Path) -> None:
    modules = {"one": {"ports": {"grpc": 4020}}}
    (workspace / ".dmb" / "registry.json").write_text(json.dumps({"modules": modules}))
    assert grpc("one", workspace, preferred={"grpc": 4001}) == 4020
    assert grpc("two", workspace, preferred={"grpc": 4020}) == 4001


# --- lapses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "expected"), [(DAY - 1, 4002), (DAY, 4001), (-DAY, 4001)])
def test_a_reservation_lapses_after_a_day(workspace: Path, project: Make, after: int, expected: int) -> None:
    grpc("one", workspace, project=project("one"))
    assert grpc("two", workspace, now=NOW + after) == expected


def test_asking_again_starts_the_day_anew(workspace: Path, project: Make) -> None:
    grpc("one", workspace, project=project("one"))
    grpc("one", workspace, project=project("one"), now=NOW + DAY - 1)
    assert grpc("two", workspace, now=NOW + DAY + 1) == 4002


def test_a_reservation_lapses_with_its_project(workspace: Path, project: Make) -> None:
    grpc("one", workspace, project=project("one"))
    project("one").rmdir()
    assert grpc("two", workspace) == 4001
    assert [record["slug"] for record in records(workspace / ".dmb")] == ["two"]


@pytest.mark.parametrize(("after", "expected"), [(10 * MINUTE - 1, 4002), (10 * MINUTE, 4001)])
def test_a_reservation_without_a_folder_lapses_after_ten_minutes(
    workspace: Path, tmp_path: Path, after: int, expected: int
) -> None:
    grpc("one", workspace, project=tmp_path / "not-made-yet")
    assert grpc("two", workspace, now=NOW + after) == expected


@pytest.mark.parametrize("with_workspace", [True, False])
def test_a_confirmed_reservation_is_kept_for_the_day(workspace: Path, project: Make, with_workspace: bool) -> None:
    where = workspace if with_workspace else None
    grpc("one", where)
    grpc("two", where)
    confirm("one", project("one"), workspace=where)
    assert grpc("three", where, now=NOW + DAY - 1) == 4002
    assert {holder.who for holder in survey(where, now=NOW + DAY - 1).holders} == {"one", "three"}


def test_confirming_what_was_never_reserved_does_nothing(workspace: Path, state: Path, project: Make) -> None:
    confirm("one", project("one"), workspace=workspace)
    assert not (workspace / ".dmb" / "reservations.json").exists()
    assert not state.exists()


# --- files that are not as they should be ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{oops",
        b"[]",
        b'{"reservations": 1}',
        b'{"reservations": null}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"reservations": {"a": 1}}',
    ],
)
def test_a_broken_file_of_reservations_is_kept_and_started_anew(workspace: Path, content: bytes) -> None:
    file = workspace / ".dmb" / "reservations.json"
    file.write_bytes(content)
    assert str(file) in survey(workspace).notes[0]
    given = reserve("one", GRPC, workspace=workspace, now=NOW)
    assert given.ports == {"grpc": 4001}
    assert len(given.notes) == 1
    assert "started a new one, the old one is kept as reservations.broken-1800000000.json" in given.notes[0]
    assert (workspace / ".dmb" / "reservations.broken-1800000000.json").read_bytes() == content
    assert reserve("two", GRPC, workspace=workspace, now=NOW) == Reserved({"grpc": 4002})


def test_of_a_damaged_file_the_reservations_that_make_sense_still_count(workspace: Path) -> None:
    grpc("one", workspace)
    file = workspace / ".dmb" / "reservations.json"
    file.write_text(file.read_text().replace('"reservations": [', '"reservations": [{"slug": 1},'))
    given = reserve("two", GRPC, workspace=workspace, now=NOW)
    assert given.ports == {"grpc": 4002}
    assert "has an invalid reservation" in given.notes[0]
    assert [record["slug"] for record in records(workspace / ".dmb")] == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [(".env", "A=1\nnonsense here\n", 2), ("workspace.yaml", "load_from: [\n", 1), ("compose.yml", "a: b: c\n", 1)],
)
def test_a_broken_workspace_file_refuses_and_reserves_nothing(workspace: Path, name: str, text: str, line: int) -> None:
    (workspace / name).write_text(text)
    with pytest.raises(DmbError) as caught:
        reserve("one", GRPC, workspace=workspace)
    assert caught.value.place == f"{workspace / name}:{line}"
    assert caught.value.remedy
    assert not (workspace / ".dmb" / "reservations.json").exists()


def test_a_lock_that_is_not_let_go_is_told_with_its_holder(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reservation_file, "_PATIENCE", 0.2)
    code = (
        "import sys, pathlib; from dmb.ports import reservation_file\n"
        "with reservation_file.locked(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(workspace / ".dmb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(DmbError) as caught:
            reserve("one", GRPC, workspace=workspace)
        assert f"process {holder.pid} has locked the port reservations" in caught.value.cause
        assert caught.value.place == f"{workspace}/.dmb/reservations.lock"
        holder.kill()
    assert grpc("one", workspace) == 4001


# --- as a user who may not write ------------------------------------------------------------------------------------

NOBODY = 65534
# All is imported first: nobody need not be able to read this Python.
AS_NOBODY = f"""
import encodings.utf_8_sig, errno, json, os, socket, sys, tomllib, yaml
from pathlib import Path
from dmb.ports.reservations import reserve
from dmb.ports.survey import survey
from dmb.ports import workspace_files
from dmb.formats import yaml_events
os.setgid({NOBODY}); os.setuid({NOBODY})
workspace = Path(sys.argv[1])
given = reserve("one", {{"grpc": None}}, workspace=workspace)
print(json.dumps([given.ports, given.notes, survey(workspace).notes]))
"""

as_root = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def others(workspace: Path) -> Iterator[Path]:
    """A workspace of this user that others may enter, unlike pytest's own folders."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield workspace.rename(Path(folder, "workspace"))


def as_nobody(workspace: Path, state: Path) -> tuple[dict[str, int], list[str], list[str]]:
    environment = {**os.environ, "XDG_STATE_HOME": str(state)}
    command = [sys.executable, "-c", AS_NOBODY, str(workspace)]
    answer = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    ports, notes, seen = json.loads(answer.stdout)
    return ports, notes, seen


def nobodys_state(workspace: Path) -> Path:
    folder = workspace.parent / "state"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    return folder


@as_root
def test_a_workspace_that_cannot_be_written_is_noted_and_the_users_folder_taken(others: Path) -> None:
    (others / ".dmb").chmod(0o755)
    (first,) = reserve("other", GRPC, workspace=others).ports.values()
    for file in (others / ".dmb").iterdir():
        file.chmod(0o644)
    state = nobodys_state(others)
    ports, notes, _ = as_nobody(others, state)
    assert ports["grpc"] > first
    assert notes == [f"{others}/.dmb cannot be written (Permission denied), so the ports are not reserved there"]
    assert [record["slug"] for record in records(state / "dagster-module-builder")] == ["one"]
    assert [record["slug"] for record in records(others / ".dmb")] == ["other"]


@as_root
def test_files_that_may_not_be_read_are_noted(others: Path) -> None:
    for name in (".env", "compose.yml"):
        (others / name).write_text("")
        (others / name).chmod(0o600)
    ports, notes, seen = as_nobody(others, nobodys_state(others))
    assert ports["grpc"] in KINDS["grpc"]
    for name in (".env", "compose.yml", ".dmb/registry.json"):
        sentence = f"{others}/{name} cannot be read (Permission denied), so its ports are unknown"
        assert sentence in notes
        assert sentence in seen


@as_root
def test_where_nothing_can_be_written_the_ports_are_given_all_the_same(others: Path) -> None:
    ports, notes, _ = as_nobody(others, others / "state-that-cannot-be-made")
    assert ports["grpc"] in KINDS["grpc"]
    assert notes[-1] == "the ports are not reserved, so another module may get the same ones"
