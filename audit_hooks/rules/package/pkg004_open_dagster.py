"""PKG004: any Dagster will do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...facts.loaded_modules import is_location
from ...facts.releases import goes_with
from ...facts.requirements import MAIN, Span, installed, locked, rewritten
from ...judging.rule import UNSAFE, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...facts.requirements import Requirement
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject
    from ...reading.edits import Edit

_LOADS = {
    "defs.py": "import dagster as dg\n\ndefs = dg.Definitions()\n",
    "Dockerfile": 'CMD ["dagster", "dev", "-f", "defs.py"]\n',
}


def _example(release: str) -> dict[str, str]:
    return {"pyproject.toml": f'[project]\nname = "bar"\ndependencies = [\n  "dagster{release}",\n]\n', **_LOADS}


class OpenDagster(Rule):
    """A project says from which Dagster on it works, and up to which."""

    code = "PKG004"
    title = "A Dagster without lower or upper bound"
    severity = "warning"
    tier = "standard"
    kinds = ("module",)
    mends = UNSAFE
    what = (
        "`dagster` among the dependencies of a project that Dagster is told to load, without a lower bound or without "
        "an upper one below the next major version. Silent where a lock file, an image or another list of the "
        "repository pins it; in a module that the template made only its own bounds count."
    )
    why = (
        "The next build may take another Dagster than the last one, and a newer one than the webserver and the daemon "
        "run: those must be at least as new as every code location."
    )
    remedy = "bound it to one minor version, as in dagster>=1.13,<1.14, and raise both together with the workspace"
    bad = (
        _example(""),
        _example(">=1.13"),
        _example(">=1.13.2,<2"),
        _example("<1.14"),
        {"requirements.txt": "dagster\npandas\n", **_LOADS},
        {"setup.py": "from setuptools import setup\n\nsetup(install_requires=['dagster'])\n", **_LOADS},
    )
    good = (
        _example(">=1.13,<1.14"),
        _example("==1.13.27"),
        _example("~=1.13.0"),
        _example(">=1.12.2,<1.14"),
        _example(" @ git+https://example.com/dagster"),
        {**_example(">=1.13"), "uv.lock": "version = 1\n"},
        {**_example(""), "Dockerfile": "FROM python:3.12\nRUN pip install dagster==1.13.27\n"},
        {**_example(""), "constraints.txt": "dagster==1.13.27\n"},
        {"pyproject.toml": _example(">=1.8")["pyproject.toml"], "lib.py": "import dagster as dg\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """The requirement of the project itself, once."""
        project = subject.project
        core = _open(project.requirements)
        if core and is_location(subject.package, subject.repository) and (project.made or not _pinned(subject)):
            written = f"dagster{core.rest}"
            message = f"{written} leaves open which Dagster is installed" if core.rest else "dagster has no bounds"
            yield self.diagnosis(core.spot, "dagster", message, edits=partial(_capped, subject, core))


def _open(requirements: Iterable[Requirement]) -> Requirement | None:
    for requirement in requirements:
        if requirement.name == "dagster" and requirement.place in (MAIN, "requirements.txt"):
            return requirement if requirement.span and _wide(requirement.span) else None
    return None


def _capped(subject: Subject, core: Requirement) -> Iterator[Edit]:
    """Cap it at the minor version that it begins with, where all libraries go with that."""
    if core.span and len(core.span.low) > 1 and not locked(subject.files, subject.repository):
        low, high = core.span.low, (core.span.low[0], core.span.low[1] + 1)
        if all(goes_with(other, Span(low, high)) for other in subject.project.requirements if other.name != "dagster"):
            yield from rewritten(subject.files, core, f">={'.'.join(map(str, low))},<{'.'.join(map(str, high))}")


def _wide(allowed: Span) -> bool:
    """Whether versions are allowed from the beginning, without end, or up to another major one."""
    return allowed.low == (0,) or allowed.high[0] > allowed.low[0]


def _pinned(subject: Subject) -> bool:
    """Whether something else says which version is installed: a lock file, or a pin in an image or a list."""
    return locked(subject.files, subject.repository) or not all(map(_wide, installed(subject.repository)))
