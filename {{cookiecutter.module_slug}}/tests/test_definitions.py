"""The code location loads, and says of each asset what people need to know."""

import dagster as dg
import pytest

from {{ cookiecutter.__package }}.definitions import defs, executor
from {{ cookiecutter.__package }}.defs.orders.assets import OWNERS, PREFIX


def test_the_code_location_loads() -> None:
    dg.Definitions.validate_loadable(defs())


def test_every_asset_has_prefix_group_owner_kind_and_description() -> None:
    specs = list(defs().resolve_all_asset_specs())
    assert {spec.key.path[-1] for spec in specs} >= {"raw_orders", "orders", "revenue_by_country"}
    for spec in specs:
        assert spec.key.path[0] == spec.group_name == PREFIX
        assert list(spec.owners) == OWNERS
        assert spec.kinds
        assert spec.description
{%- if cookiecutter.governance == 'enterprise' %}


def test_every_asset_is_tried_again() -> None:
    for spec in defs().resolve_all_asset_specs():
        retry = defs().resolve_assets_def(spec.key).op.retry_policy
        assert retry is not None, spec.key
        assert retry.max_retries > 0
{%- endif %}


@pytest.mark.parametrize("name", ["in_process", "multiprocess"])
def test_a_variable_chooses_the_executor(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("{{ cookiecutter.__prefix }}_EXECUTOR", name)
    assert executor().name == name


def test_an_unknown_executor_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("{{ cookiecutter.__prefix }}_EXECUTOR", "threads")
    with pytest.raises(ValueError, match="'threads'; use in_process or multiprocess"):
        executor()
