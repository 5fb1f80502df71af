"""Defects of assets."""

from __future__ import annotations

from . import EXTRA, HEAD, Seed

_QUICK, _STANDARD, _ENTERPRISE = ({"governance": tier} for tier in ("quick", "standard", "enterprise"))
_ALL = 'key_prefix="bar_one", group_name="bar_one", owners=["team:data"], kinds={"python"}'
_DOC = '    """One row for each order."""\n'
_FUNCTION = f"def extra() -> None:\n{_DOC}"
_RUFF = ('["A", "B", "C4",', '["A", "C4",')


def _asset(left_out: str, function: str = _FUNCTION) -> dict[str, str]:
    assert left_out in _ALL
    return {EXTRA: f"{HEAD}\n@dg.asset({_ALL.replace(left_out, '')})\n{function}"}


SEEDS = [
    Seed("AST001", _STANDARD, _asset('key_prefix="bar_one", '), EXTRA, "@dg.asset"),
    Seed(
        "AST002",
        _STANDARD,
        {
            EXTRA: HEAD.replace("import dagster as dg\n", "import csv\nimport json\n\nimport dagster as dg\n")
            + 'RAW = dg.load_assets_from_modules([csv], key_prefix=["bar_one", "raw"])\n'
            + 'CLEAN = dg.load_assets_from_modules([json], key_prefix=["bar_one", "clean"])\n'
        },
        EXTRA,
        "CLEAN",
    ),
    Seed("AST003", _ENTERPRISE, _asset("", _FUNCTION.replace(_DOC, "    return None\n")), EXTRA, "@dg.asset"),
    Seed("AST004", _ENTERPRISE, _asset('owners=["team:data"], '), EXTRA, "@dg.asset"),
    Seed("AST005", _ENTERPRISE, _asset(', kinds={"python"}'), EXTRA, "@dg.asset"),
    Seed(
        "AST006",
        _QUICK,
        {
            EXTRA: HEAD + "\ndef names(more: list[str] = []) -> list[str]:\n"
            '    """What there is."""\n    return ["orders", *more]\n',
            "pyproject.toml": _RUFF,
        },
        EXTRA,
        "def names",
    ),
    Seed(
        "AST007",
        _ENTERPRISE,
        {
            EXTRA: HEAD.replace(
                "import dagster as dg\n", "from urllib.request import urlopen\n\nimport dagster as dg\n"
            )
            + f'\n@dg.asset({_ALL})\n{_FUNCTION}    urlopen("https://rates.example/", timeout=9).close()\n',
        },
        EXTRA,
        "@dg.asset",
    ),
    Seed(
        "AST008", {}, {EXTRA: HEAD + "RETRIES = dg.RetryPolicy(backoff=dg.Backoff.LINEAR)\n"}, EXTRA, "dg.RetryPolicy"
    ),
]
