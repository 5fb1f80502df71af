"""What changes a workspace: a file for each command."""

from __future__ import annotations
