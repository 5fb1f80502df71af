"""Which docker client builds, and the commands for an image. The clients are scripts: no machine has every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmb.errors import DmbError
from dmb.workspace.runtimes import builder
from dmb.workspace.runtimes.builder import Builder, Recipe

DOCKERFILE = """\
ARG PYTHON_VERSION=3.12
FROM python:${PYTHON_VERSION}
RUN --mount=type=bind,from=one,target=/one cp /one/a /a
"""


def client(folder: Path, version: str, *, buildx: bool) -> Path:
    """A docker that says its version, and whether it has the plugin."""
    folder.mkdir()
    path = folder / "docker"
    answer = "echo v0.12.0" if buildx else "exit 1"
    path.write_text(
        f'#!/bin/sh\ncase "$1" in --version) echo "Docker version {version}, build 1" ;; buildx) {answer} ;; esac\n'
    )
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(builder, "DISTRIBUTION", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))


def test_an_old_client_behind_a_new_one_without_plugin_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client(tmp_path / "new", "28.2.2", buildx=False)
    old = client(tmp_path / "old", "20.10.24+dfsg1", buildx=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'new'}:{tmp_path / 'old'}")
    assert builder.choose() == Builder(str(old), buildx=False)


def test_a_client_with_the_plugin_comes_before_an_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client(tmp_path / "old", "20.10.24", buildx=False)
    new = client(tmp_path / "new", "28.2.2", buildx=True)
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:{tmp_path / 'new'}")
    assert builder.choose() == Builder(str(new), buildx=True)


def test_the_distributions_client_is_found_outside_of_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = client(tmp_path / "bin", "20.10.24", buildx=False)
    monkeypatch.setattr(builder, "DISTRIBUTION", str(tmp_path / "bin"))
    assert builder.choose() == Builder(str(old), buildx=False)


def test_without_one_that_can_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client(tmp_path / "new", "28.2.2", buildx=False)
    monkeypatch.setenv("PATH", str(tmp_path / "new"))
    with pytest.raises(DmbError) as refused:
        builder.choose()
    assert "docker-buildx-plugin" in refused.value.remedy


def test_without_docker_it_says_so() -> None:
    with pytest.raises(DmbError, match="no docker"):
        builder.choose()


def test_the_plugin_is_given_the_folders_by_name(tmp_path: Path) -> None:
    recipe = Recipe(tmp_path, tmp_path / "Dockerfile", {"A": "1", "B": None}, "last", {"one": tmp_path / "one"})
    (step,) = Builder("docker", buildx=True).steps(recipe, "image:tag", cache=False)
    assert step.words == (
        *("docker", "buildx", "build", "--load", "--progress=plain", "--no-cache"),
        *("--build-arg", "A=1", "--build-arg", "B", "--target", "last"),
        *("--build-context", f"one={tmp_path / 'one'}", "--tag", "image:tag"),
        *("--file", str(tmp_path / "Dockerfile"), str(tmp_path)),
    )


def test_an_old_client_gets_a_stage_for_each_folder_behind_global_arguments(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    recipe = Recipe(tmp_path, tmp_path / "Dockerfile", contexts={"one": tmp_path / "one"})
    first, second = Builder("docker", buildx=False).steps(recipe, "Some.Where/image:tag")
    assert (first.stdin, first.words[-1]) == ("FROM scratch\nCOPY . /\n", str(tmp_path / "one"))
    named = first.words[first.words.index("--tag") + 1]
    argument, *rest = DOCKERFILE.splitlines()
    assert second.stdin.splitlines() == [argument, f"FROM {named} AS one", *rest]
    assert named == named.lower()
