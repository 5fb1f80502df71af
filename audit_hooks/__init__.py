"""The audit: rules over what a repository or a workspace says, without running any of it. Stdlib and PyYAML only."""

from __future__ import annotations
