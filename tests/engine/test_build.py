"""`dmb workspace build` on a real engine: what is missing or changed is built, and only that is replaced."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from tests.support.command import run_dmb
from tests.support.engine import ComposeProject, container_workspace, docker, remove_images, removed_afterwards

IMAGES = ("dmbtest-*", "dmb-test-build-*", "dmb-context/dmb-test-build-dagster/*")
# The version and the beginning of the image's id.
NAMED = re.compile(r"dmbtest-(one|two):0\.1\.0-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("modules")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, modules: Path) -> Iterator[ComposeProject]:
    """A fresh workspace with two modules of their own images and one that shares the workspace's; built and started."""
    kinds = {"dmbtest-one": "isolated", "dmbtest-two": "isolated", "dmbtest-three": "shared"}
    made = container_workspace(tmp_path_factory.mktemp("engine") / "dmb-test-build", modules, **kinds)
    remove_images(*IMAGES)
    with contextlib.ExitStack() as stack:
        stack.callback(remove_images, *IMAGES)
        stack.enter_context(removed_afterwards(made))
        assert {image["subject"]: image["status"] for image in build(made)["images"]} == {
            "workspace": "built",
            "dmbtest-one": "built",
            "dmbtest-two": "built",
        }
        made.compose("up", "--detach", "--no-build")
        made.healthy("dagster-webserver", "dmbtest-one", "dmbtest-two")
        yield made


def build(project: ComposeProject, *words: str, exit_code: int = 0) -> dict[str, Any]:
    out = run_dmb("workspace", "build", *words, "--json", cwd=project.folder, exit_code=exit_code)
    decoded: dict[str, Any] = json.JSONDecoder().raw_decode(out)[0]
    return decoded


def images(project: ComposeProject) -> dict[str, str]:
    values = dotenv_values(project.folder / ".env")
    return {name: str(values[f"DMBTEST_{name.upper()}_IMAGE"]) for name in ("one", "two")}


def containers(project: ComposeProject) -> dict[str, str]:
    return {name: service["ID"] for name, service in project.services().items()}


def test_nothing_changed_so_nothing_is_built_or_replaced(project: ComposeProject) -> None:
    before, running = (project.folder / ".env").read_bytes(), containers(project)
    done = build(project)
    assert ({image["status"] for image in done["images"]}, done["files"], done["next"]) == ({"unchanged"}, [], [])
    assert (project.folder / ".env").read_bytes() == before
    project.compose("up", "--detach", "--no-build")
    assert containers(project) == running


def test_images_are_named_after_their_content_and_have_the_modules(project: ComposeProject) -> None:
    for name in images(project).values():
        assert NAMED.fullmatch(name), name
        docker("image", "inspect", name)
    docker("run", "--rm", f"{project.folder.name}-dagster", "python", "-c", "import dmbtest_three_dagster")


def test_a_change_replaces_that_service_alone_and_can_be_taken_back(project: ComposeProject, modules: Path) -> None:
    before, running = images(project), containers(project)
    (modules / "dmbtest-one" / "src" / "dmbtest_one_dagster" / "added.py").write_text("ANSWER = 42\n")
    done = build(project)
    assert [image["subject"] for image in done["images"] if image["status"] == "built"] == ["dmbtest-one"]
    after = images(project)
    assert (after["two"], after["one"] != before["one"]) == (before["two"], True)
    assert not run_dmb("workspace", "validate", cwd=project.folder).startswith("error")
    project.compose("up", "--detach", "--no-build")
    assert {name for name, container in containers(project).items() if container != running[name]} == {"dmbtest-one"}
    read = ("python", "-c", "from dmbtest_one_dagster.added import ANSWER; print(ANSWER)")
    assert project.compose("exec", "-T", "dmbtest-one", *read).strip() == "42"

    back = shlex.split(done["next"][-1].partition("dmb ")[2].partition(",")[0])
    run_dmb(*back, "--yes", cwd=project.folder)
    assert images(project) == before
    docker("image", "inspect", before["one"])


def test_a_build_that_fails_is_named_with_its_last_lines_and_the_others_are_built(
    project: ComposeProject, modules: Path
) -> None:
    dockerfile, before = modules / "dmbtest-one" / "Dockerfile", images(project)
    text = dockerfile.read_text()
    (modules / "dmbtest-two" / "src" / "dmbtest_two_dagster" / "added.py").write_text("ANSWER = 43\n")
    dockerfile.write_text(text.replace("WORKDIR /build", "RUN echo no such thing as a lunch >&2; exit 7"))
    try:
        done = build(project, exit_code=1)
    finally:
        dockerfile.write_text(text)
    results = {image["subject"]: image for image in done["images"]}
    assert {name: result["status"] for name, result in results.items()} == {
        "workspace": "unchanged",
        "dmbtest-one": "failed",
        "dmbtest-two": "built",
    }
    assert any("no such thing as a lunch" in line for line in results["dmbtest-one"]["log"])
    after = images(project)
    assert (after["one"], after["two"] != before["two"]) == (before["one"], True)


def test_a_named_module_is_built_alone_and_its_commands_can_be_seen(project: ComposeProject) -> None:
    assert [image["subject"] for image in build(project, "dmbtest-two")["images"]] == ["dmbtest-two"]
    assert [image["subject"] for image in build(project, "dmbtest-three")["images"]] == ["workspace"]
    before = (project.folder / ".env").read_bytes()
    commands = run_dmb("workspace", "build", "dmbtest-two", "--dry-run", cwd=project.folder).splitlines()
    assert [("--tag dmbtest-two:latest" in line, line.endswith("/dmbtest-two")) for line in commands] == [(True, True)]
    assert (project.folder / ".env").read_bytes() == before
