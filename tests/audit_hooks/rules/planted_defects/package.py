"""Defects of a module as a package: what it says of itself in pyproject.toml, and files that are none."""

from __future__ import annotations

from . import EXTRA, HEAD, Seed

FILE = "pyproject.toml"
BUILD = '[build-system]\nrequires = ["hatchling>=1.27"]\nbuild-backend = "hatchling.build"\n\n'
STANDARD = {"governance": "standard"}

SEEDS = [
    Seed("PKG001", {}, {FILE: (BUILD, "")}, FILE),
    Seed("PKG002", {}, {FILE: ('root_module = "bar_one_dagster"', 'root_module = "bar_one"')}, FILE, "root_module"),
    Seed("PKG003", STANDARD, {FILE: ('">=3.11,<3.15"', '">=3.9"')}, FILE, "requires-python"),
    Seed("PKG004", STANDARD, {FILE: ('"dagster>=1.13,<1.14"', '"dagster>=1.13"')}, FILE, "dagster>=1.13"),
    Seed("PKG005", {}, {FILE: ('"dagster-postgres>=0.29,<0.30"', '"dagster-postgres>=0.28,<0.29"')}, FILE, "0.28"),
    Seed(
        "PKG006",
        STANDARD,
        {
            "host/Dockerfile": "FROM python:3.12-slim@sha256:"
            + "0" * 64
            + "\nRUN pip install dagster-webserver==1.12.4\nUSER 1000\n"
        },
        FILE,
        "dagster>=1.13",
    ),
    Seed("PKG007", {}, {EXTRA: HEAD + "def look(:\n"}, EXTRA, "def look(:"),
]
