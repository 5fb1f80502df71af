"""Named tuples as `typing` has them, made in a third of the time: typing's compiles the text of every annotation.

A hook makes forty of them before it can judge anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import namedtuple

    class _Made(type):
        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
            fields = body.get("__annotations__")
            if fields is None:
                return super().__new__(cls, name, bases, body)  # NamedTuple itself
            defaults = [body.pop(field) for field in fields if field in body]
            plain = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            return type(name, (plain,), {**body, "__slots__": ()})

    class NamedTuple(metaclass=_Made):
        """What a class is made from whose annotated names are the tuple's fields, in their order."""
