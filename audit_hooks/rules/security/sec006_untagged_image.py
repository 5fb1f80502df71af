"""SEC006: an image that is another one tomorrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.images import used
from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_FILE = "services:\n  db:\n    image: {}\n"
_EMPTY = {"workspace.yaml": "load_from: []\n"}


class UntaggedImage(Rule):
    """Every image that is pulled has a tag, and not `latest`."""

    code = "SEC006"
    title = "An image without a version"
    severity = "warning"
    kinds = ("module", "workspace", "repository")
    what = (
        "An image with no tag or with `latest` in a Compose file, in `FROM` or in `COPY --from` of a Dockerfile. What "
        "is built there, an earlier stage, and a tag in a variable without a default are not judged."
    )
    why = (
        "What runs is decided by when it was pulled last: two machines differ, a restart brings a new major version, "
        "and nobody can go back. A database then does not start on the data of the old one."
    )
    remedy = "write the version that you run (docker image inspect tells it), such as postgres:17"
    bad = (
        {"docker-compose.yml": _FILE.format("postgres:latest"), **_EMPTY},
        {"docker-compose.yml": _FILE.format("quay.io:443/minio/minio"), **_EMPTY},
        {"docker-compose.yml": _FILE.format("bar:${BAR_TAG:-latest}"), **_EMPTY},
        {"Dockerfile": "FROM python\n", "pyproject.toml": ""},
        {
            "Dockerfile": "FROM python:3.12 AS a\nCOPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/\n",
            "pyproject.toml": "",
        },
    )
    good = (
        {"docker-compose.yml": _FILE.format("postgres:17"), **_EMPTY},
        {
            "docker-compose.yml": "services:\n  web: {build: ., image: dagster}\n  daemon: {image: 'dagster:latest'}\n"
            "  bar: {image: '${BAR_IMAGE:?the image}'}\n  db: {image: 'postgres:${VERSION:-17}'}\n",
            **_EMPTY,
        },
        {
            "Dockerfile": "ARG V=3.12\nFROM python:${V}-slim AS build\nFROM scratch AS x\nFROM build\n"
            "COPY --from=x /a /a\nCOPY --from=0 /b /b\nCOPY --from=modules /c /c\n",
            "pyproject.toml": "",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each image where it is named."""
        for image in used(subject.containers, subject.files, subject.folder):
            if not image.digest and image.tag in ("", "latest"):
                what = "has no tag" if not image.tag else "is whatever was pushed last"
                yield self.diagnosis(image.spot, image.user, f"the image {image.image} {what}")
