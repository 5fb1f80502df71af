"""Environment variables that nobody has to define or document."""

from __future__ import annotations

from dmb.regex import regex

# Those of the operating system, a shell or a CI.
PLATFORM = regex(
    r"XDG_\w+|LC_\w+|GITHUB_\w+|CI|HOME|USER|LOGNAME|HOSTNAME|PATH|PWD|SHELL|TERM|LANG|TZ|TMPDIR|TEMP|TMP|"
    r"UID|GID|VIRTUAL_ENV|PYTHON\w+|NO_COLOR|APPDATA|LOCALAPPDATA|USERPROFILE"
)

# Dagster's own: it reads or sets them itself.
DAGSTER = regex(r"DAGSTER_\w+")
