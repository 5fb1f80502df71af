"""What assets, checks and ops are given by name: an argument `database`, say, gets the resource of that key."""
{%- set database = databases[cookiecutter.database] %}

import dagster as dg
{% if database.title %}
from {{ cookiecutter.__package }}.database import DatabaseResource
{%- endif %}
from {{ cookiecutter.__package }}.io_managers import PickleIOManager
{%- if database.server %}


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
def resources() -> dg.Definitions:
    """The resources, shared by everything in this code location."""
    return dg.Definitions(
        resources={
            "io_manager": PickleIOManager(),
{%- if database.title %}
            "database": {{ 'database()' if database.server else 'DatabaseResource()' }},
{%- endif %}
        },
    )
