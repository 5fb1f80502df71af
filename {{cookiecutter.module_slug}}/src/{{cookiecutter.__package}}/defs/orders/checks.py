"""What must hold for the data. A blocking check that fails keeps everything downstream from running."""

import dagster as dg

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
        repeated = connection.sql("select count(*) - count(distinct order_id) from orders").fetchall()[0][0]
    return dg.AssetCheckResult(passed=repeated == 0, metadata={"repeated": repeated})
{%- endif %}
