"""What Dagster makes of assets that the rules tell of."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_a_prefix_that_is_given_when_assets_are_loaded_is_not_the_ops() -> None:
    given = "dg.load_assets_from_modules([{0}], key_prefix='{0}')"
    script = (
        "import dagster as dg, types\ndef module(name, prefix):\n"
        "    made = types.ModuleType(name)\n"
        "    exec(f'import dagster as dg\\n@dg.asset{prefix}\\ndef orders(): return 1', made.__dict__)\n"
        "    return made\n"
        "def loads(assets):\n"
        "    try: dg.Definitions.validate_loadable(dg.Definitions(assets=assets))\n"
        "    except dg.DagsterInvalidDefinitionError as error: return 'conflicting node definitions' in str(error)\n"
        "    return 'loads'\n"
        "a, b = module('a', ''), module('b', '')\n"
        f"print(loads([*{given.format('a')}, *{given.format('b')}]))\n"
        "a, b = (module(name, f'(key_prefix={name!r})') for name in 'ab')\n"
        "print(loads(dg.load_assets_from_modules([a, b])))\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "loads"]
