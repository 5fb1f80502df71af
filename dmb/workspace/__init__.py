"""A shared workspace: the folder that a webserver and a daemon run from."""

from __future__ import annotations
