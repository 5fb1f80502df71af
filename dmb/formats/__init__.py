"""One reader and one writer for each kind of text that people write."""

from __future__ import annotations
