"""PKG005: a library of Dagster's that does not go with the Dagster that is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...facts.requirements import ENDLESS, MAIN, Span, locked, rewritten
from ...judging.rule import SAFE, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...facts.requirements import Requirement, Version
    from ...judging.findings import Finding
    from ...judging.rule import Edit
    from ...judging.subject import Subject

_SAME = frozenset(("dagster-webserver", "dagster-graphql", "dagster-dg-cli", "dagit"))  # released as Dagster is
_AHEAD = 16  # Dagster 1.13.2 goes with 0.29.2 of these:
_LIBRARIES = (  # `dagster-` and one of these; others of that name are released by themselves
    " airbyte airlift aws azure celery celery-docker celery-k8s census dask databricks datadog datahub dbt deltalake"
    " deltalake-pandas deltalake-polars dlt docker duckdb duckdb-pandas duckdb-polars duckdb-pyspark embedded-elt"
    " fivetran gcp gcp-pandas gcp-pyspark ge github k8s looker managed-elements mlflow msteams mysql openai pagerduty"
    " pandas pandera papertrail postgres powerbi prometheus pyspark sigma slack sling snowflake snowflake-pandas"
    " snowflake-polars snowflake-pyspark spark ssh tableau twilio wandb "
)


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

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Each library whose versions have none in common with those of Dagster."""
        for core, one in _unlike(subject):
            message = f"{one.name}{one.rest} does not go with dagster{core.rest}: {_wanted(core, one)}"
            yield self.finding(one.spot, one.name, message)

    def fix(self, subject: Subject, finding: Finding) -> Iterable[Edit]:
        """Follow Dagster, where both are pinned to one version and no lock file says more."""
        for core, one in _unlike(subject):
            pinned = all(re.fullmatch(r"===?\s*\d+\.\d+\.\d+", item.rest) for item in (core, one))
            if one.spot[:2] == finding[:2] and one.name == finding.subject and pinned and not locked(subject):
                yield from rewritten(subject, one, f"=={_of(one, core.rest.lstrip('= '))}")


def _unlike(subject: Subject) -> Iterator[tuple[Requirement, Requirement]]:
    """(Dagster, library) for each pair in one list, or in the project's own and another, that cannot be installed."""
    cores = {one.place: one for one in subject.requirements if one.name == "dagster"}
    for one in subject.requirements:
        core = cores.get(one.place) or cores.get(MAIN)
        if core and core.span and not goes_with(one, core.span):
            yield core, one


def goes_with(one: Requirement, release: Span) -> bool:
    """Whether some version that is asked for goes with one of these of Dagster; what is no library of its does."""
    if one.name not in _SAME and not _numbered_ahead(one.name):
        return True
    own = one.span and (one.span if one.name in _SAME else _as_dagster(one.span))
    return own is None or own.meets(release)


def _numbered_ahead(name: str) -> bool:
    library = name.removeprefix("dagster-")
    return name == "dagstermill" or (library != name and f" {library} " in _LIBRARIES)


def _as_dagster(told: Span) -> Span | None:
    """The versions of Dagster that go with those of a library; None for libraries from before Dagster 1.0."""
    if told.low[0] != 0 or len(told.low) < 2 or told.low[1] < _AHEAD:
        return None
    if told.high[0] > 0:
        return Span(_minus(told.low), ENDLESS)
    return Span(_minus(told.low), _minus(told.high))


def _minus(version: Version) -> Version:
    return (1, version[1] - _AHEAD, *version[2:])


def _of(one: Requirement, version: str) -> str:
    """The version of a library that goes with one of Dagster's."""
    major, minor, *rest = version.split(".")
    return version if one.name in _SAME or major != "1" else ".".join(["0", str(int(minor) + _AHEAD), *rest])


def _wanted(core: Requirement, one: Requirement) -> str:
    low = core.span.low if core.span else ()
    release = ".".join(map(str, low))
    return f"Dagster {release} goes with {_of(one, release)}" if len(low) > 1 else "they are of different releases"
