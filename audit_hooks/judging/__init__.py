"""What is judged, by which rules, and what of it counts."""

from __future__ import annotations
