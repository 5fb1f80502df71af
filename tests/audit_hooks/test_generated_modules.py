"""A module as the template makes it passes its own hook on a fresh clone: there is no `.env` then."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from audit_hooks.judging.engine import audit
from audit_hooks.judging.findings import Finding
from audit_hooks.judging.policy import Options
from tests.support.made_modules import CONFIGURATIONS, Configuration, make

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=CONFIGURATIONS, ids=str)
def clone(request: pytest.FixtureRequest, cookies_session: Cookies, tmp_path_factory: pytest.TempPathFactory) -> Path:
    configuration: Configuration = request.param
    made = make(cookies_session, configuration).project
    subprocess.run(["git", "init", "-q", str(made)], check=True)
    for words in (("add", "-A"), ("commit", "-qm", "made")):
        subprocess.run(["git", "-C", str(made), *words], check=True)
    folder = tmp_path_factory.mktemp("clone") / "clone"
    subprocess.run(["git", "clone", "-q", str(made), str(folder)], check=True)
    assert not (folder / ".env").exists()
    return folder


def told(folder: Path) -> list[Finding]:
    """What is found at the module's own tier."""
    (verdict,) = audit(folder, Options(preview=True))
    return list(verdict.findings)


def test_it_has_no_finding_and_a_planted_one_is_found(clone: Path, tmp_path: Path) -> None:
    assert told(clone) == []
    folder = tmp_path / "edited"
    shutil.copytree(clone, folder)
    (package,) = (folder / "src").iterdir()
    with (package / "definitions.py").open("a") as code:
        code.write('\nos.environ["BAR_ONE_NEW"]\n')
    piece = folder / "workspace/local/workspace.yaml"
    piece.write_text(piece.read_text().replace("location_name: bar-one", "location_name: bar-two"))
    assert [(finding.rule, finding.subject) for finding in told(folder)] == [
        ("WSP007", "BAR_ONE_NEW"),
        ("WSP020", "bar-one"),
    ]
