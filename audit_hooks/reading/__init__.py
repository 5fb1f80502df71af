"""Which files there are, and each of them read once."""

from __future__ import annotations
