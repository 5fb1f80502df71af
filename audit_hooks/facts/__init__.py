"""What files say, told apart from whether it is right: code, package, requirements, containers, tokens, cron."""

from __future__ import annotations
