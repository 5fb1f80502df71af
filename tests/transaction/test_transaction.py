"""A change of several files happens all or not at all: whoever else writes, forbids to write, or fills the disk."""

from __future__ import annotations

import datetime as dt
import os
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

from dmb.errors import DmbError
from dmb.formats import marked_blocks
from dmb.transaction.backups import Backup, backups
from dmb.transaction.transaction import Change, transaction
from tests.support import faults
from tests.support.paths import ROOT
from tests.support.transactions import NEW, OLD, change, content, is_clean, lay_out, umask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "w")


def test_all_files_change_and_keep_what_they_are(root: Path) -> None:
    (root / "a.yaml").chmod(0o604)
    change(root)
    assert content(root) == NEW
    assert is_clean(root)
    assert (root / "link").is_symlink()
    modes = {name: stat.S_IMODE((root / name).stat().st_mode) for name in ("a.yaml", ".env", "made")}
    assert modes == {"a.yaml": 0o604, ".env": 0o600, "made": 0o640 & ~umask()}


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


# Somebody else


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
                    text = marked_blocks.decode(tx.read(root / name) or b"", name)
                    text = marked_blocks.set_block(text, f"m{number}-{turn}", "x\n", name)
                    tx.write(root / name, marked_blocks.encode(text))
                tx.commit()

    pids = [faults.fork(lambda n=n: add(n)) for n in range(12)]  # type: ignore[misc]
    assert [faults.wait(pid) for pid in pids] == [0] * 12
    for name in ("Procfile", ".env"):
        text = marked_blocks.decode((root / name).read_bytes(), name)
        owners = {block.owner for block in marked_blocks.find_blocks(text, name)}
        assert owners == {f"m{number}-{turn}" for number in range(12) for turn in range(3)}
        assert marked_blocks.update(text, dict.fromkeys(owners), name).encode() in (b"web: x\r\n", OLD[".env"])


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
        with pytest.raises(DmbError, match="two of the paths lead to the same file"):
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
        "from dmb.transaction.transaction import transaction\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "if subprocess.run(['mount', '--bind', root / 'a.yaml', root / 'gone']).returncode: sys.exit(77)\n"
        "with transaction(root / '.dmb') as tx:\n"
        "    tx.write(root / 'made', b'x')\n"
        "    tx.write(root / 'gone', b'x')\n"
        "    try: tx.commit()\n"
        "    except DmbError as error: print(error)\n"
    )
    command = ["unshare", "-m", sys.executable, "-c", script, str(root)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if "made" not in str(ran) and ran.returncode:
        pytest.skip("this user may not mount")
    assert "a mount point of its own" in ran.stdout
    assert content(root) == OLD


class Replaces:
    """`os.replace` that fails for targets of a name: every time, or from its turn of that number on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.real: Callable[[Path, Path], None] = os.replace
        self.failing: dict[str, int] = {}
        monkeypatch.setattr(os, "replace", self)

    def __call__(self, source: Path, target: Path) -> None:
        name = Path(target).name
        if name in self.failing:
            self.failing[name] -= 1
            if self.failing[name] < 0:
                raise PermissionError(1, "Operation not permitted", str(source), None, str(target))
        self.real(source, target)


@pytest.fixture
def replaces(monkeypatch: pytest.MonkeyPatch) -> Replaces:
    return Replaces(monkeypatch)


def cannot_change(root: Path, name: str) -> str:
    """What is said of a change that fails after its commit, at the file of that name."""
    with pytest.raises(DmbError, match=r"cannot be replaced: Operation") as caught:
        change(root)
    assert caught.value.place == str(root / name)
    return caught.value.remedy


def test_a_failure_after_the_commit_is_taken_back_or_finished_later(root: Path, replaces: Replaces) -> None:
    replaces.failing = {"a.yaml": 0}
    assert "Nothing was changed" in cannot_change(root, "a.yaml")
    assert content(root) == OLD
    assert is_clean(root)
    replaces.failing = {".env": 0, "journal.json": 1}  # nor can the change be taken back
    assert "the next command finishes it" in cannot_change(root, ".env")
    replaces.failing = {}
    with transaction(root / ".dmb") as tx:
        assert tx.recovery.finished
    assert content(root) == NEW


def test_files_that_were_in_place_before_the_failure_are_as_they_were(root: Path, replaces: Replaces) -> None:
    (root / "a.yaml").chmod(0o604)
    replaces.failing = {"linked": 0}  # the fourth one
    assert "All files are as they were before." in cannot_change(root, "real/linked")
    assert content(root) == OLD
    assert is_clean(root)
    assert [stat.S_IMODE((root / name).stat().st_mode) for name in ("a.yaml", ".env")] == [0o604, 0o600]
    assert list((root / ".dmb/backups").iterdir()) == []
    replaces.failing = {}
    change(root)
    assert content(root) == NEW


def test_an_edit_while_a_change_fails_is_not_taken_back(root: Path, replaces: Replaces) -> None:
    put = replaces.real

    def put_and_edit(source: Path, target: Path) -> None:
        put(source, target)
        if Path(target).name == ".env":
            (root / "a.yaml").write_bytes(b"theirs")

    replaces.real = put_and_edit
    replaces.failing = {"linked": 0}
    cannot_change(root, "real/linked")
    assert (root / "a.yaml").read_bytes() == b"theirs"
    with pytest.raises(DmbError, match="edited after a change"), transaction(root / ".dmb"):
        raise AssertionError
    assert (root / "a.yaml").read_bytes() == b"theirs"
    assert is_clean(root)


def test_a_deleted_file_comes_back_with_its_mode(root: Path, replaces: Replaces) -> None:
    (root / "gone").chmod(0o640)
    replaces.failing = {"a.yaml": 0}
    with transaction(root / ".dmb") as tx:
        tx.write(root / "gone", None)
        tx.write(root / "a.yaml", b"new")
        with pytest.raises(DmbError, match="cannot be replaced"):
            tx.commit()
    assert content(root) == OLD
    assert stat.S_IMODE((root / "gone").stat().st_mode) == 0o640


def test_what_cannot_be_taken_back_at_once_is_by_the_next_command(root: Path, replaces: Replaces) -> None:
    replaces.failing = {"linked": 0, ".env": 1}
    assert "the next command undoes the rest" in cannot_change(root, "real/linked")
    assert (root / ".env").read_bytes() == NEW[".env"]
    with pytest.raises(DmbError, match="cannot be replaced") as caught, transaction(root / ".dmb"):
        raise AssertionError
    assert "the next command undoes the rest" in caught.value.remedy
    replaces.failing = {}
    with transaction(root / ".dmb") as tx:
        assert tx.recovery.discarded
        assert not tx.recovery.finished
    assert content(root) == OLD
    assert is_clean(root)
    assert list((root / ".dmb/backups").iterdir()) == []


def test_an_edit_of_what_is_in_part_taken_back_is_never_overwritten(root: Path, replaces: Replaces) -> None:
    replaces.failing = {"linked": 0, ".env": 1}
    cannot_change(root, "real/linked")
    (root / ".env").write_bytes(b"mine")
    replaces.failing = {}
    with pytest.raises(DmbError, match="edited after a change") as caught, transaction(root / ".dmb"):
        raise AssertionError
    kept = Path(caught.value.remedy.split(" is in ")[1].split(". ")[0])
    assert OLD[".env"] in [path.read_bytes() for path in kept.glob("*.new")]
    assert (root / ".env").read_bytes() == b"mine"
    assert is_clean(root)
    with transaction(root / ".dmb") as tx:
        assert not tx.recovery


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


class Clock(dt.datetime):
    """One that can be set."""

    shown = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
        return cls.shown


def test_a_folder_of_backups_that_is_a_link_is_refused_and_nothing_behind_it_touched(
    root: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    for name in ("0old", ".ssh", *(f"z{letter}" for letter in "abcdefghijkl")):
        (elsewhere / name).mkdir(parents=True)
    (root / ".dmb").mkdir()
    (root / ".dmb" / "backups").symlink_to(elsewhere)
    before = sorted(path.name for path in elsewhere.iterdir())
    with pytest.raises(DmbError, match="the folder of the backups is a link"):
        change(root)
    assert content(root) == OLD
    assert is_clean(root)
    assert sorted(path.name for path in elsewhere.iterdir()) == before


def test_what_is_not_a_backup_stays_among_them(root: Path) -> None:
    strange = [".git", "0", "2019-photos", "20190101T000000Z", "mine-000001-abcdef"]
    for name in strange:
        (root / ".dmb" / "backups" / name).mkdir(parents=True)
    for number in range(12):
        write_number(root, number)
    assert {path.name for path in (root / ".dmb" / "backups").iterdir()} >= set(strange)


def test_a_clock_that_is_set_back_does_not_make_an_old_backup_the_newest(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dmb.transaction.journal.dt.datetime", Clock)
    folder, days = root / ".dmb/backups", [20, 3, 12, 1, 1, 30]
    for number, day in enumerate(days):
        monkeypatch.setattr(Clock, "shown", dt.datetime(2026, 11, day, tzinfo=dt.UTC))
        write_number(root, number)
    kept = backups(root / ".dmb")
    assert [backup.read()[root / "a.yaml"] for backup in kept] == [b"4", b"3", b"2", b"1", b"0", OLD["a.yaml"]]
    assert [backup.time.day for backup in kept] == days[::-1]
    # Backups of before there was a number come before those, in the order of their times.
    for backup in kept[-3:]:
        time, _, name = backup.folder.name.split("-")
        backup.folder.rename(folder / f"{time}-{name}")
    assert [backup.time.day for backup in backups(root / ".dmb")] == [30, 1, 1, 20, 12, 3]


def test_the_newest_ten_stay_whatever_the_clock_says(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dmb.transaction.journal.dt.datetime", Clock)
    for number in range(15):
        monkeypatch.setattr(Clock, "shown", dt.datetime(2026, 11, 26, tzinfo=dt.UTC) - dt.timedelta(days=30 * number))
        write_number(root, number)
    monkeypatch.setattr(Clock, "shown", dt.datetime(2026, 11, 26, tzinfo=dt.UTC))
    write_number(root, 15)
    contents = [backup.read()[root / "a.yaml"] for backup in backups(root / ".dmb")]
    assert contents[:10] == [b"%d" % number for number in range(14, 4, -1)]
    assert len(contents) == 11  # and the first one, which is of today
    assert contents[10] == OLD["a.yaml"]


def write_number(root: Path, number: int) -> None:
    with transaction(root / ".dmb") as tx:
        tx.write(root / "a.yaml", b"%d" % number)
        tx.commit()
