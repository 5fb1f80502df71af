"""Named tuples as typing has them."""

from __future__ import annotations

import pickle

from dmb.records import NamedTuple


class Port(NamedTuple):
    """What is published."""

    name: str
    number: int = 4000

    @property
    def place(self) -> str:
        return f"{self.name}:{self.number}"


def test_they_are_named_tuples() -> None:
    port = Port("bar")
    name, number = port
    assert (name, number) == ("bar", 4000) == port
    assert port._replace(number=1) == Port("bar", number=1) == Port._make(["bar", 1])
    assert port.place == "bar:4000"
    assert Port._fields == ("name", "number")
    assert pickle.loads(pickle.dumps(port)) == port  # noqa: S301 - these bytes are ours
    assert repr(port) == "Port(name='bar', number=4000)"
    assert not hasattr(port, "__dict__")
    match port:
        case Port(name, 4000):
            assert name == "bar"
