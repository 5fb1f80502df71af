"""Making a module: against a trivial template of as many files, cookiecutter itself, Dagster's own scaffolding."""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .pairs import Command, Pair, measure

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def run() -> Iterator[Pair]:
    """Yield what is measured."""
    with tempfile.TemporaryDirectory(prefix="dmb-bench-") as name:
        folder = Path(name)
        outputs = (str(folder / f"out-{number}") for number in itertools.count())

        def cookiecutter(template: Path) -> Command:
            return lambda: [str(BIN / "cookiecutter"), str(template), "--no-input", "-o", next(outputs)]

        def dmb_new() -> list[str]:
            return [str(BIN / "dmb"), "new", "Bar One", "--no-input", "--output-dir", next(outputs)]

        def create_dagster() -> list[str]:
            return [str(BIN / "create-dagster"), "project", f"{next(outputs)}/bar_one", "--no-uv-sync"]

        measure("warm-up", cookiecutter(ROOT), create_dagster, bound=None, runs=1)
        files = _count(folder / "out-0")
        theirs = _count(folder / "out-1")
        trivial = _trivial_template(folder / "trivial", files)
        yield measure(
            f"cookiecutter: this template ÷ a trivial one, {files} files each",
            cookiecutter(ROOT),
            cookiecutter(trivial),
            bound=1.6,
        )
        yield measure("dmb new ÷ cookiecutter, both with this template", dmb_new, cookiecutter(ROOT), bound=1.0)
        yield measure(
            f"cookiecutter ({files} files) ÷ create-dagster project ({theirs} files)",
            cookiecutter(ROOT),
            create_dagster,
            bound=None,
        )
        yield measure(
            "dmb --help ÷ python -c pass",
            lambda: [str(BIN / "dmb"), "--help"],
            lambda: [sys.executable, "-c", "pass"],
            bound=6,
            runs=21,
        )


def _count(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def _trivial_template(folder: Path, files: int) -> Path:
    """A template of `files` files with one variable in each; no extension, no hooks."""
    tree = folder / "{{cookiecutter.slug}}"
    tree.mkdir(parents=True)
    (folder / "cookiecutter.json").write_text(json.dumps({"slug": "bar-one"}), encoding="utf-8")
    for number in range(files):
        (tree / f"file-{number}.txt").write_text("This is {{ cookiecutter.slug }}.\n" * 20, encoding="utf-8")
    return folder
