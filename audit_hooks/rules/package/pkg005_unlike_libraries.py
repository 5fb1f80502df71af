"""PKG005: a library of Dagster's that does not go with the Dagster that is asked for."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from ...facts.releases import goes_with, library_version
from ...facts.requirements import MAIN, locked, rewritten
from ...judging.rule import SAFE, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...facts.requirements import Requirement
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject
    from ...reading.edits import Edit


def _example(*needs: str) -> dict[str, str]:
    quoted = ", ".join(f'"{need}"' for need in needs)
    return {"pyproject.toml": f'[project]\nname = "bar"\ndependencies = [{quoted}]\n', "defs.py": ""}


class UnlikeLibraries(Rule):
    """Dagster's libraries are of the release that goes with its own."""

    code = "PKG005"
    title = "Libraries of another release of Dagster"
    kinds = ("module",)
    mends = SAFE
    what = (
        "A requirement for one of Dagster's own libraries (`dagster-postgres`, `dagster-webserver`) that no version "
        "fulfils which goes with the Dagster that the same project asks for. `dagster` 1.13.2 goes with 0.29.2 of the "
        "libraries, 16 more than its minor version, and with 1.13.2 of webserver, graphql and dg-cli."
    )
    why = (
        "Each release of a library needs exactly one release of Dagster: the installer finds no solution, or, told to "
        "go on, Dagster warns at each start and breaks where the two no longer fit."
    )
    remedy = "ask for the release that goes with it, and make the lock file anew"
    bad = (
        _example("dagster==1.9.2", "dagster-docker==0.25.1"),
        _example("dagster>=1.13,<1.14", "dagster-postgres>=0.28,<0.29"),
        _example("dagster==1.13.27", "dagster-webserver==1.13.26"),
        _example("dagster~=1.9.3", "dagster_aws[pyspark]==0.24.*"),
        {"requirements.txt": "dagster==1.9.2\ndagster-dbt==0.24.2  # why\n", "defs.py": ""},
    )
    good = (
        _example("dagster==1.9.2", "dagster-docker==0.25.2", "dagster-webserver==1.9.2"),
        _example("dagster>=1.13,<1.14", "dagster-postgres>=0.29,<0.30", "dagster-dg-cli>=1.13,<1.14"),
        _example("dagster>=1.9", "dagster-dbt>=0.25", "dagster-aws"),
        _example("dagster==1.9.2", "dagster-polars==0.24.0", "dagster-hightouch==0.1.4"),
        _example("dagster-dbt==0.25.1", "dagster-webserver==1.9.2"),
        _example("dagster~=1.9.3", "dagster-shell~=0.25.3", "dagster-dbt @ git+https://example.com/x"),
        _example("dagster>=1.9,<2", "dagster-dbt>=0.28,<1", "deltalake==0.20.0", "postgres==0.1"),
        {"requirements.txt": "dagster==1.9.2\n", "requirements-old.txt": "dagster-dbt==0.20.1\n", "defs.py": ""},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each library whose versions have none in common with those of Dagster."""
        for core, library in _unlike(subject.project.requirements):
            message = f"{library.name}{library.rest} does not go with dagster{core.rest}: {_wanted(core, library)}"
            edits = partial(_followed, subject, core, library)
            yield self.diagnosis(library.spot, library.name, message, edits=edits)


def _followed(subject: Subject, core: Requirement, library: Requirement) -> Iterator[Edit]:
    """Follow Dagster, where both are pinned to one version and no lock file says more."""
    pinned = all(re.fullmatch(r"===?\s*\d+\.\d+\.\d+", item.rest) for item in (core, library))
    if pinned and not locked(subject.files, subject.repository):
        yield from rewritten(subject.files, library, f"=={library_version(library.name, core.rest.lstrip('= '))}")


def _unlike(required: Sequence[Requirement]) -> Iterator[tuple[Requirement, Requirement]]:
    """(Dagster, library) for each pair in one list, or in the project's own and another, that cannot be installed."""
    cores = {item.place: item for item in required if item.name == "dagster"}
    for item in required:
        core = cores.get(item.place) or cores.get(MAIN)
        if core and core.span and not goes_with(item, core.span):
            yield core, item


def _wanted(core: Requirement, library: Requirement) -> str:
    low = core.span.low if core.span else ()
    release = ".".join(map(str, low))
    if len(low) < 2:
        return "they are of different releases"
    return f"Dagster {release} goes with {library_version(library.name, release)}"
