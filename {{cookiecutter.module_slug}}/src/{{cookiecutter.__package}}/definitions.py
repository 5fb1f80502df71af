"""What Dagster loads: everything in `defs/`, with the executor that all of it shares."""

import os
from pathlib import Path

import dagster as dg

EXECUTORS = {"in_process": dg.in_process_executor, "multiprocess": dg.multiprocess_executor}


def executor() -> dg.ExecutorDefinition:
    """The executor that the environment names. Raises ValueError for a name that is not in EXECUTORS."""
    name = os.environ.get("{{ cookiecutter.__prefix }}_EXECUTOR") or "in_process"
    if name not in EXECUTORS:
        known = " or ".join(EXECUTORS)
        raise ValueError(f"{{ cookiecutter.__prefix }}_EXECUTOR is {name!r}; use {known}")
    return EXECUTORS[name]


@dg.definitions
def defs() -> dg.Definitions:
    """The code location."""
    shared = dg.Definitions(
        executor=executor(),
{%- if cookiecutter.__client %}
        metadata={"client": {{ cookiecutter.__client | pylit }}},
{%- endif %}
    )
    loaded = dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
    if "io_manager" not in (loaded.resources or {}):
        # Dagster would keep values in a folder of its own, and not find those that are there.
        raise LookupError("defs/ has no resource io_manager: bring defs/resources.py back, or write another one there")
    return dg.Definitions.merge(shared, loaded)
