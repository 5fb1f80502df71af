"""A change of several files happens all or not at all: whatever kills it, fills the disk, or edits in between."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmb import textblocks
from dmb.errors import DmbError
from dmb.transaction import Backup, Change, backups, recover, transaction

from . import faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OLD = {"a.yaml": b"a: old\n", ".env": b"A=old\r\n", "gone": b"will go\n", "real/linked": b"old, linked\n"}
NEW = {"a.yaml": b"a: new\n" * 500, ".env": b"A=new\r\n", "made": b"made\n", "real/linked": b"new, linked\n"}


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system without a disk where there is one: for what is done hundreds of times."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


def lay_out(root: Path) -> Path:
    """A workspace with the files of OLD, one of them behind a link."""
    (root / "real").mkdir(parents=True)
    for name, content in OLD.items():
        (root / name).write_bytes(content)
    (root / ".env").chmod(0o600)
    (root / "link").symlink_to("real/linked")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "w")


def change(root: Path) -> None:
    """From OLD to NEW: two files changed, one of them through its link, one made, one deleted."""
    with transaction(root / ".dmb") as tx:
        for name in ("a.yaml", ".env", "made"):
            tx.write(root / name, NEW[name], mode=0o640)
        tx.write(root / "link", NEW["real/linked"])
        tx.write(root / "gone", None)
        tx.commit()


def content(root: Path) -> dict[str, bytes]:
    """All files of the workspace but for those of `.dmb`."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(root)): path.read_bytes() for path in files if ".dmb" not in path.parts}


def is_clean(root: Path) -> bool:
    """Whether nothing of an unfinished change is left."""
    return not list((root / ".dmb").glob("journal*")) and not list(root.rglob(".*.dmb"))


def test_all_files_change_and_keep_what_they_are(root: Path) -> None:
    (root / "a.yaml").chmod(0o604)
    change(root)
    assert content(root) == NEW
    assert is_clean(root)
    assert (root / "link").is_symlink()
    modes = {name: stat.S_IMODE((root / name).stat().st_mode) for name in ("a.yaml", ".env", "made")}
    assert modes == {"a.yaml": 0o604, ".env": 0o600, "made": 0o640 & ~umask()}


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_reads_see_own_writes_and_changes_tell_them(root: Path) -> None:
    with transaction(root / ".dmb") as tx:
        assert tx.read(root / "a.yaml") == b"a: old\n"
        assert tx.read(root / "none") is None
        tx.write(root / "a.yaml", b"x")
        tx.write(root / "gone", OLD["gone"])
        assert tx.read(root / "a.yaml") == b"x"
        assert tx.changes == [Change(root / "a.yaml", b"a: old\n", b"x")]
    assert content(root) == OLD  # not committed


def test_nothing_to_change_writes_nothing(root: Path) -> None:
    with transaction(root / ".dmb") as tx:
        before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.name != "lock"}
        tx.write(root / "a.yaml", OLD["a.yaml"])
        tx.write(root / "none", None)
        assert tx.commit() is None
        assert {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.name != "lock"} == before


def test_one_transaction_can_commit_twice(root: Path) -> None:
    with transaction(root / ".dmb") as tx:
        tx.write(root / "a.yaml", b"1")
        tx.commit()
        tx.write(root / "a.yaml", b"2")
        tx.commit()
    assert (root / "a.yaml").read_bytes() == b"2"
    assert [backup.read() for backup in backups(root / ".dmb")] == [
        {root / "a.yaml": b"1"},
        {root / "a.yaml": b"a: old\n"},
    ]


# Killed


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


def test_killed_at_any_time_no_acknowledged_change_is_lost(root: Path) -> None:
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


# Somebody else


def crash(root: Path, *, committed: bool, further: int = 0) -> None:
    """Leave a change of all files unfinished: `further` system calls after its second staged file or its commit."""
    if committed not in _CALLS:
        for calls in itertools.count():
            faults.run_killed(lambda: change(root), calls)
            if (root / ".dmb/journal.json").exists() if committed else len(list(root.glob(".*.dmb"))) == 2:
                break
            recover(root / ".dmb")
        _CALLS[committed] = calls
        shutil.rmtree(root)
        lay_out(root)
    change_nothing(root)
    assert faults.run_killed(lambda: change(root), _CALLS[committed] + further) == -signal.SIGKILL
    assert (root / ".dmb/journal.json").exists() == committed


_CALLS: dict[bool, int] = {}  # system calls to the place of a crash; found once


def change_nothing(root: Path) -> None:
    """Make the state folder: that takes system calls too."""
    with transaction(root / ".dmb"):
        pass


def content_without_staged(root: Path) -> dict[str, bytes]:
    return {name: data for name, data in content(root).items() if not name.endswith(".dmb")}


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


def test_an_edit_between_read_and_commit_is_never_overwritten(root: Path) -> None:
    with transaction(root / ".dmb") as tx:
        tx.write(root / "a.yaml", b"ours")
        tx.write(root / "made", b"ours")
        (root / "a.yaml").write_bytes(b"theirs")
        with pytest.raises(DmbError, match="edited while") as caught:
            tx.commit()
    assert caught.value.place == str(root / "a.yaml")
    assert content(root) == {**OLD, "a.yaml": b"theirs"}
    assert is_clean(root)
    with transaction(root / ".dmb") as tx:
        tx.write(root / "made", b"ours")
        (root / "made").write_bytes(b"theirs")
        with pytest.raises(DmbError, match="edited while"):
            tx.commit()


def test_many_writers_lose_nothing(root: Path) -> None:
    (root / "Procfile").write_bytes(b"web: x\r\n")

    def add(number: int) -> None:
        for turn in range(3):
            with transaction(root / ".dmb", timeout=60) as tx:
                for name in ("Procfile", ".env"):
                    text = textblocks.decode(tx.read(root / name) or b"", name)
                    text = textblocks.set_block(text, f"m{number}-{turn}", "x\n", name)
                    tx.write(root / name, textblocks.encode(text))
                tx.commit()

    pids = [faults.fork(lambda n=n: add(n)) for n in range(12)]  # type: ignore[misc]
    assert [faults.wait(pid) for pid in pids] == [0] * 12
    for name in ("Procfile", ".env"):
        text = textblocks.decode((root / name).read_bytes(), name)
        owners = {block.owner for block in textblocks.find_blocks(text, name)}
        assert owners == {f"m{number}-{turn}" for number in range(12) for turn in range(3)}
        assert textblocks.update(text, dict.fromkeys(owners), name).encode() in (b"web: x\r\n", OLD[".env"])


def test_a_lock_that_is_held_names_its_holder(root: Path) -> None:
    ready, said = os.pipe()

    def hold() -> None:
        with transaction(root / ".dmb"):
            os.write(said, b".")
            time.sleep(60)

    pid = faults.fork(hold)
    os.read(ready, 1)
    started = time.monotonic()
    with pytest.raises(DmbError, match=rf"another dmb .*\(process {pid}\)"), transaction(root / ".dmb", timeout=0.2):
        raise AssertionError
    assert 0.2 <= time.monotonic() - started < 5
    os.kill(pid, signal.SIGKILL)
    faults.wait(pid)
    with transaction(root / ".dmb", timeout=0):
        pass


# Refused, and unchanged


def test_a_full_disk_changes_nothing(root: Path) -> None:
    limits = pytest.importorskip("resource")
    reader, writer = os.pipe()

    def limited(size: int) -> Callable[[], None]:
        def work() -> None:
            limits.setrlimit(limits.RLIMIT_FSIZE, (size, size))
            try:
                change(root)
            except DmbError as error:
                os.write(writer, f"{error}\n".encode())

        return work

    for size in (0, 10, 600, 2000):  # at the lock's pid, the journal, a staged file
        assert faults.wait(faults.fork(limited(size))) == 0
        said = os.read(reader, 1000).decode()
        assert "File too large" in said
        assert "Traceback" not in said
        assert content(root) == OLD
        assert is_clean(root)
    assert faults.wait(faults.fork(limited(100_000))) == 0
    assert content(root) == NEW


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user may enter and write to."""
    with tempfile.TemporaryDirectory(prefix="dmb-shared-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def as_somebody(work: Callable[[], None]) -> None:
    """Do `work` as a user who may not write everywhere."""

    def drop_rights() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(54321)
            os.setuid(54321)
        work()

    assert faults.wait(faults.fork(drop_rights)) == 0


def refused(root: Path, cause: str, name: str) -> None:
    """That a change of two files is refused for `name`, and changes neither."""
    before = content(root)
    with pytest.raises(DmbError, match=cause) as caught:
        write(root, "first", name)
    assert caught.value.place == str(root / name)
    assert caught.value.remedy
    assert content(root) == before
    assert is_clean(root)


def write(root: Path, *names: str) -> None:
    with transaction(root / ".dmb") as tx:
        for name in names:
            tx.write(root / name, b"new")
        tx.commit()


def test_a_read_only_file_is_refused_to_root_too(root: Path) -> None:
    (root / "a.yaml").chmod(0o444)
    refused(root, "read-only", "a.yaml")


def test_a_file_of_others_is_refused(shared: Path) -> None:
    def work() -> None:
        root = lay_out(shared / "w")
        (root / "real").chmod(0o555)
        refused(root, "cannot be written: Permission denied", "link")
        (root / "a.yaml").chmod(0o200)
        with transaction(root / ".dmb") as tx, pytest.raises(DmbError, match="cannot be read: Permission denied"):
            tx.read(root / "a.yaml")

    as_somebody(work)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_owners_stay_or_the_change_is_refused(shared: Path) -> None:
    root = lay_out(shared / "w")
    os.chown(root / ".env", 12345, 23456)
    change(root)
    assert ((root / ".env").stat().st_uid, (root / ".env").stat().st_gid) == (12345, 23456)
    (root / ".env").chmod(0o666)
    for path in (root, *root.rglob("*")):
        if path.name != ".env":
            os.chown(path, 54321, 54321, follow_symlinks=False)
    as_somebody(lambda: refused(root, "cannot be written: Operation not permitted", ".env"))


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop", "link to nowhere", "no folder"])
def test_what_is_no_file_is_refused(root: Path, kind: str) -> None:
    path = root / "odd"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to("odd")
    elif kind == "link to nowhere":
        path.symlink_to("no/where")
    cause = {"folder": "not a file", "pipe": "not a file", "loop": "cannot be read"}.get(kind, "cannot be written")
    refused(root, cause, "none/odd" if kind == "no folder" else "odd")


def test_two_names_of_one_file_are_refused(root: Path) -> None:
    with transaction(root / ".dmb") as tx:
        tx.write(root / "real/linked", b"1")
        tx.write(root / "link", b"2")
        with pytest.raises(DmbError, match="two names of one file"):
            tx.commit()
    assert content(root) == OLD


def test_a_workspace_that_cannot_be_locked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DmbError, match="cannot be locked"), transaction(tmp_path / "no/where/.dmb"):
        raise AssertionError


@pytest.mark.skipif(not shutil.which("unshare"), reason="no mounts of one's own")
def test_a_file_that_is_mounted_is_refused(root: Path) -> None:
    """A rename over it would fail after the commit point."""
    script = (
        "import sys, pathlib, subprocess\n"
        "from dmb.errors import DmbError\n"
        "from dmb.transaction import transaction\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "if subprocess.run(['mount', '--bind', root / 'a.yaml', root / 'gone']).returncode: sys.exit(77)\n"
        "with transaction(root / '.dmb') as tx:\n"
        "    tx.write(root / 'made', b'x')\n"
        "    tx.write(root / 'gone', b'x')\n"
        "    try: tx.commit()\n"
        "    except DmbError as error: print(error)\n"
    )
    command = ["unshare", "-m", sys.executable, "-c", script, str(root)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    if "made" not in str(ran) and ran.returncode:
        pytest.skip("this user may not mount")
    assert "mounted by itself" in ran.stdout
    assert content(root) == OLD


def test_a_failure_after_the_commit_is_taken_back_or_finished_later(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace
    failing = {"a.yaml"}

    def replace(source: Path, target: Path) -> None:
        if Path(target).name in failing:
            raise PermissionError(1, "Operation not permitted", str(source), None, str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(DmbError, match=r"cannot be replaced: Operation") as caught:
        change(root)
    assert "Nothing was changed" in caught.value.remedy
    assert content(root) == OLD
    assert is_clean(root)
    failing = {".env"}
    with pytest.raises(DmbError, match="cannot be replaced") as caught:
        change(root)
    assert caught.value.place == str(root / ".env")
    assert "the next command finishes it" in caught.value.remedy
    failing = set()
    with transaction(root / ".dmb") as tx:
        assert tx.recovery.finished
    assert content(root) == NEW


def test_interrupted_by_the_user_nothing_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync
    calls = iter(range(100))

    def fsync(descriptor: int) -> None:
        if next(calls) == 3:
            raise KeyboardInterrupt
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(KeyboardInterrupt):
        change(root)
    assert content(root) == OLD
    assert is_clean(root)


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


# Backups


def test_backups_hold_the_old_files_for_their_owner_alone(root: Path) -> None:
    change(root)
    (backup,) = backups(root / ".dmb")
    assert isinstance(backup, Backup)
    assert backup.read() == {
        root / "a.yaml": OLD["a.yaml"],
        root / ".env": OLD[".env"],
        root / "made": None,
        root / "link": OLD["real/linked"],
        root / "gone": OLD["gone"],
    }
    for path in (root / ".dmb").rglob("*"):
        if path.name not in (".gitignore", ".dockerignore"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((root / ".dmb").stat().st_mode) == 0o700
    (root / "a.yaml").write_bytes(b"edited later")
    assert backup.read()[root / "a.yaml"] == OLD["a.yaml"]


def test_a_hard_link_of_the_user_keeps_its_mode(root: Path) -> None:
    (root / "second").hardlink_to(root / "a.yaml")
    (root / "a.yaml").chmod(0o644)
    change(root)
    assert stat.S_IMODE((root / "second").stat().st_mode) == 0o644
    assert (root / "second").read_bytes() == OLD["a.yaml"]


def test_a_target_on_another_file_system(root: Path) -> None:
    other = Path("/dev/shm")  # noqa: S108
    if not other.is_dir() or other.stat().st_dev == root.stat().st_dev:
        pytest.skip("no second file system")
    with tempfile.TemporaryDirectory(dir=other) as folder:
        (Path(folder) / "far").write_bytes(b"old")
        (root / "far").symlink_to(f"{folder}/far")
        with transaction(root / ".dmb") as tx:
            tx.write(root / "far", b"new")
            tx.commit()
        assert (Path(folder) / "far").read_bytes() == b"new"
        assert backups(root / ".dmb")[0].read() == {root / "far": b"old"}


def test_attributes_of_a_file_stay(root: Path) -> None:
    try:
        os.setxattr(root / "a.yaml", "user.note", b"mine")
    except (OSError, AttributeError):
        pytest.skip("this file system, or this Python, has no attributes")
    change(root)
    assert os.getxattr(root / "a.yaml", "user.note") == b"mine"


def test_old_backups_go_but_for_the_newest_ten(root: Path) -> None:
    folder = root / ".dmb/backups"
    folder.mkdir(parents=True)
    old = [folder / f"202001{day:02}T000000.000000Z-abcdef" for day in range(1, 29)]
    for one in old:
        one.mkdir()
    change(root)
    left = sorted(folder.iterdir())
    assert left[:-1] == old[-9:]
    assert len(left) == 10
    young = time.strftime("%Y%m%dT%H%M%S.000000Z", time.gmtime(time.time() - 6 * 86400))
    for number in range(20):
        (folder / f"{young}-{number:06}").mkdir()
    with transaction(root / ".dmb") as tx:
        tx.write(root / "a.yaml", b"again")
        tx.commit()
    assert len([path for path in folder.iterdir() if path.name.startswith(young)]) == 20
    assert not [path for path in old if path.exists()]
