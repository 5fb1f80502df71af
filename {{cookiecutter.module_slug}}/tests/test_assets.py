"""The job runs on the sample, and on an input that must be stopped."""

from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest
{%- if databases[cookiecutter.database].server %}
from sqlalchemy import text
{%- endif %}

{% if databases[cookiecutter.database].embedded -%}
from {{ cookiecutter.__package }}.database import DatabaseResource
{% endif -%}
from {{ cookiecutter.__package }}.definitions import defs
from {{ cookiecutter.__package }}.defs.orders.assets import PREFIX
{%- if databases[cookiecutter.database].server %}
from {{ cookiecutter.__package }}.defs.resources import database
{%- endif %}

INSTANCE = dg.DagsterInstance.ephemeral()  # one for all tests: to make it takes longer than a run
{%- if databases[cookiecutter.database].server %}


@pytest.fixture(autouse=True)
def tables(on_database: None) -> None:
    """The tables, made as people make them."""
    assert defs().resolve_job_def(f"{PREFIX}_make_tables").execute_in_process(instance=INSTANCE).success
{%- endif %}


def run(raise_on_error: bool = True) -> dg.ExecuteInProcessResult:
    """One run of the whole job."""
    job = defs().resolve_job_def(f"{PREFIX}_refresh")
    return job.execute_in_process(instance=INSTANCE, raise_on_error=raise_on_error)


def row_counts(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    """Rows of each asset that was materialized, by the last part of its key."""
    return {
        event.asset_key.path[-1]: event.materialization.metadata["dagster/row_count"].value
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def test_the_job_cleans_and_sums_up_the_sample() -> None:
    result = run()
    assert row_counts(result) == {"raw_orders": 24, "orders": 18, "revenue_by_country": 5}
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]


def test_revenue_is_exact() -> None:
    {%- if cookiecutter.database == 'none' %}
    revenue = run().output_for_node(f"{PREFIX}__revenue_by_country")
    {%- elif databases[cookiecutter.database].server %}
    run()
    with dg.build_resources({"database": database()}) as resources, resources.database.connect() as connection:
        rows = connection.execute(text("select country, revenue from revenue_by_country order by revenue desc"))
        revenue = {row.country: row.revenue for row in rows}
    {%- else %}
    run()
    with DatabaseResource().connect() as connection:
        revenue = dict(connection.sql("select country, revenue from revenue_by_country").fetchall())
    {%- endif %}
    assert list(revenue.items()) == [
        ("FR", Decimal("634.12")),
        ("DE", Decimal("533.30")),
        ("NL", Decimal("373.00")),
        ("ES", Decimal("337.13")),
        ("NO", Decimal("176.00")),
    ]


def test_an_id_of_two_orders_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(
        "order_id,ordered_on,customer,country,quantity,unit_price\n"
        "1,2026-03-02,One,DE,1,1.00\n"
        "1,2026-03-03,Two,DE,1,1.00\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("{{ cookiecutter.__prefix }}_INPUT_PATH", str(file))
    result = run(raise_on_error=False)
    assert not result.success
    assert row_counts(result) == {"raw_orders": 2, "orders": 2}
