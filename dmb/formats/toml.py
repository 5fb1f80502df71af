"""TOML, with errors that name their line."""

from __future__ import annotations

import re
from typing import Any

from ..errors import DmbError

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")  # tomllib has it only in its message


def document(text: str, place: str) -> dict[str, Any]:
    """What a file says; DmbError where it is broken."""
    import tomllib  # only where there is such a file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = _AT_LINE.search(str(error))
        line = int(where[1]) if where and where[1] else text.count("\n") + 1
        cause = _AT_LINE.sub("", str(error)).strip()
        raise DmbError(f"broken TOML: {cause}", place=f"{place}:{line}", remedy="fix this line") from error
    except ValueError as error:  # Python's own limit of digits
        raise DmbError(f"broken TOML: {error}", place=place, remedy="use a shorter number") from None
    except RecursionError:
        raise DmbError("its values are nested too deeply", place=place, remedy="use fewer levels") from None
