"""Defects in what a module defines."""

from __future__ import annotations

from . import EXTRA, HEAD, Seed

SPEC = 'EXTRA = dg.AssetSpec(\n    ["bar_one", "extra"], description="x", kinds={"x"}, owners=["team:x"], '

ASSET = '@dg.asset(key=["bar_one", "extra"], description="x", kinds={{"x"}}, owners=["team:x"], group_name="bar_one")\n'
ASSET += 'def {}() -> None:\n    """Look."""\n\n\n'
MORE = '@dg.definitions\ndef more() -> dg.Definitions:\n    """More."""\n    return dg.Definitions()\n\n\n'
DEFINITIONS = "src/bar_one_dagster/definitions.py"

SEEDS = [
    Seed(
        "DEF001",
        {},
        {DEFINITIONS: ("@dg.definitions\n", f"{MORE}@dg.definitions\n")},
        DEFINITIONS,
        "def defs",
    ),
    Seed("DEF003", {}, {EXTRA: HEAD + "\n" + ASSET.format("extra") + ASSET.format("another")}, EXTRA, "dg.asset"),
    Seed("DEF007", {}, {EXTRA: HEAD + "from bar_one_dagster.definitions import nothing\n"}, EXTRA, "import nothing"),
    Seed("DEF004", {}, {EXTRA: HEAD + SPEC + 'group_name="raw-data",\n)\n'}, EXTRA, "group_name"),
    Seed(
        "DEF005",
        {"governance": "standard"},
        {EXTRA: HEAD + '\n@dg.repository\ndef bar_one():\n    """All."""\n    return []\n'},
        EXTRA,
        "@dg.repository",
    ),
    Seed(
        "DEF006",
        {},
        {
            EXTRA: HEAD + '\n@dg.asset(key=["bar_one", "extra"], description="x", compute_kind="python")\n'
            'def extra() -> None:\n    """Look."""\n'
        },
        EXTRA,
        "compute_kind",
    ),
    Seed(
        "DEF002",
        {},
        {
            EXTRA: '"""More."""\n\nfrom __future__ import annotations\n\nimport dagster as dg\n\n\n'
            '@dg.op\ndef look(context: dg.OpExecutionContext) -> None:\n    """Look."""\n'
        },
        EXTRA,
        "context: dg",
    ),
]
