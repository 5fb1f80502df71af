"""Each defect that is planted into a generated module is found where it is, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from audit_hooks.judging.engine import audit
from audit_hooks.judging.policy import Options
from audit_hooks.rules import every
from tests.support.trees import repository

from .planted_defects import Seed

FOLDER = Path(__file__).parent / "planted_defects"


def seeds() -> Iterator[Seed]:
    for path in sorted(FOLDER.glob("[a-z]*.py")):
        yield from import_module(f".planted_defects.{path.stem}", __package__).SEEDS


SEEDS = list(seeds())


@pytest.fixture(scope="module")
def rendered(cookies_session: Cookies, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A module for each set of answers, made once."""
    made: dict[str, Path] = {}
    for seed in SEEDS:
        key = repr(sorted(seed.answers.items()))
        if key not in made:
            done = cookies_session.bake(extra_context=dict(seed.answers))
            assert done.exception is None, done.exception
            made[key] = tmp_path_factory.mktemp("made") / "bar-one"
            shutil.copytree(done.project_path, made[key])
    return made


@pytest.mark.parametrize("seed", SEEDS, ids=[f"{seed.rule}-{number}" for number, seed in enumerate(SEEDS)])
def test_a_planted_defect_is_found_where_it_is(seed: Seed, rendered: dict[str, Path], tmp_path: Path) -> None:
    root = tmp_path / "bar-one"
    shutil.copytree(rendered[repr(sorted(seed.answers.items()))], root)
    files: dict[str, str] = {}
    for name, edit in seed.edits.items():
        path = root / name
        if edit is None:
            path.unlink()
        elif isinstance(edit, tuple):
            old, new = edit
            text = path.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
            files[name] = text.replace(old, new)
        else:
            files[name] = edit
    repository(root, files)
    for name in seed.edits:
        if name in files and Path(name).name == ".env":  # what .gitignore keeps out is planted in the index
            import subprocess

            subprocess.run(["git", "-C", str(root), "add", "-f", name], check=True)

    options = Options(preview=True, advice=any(rule.advises for rule in every(seed.rule)))
    found = [finding for verdict in audit(root, options) for finding in verdict.findings]
    assert [(finding.rule, finding.path) for finding in found] == [(seed.rule, seed.path)], found
    text = (root / seed.path).read_text(encoding="utf-8") if (root / seed.path).is_file() else ""
    line = text.split("\n")[found[0].line - 1] if found[0].line else ""
    assert (seed.line in line) if seed.line else (found[0].line in (0, 1)), line


def test_every_rule_that_judges_modules_has_a_planted_defect() -> None:
    planted = {seed.rule for seed in SEEDS}
    wanted = {rule.code for rule in every() if "module" in rule.kinds}
    assert wanted <= planted, wanted - planted
