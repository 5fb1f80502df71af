"""WSP023 against the real Compose: it refuses each bad example and takes each good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit_hooks.rules.workspace.wsp023_unknown_dependency import UnknownDependency
from tests.support.containers import config


@pytest.mark.parametrize("files", UnknownDependency.bad + UnknownDependency.good, ids=str)
def test_compose_refuses_what_the_rule_fires_on(files: dict[str, str], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    read = [tmp_path / name for name in files if Path(name).match("docker-compose*")]
    done = config(tmp_path, *read)
    refused = "depends on undefined service" in done.stderr
    assert (refused, done.returncode != 0) == ((files in UnknownDependency.bad),) * 2, done.stderr
