"""Environment variables: which nobody has to define or document, and what an example of a `.env` documents."""

from __future__ import annotations

import re

# Those of the operating system, a shell or a CI.
PLATFORM = re.compile(
    r"XDG_\w+|LC_\w+|GITHUB_\w+|CI|HOME|USER|LOGNAME|HOSTNAME|PATH|PWD|SHELL|TERM|LANG|TZ|TMPDIR|TEMP|TMP|"
    r"UID|GID|VIRTUAL_ENV|PYTHON\w+|NO_COLOR|APPDATA|LOCALAPPDATA|USERPROFILE"
)

# Dagster's own: it reads or sets them itself.
DAGSTER = re.compile(r"DAGSTER_\w+")

# What an example sets, or has commented out.
DOCUMENTED = re.compile(r"^[ \t]*#?[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=", re.MULTILINE)
