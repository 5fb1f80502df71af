"""SEC007: an image that is not named by its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.images import used
from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_DIGEST = "@sha256:" + "4b8f0e2d" * 8
_EMPTY = {"workspace.yaml": "load_from: []\n"}


class NoDigest(Rule):
    """Every image that is pulled is named by its digest."""

    code = "SEC007"
    title = "An image that is not named by its digest"
    severity = "info"
    tier = "enterprise"
    kinds = ("module", "workspace", "repository")
    requires = ("SEC006",)  # first a version, then this one
    what = (
        "An image with a version and no `@sha256:…` in a Compose file, in `FROM` or in `COPY --from` of a Dockerfile. "
        "An image with a variable in its name is not judged: the variable may hold a digest."
    )
    why = (
        "A tag can be moved to another image, by its owner or by who took over the account; a digest cannot. Let a bot "
        "(Renovate, Dependabot) keep them current, or the image never gets its security fixes."
    )
    remedy = "add the digest (docker buildx imagetools inspect IMAGE tells it), and let a bot keep it current"
    bad = (
        {"docker-compose.yml": "services:\n  db:\n    image: postgres:17.6\n", **_EMPTY},
        {"Dockerfile": "FROM python:3.12-slim\n", "pyproject.toml": ""},
    )
    good = (
        {"docker-compose.yml": f"services:\n  db:\n    image: postgres:17.6{_DIGEST}\n", **_EMPTY},
        {"Dockerfile": f"ARG V=3.12\nFROM python:${{V}} AS a\nFROM python:3.12{_DIGEST}\n", "pyproject.toml": ""},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each image where it is named."""
        for image in used(subject.containers, subject.files, subject.folder):
            if not image.digest and "$" not in image.image:
                yield self.diagnosis(image.spot, image.user, f"the image {image.image} is named by a tag")
