"""Query code servers from where webserver and daemon reach them: with the Python of these two (see `probe`)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...compose.services import services
from ...errors import DmbError
from ...formats import marked_blocks
from ...formats.yamlsplice import YamlFile
from ..runtimes import engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...layout import Layout

PROBE = Path(__file__).with_name("probe.py")


def ask(addresses: Sequence[tuple[str, int]], layout: Layout, runtime: str) -> list[dict[str, Any]]:
    """What the server at each (host, port) answers, as `probe` has it. DmbError where none could be queried."""
    command = _command(layout, runtime)
    try:
        result = subprocess.run(command, input=json.dumps(addresses), capture_output=True, text=True, check=True)
        answers: list[dict[str, Any]] = json.loads(result.stdout)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        last = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
        raise DmbError(" ".join(last)) from error
    return answers


def _command(layout: Layout, runtime: str) -> list[str]:
    """What runs the probe: in the workspace's own environment, or in the webserver's container."""
    if runtime == "local":
        python = layout.venv / "bin" / "python"
        if not python.exists():
            raise DmbError(f"{python} is missing")
        return [str(python), str(PROBE)]
    path = layout.compose
    all_services = services(YamlFile(marked_blocks.read(path), str(path))).values()
    service = next((service.name for service in all_services if service.role == "webserver"), None)
    if service is None:
        raise DmbError(f"{path} has no webserver service")
    return list(engine.compose(layout, "exec", "-T", service, "python", "-c", PROBE.read_text("utf-8")))
