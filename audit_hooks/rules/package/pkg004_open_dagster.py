"""PKG004: any Dagster will do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.requirements import MAIN, Span, installed, locked, rewritten
from ...judging.rule import UNSAFE, Rule
from .location import is_location
from .pkg005_unlike_libraries import goes_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...facts.requirements import Requirement
    from ...judging.findings import Finding
    from ...judging.rule import Edit
    from ...judging.subject import Subject

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

    def check(self, subject: Subject) -> Iterator[Finding]:
        """The requirement of the project itself, once."""
        one = _open(subject)
        if one and is_location(subject) and (subject.made or not _pinned(subject)):
            told = f"dagster{one.rest}"
            message = f"{told} leaves open which Dagster is installed" if one.rest else "dagster has no bounds"
            yield self.finding(one.spot, "dagster", message)

    def fix(self, subject: Subject, finding: Finding) -> Iterable[Edit]:
        """Cap it at the minor version that it begins with, where all libraries go with that."""
        one = _open(subject)
        if one and one.span and len(one.span.low) > 1 and not locked(subject):
            low, high = one.span.low, (one.span.low[0], one.span.low[1] + 1)
            if all(goes_with(other, Span(low, high)) for other in subject.requirements if other.name != "dagster"):
                yield from rewritten(subject, one, f">={'.'.join(map(str, low))},<{'.'.join(map(str, high))}")


def _open(subject: Subject) -> Requirement | None:
    for one in subject.requirements:
        if one.name == "dagster" and one.place in (MAIN, "requirements.txt"):
            return one if one.span and _wide(one.span) else None
    return None


def _wide(told: Span) -> bool:
    """Whether versions are allowed from the beginning, without end, or up to another major one."""
    return told.low == (0,) or told.high[0] > told.low[0]


def _pinned(subject: Subject) -> bool:
    """Whether something else says which version is installed: a lock file, or a pin in an image or a list."""
    return locked(subject) or not all(map(_wide, installed(subject)))
