"""What the rules on definitions say of Dagster is what Dagster does."""

from __future__ import annotations

import subprocess
import sys


def told(script: str) -> list[str]:
    """The words that a script prints."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


REPLACED = """
import dagster as dg, warnings
given = {
    "non_argument_deps": {"b"},
    "compute_kind": "x",
    "auto_materialize_policy": dg.AutoMaterializePolicy.eager(),
}
for name, value in given.items():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        dg.asset(name="a", **{name: value})(lambda: 1)
    print(name, any(name in str(one.message) for one in said))
"""


def test_a_replaced_argument_still_loads_and_only_compute_kind_is_silent() -> None:
    assert told(REPLACED) == ["non_argument_deps", "True", "compute_kind", "False", "auto_materialize_policy", "True"]
