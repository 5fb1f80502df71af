"""What Compose files say."""

from __future__ import annotations
