"""Defects of security."""

from __future__ import annotations

from . import Seed

_SERVER = {"governance": "enterprise", "database": "postgresql"}
_PIECE = "workspace/local/docker-compose.yml"
_INIT = "    init: true\n"

SEEDS = [
    Seed("SEC001", {"governance": "quick"}, {".env": "BAR_ONE_TOKEN=k3Rqv9-Zt_w1\n"}, ".env", "BAR_ONE_TOKEN"),
    Seed(
        "SEC002",
        {"governance": "quick"},
        {"docs/notes.md": "The key of the bucket is " + "AKIA" + "QYLPMN5HVFWZ3TEJ.\n"},
        "docs/notes.md",
        "The key",
    ),
    Seed(
        "SEC003",
        {"governance": "quick", "database": "none"},
        {_PIECE: (_INIT, f"{_INIT}    privileged: true\n")},
        _PIECE,
        "privileged",
    ),
    Seed("SEC004", _SERVER, {"docker-compose.yml": ('["127.0.0.1:', '["')}, "docker-compose.yml", "ports:"),
    Seed(
        "SEC005",
        {"governance": "standard", "database": "none"},
        {
            _PIECE: (
                "      - bar-one-storage:/var/lib/dagster/storage\n",
                "      - bar-one-storage:/var/lib/dagster/storage\n      - /var/run/docker.sock:/var/run/docker.sock\n",
            )
        },
        _PIECE,
        "docker.sock",
    ),
    Seed(
        "SEC006",
        _SERVER,
        {"docker-compose.yml": ("postgres:${BAR_ONE_DB_VERSION:-17}", "postgres")},
        "docker-compose.yml",
        "image:",
    ),
    Seed(
        "SEC007",
        _SERVER,
        {"docker-compose.yml": ("postgres:${BAR_ONE_DB_VERSION:-17}", "postgres:17.6")},
        "docker-compose.yml",
        "image:",
    ),
    Seed("SEC008", {"governance": "standard"}, {"Dockerfile": ("USER 10001:10001", "USER root")}, "Dockerfile", "USER"),
    Seed(
        "SEC009",
        {"governance": "quick", "database": "none"},
        {
            "src/bar_one_dagster/io_managers.py": (
                'raise RuntimeError("set DAGSTER_STORAGE_PATH to the folder that keeps the values of assets")',
                'return Path("/tmp/dagster_storage")',
            )
        },
        "src/bar_one_dagster/io_managers.py",
        "dagster_storage",
    ),
]
