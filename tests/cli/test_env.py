"""`dmb env`: a fresh clone gets its `.env`, one that is there stays."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from tests.support.command import run_dmb as dmb


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A module as git gives it to the next person: without `.env`."""
    dmb("new", "Foo", "--no-input", "--database", "postgresql", cwd=tmp_path)
    (tmp_path / "foo" / ".env").unlink()
    return tmp_path / "foo"


def variables(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_it_makes_env_from_the_example_with_a_new_password(clone: Path) -> None:
    passwords = set()
    for _ in range(2):
        dmb("env", cwd=clone)
        made, example = variables(clone / ".env"), variables(clone / ".env.example")
        assert {name for name in made if made[name] != example[name]} == {"FOO_DB_PASSWORD"}
        assert made.keys() == example.keys()
        assert stat.S_IMODE((clone / ".env").stat().st_mode) == 0o600
        passwords.add(made["FOO_DB_PASSWORD"])
        (clone / ".env").unlink()
    assert len(passwords) == 2
    assert all(len(password) >= 32 for password in passwords)


def test_one_that_is_there_stays(clone: Path) -> None:
    (clone / ".env").write_text("FOO_DB_PASSWORD=mine\n", encoding="utf-8")
    assert "already exists and was not changed" in dmb("env", clone, cwd=clone.parent)
    assert json.loads(dmb("env", clone, "--json", cwd=clone.parent)) == {
        "schema": "dmb.env/1",
        "path": str(clone / ".env"),
        "made": False,
        "dry_run": False,
    }
    assert (clone / ".env").read_text(encoding="utf-8") == "FOO_DB_PASSWORD=mine\n"


def test_a_dry_run_shows_it_without_the_password_and_makes_nothing(clone: Path) -> None:
    shown = dmb("env", "--dry-run", cwd=clone)
    assert "+FOO_DB_PASSWORD=*****" in shown.splitlines()
    assert "+FOO_DB_HOST=127.0.0.1" in shown.splitlines()
    assert json.loads(dmb("env", "--dry-run", "--json", cwd=clone))["made"] is True
    assert not (clone / ".env").exists()


def test_the_examples_own_line_ends_and_passwords_stay(clone: Path) -> None:
    (clone / ".env.example").write_bytes(b"FOO_DB_PASSWORD=\r\nOTHER_PASSWORD=known\r\n#X_PASSWORD=\r\n")
    dmb("env", cwd=clone)
    first, *rest = (clone / ".env").read_bytes().split(b"\r\n")
    assert re.fullmatch(rb"FOO_DB_PASSWORD=[0-9a-f]{32}", first)
    assert rest == [b"OTHER_PASSWORD=known", b"#X_PASSWORD=", b""]


def test_an_example_that_is_no_text_is_refused(clone: Path) -> None:
    (clone / ".env.example").write_bytes(b"A=\xff\n")
    assert ".env.example" in dmb("env", cwd=clone, exit_code=2)
    assert not (clone / ".env").exists()


def test_without_an_example_or_a_module_it_says_what_to_do(clone: Path, tmp_path: Path) -> None:
    (clone / ".env.example").unlink()
    said = dmb("env", cwd=clone, exit_code=2)
    assert "there is no .env.example" in said
    assert "git checkout" in said
    (tmp_path / "empty").mkdir()
    assert "dmb new" in dmb("env", tmp_path / "empty", cwd=tmp_path, exit_code=3)
