"""What a workspace is: where its files are, what they say, which modules dmb added."""

from __future__ import annotations
