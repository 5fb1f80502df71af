"""Whether git would take in what holds secrets."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...layout import Layout


def unignored(layout: Layout) -> Iterator[str]:
    """A sentence for the user where git does not ignore the workspace's secrets; none outside of a repository."""
    if not any((folder / ".git").exists() for folder in (layout.root, *layout.root.parents)):
        return
    secret = [layout.env, *([layout.auth / "any"] if layout.auth.is_dir() else [])]
    lines = []
    for path in secret:
        command = ("git", "-C", str(layout.root), "check-ignore", "--quiet", os.fspath(path))
        try:
            result = subprocess.run(command, check=False, capture_output=True, timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            return
        if result.returncode == 1:
            lines.append(layout.name_of(path).removesuffix("any"))
    if lines:
        yield (
            f"git does not ignore {' and '.join(lines)}, which may hold secrets: write "
            f"{' and '.join(f'`{line}`' for line in lines)} in {layout.gitignore}"
        )
