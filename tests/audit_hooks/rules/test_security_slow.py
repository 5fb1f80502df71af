"""Files made so that a search for secrets would take for ever: it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from audit_hooks.rules.examples import MANIFEST
from tests.support.trees import repository

SECONDS = 20
BEGIN = "-----BEGIN PRIVATE KEY-----"
DER = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"  # how a key of 1,217 bytes begins


@pytest.mark.parametrize(
    "text",
    [
        f"{BEGIN}\n" + "a:  " * 40 + "!",
        f"{BEGIN}\n" + "a: b\n" * 150_000 + "!",
        f"{BEGIN}\n" + "a:" + " " * 800_000 + "!",
        f"{BEGIN}\n" + "a: \n\n" * 150_000 + "!",
        f"{BEGIN}" + "\\r\\n\"'+ " * 100_000 + "!",
        f"{BEGIN}\n{DER}\n" * 9_000,
        f"{BEGIN}\na: {BEGIN}\n" * 15_000,
        "sk-" * 250_000 + "T3BlbkFJ",
        "glpat-" + "-" * 900_000 + "/",
        "xoxb-" + "1" * 900_000,
    ],
    ids=["one line", "headers", "spaces", "blank lines", "escapes", "keys", "nested", "sk", "glpat", "slack"],
)
def test_a_search_for_secrets_ends(text: str, tmp_path: Path) -> None:
    root = repository(tmp_path / "bar", {"pyproject.toml": MANIFEST, "conf/settings.txt": text})
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("dmb-audit")), "--select", "SEC"],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        pytest.fail(f"it does not end within {SECONDS} s")
    assert process.returncode in (0, 1), err
    assert err == b""
