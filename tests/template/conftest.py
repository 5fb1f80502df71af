"""The fixtures of the tests that look at generated modules."""

from __future__ import annotations

from tests.support.made_modules import database, installed, module, own_copy, site

__all__ = ["database", "installed", "module", "own_copy", "site"]
