"""TOML, with its errors told by their line."""

from __future__ import annotations

import re
from typing import Any

from ..errors import DmbError

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")  # tomllib tells it in words


def document(text: str, place: str) -> dict[str, Any]:
    """What a file says; DmbError where it is broken."""
    import tomllib  # not for whoever has no such file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = _AT_LINE.search(str(error))
        line = int(where[1]) if where and where[1] else text.count("\n") + 1
        cause = _AT_LINE.sub("", str(error)).strip()
        raise DmbError(f"broken TOML: {cause}", place=f"{place}:{line}", remedy="mend the line") from error
    except RecursionError:
        raise DmbError("its values are nested too deep", place=place, remedy="mend it") from None
