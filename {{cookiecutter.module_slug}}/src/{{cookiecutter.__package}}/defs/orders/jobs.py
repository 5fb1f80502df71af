"""What is run together."""

import dagster as dg

from {{ cookiecutter.__package }}.defs.orders.assets import PREFIX

refresh = dg.define_asset_job(
    f"{PREFIX}_refresh",
    selection=dg.AssetSelection.groups(PREFIX),
    description="Every asset of this code location, with its checks.",
)
