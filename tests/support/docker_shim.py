"""A `docker` for tests without an engine: it knows of running services, and runs their commands on this host."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

_SHIM = """\
#!{python}
import json, os, sys
words = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(" ".join(words) + "\\n")
if words[:2] == ["compose", "--file"]:
    words = words[3:]
state = {{"Running": True, "Restarting": False, "StartedAt": "2026-01-01T00:00:00.123456789Z"}}
config = {{"Hostname": "c1", "Image": "", "Entrypoint": None, "Cmd": None}}
network = {{"NetworkSettings": {{"Networks": {{}}}}}}
if words[0] == "ps":
    print("\\n".join({services!r}))
elif words[0] == "inspect":
    label = "com.docker.compose.service"
    print(json.dumps([{{"Name": name, "Config": {{**config, "Labels": {{label: name}}}}, "State": state, **network}}
                      for name in words[1:]]))
elif words[0] == "exec":
    at = words.index({services!r}[0])
    os.execvp(words[at + 1], words[at + 1:])
else:
    sys.exit(f"no engine: {{words}}")
"""


def docker_shim(folder: Path, monkeypatch: pytest.MonkeyPatch, *services: str) -> Path:
    """Put it on PATH with these services running; what it is called with is written to the file that is returned."""
    folder.mkdir()
    log = folder / "log"
    log.touch()
    (folder / "docker").write_text(_SHIM.format(python=sys.executable, log=str(log), services=list(services)))
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return log
