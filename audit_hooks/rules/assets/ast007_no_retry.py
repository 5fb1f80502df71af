"""AST007: an asset that calls the network once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...facts.declarations import MISSING, declared
from ...judging.rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_VERBS = ("get", "post", "put", "patch", "delete", "head", "request", "Session", "Client", "AsyncClient", "stream")
_NETWORK = {
    *(f"{library}.{verb}" for library in ("requests", "httpx") for verb in _VERBS),
    *(f"urllib.request.{name}" for name in ("urlopen", "urlretrieve")),
    *(f"boto3.{name}" for name in ("client", "resource", "Session")),
    "aiohttp.ClientSession",
    "urllib3.PoolManager",
    "urllib3.request",
}
# What tries again by other means, for an asset, its job or its runs.
_RETRIES = (
    "op_retry_policy",
    "RetryRequested",
    "dagster/max_retries",
    "MAX_RETRIES_TAG",
    "HTTPAdapter",
    "HTTPTransport",
    "tenacity",
    "stamina",
    "import backoff",
    '"retries"',
    "'retries'",
)
_HEAD = "import dagster as dg\nimport requests\n\n\n"
_BODY = "def rates() -> None:\n    requests.get('https://rates.example/', timeout=9).raise_for_status()\n"


class NoRetry(CodeRule):
    """An asset that calls the network is tried again."""

    code = "AST007"
    title = "An asset that calls the network and is not tried again"
    severity = "info"
    tier = "enterprise"
    what = (
        "`@asset` or `@multi_asset` without `retry_policy` whose function calls `requests`, `httpx`, `aiohttp`, "
        "`urllib` or `boto3` itself. Silent where the module has `op_retry_policy`, `RetryRequested`, run retries or a "
        "retrying client anywhere, where the function speaks of attempts or retries, and where it catches the error."
    )
    why = "A connection that breaks once fails the run, and somebody has to start it again by hand."
    remedy = "add retry_policy=dg.RetryPolicy(max_retries=3, delay=10), or op_retry_policy to its job"
    mentions = ("requests", "httpx", "aiohttp", "urllib", "boto3")
    bad = (
        {"defs.py": _HEAD + "@dg.asset\n" + _BODY},
        {
            "defs.py": "import dagster as dg\nfrom urllib.request import urlopen\n\n\n"
            "@dg.multi_asset(specs=[dg.AssetSpec('rates')], retry_policy=None)\ndef rates():\n"
            "    with urlopen('https://rates.example/') as answer:\n        answer.read()\n"
        },
    )
    good = (
        {"defs.py": _HEAD + "@dg.asset(retry_policy=dg.RetryPolicy(max_retries=3, delay=10))\n" + _BODY},
        {"defs.py": _HEAD + "@dg.asset\n" + _BODY + "\n\njob = dg.define_asset_job('j', op_retry_policy=RETRY)\n"},
        {"defs.py": _HEAD + "@dg.asset(**options)\n" + _BODY},
        {"defs.py": _HEAD + "@dg.asset\n" + _BODY.replace("    req", "    for _ in range(retries):\n        req")},
        {"defs.py": _HEAD + "@dg.asset\ndef rates() -> None:\n    return None\n\n\n" + _BODY.replace("rates", "fetch")},
        {
            "defs.py": _HEAD
            + "@dg.asset\ndef rates():\n    try:\n        return requests.get('https://a.example/').text\n"
            "    except OSError:\n        return None\n"
        },
        {
            "bar/defs.py": _HEAD + "@dg.asset\n" + _BODY,
            "deploy/dagster.yaml": "run_retries:\n  enabled: true\n  max_retries: 3\n",
            "pyproject.toml": "",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """A module that tries nothing again by other means."""
        if any(map(subject.package.mentioning, _RETRIES)):
            return
        instances = (name for name in subject.repository.names if name.rpartition("/")[2] == "dagster.yaml")
        if not any("run_retries" in (subject.repository.text(name) or "") for name in instances):
            yield from super().check(subject)

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each asset, at its declaration."""
        calls = [(call, name) for call, name in code.named_calls if name in _NETWORK]
        calling = {code.runs_in(call): name for call, name in calls if not _caught(code, call)}
        for item in declared(code, "asset", "multi_asset") if calling else ():
            name = calling.get(item.function)
            if name and item.value("retry_policy") in (MISSING, None) and not _tries(code, item):
                message = f"{item.subject} calls {name}, and is not tried again when that fails"
                yield self.diagnosis(item.spot, item.subject, message)


def _caught(code: Code, call: ast.Call) -> bool:
    """Whether an error of a call ends in a handler that raises none: to try the asset again is then no help."""
    below: ast.AST = call
    for holder in code.above(call):
        if isinstance(holder, ast.Try) and below in holder.body and holder.handlers:
            inside = (node for handler in holder.handlers for node in ast.walk(handler))
            if not any(isinstance(node, ast.Raise) for node in inside):
                return True
        below = holder
    return False


def _tries(code: Code, asset: Declared) -> bool:
    """Whether the function itself seems to try again."""
    text = code.source(asset.function).lower() if asset.function else ""
    return any(word in text for word in ("attempt", "retries", "retry"))
