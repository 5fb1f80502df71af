"""A running webserver, asked through its GraphQL address."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from ...errors import DmbError

SECONDS = 120  # loading many locations takes its time


class Webserver:
    """The webserver at `url`, with or without `/graphql` at its end."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DmbError(f"{url!a} is not the address of a webserver", remedy="write it like http://127.0.0.1:3000")
        self.url = url.rstrip("/").removesuffix("/graphql")

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The `data` of the answer. Raises DmbError where nothing answers, or not a Dagster webserver."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked
            f"{self.url}/graphql", body, {"Content-Type": "application/json"}
        )
        remedy = "start it (dmb workspace up), or name the address where it runs"
        try:
            # No proxy of the environment stands between a person and their own machine.
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=SECONDS) as answer:
                content = json.load(answer)
        except urllib.error.HTTPError as error:
            answer_text = _first_error(error)
            raise DmbError(f"the webserver answers {error.code}{answer_text}", place=self.url, remedy=remedy) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise DmbError(f"no webserver answers: {reason}", place=self.url, remedy=remedy) from error
        except ValueError as error:
            raise DmbError("the server there is not a Dagster webserver", place=self.url, remedy=remedy) from error
        if not isinstance(content, dict) or not isinstance(content.get("data"), dict):
            raise DmbError("the server there is not a Dagster webserver", place=self.url, remedy=remedy)
        data: dict[str, Any] = content["data"]
        return data

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            self.ask("{version}")
        except DmbError:
            return False
        return True


def _first_error(error: urllib.error.HTTPError) -> str:
    """The first error in the answer, where it is in the form of GraphQL."""
    try:
        return ": " + str(json.load(error)["errors"][0]["message"]).strip().splitlines()[0]
    except (ValueError, KeyError, IndexError, TypeError, OSError):
        return ""
