"""The documents: what is generated is current, what they link to is there, what they tell to run exists."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import click
import pytest

from dmb.cli import dmb

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "AGENTS.md", *sorted((ROOT / "docs").rglob("*.md"))]


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_generated_reference_is_current() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for path, text in generate.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path} is out of date: run python docs/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_dmb_command_in_a_code_block_exists_with_its_options(page: Path) -> None:
    for block in re.findall(
        r"^```(?:sh|console)?\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        for line in block.replace("\\\n", " ").splitlines():
            match = re.match(r"\s*(?:\$ )?(dmb .*)$", line)
            if not match or page.name == "command.md":
                continue
            words = shlex.split(match[1].replace("…", ""), comments=True)[1:]
            command: click.Command = dmb
            while isinstance(command, click.Group) and words and not words[0].startswith("-"):
                found = command.get_command(click.Context(command), words.pop(0))
                assert found is not None, line
                command = found
            options = {name for parameter in command.params for name in parameter.opts} | {"--help", "--version"}
            for word in words:
                if word.startswith("--"):
                    assert word.partition("=")[0] in options, f"{line}: {word}"
