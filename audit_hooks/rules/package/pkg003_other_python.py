"""PKG003: the Python that a project allows and Dagster does not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...facts.loaded_modules import is_location
from ...facts.requirements import Span, dagster, locked, span
from ...judging.findings import no_edits
from ...judging.rule import SAFE, Rule
from ...reading.edits import Edit
from ...reading.sources import spot_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

RELEASE = Span((1, 13), (1, 14))  # of Dagster, which says of itself (Requires-Python):
PYTHON = Span((3, 10), (3, 15))
_LOADS = {
    "defs.py": "import dagster as dg\n\ndefs = dg.Definitions()\n",
    "Dockerfile": 'CMD ["dagster", "dev", "-f", "defs.py"]\n',
}
_PROJECT = '[project]\nname = "bar"\nrequires-python = "{}"\ndependencies = ["dagster{}"]\n'


def _example(python: str, release: str = ">=1.13,<1.14") -> dict[str, str]:
    return {"pyproject.toml": _PROJECT.format(python, release), **_LOADS}


class OtherPython(Rule):
    """A project allows the versions of Python that its Dagster runs on, and no others."""

    code = "PKG003"
    title = "A Python that Dagster does not run on"
    severity = "warning"
    tier = "standard"
    kinds = ("module",)
    mends = SAFE
    what = (
        "`requires-python` that allows a version below 3.10, or 3.15 and above, in a project that Dagster is told to "
        "load and that may be installed with Dagster 1.13. The upper end may stay open where a `.python-version` says "
        "which Python it is."
    )
    why = (
        "An installer that takes the newest Python, or one that solves for every Python that is allowed, finds no "
        "Dagster for it, or one that is years old."
    )
    remedy = 'write requires-python = ">=3.10,<3.15", or a part of that'
    bad = (
        _example(">=3.9,<3.15"),
        _example(">=3.11"),
        _example(">=3.8, <4.0", ""),
        _example("~=3.9", ">=1.10"),
        _example("==3.9.*"),
    )
    good = (
        _example(">=3.10,<3.15"),
        _example(">=3.11,<3.14"),
        _example("==3.12.*"),
        _example("~=3.12.0"),
        _example(">=3.9,<3.13", "==1.9.2"),
        {**_example(">=3.11"), ".python-version": "3.12\n"},
        {"pyproject.toml": _PROJECT.format(">=3.8", ""), "lib.py": "import dagster as dg\n"},
        {
            **_example(">=3.10"),
            "bar/__init__.py": "",
            "bar/manager.py": "import dagster as dg\n",
        },
        _example("nonsense"),
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """One for the project."""
        project = subject.project
        written = project.setting("project", "requires-python")
        release = dagster(project.requirements)
        if not isinstance(written, str) or release is None or release.high <= RELEASE.low:
            return
        allowed = span(written)
        if allowed is None or not is_location(subject.package, subject.repository):
            return
        low, high = allowed.low < PYTHON.low, allowed.high > PYTHON.high
        if low or (high and not any(files.has(".python-version") for files in (subject.files, subject.repository))):
            text = subject.files.text("pyproject.toml") or ""
            versions = "below 3.10" if low else "from 3.15 on"
            at = _at(text, written)
            message = f"requires-python is {written}, and Dagster 1.13 runs on no Python {versions}"
            edits = no_edits if locked(subject.files, subject.repository) else partial(_narrowed, at, written, allowed)
            yield self.diagnosis(spot_at("pyproject.toml", text, max(at, 0)), written, message, edits=edits)


def _at(text: str, written: str) -> int:
    """Where the value begins."""
    key = text.find("requires-python")
    return text.find(written, key) if key >= 0 else -1


def _narrowed(at: int, written: str, allowed: Span) -> Iterator[Edit]:
    """What both allow; where there is a lock file, who makes it anew does both."""
    if at >= 0 and allowed.meets(PYTHON):
        low, high = max(allowed.low, PYTHON.low), min(allowed.high, PYTHON.high)
        new = f">={'.'.join(map(str, low))},<{'.'.join(map(str, high))}"
        yield Edit("pyproject.toml", at, at + len(written), new)
