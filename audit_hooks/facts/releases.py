"""Which releases of Dagster's own libraries go with which of Dagster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .requirements import ENDLESS, Span

if TYPE_CHECKING:
    from .requirements import Requirement, Version

_SAME = frozenset(("dagster-webserver", "dagster-graphql", "dagster-dg-cli", "dagit"))  # released as Dagster is
_AHEAD = 16  # Dagster 1.13.2 goes with 0.29.2 of these:
_LIBRARIES = (  # `dagster-` and one of these; others of that name are released by themselves
    " airbyte airlift aws azure celery celery-docker celery-k8s census dask databricks datadog datahub dbt deltalake"
    " deltalake-pandas deltalake-polars dlt docker duckdb duckdb-pandas duckdb-polars duckdb-pyspark embedded-elt"
    " fivetran gcp gcp-pandas gcp-pyspark ge github k8s looker managed-elements mlflow msteams mysql openai pagerduty"
    " pandas pandera papertrail postgres powerbi prometheus pyspark sigma slack sling snowflake snowflake-pandas"
    " snowflake-polars snowflake-pyspark spark ssh tableau twilio wandb "
)


def goes_with(library: Requirement, release: Span) -> bool:
    """Whether some version that is asked for goes with one of these of Dagster; what is no library of its does."""
    if library.name not in _SAME and not _numbered_ahead(library.name):
        return True
    own = library.span and (library.span if library.name in _SAME else _as_dagster(library.span))
    return own is None or own.meets(release)


def library_version(library: str, version: str) -> str:
    """The version of a library that goes with one of Dagster's."""
    major, minor, *rest = version.split(".")
    return version if library in _SAME or major != "1" else ".".join(["0", str(int(minor) + _AHEAD), *rest])


def _numbered_ahead(name: str) -> bool:
    library = name.removeprefix("dagster-")
    return name == "dagstermill" or (library != name and f" {library} " in _LIBRARIES)


def _as_dagster(versions: Span) -> Span | None:
    """The versions of Dagster that go with those of a library; None for libraries from before Dagster 1.0."""
    if versions.low[0] != 0 or len(versions.low) < 2 or versions.low[1] < _AHEAD:
        return None
    if versions.high[0] > 0:
        return Span(_minus(versions.low), ENDLESS)
    return Span(_minus(versions.low), _minus(versions.high))


def _minus(version: Version) -> Version:
    return (1, version[1] - _AHEAD, *version[2:])
