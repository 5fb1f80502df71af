"""What a workspace is: where its files stand, what they say, which modules dmb put there."""

from __future__ import annotations
