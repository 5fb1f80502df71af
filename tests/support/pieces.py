"""A module whose pieces fit, in a few lines; and what a report in JSON found."""

from __future__ import annotations

import json

from audit_hooks.rules.examples import MANIFEST

SERVER = "load_from:\n  - grpc_server: {host: bar, port: 4000, location_name: bar}\n"
PIECES = {
    "pyproject.toml": MANIFEST,
    "Dockerfile": "FROM python:3.12-slim\nHEALTHCHECK CMD dagster api grpc-health-check -p 4000\n",
    "workspace/local/.env.example": "BAR_IMAGE=bar:1\n",
    "workspace/local/docker-compose.yml": "services:\n  bar:\n    image: ${BAR_IMAGE}\n",
    "workspace/local/workspace.yaml": SERVER,
}


def findings(out: str) -> list[tuple[str, str]]:
    """The rule and the file of each finding."""
    report = json.loads(out)
    assert report["schema"] == "dmb.findings/1"
    return [(finding["rule"], finding["path"]) for finding in report["findings"]]
