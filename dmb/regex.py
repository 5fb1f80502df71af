"""Regular expressions that are compiled when they are asked first: most runs of a hook need few of them."""

from __future__ import annotations

import re
from typing import Any, cast


class _Regex:
    def __init__(self, pattern: str, flags: int) -> None:
        self._told = pattern, flags

    def __getattr__(self, name: str) -> Any:
        """A method or attribute of the compiled pattern, kept: it is looked for here once."""
        found = getattr(re.compile(*self._told), name)
        setattr(self, name, found)
        return found


def regex(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile`, at once when it is used and not before. A wrong pattern is told then too."""
    return cast("re.Pattern[str]", _Regex(pattern, flags))
