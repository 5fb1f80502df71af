"""A workspace that runs: started, and asked what it serves."""

from __future__ import annotations
