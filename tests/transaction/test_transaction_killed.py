"""A change of several files that is killed, at any call and at any time: all of it happens, or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmb.errors import DmbError
from dmb.transaction.backups import backups
from dmb.transaction.transaction import recover, transaction
from tests.support import faults
from tests.support.transactions import (
    NEW,
    OLD,
    change,
    content,
    content_without_staged,
    crash,
    is_clean,
    lay_out,
    umask,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system without a disk where there is one: for what is done hundreds of times."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "w")


@pytest.mark.slow
def test_killed_before_any_system_call_all_is_old_or_all_is_new(in_memory: Path) -> None:
    outcomes = []
    for calls in range(500):
        root = lay_out(in_memory / str(calls))
        ended = faults.run_killed(lambda at=root: change(at), calls) == 0  # type: ignore[misc]
        recover(root / ".dmb")
        outcomes.append(content(root))
        assert is_clean(root)
        assert not recover(root / ".dmb")
        if outcomes[-1] == OLD:  # work goes on
            change(root)
        assert content(root) == NEW
        if ended:
            break
    commit = outcomes.index(NEW)
    assert outcomes == [OLD] * commit + [NEW] * (len(outcomes) - commit)
    assert 20 < commit < len(outcomes) - 5


@pytest.mark.slow
@pytest.mark.parametrize("committed", [False, True])
def test_the_recovery_killed_before_any_system_call_too(in_memory: Path, committed: bool) -> None:
    half_done = {"at its start": lay_out(in_memory / "start"), "on its way": lay_out(in_memory / "way")}
    crash(half_done["at its start"], committed=committed)
    crash(half_done["on its way"], committed=committed, further=5)
    for name, crashed in half_done.items():
        for calls in range(500):
            root = in_memory / f"{name}-{calls}"
            shutil.copytree(crashed, root, symlinks=True)
            ended = faults.run_killed(lambda at=root: recover(at / ".dmb"), calls) == 0  # type: ignore[misc]
            recover(root / ".dmb")
            assert content(root) == (NEW if committed else OLD), (name, calls)
            assert is_clean(root)
            if ended:
                break
        assert calls > 4


@pytest.mark.slow
def test_a_change_that_cannot_be_finished_killed_while_it_is_taken_back(in_memory: Path) -> None:
    outcomes = []
    for calls in range(500):
        root = lay_out(in_memory / str(calls))
        ended = faults.run_killed(lambda at=root: failing(change, at), calls) == 1  # type: ignore[misc]
        shutil.copytree(root, in_memory / f"{calls}-still", symlinks=True)
        recover(root / ".dmb")
        outcomes.append(content(root))
        assert is_clean(root)
        still = in_memory / f"{calls}-still"  # the cause is there still
        faults.wait(faults.fork(lambda at=still: failing(recover, at / ".dmb")))  # type: ignore[misc]
        assert not list((still / ".dmb").glob("journal.json"))
        assert content(still) == OLD
        assert is_clean(still)
        if ended:
            break
    first, last = outcomes.index(NEW), len(outcomes) - outcomes[::-1].index(NEW)
    assert outcomes == [OLD] * first + [NEW] * (last - first) + [OLD] * (len(outcomes) - last)
    assert last - first > 10
    assert len(outcomes) - last > 5


def failing(work: Callable[[Path], object], root: Path) -> None:
    """Do `work` where the fourth file of a change cannot be put in place."""
    real = os.replace

    def replace(source: Path, target: Path) -> None:
        if Path(target).name == "linked":
            raise PermissionError(1, "Operation not permitted", str(source), None, str(target))
        real(source, target)

    os.replace = replace  # type: ignore[assignment]
    work(root)


@pytest.mark.slow
def test_killed_at_any_time_no_acknowledged_change_is_lost(in_memory: Path) -> None:
    root = lay_out(in_memory / "w")
    chance = random.Random(7)  # noqa: S311
    names = ("a.yaml", ".env", "real/linked")
    reader, writer = os.pipe()

    def count() -> None:
        for _ in range(1000):
            with transaction(root / ".dmb") as tx:
                number = int(tx.read(root / names[0]) or b"0") + 1
                for name in names:
                    tx.write(root / name, b"%d" % number)
                tx.commit()
            os.write(writer, b".")

    for name in names:
        (root / name).write_bytes(b"0")
    acknowledged = 0
    for _ in range(150):
        pid = faults.fork(count)
        acknowledged += len(os.read(reader, 1))
        time.sleep(chance.uniform(0, 0.02))
        os.kill(pid, signal.SIGKILL)
        faults.wait(pid)
        os.write(writer, b"!")
        while os.read(reader, 1) == b".":
            acknowledged += 1
        recover(root / ".dmb")
        numbers = {int((root / name).read_bytes()) for name in names}
        assert len(numbers) == 1
        number = numbers.pop()
        assert number in (acknowledged, acknowledged + 1)  # one may have been killed before it could say so
        acknowledged = number
        assert is_clean(root)
    assert acknowledged >= 150


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no way to tell a descriptor's file")
def test_everything_is_on_the_disk_before_the_next_step_counts_on_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power failure leaves is in the order of fsync, not of write."""
    trace: list[tuple[str, str]] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        fsync(descriptor)
        trace.append(("sync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))

    def noted_replace(source: Path, target: Path) -> None:
        replace(source, target)
        trace.append(("put", str(target)))

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    change(root)
    state = str(root / ".dmb")
    commit = trace.index(("put", f"{state}/journal.json"))
    before = {path for word, path in trace[:commit] if word == "sync"}
    puts = [path for word, path in trace[commit + 1 :] if word == "put"]
    assert [path.rsplit("/", 1)[1] for path in puts] == ["a.yaml", ".env", "made", "linked", "files.json"]
    assert {path.rsplit("/", 1)[1].split(".")[-3] for path in before if path.endswith(".dmb")} >= {
        "env",
        "made",
        "linked",
    }
    assert {f"{state}/journal.tmp", str(root), str(root / "real")} <= before
    assert trace[commit + 1] == ("sync", state)
    close = trace.index(("put", puts[-1]))
    after = [path for word, path in trace[trace.index(("put", puts[-2])) : close] if word == "sync"]
    assert {str(root), str(root / "real")} <= set(after)


# Recovered


def test_a_crash_before_the_commit_leaves_no_trace(root: Path) -> None:
    crash(root, committed=False)
    with transaction(root / ".dmb") as tx:
        assert set(tx.recovery.discarded) == {root / name for name in ("a.yaml", ".env", "made", "link", "gone")}
        assert not tx.recovery.finished
    assert content(root) == OLD
    assert is_clean(root)
    assert backups(root / ".dmb") == []


def test_a_crash_after_the_commit_is_finished(root: Path) -> None:
    crash(root, committed=True)
    with transaction(root / ".dmb") as tx:
        assert set(tx.recovery.finished) == {root / name for name in ("a.yaml", ".env", "made", "link", "gone")}
        assert content(root) == NEW
    (backup,) = backups(root / ".dmb")
    assert backup.read()[root / "a.yaml"] == OLD["a.yaml"]


@pytest.mark.parametrize("edited", ["a.yaml", "made", "gone", "real/linked"])
@pytest.mark.parametrize("in_place", [True, False])
def test_an_edit_after_the_crash_is_never_overwritten(root: Path, edited: str, in_place: bool) -> None:
    crash(root, committed=True)
    if not in_place:
        (root / edited).unlink(missing_ok=True)
    with (root / edited).open("ab") as file:
        file.write(b"mine\n")
    before = content_without_staged(root)
    with pytest.raises(DmbError, match="edited after a change") as caught, transaction(root / ".dmb"):
        raise AssertionError
    assert content(root) == before
    assert is_clean(root)
    kept = Path(caught.value.remedy.split(" is in ")[1].split(". ")[0])
    assert {path.read_bytes() for path in kept.glob("*.new")} == set(NEW.values())
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.iterdir()} == {0o600}
    assert stat.S_IMODE((root / "a.yaml").stat().st_mode) == 0o644 & ~umask()
    with transaction(root / ".dmb") as tx:
        assert not tx.recovery
    change(root)
    assert content(root) == NEW


def test_recover_reports_a_conflict(root: Path) -> None:
    crash(root, committed=True)
    (root / ".env").write_bytes(b"mine")
    report = recover(root / ".dmb")
    assert report.conflicts == (root / ".env",)
    assert report.backup is not None
    assert report.backup.is_dir()


# The journal, carried elsewhere or damaged


def test_a_workspace_that_was_moved_recovers_itself(root: Path, tmp_path: Path) -> None:
    crash(root, committed=True)
    root.rename(tmp_path / "moved")
    assert recover(tmp_path / "moved/.dmb").finished
    assert content(tmp_path / "moved") == NEW


def test_a_copy_of_a_workspace_leaves_the_original_alone(root: Path, tmp_path: Path) -> None:
    crash(root, committed=True)
    shutil.copytree(root, tmp_path / "copy", symlinks=True)
    assert recover(tmp_path / "copy/.dmb").finished
    assert content(tmp_path / "copy") == NEW
    assert content_without_staged(root) == OLD
    recover(root / ".dmb")
    assert content(root) == NEW


def test_a_journal_from_elsewhere_reaches_no_file_outside(root: Path, tmp_path: Path) -> None:
    """Somebody's repository may bring a journal along."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "known").write_bytes(b"known")
    crash(root, committed=True)
    log = root / ".dmb/journal.json"
    text = log.read_text()
    for target in (str(outside / "known"), "../outside/known", "door/known"):
        (root / "door").unlink(missing_ok=True)
        (root / "door").symlink_to(outside)
        here = text.replace('"target": "gone"', f'"target": "{target}"').replace(
            hashlib.sha256(OLD["gone"]).hexdigest(), hashlib.sha256(b"known").hexdigest()
        )
        assert here != text
        log.write_text(here.replace(f'"root": "{root}"', '"root": "/their/home"'))
        report = recover(root / ".dmb")
        assert report.conflicts
        assert (outside / "known").read_bytes() == b"known"
        assert list(outside.iterdir()) == [outside / "known"]
        break_again(root, text)


@pytest.mark.parametrize("path", ["gone", "door", "../outside/known"])
def test_a_journal_for_this_very_place_reaches_no_file_outside_either(root: Path, tmp_path: Path, path: str) -> None:
    """Where a workspace will stand can be guessed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "known").write_bytes(b"known")
    (root / "door").symlink_to(tmp_path / "nowhere")
    crash(root, committed=True)
    log = root / ".dmb/journal.json"
    journal = json.loads(log.read_bytes())
    entry = next(entry for entry in journal["entries"] if entry["target"] == "gone")
    entry |= {"path": path, "target": str(outside / "known"), "old": hashlib.sha256(b"known").hexdigest()}
    log.write_text(json.dumps(journal))
    assert recover(root / ".dmb").conflicts
    assert (outside / "known").read_bytes() == b"known"
    assert list(outside.iterdir()) == [outside / "known"]


@pytest.mark.parametrize("name", ["journal.json", "journal.tmp"])
@pytest.mark.parametrize(
    ("key", "value"),
    [("stamp", ".."), ("stamp", "."), ("stamp", ""), ("backup", ".."), ("backup", "../../a.yaml"), ("target", "/")],
)
def test_a_planted_journal_removes_nothing_of_the_state(root: Path, name: str, key: str, value: str) -> None:
    change(root)
    crash_of = root / ".dmb" / name
    journal = json.loads(next((root / ".dmb/backups").glob("*/files.json")).read_bytes())
    if key == "stamp":
        journal["stamp"] = value
    else:
        journal["entries"][0][key] = value
    before = {path: (path.stat().st_mode, path.is_file() and path.read_bytes()) for path in tree(root)}
    crash_of.write_text(json.dumps(journal))
    if name == "journal.json":
        with pytest.raises(DmbError, match="damaged") as caught:
            recover(root / ".dmb")
        assert caught.value.place == str(crash_of)
        crash_of.unlink()
    else:
        recover(root / ".dmb")
        assert not crash_of.exists()
    assert {path: (path.stat().st_mode, path.is_file() and path.read_bytes()) for path in tree(root)} == before


def tree(root: Path) -> list[Path]:
    """All that is there but for the lock, which holds the pid of whoever looked last."""
    return [root, *(path for path in root.rglob("*") if path.name != "lock")]


@pytest.mark.parametrize("planted", ["backup", "folder", "backups"])
def test_a_planted_link_in_the_state_leads_no_journal_outside(root: Path, tmp_path: Path, planted: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "known").write_bytes(b"known")
    (outside / "known").chmod(0o644)
    crash(root, committed=True)
    (folder,) = (root / ".dmb/backups").iterdir()
    link = {"backup": folder / "0-a.yaml", "folder": folder, "backups": folder.parent}[planted]
    if planted == "backup":
        link.unlink()
        link.symlink_to(outside / "known")
    else:
        shutil.rmtree(link)
        link.symlink_to(outside)
        (outside / folder.name).mkdir()
    before = [(path, path.stat().st_mode) for path in sorted(outside.rglob("*"))]
    with contextlib.suppress(DmbError):
        recover(root / ".dmb")
    assert [(path, path.stat().st_mode) for path in sorted(outside.rglob("*"))] == before
    assert (outside / "known").read_bytes() == b"known"


def test_a_planted_lock_is_not_written_through(root: Path, tmp_path: Path) -> None:
    (tmp_path / "known").write_bytes(b"known")
    (root / ".dmb").mkdir()
    (root / ".dmb/lock").symlink_to(tmp_path / "known")
    with pytest.raises(DmbError, match="cannot be locked"):
        recover(root / ".dmb")
    assert (tmp_path / "known").read_bytes() == b"known"


def break_again(root: Path, text: str) -> None:
    """The same unfinished change once more."""
    stamp = text.split('"stamp": "')[1].partition('"')[0]
    for name, staged in (("a.yaml", root), (".env", root), ("made", root), ("real/linked", root)):
        path = staged / name
        path.with_name(f".{path.name}.{stamp[-6:]}.dmb").write_bytes(NEW[name])
    (root / ".dmb/journal.json").write_text(text)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"version": 1}', b"\xff\xfe"])
def test_a_damaged_journal_is_refused_and_a_damaged_draft_dropped(root: Path, damage: bytes) -> None:
    change(root)
    (root / ".dmb/journal.tmp").write_bytes(damage)
    with transaction(root / ".dmb"):
        pass
    assert is_clean(root)
    (root / ".dmb/journal.json").write_bytes(damage)
    with pytest.raises(DmbError, match="damaged") as caught, transaction(root / ".dmb"):
        raise AssertionError
    assert caught.value.place == str(root / ".dmb/journal.json")
    assert content(root) == NEW
