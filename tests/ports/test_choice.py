"""The choice itself: smallest, free, unknown to others; and what a module holds is never in its own way."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dmb.errors import DmbError
from dmb.ports.choice import Held, choose, propose
from dmb.ports.tables import KINDS, WELL_KNOWN, Holder

pytestmark = pytest.mark.usefixtures("quiet_host")

KIND = st.sampled_from(sorted(KINDS))


def claim(port: int, who: str = "other", kind: str = "", source: str = "registry") -> Holder:
    return Holder(port, kind, who, f"/w/file:{port}", source)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(KIND, st.data())
def test_the_choice_is_the_smallest_port_that_is_neither_held_nor_well_known(kind: str, data: st.DataObject) -> None:
    ports = KINDS[kind]
    # Dense at the start of the range, where a gap is what matters.
    near = st.integers(ports[0], ports[0] + 40)
    held = data.draw(st.sets(near | st.sampled_from(ports)))
    choice = choose(kind, held)
    assert choice in ports
    assert choice not in held
    assert choice not in WELL_KNOWN
    assert all(port in held or port in WELL_KNOWN for port in range(ports[0], choice))


@pytest.mark.parametrize(("kind", "first"), [("grpc", 4001), ("postgresql", 5440), ("mysql", 3307)])
def test_ranges_start_where_they_are_said_to(kind: str, first: int) -> None:
    assert choose(kind, set()) == first


def test_ranges_do_not_meet() -> None:
    ranges = [set(ports) for ports in KINDS.values()]
    assert sum(map(len, ranges)) == len(set.union(*ranges))


@pytest.mark.parametrize("port", [4200, 4317, 4318, 5555, 5601, 5672])
def test_a_well_known_port_is_passed_over(port: int) -> None:
    kind = next(kind for kind, ports in KINDS.items() if port in ports)
    choice = choose(kind, set(range(KINDS[kind][0], port)))
    assert choice > port


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_used_up_range_is_said(kind: str) -> None:
    with pytest.raises(DmbError, match=rf"no {kind} port is free between {KINDS[kind][0]} and {KINDS[kind][-1]}"):
        choose(kind, KINDS[kind])


def test_gaps_are_filled() -> None:
    held = Held([claim(4001), claim(4002), claim(4004)])
    assert propose("new", {"grpc": None}, held) == {"grpc": 4003}


def test_a_typed_port_that_is_taken_names_holder_place_and_next() -> None:
    held = Held([claim(4001), claim(4002, "bar-two")])
    with pytest.raises(DmbError) as caught:
        propose("new", {"grpc": 4002}, held)
    assert caught.value.cause == "port 4002 is taken by bar-two (assigned by the workspace)"
    assert caught.value.place == "/w/file:4002"
    assert "4003" in caught.value.remedy


def test_a_typed_port_may_be_well_known_and_out_of_range() -> None:
    assert propose("new", {"grpc": 4317, "postgresql": 15432}, Held()) == {"grpc": 4317, "postgresql": 15432}


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_typed_number_that_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(DmbError, match="is not a port"):
        propose("new", {"grpc": port}, Held())


def test_one_port_typed_for_two_uses_is_refused() -> None:
    with pytest.raises(DmbError, match="requested twice, as grpc and as mysql"):
        propose("new", {"grpc": 4444, "mysql": 4444}, Held())


def test_a_port_typed_for_one_use_is_not_chosen_for_another() -> None:
    assert propose("new", {"grpc": None, "postgresql": 4001}, Held()) == {"grpc": 4002, "postgresql": 4001}


def test_the_order_of_the_kinds_is_kept() -> None:
    assert list(propose("new", {"mysql": None, "grpc": 4005, "postgresql": None}, Held())) == [
        "mysql",
        "grpc",
        "postgresql",
    ]


@pytest.mark.parametrize("source", ["registry", "env", "workspace", "compose", "reservation", "manifest"])
def test_a_module_keeps_what_it_holds(source: str) -> None:
    held = Held([claim(4007, "bar-one", "grpc", source)])
    assert propose("bar-one", {"grpc": None}, held) == {"grpc": 4007}
    assert propose("bar-one", {"grpc": 4007}, held) == {"grpc": 4007}


def test_what_is_assigned_counts_more_than_what_is_reserved_or_preferred() -> None:
    held = Held(
        [
            claim(4002, "bar-one", "grpc", "manifest"),
            claim(4003, "bar-one", "grpc", "reservation"),
            claim(4009, "bar-one", "grpc", "registry"),
        ]
    )
    assert propose("bar-one", {"grpc": None}, held, preferred={"grpc": 4002}) == {"grpc": 4009}


def test_a_port_that_another_module_holds_too_is_not_kept() -> None:
    held = Held([claim(4001, "bar-one", "grpc", "reservation"), claim(4001, "bar-two", "grpc")])
    assert propose("bar-one", {"grpc": None}, held) == {"grpc": 4002}


def test_a_database_of_either_kind_is_known_by_its_range() -> None:
    held = Held([claim(5447, "bar-one", "database", "env")])
    assert propose("bar-one", {"postgresql": None, "mysql": None}, held) == {"postgresql": 5447, "mysql": 3307}


def test_the_preferred_port_is_tried_before_the_next_free_one() -> None:
    held = Held([claim(4001)])
    assert propose("new", {"grpc": None}, held, preferred={"grpc": 4321}) == {"grpc": 4321}
    assert propose("new", {"grpc": None}, held, preferred={"grpc": 4001}) == {"grpc": 4002}
