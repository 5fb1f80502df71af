"""Where the values of assets are kept: one pickle file for each asset or partition, written whole or not at all."""

import hashlib
import os
import pickle
import re
import uuid
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field


def storage_folder() -> Path:
    """DAGSTER_STORAGE_PATH, else a folder below DAGSTER_HOME, else `storage/` in the module's source tree.

    Raises RuntimeError when none of them is known. A pickle runs code when it is read, so no folder that others can write to,
    such as /tmp, is ever chosen.
    """
    if path := os.environ.get("DAGSTER_STORAGE_PATH"):
        return Path(path).expanduser()
    if home := os.environ.get("DAGSTER_HOME"):
        return Path(home).expanduser() / "asset_storage"
    source = Path(__file__).resolve().parents[1]
    if source.name == "src" and (source.parent / "pyproject.toml").is_file():
        return source.parent / "storage"
    raise RuntimeError("set DAGSTER_STORAGE_PATH to the folder that keeps the values of assets")


class PickleIOManager(dg.ConfigurableIOManager):
    """Keeps each value in a file of its own below one folder.

    The asset `a/b` is `a/b.pkl`, its partition `p` is `a/b.partitions/p.pkl`; a partition of two dimensions, `x` and `y`, is one
    whose key is `x|y`, as Dagster writes it.

    An input gets the value of the one partition that it maps to, or a dict of values by partition key when it maps to several.
    With the input's metadata `{"allow_missing_partitions": True}`, partitions that have no value are left out.
    """

    base_dir: str = Field(default="", description="Where the files are; empty for DAGSTER_STORAGE_PATH or its default.")

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Store `obj`. Raises ValueError for an output that is several partitions at once."""
        partition = None
        if context.has_asset_key and context.has_asset_partitions:
            partition, *others = context.asset_partition_keys
            if others:
                raise ValueError(
                    f"{context.asset_key.to_user_string()}: a value is one partition, and this run has {1 + len(others)}; "
                    "set backfill_policy=dg.BackfillPolicy.multi_run(), or store them in the asset and return None"
                )
        path = self._path(context, partition)
        _write(path, obj)
        if obj is not None and "path" not in context.output_metadata:
            context.add_output_metadata({"path": dg.MetadataValue.path(path)})

    def load_input(self, context: dg.InputContext) -> Any:
        """The stored value or values. Raises FileNotFoundError, naming asset and partition, where there is none."""
        if not context.has_asset_key or not context.has_asset_partitions:
            return self._read(context, None)
        partitions = context.asset_partition_keys
        values = {}
        for partition in partitions:
            try:
                values[partition] = self._read(context, partition)
            except FileNotFoundError as missing:
                if not context.definition_metadata.get("allow_missing_partitions"):
                    raise
                context.log.warning(f"{missing}; left out")
        return values.get(partitions[0]) if len(partitions) == 1 else values

    def _base(self) -> Path:
        return Path(self.base_dir or storage_folder())

    def _path(self, context: dg.InputContext | dg.OutputContext, partition: str | None) -> Path:
        """The file of one value. What ops hand to each other has no key: it is kept by run, step and output."""
        if not context.has_asset_key:
            *folders, name = map(file_name, context.get_identifier())
            return self._base().joinpath("~runs", *folders, f"{name}.pkl")
        *folders, name = map(file_name, context.asset_key.path)
        if partition is None:
            return self._base().joinpath(*folders, f"{name}.pkl")
        return self._base().joinpath(*folders, f"{name}.partitions", f"{file_name(partition)}.pkl")

    def _read(self, context: dg.InputContext, partition: str | None) -> Any:
        path = self._path(context, partition)
        if context.has_asset_key and not path.is_file():
            which = "no value" if partition is None else f"no value of partition {partition}"
            raise FileNotFoundError(f"{context.asset_key.to_user_string()}: {which} at {path}; materialize it first")
        with path.open("rb") as file:
            return pickle.load(file)


def file_name(part: str) -> str:
    """A file name for one part of a key: no two parts share one, also where file names ignore case.

    Lower-case ASCII letters, digits, `_` and `-` stand for themselves, each other byte is `%xx`. What no file can be called has a
    `~`: a long name is its start, `~` and its SHA-256, and the empty one and the names of Windows' devices end in `~`.
    """
    data = part.encode("utf-8", "surrogatepass")
    name = re.sub(rb"[^a-z0-9_-]", lambda byte: b"%%%02x" % ord(byte[0]), data).decode()
    if len(name) > 200:
        return f"{name[:32]}~{hashlib.sha256(data).hexdigest()}"
    return f"{name}~" if re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)?", name) else name


def _write(path: Path, value: object) -> None:
    """Write a pickle beside `path`, then move it there: a value that fails or a crash leaves the last good file as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with draft.open("xb") as file:
            pickle.dump(value, file, protocol=5)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    if os.name == "posix":  # the new name itself is on disk only when its folder is
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
