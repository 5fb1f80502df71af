"""What a workspace runs on: processes of this host, or containers."""

from __future__ import annotations
