"""A workspace that runs: how it is started, and what it serves."""

from __future__ import annotations
