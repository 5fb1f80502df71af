"""How findings are shown, one file a format; each is imported when it is asked for."""

from __future__ import annotations
