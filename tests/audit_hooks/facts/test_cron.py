"""Cron strings: what is called wrong here, Dagster refuses; the usual slips are called wrong."""

from __future__ import annotations

import pytest
from dagster._utils.schedules import is_valid_cron_string
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_hooks.facts.cron import every_hours, problem

NUMBERS = st.integers(0, 70).map(str)
WORDS = st.sampled_from(["*", "mon", "SUN", "jan", "DEC", "foo", "l", "?", "h", "", "00", "x1"])
VALUES = NUMBERS | WORDS
ITEMS = (
    VALUES
    | st.tuples(VALUES, VALUES).map("-".join)
    | st.tuples(VALUES, VALUES).map("/".join)
    | st.tuples(VALUES, VALUES, NUMBERS).map(lambda parts: f"{parts[0]}-{parts[1]}/{parts[2]}")
    | st.tuples(VALUES, NUMBERS).map("#".join)
)
FIELDS = st.lists(ITEMS, min_size=1, max_size=3).map(",".join)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None)
@given(st.lists(FIELDS, min_size=4, max_size=7).map(" ".join))
def test_what_is_called_wrong_dagster_refuses(cron: str) -> None:
    if problem(cron):
        assert not is_valid_cron_string(cron)


@pytest.mark.parametrize(
    "cron",
    """\
* * * *
* * * * * *
60 * * * *
0 24 * * *
0 0 0 * *
0 0 32 * *
0 0 * 13 *
0 0 * 0 *
0 0 * * 8
*/0 * * * *
0 0 30 2 *
0 0 31 feb *
@every 5m
@reboot
x * * * *
1- * * * *
""".splitlines(),
)
def test_the_usual_slips_are_seen(cron: str) -> None:
    assert problem(cron)


@pytest.mark.parametrize(
    "cron", ["5 * * * *", "*/15 * * * *", "@hourly", "0 6 * * *", "@daily", "0 * * * 1", "0 */6 * * *", "0 */6 * * 1"]
)
def test_what_fires_every_so_many_hours(cron: str) -> None:
    assert problem(cron) is None
    assert every_hours(cron) == (cron in ("5 * * * *", "*/15 * * * *", "@hourly", "0 */6 * * *"))
