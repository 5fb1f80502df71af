"""What Compose files are called."""

from __future__ import annotations

import re

COMPOSE_FILE = "docker-compose.yml"  # as dmb names its own
# In the order in which Compose looks for its file.
COMPOSE_FILES = ("compose.yaml", "compose.yml", COMPOSE_FILE, "docker-compose.yaml")

_LIKE = re.compile(r"(?:.*/)?(?:docker-)?compose(?:[._-][\w.-]+|[0-9]+)?\.ya?ml")


def is_compose(path: str) -> bool:
    """Whether a file is named like a Compose file, those for other environments (`compose.prod.yaml`) included."""
    return _LIKE.fullmatch(path) is not None
