"""What must hold for the data. A blocking check that fails keeps everything downstream from running."""

import dagster as dg
{%- if cookiecutter.database in ('postgresql', 'mysql') %}
from sqlalchemy import text
{%- endif %}

from {{ cookiecutter.__package }}.defs.orders import assets
{%- if cookiecutter.database == 'none' %}


@dg.asset_check(asset=assets.orders, blocking=True)
def order_ids_are_unique(orders: list[assets.Order]) -> dg.AssetCheckResult:
    """Two different orders never share an id."""
    repeated = len(orders) - len({order.order_id for order in orders})
    return dg.AssetCheckResult(passed=repeated == 0, metadata={"repeated": repeated})
{%- else %}
from {{ cookiecutter.__package }}.resources import DatabaseResource


@dg.asset_check(asset=assets.orders, blocking=True)
def order_ids_are_unique(database: DatabaseResource) -> dg.AssetCheckResult:
    """Two different orders never share an id."""
    with database.connect() as connection:
{%- if cookiecutter.database == 'duckdb' %}
        repeated = connection.sql("select count(*) - count(distinct order_id) from orders").fetchall()[0][0]
{%- else %}
        repeated = connection.execute(text("select count(*) - count(distinct order_id) from orders")).scalar_one()
{%- endif %}
    return dg.AssetCheckResult(passed=repeated == 0, metadata={"repeated": repeated})
{%- endif %}
