"""What Dagster loads: everything in `defs/`, with the resources and the executor that all of it shares."""

import os
from pathlib import Path

import dagster as dg

from {{ cookiecutter.__package }}.io_managers import PickleIOManager
{%- if cookiecutter.database != 'none' %}
from {{ cookiecutter.__package }}.resources import DatabaseResource
{%- endif %}

EXECUTORS = {"in_process": dg.in_process_executor, "multiprocess": dg.multiprocess_executor}


def executor() -> dg.ExecutorDefinition:
    """The executor that the environment names. Raises ValueError for a name that is not in EXECUTORS."""
    name = os.environ.get("{{ cookiecutter.__prefix }}_EXECUTOR") or "in_process"
    if name not in EXECUTORS:
        known = " or ".join(EXECUTORS)
        raise ValueError(f"{{ cookiecutter.__prefix }}_EXECUTOR is {name!r}; use {known}")
    return EXECUTORS[name]

{%- if cookiecutter.database in ('postgresql', 'mysql') %}


def database() -> DatabaseResource:
    """The database that the environment names when a run starts; each of these variables must be set by then."""
    return DatabaseResource(
        host=dg.EnvVar("{{ cookiecutter.__prefix }}_DB_HOST"),
        port=dg.EnvVar.int("{{ cookiecutter.__prefix }}_DB_PORT"),
        name=dg.EnvVar("{{ cookiecutter.__prefix }}_DB_NAME"),
        user=dg.EnvVar("{{ cookiecutter.__prefix }}_DB_USER"),
        password=dg.EnvVar("{{ cookiecutter.__prefix }}_DB_PASSWORD"),
        pool_size=dg.EnvVar.int("{{ cookiecutter.__prefix }}_DB_POOL_SIZE"),
    )
{%- endif %}


@dg.definitions
def defs() -> dg.Definitions:
    """The code location."""
    shared = dg.Definitions(
        resources={
            "io_manager": PickleIOManager(),
{%- if cookiecutter.database != 'none' %}
            "database": {{ 'DatabaseResource()' if cookiecutter.database == 'duckdb' else 'database()' }},
{%- endif %}
        },
        executor=executor(),
{%- if cookiecutter.__client %}
        metadata={"client": {{ cookiecutter.__client | pylit }}},
{%- endif %}
    )
    return dg.Definitions.merge(shared, dg.load_from_defs_folder(path_within_project=Path(__file__).parent))
