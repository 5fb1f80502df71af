"""No value takes another's place, and none is lost."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from {{ cookiecutter.__package }} import io_managers
from {{ cookiecutter.__package }}.io_managers import PickleIOManager, file_name

RESOURCES = {"io_manager": PickleIOManager()}
INSTANCE = dg.DagsterInstance.ephemeral()  # one for all tests: to make it takes longer than a run


def materialize(*assets: Any, **options: Any) -> bool:
    """Run assets with the IO manager under test and say whether all of them succeeded."""
    return dg.materialize(assets, instance=INSTANCE, resources=RESOURCES, **options).success


def value(asset: dg.AssetsDefinition, partition: str | None = None) -> Any:
    """What an asset downstream gets as its input."""
    seen = []

    @dg.asset(partitions_def=asset.partitions_def, ins={"stored": dg.AssetIn(asset.key)})
    def reader(stored: Any) -> None:
        seen.append(stored)

    materialize(dg.AssetSpec(asset.key, partitions_def=asset.partitions_def), reader, partition_key=partition)
    return seen[0]


def files(storage: Path) -> set[str]:
    return {path.relative_to(storage).as_posix() for path in storage.rglob("*") if path.is_file()}


def constant(key: list[str], result: object) -> dg.AssetsDefinition:
    """An asset that always returns `result`."""

    @dg.asset(key=key)
    def asset() -> Any:
        return result

    return asset


def echo(partitions: dg.PartitionsDefinition[Any]) -> dg.AssetsDefinition:
    """An asset whose value is its partition key."""

    @dg.asset(partitions_def=partitions)
    def echoed(context: dg.AssetExecutionContext) -> str:
        return str(context.partition_key)

    return echoed


def test_a_partition_may_be_the_folder_of_another(storage: Path) -> None:
    keys = ["a", "a/b", "A", "../a", "a.pkl"]
    asset = echo(dg.StaticPartitionsDefinition(keys))
    for key in keys:
        materialize(asset, partition_key=key)
    assert [value(asset, key) for key in keys] == keys
    assert len({name.casefold() for name in files(storage)}) == len(keys)
    assert {path.name for path in storage.iterdir()} == {"echoed.partitions"}


def test_partitions_of_two_dimensions_are_told_apart() -> None:
    one = dg.StaticPartitionsDefinition(["a", "a/b"])
    two = dg.StaticPartitionsDefinition(["c", "b/c"])
    asset = echo(dg.MultiPartitionsDefinition({"one": one, "two": two}))
    keys = [dg.MultiPartitionKey({"one": "a", "two": "b/c"}), dg.MultiPartitionKey({"one": "a/b", "two": "c"})]
    for key in keys:
        materialize(asset, partition_key=key)
    assert [value(asset, key) for key in keys] == ["a|b/c", "a/b|c"]


def test_an_asset_may_be_the_prefix_of_another() -> None:
    assets = [
        constant(["mod"], 1),
        constant(["mod", "x"], 2),
        constant(["mod", "x", "y"], 3),
        constant(["mod.partitions", "x"], 4),
        constant(["Mod"], 5),
        constant(["mod.pkl"], 6),
    ]
    materialize(*assets)
    assert [value(asset) for asset in assets] == [1, 2, 3, 4, 5, 6]


def test_partitioned_and_not_are_kept_apart() -> None:
    materialize(constant(["echoed"], "whole"))
    asset = echo(dg.StaticPartitionsDefinition(["a"]))
    materialize(asset, partition_key="a")
    assert value(asset, "a") == "a"
    assert value(constant(["echoed"], None)) == "whole"


def test_a_failed_pickle_keeps_the_last_good_value(storage: Path) -> None:
    materialize(constant(["a"], "good"))
    assert not materialize(constant(["a"], ["begun", (lambda: None)]), raise_on_error=False)
    assert value(constant(["a"], None)) == "good"
    assert files(storage) == {"a.pkl"}


def test_an_input_gets_one_partition_or_a_dict_of_several() -> None:
    days = dg.StaticPartitionsDefinition(["mon", "tue", "wed"])
    upstream = echo(days)
    seen: list[str | dict[str, str]] = []

    @dg.asset(partitions_def=days)
    def same_day(echoed: str) -> None:
        seen.append(echoed)

    @dg.asset
    def week(echoed: dict[str, str]) -> None:
        seen.append(echoed)

    @dg.asset(ins={"echoed": dg.AssetIn(metadata={"allow_missing_partitions": True})})
    def so_far(echoed: dict[str, str]) -> None:
        seen.append(echoed)

    stored = dg.AssetSpec("echoed", partitions_def=days)
    materialize(upstream, same_day, partition_key="mon")
    materialize(upstream, partition_key="tue")
    assert materialize(stored, so_far)
    with pytest.raises(FileNotFoundError, match="echoed: no value of partition wed at"):
        materialize(stored, week)
    materialize(upstream, partition_key="wed")
    assert materialize(stored, week)
    assert seen == ["mon", {"mon": "mon", "tue": "tue"}, {"mon": "mon", "tue": "tue", "wed": "wed"}]


def test_a_run_of_several_partitions_is_refused() -> None:
    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
    def both() -> int:
        return 1

    tags = {"dagster/asset_partition_range_start": "a", "dagster/asset_partition_range_end": "b"}
    with pytest.raises(ValueError, match=r"both: a value is one partition, and this run has 2"):
        materialize(both, tags=tags)


def test_nothing_is_stored_for_an_asset_that_returns_nothing(storage: Path) -> None:
    @dg.asset
    def silent() -> None: ...

    @dg.asset
    def result() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"rows": 1})

    @dg.asset(deps=[silent])
    def after() -> dg.Output[int]:
        return dg.Output(7, metadata={"path": "my own"})

    assert materialize(silent, result, after)
    assert files(storage) == {"after.pkl"}
    assert value(after) == 7


def test_ops_hand_values_to_each_other(storage: Path) -> None:
    @dg.op(out=dg.DynamicOut())
    def numbers() -> Iterator[dg.DynamicOutput[int]]:
        yield dg.DynamicOutput(1, mapping_key="one")
        yield dg.DynamicOutput(2, mapping_key="two")

    @dg.op
    def double(number: int) -> int:
        return 2 * number

    @dg.op
    def total(values: list[int]) -> int:
        return sum(values)

    @dg.job(resource_defs=RESOURCES)
    def sums() -> None:
        total(numbers().map(double).collect())

    assert sums.execute_in_process(instance=INSTANCE).output_for_node("total") == 6
    assert {path.name for path in storage.iterdir()} == {"~runs"}


@pytest.mark.parametrize(
    ("parts", "name"), [(["..", "outside"], "%2e%2e/outside"), (["../outside"], "%2e%2e%2foutside")]
)
def test_no_key_reaches_a_file_outside_the_storage_folder(storage: Path, parts: list[str], name: str) -> None:
    storage.mkdir()
    (storage.parent / "outside.pkl").write_bytes(pickle.dumps("out"))
    key, manager = dg.AssetKey(parts), PickleIOManager()
    with pytest.raises(FileNotFoundError, match="no value at"):
        manager.load_input(dg.build_input_context(asset_key=key))
    manager.handle_output(dg.build_output_context(asset_key=key), "in")
    assert files(storage) == {f"{name}.pkl"}


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("2026-01-31", "2026-01-31"),
        ("a/b", "a%2fb"),
        ("Ab", "%41b"),
        ("é", "%c3%a9"),
        ("", "~"),
        ("con", "con~"),
    ],
)
def test_file_names(part: str, name: str) -> None:
    assert file_name(part) == name


def test_long_names_are_short_and_differ_by_their_end() -> None:
    one, two = file_name("x" * 300 + "1"), file_name("x" * 300 + "2")
    assert one != two
    assert one.startswith("x" * 32 + "~")
    assert len(one) == len(two) == 97


def test_the_storage_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: Path) -> None:
    assert io_managers.storage_folder() == storage
    monkeypatch.delenv("DAGSTER_STORAGE_PATH")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert io_managers.storage_folder() == tmp_path / "asset_storage"


def test_without_variables_it_is_in_the_source_tree_or_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_STORAGE_PATH")
    monkeypatch.setattr(io_managers, "__file__", str(tmp_path / "src" / "package" / "io_managers.py"))
    with pytest.raises(RuntimeError, match="set DAGSTER_STORAGE_PATH"):
        io_managers.storage_folder()
    (tmp_path / "pyproject.toml").touch()
    assert io_managers.storage_folder() == tmp_path / "storage"
