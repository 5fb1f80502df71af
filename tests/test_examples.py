"""The described modules: each one's command is run as it stands there, and what comes out is what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dmb import system_packages
from dmb.formats import dockerfile
from dmb.module import Module

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
DESCRIBED = sorted(EXAMPLES.glob("*.toml"))


@dataclass(frozen=True)
class Made:
    project: Path
    told: str
    described: Mapping[str, Any]


@pytest.fixture(params=DESCRIBED, ids=lambda path: path.stem, scope="module")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    described = tomllib.loads(request.param.read_text(encoding="utf-8"))
    folder = tmp_path_factory.mktemp("example")
    words = shlex.split(described["command"])
    assert words[0] == "dmb"
    command = [str(Path(sys.executable).parent / words[0]), *words[1:]]
    done = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in folder.iterdir()] == [request.param.stem]
    return Made(folder / request.param.stem, done.stdout, described)


def test_there_are_three_and_the_readme_lists_them() -> None:
    listed = re.findall(r"\]\(([\w-]+\.toml)\)", (EXAMPLES / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [path.name for path in DESCRIBED]
    assert len(DESCRIBED) == 3


def test_the_manifest_says_what_is_described(made: Made) -> None:
    document = tomllib.loads((made.project / "pyproject.toml").read_text(encoding="utf-8"))
    manifest = document["tool"]["dmb"]
    apart = {"manifest", "template_version", "ports"}
    assert {key: value for key, value in manifest.items() if key not in apart} == made.described["manifest"]
    assert Module.read(made.project).name == made.described["manifest"]["name"]


def test_the_files_are_there_or_not_as_described(made: Made) -> None:
    files = made.described["files"]
    assert [name for name in files["there"] if not (made.project / name).is_file()] == []
    assert [name for name in files["absent"] if (made.project / name).exists()] == []


def test_the_image_gets_the_packages_that_are_described_and_large_ones_are_told(made: Made) -> None:
    snippet = made.project / "workspace" / "local" / "dockerfile.snippet"
    file = snippet if snippet.is_file() else made.project / "Dockerfile"
    runs = [
        one.rest for one in dockerfile.instructions(file.read_text(encoding="utf-8"), str(file)) if one.word == "RUN"
    ]
    installed = [re.search(r"--no-install-recommends (.*?) &&", " ".join(run.split())) for run in runs]
    packages = [package for match in installed if match for package in match[1].split()]
    assert packages == made.described["image"]["debian_packages"]
    told = re.findall(r"^Note: (\S+) adds (\d+) MB", made.told, re.MULTILINE)
    assert told == [(key, str(system_packages.CATALOGUE[key].megabytes)) for key in made.described["image"]["large"]]


def test_the_containers_are_those_that_are_described(made: Made) -> None:
    compose = made.project / "workspace" / "local" / "docker-compose.yml"
    services = yaml.safe_load(compose.read_text(encoding="utf-8"))["services"] if compose.is_file() else {}
    assert sorted(services) == made.described["services"]["names"]
