"""How findings are shown, one file a format; each is imported when it is asked for."""

from __future__ import annotations

FORMATS = ("text", "checklist", "json", "sarif", "github", "markdown", "html")  # of an audit
LISTINGS = ("text", "json")  # of findings alone
