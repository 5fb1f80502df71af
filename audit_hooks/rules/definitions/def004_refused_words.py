"""DEF004: words about an asset that Dagster refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...facts.assets import KIND
from ...facts.declarations import declared
from ...judging.rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_ASSETS = ("asset", "graph_asset", "AssetSpec", "AssetOut")
_GROUPED = (
    *_ASSETS,
    *("multi_asset", "graph_multi_asset", "observable_source_asset", "SourceAsset"),
    *("load_assets_from_modules", "load_assets_from_package_module", "load_assets_from_package_name"),
    "load_assets_from_current_module",
)
_OWNED = (*_ASSETS, "job", "define_asset_job", "schedule", "ScheduleDefinition", "sensor", "SensorDefinition")
_MOST = 10  # kinds
# As Dagster 1.13 has them; it looks for a name at the end of a domain, of two to seven letters.
_GROUP = r"[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*"
_OWNER = r"team:.+|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,7}"
_HEAD = "import dagster as dg\n\n\n"


class RefusedWords(CodeRule):
    """Groups, kinds and owners are written as Dagster takes them."""

    code = "DEF004"
    title = "A group, kinds or an owner that Dagster refuses"
    refused = True
    what = (
        "A `group_name` with more than letters, digits, `_` and `/` in it, more than ten `kinds` or one with a space "
        "or a slash, an item of `owners` that is neither an e-mail address nor `team:` and a name."
    )
    why = "Dagster raises an error where the asset is defined: the code location does not load."
    remedy = "write it as Dagster takes it"
    mentions = ("group_name", "kinds", "owners")
    bad = (
        {"defs.py": f'{_HEAD}@dg.asset(owners=["data"])\ndef orders(): ...\n'},
        {"defs.py": f'{_HEAD}@dg.asset(group_name="raw-data")\ndef orders(): ...\n'},
        {"defs.py": f"{_HEAD}@dg.asset(kinds={{{', '.join(repr(str(n)) for n in range(11))}}})\ndef orders(): ...\n"},
        {"defs.py": f'{_HEAD}@dg.asset(kinds={{"big query"}})\ndef orders(): ...\n'},
        {"defs.py": f'{_HEAD}orders = dg.AssetSpec("orders", group_name="")\n'},
        {"defs.py": f'{_HEAD}GROUP = "raw.data"\norders = dg.AssetSpec("orders", group_name=GROUP)\n'},
        {"defs.py": f'{_HEAD}nightly = dg.define_asset_job("nightly", owners=["ann@acme"])\n'},
    )
    good = (
        {"defs.py": f'{_HEAD}@dg.asset(owners=["team:data", "ann@acme.example"])\ndef orders(): ...\n'},
        {"defs.py": f'{_HEAD}@dg.asset(group_name="raw/data_2", kinds={{"dbt", "PostgreSQL"}})\ndef orders(): ...\n'},
        {"defs.py": f"{_HEAD}@dg.asset(group_name=None, kinds=None, owners=None)\ndef orders(): ...\n"},
        {"defs.py": f"{_HEAD}@dg.asset(kinds={{{', '.join(repr(str(n % 10)) for n in range(11))}}})\ndef a(): ...\n"},
        {
            "defs.py": f"{_HEAD}def made(group):\n    @dg.asset(group_name=group, owners=[group])\n"
            "    def orders(): ...\n\n    return orders\n"
        },
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """What is written there; what is put together elsewhere is not judged."""
        for kinds, argument in ((_GROUPED, "group_name"), (_ASSETS, "kinds"), (_OWNED, "owners")):
            for item in declared(code, *kinds) if argument in code.text else ():
                if (given := item.argument(argument)) is not None:
                    for cause, remedy in _wrong(argument, item.value(argument)):
                        yield self.diagnosis(code.spot(given), item.subject, f"{_who(item)}: {cause}", remedy)


def _who(item: Declared) -> str:
    return item.subject if item.subject == item.kind else f"{item.kind} {item.subject}"


def _wrong(argument: str, value: Any) -> Iterator[tuple[str, str]]:
    """(cause, remedy) of each thing that Dagster refuses in one argument."""
    if argument == "group_name":
        if isinstance(value, str) and not re.fullmatch(_GROUP, value):
            cause = f"the group `{value}` is no name that Dagster takes" if value else "the group's name is empty"
            yield cause, "use letters, digits and _, parts of it separated by /"
        return
    texts = [text for text in value if isinstance(text, str)] if isinstance(value, list | tuple) else []
    if argument == "kinds":
        if len(set(texts)) > _MOST:
            yield f"{len(set(texts))} kinds, and Dagster takes {_MOST}", "leave out what says least"
        for kind in texts:
            if not re.fullmatch(KIND, kind):
                yield f"the kind `{kind}` is none that Dagster takes", "use letters, digits, _, - and ., 63 at most"
        return
    for owner in texts:
        if not re.fullmatch(_OWNER, owner):
            yield f"the owner `{owner}` is neither an e-mail address nor a team", 'write "team:name" for a team'
