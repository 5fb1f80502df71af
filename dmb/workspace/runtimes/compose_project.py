"""A workspace's Compose project as Compose itself reads it: variables, anchors, `extends` and `include` resolved."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from ...errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...layout import Layout

SECONDS = 60  # for a question to docker


def command(layout: Layout, *words: str, overrides: Sequence[str] = ()) -> tuple[str, ...]:
    """The words of a `docker compose` command on the workspace's file and, over it, on `overrides`."""
    files = (word for file in (str(layout.compose), *overrides) for word in ("-f", file))
    return ("docker", "compose", *files, *words)


def project(layout: Layout) -> dict[str, Any]:
    """What `docker compose config` makes of the workspace. Raises DmbError with its reason where it cannot."""
    words = command(layout, "config", "--format", "json")
    try:
        done = subprocess.run(
            words, cwd=layout.root, check=False, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        raise DmbError(
            f"docker cannot be run: {error.strerror}",
            remedy="install Docker Engine and its Compose plugin, then run this again",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise DmbError("docker does not answer", remedy="look whether it works: docker info") from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it ended with an error"]
        raise DmbError(
            f"Compose cannot read the workspace: {reason[0]}",
            place=str(layout.compose),
            remedy=f"fix that; to see it again: {' '.join(words[:2])} -f {layout.compose} config --quiet",
        )
    content: dict[str, Any] = json.loads(done.stdout.replace(b"$$", b"$"))  # it writes `$` as in a Compose file
    return content


def image_of(config: dict[str, Any], service: str) -> str:
    """The name of a service's image: Compose makes one up for a service that names none."""
    return str(config["services"][service].get("image") or f"{config['name']}-{service}")


def inspect_image(name: str) -> dict[str, Any] | None:
    """What this host's engine says of an image; None where it has none of that name. DmbError where none answers."""
    words = ("docker", "image", "inspect", name)
    remedy = "look whether it works: docker info"
    try:
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=SECONDS)
    except OSError as error:
        raise DmbError(f"docker cannot be run: {error.strerror}", remedy="install Docker Engine") from error
    except subprocess.TimeoutExpired as error:
        raise DmbError("docker does not answer", remedy=remedy) from error
    if done.returncode and "no such image" not in done.stderr.lower():
        raise DmbError(f"docker does not answer: {done.stderr.strip()}", remedy=remedy)
    return None if done.returncode else dict(json.loads(done.stdout)[0])
