"""A workspace of containers, started for real: its platform, and modules of every kind in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dmb.workspace.changes.init import init_docker
from tests.support.command import Dmb
from tests.support.engine import ComposeProject, Webserver, docker, removed_afterwards


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeProject]:
    """A workspace with no module in it, running."""
    folder = tmp_path_factory.mktemp("engine") / "dmb-test-platform"
    init_docker(folder, run_launcher="default", dry_run=False)
    docker("build", "--quiet", "--tag", f"{folder.name}-dagster", folder)
    with removed_afterwards(ComposeProject(folder)) as project:
        project.compose("up", "--detach")
        project.healthy("dagster-webserver", "dagster-postgresql")
        yield project


@pytest.fixture
def webserver(platform: ComposeProject) -> Webserver:
    return Webserver(int(platform.compose("port", "dagster-webserver", "3000").rpartition(":")[2]))


def test_an_empty_workspace_serves_and_is_judged_clean(
    platform: ComposeProject, webserver: Webserver, dmb: Dmb
) -> None:
    assert webserver.locations() == {}
    done = dmb("workspace", "validate", "--workspace", platform.folder, "--live", f"http://127.0.0.1:{webserver.port}")
    assert (done.code, "runs Dagster" in done.out) == (0, True), done
