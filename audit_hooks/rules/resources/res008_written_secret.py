"""RES008: a password that is written in the code."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ...facts.tokens import secrets
from ...judging.rule import CodeRule
from ..examples import ENV

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_SECRETS = (
    *("password", "passwd", "pwd", "passphrase", "secret_key", "secret_access_key", "api_key", "apikey", "api_token"),
    *("access_token", "auth_token", "bearer_token", "bot_token", "slack_token", "client_secret", "private_key"),
    *("personal_access_token", "refresh_token", "account_key", "sas_token", "webhook_secret", "connection_string"),
)
_SHORT = ("token", "secret")  # these may name a word or an object as well: only what looks random counts
# What stands where a secret will be, or is everybody's.
_NONE = (
    *("change", "replace", "your", "xxx", "***", "todo", "dummy", "example", "placeholder", "fake", "mock", "sample"),
    *("redacted", "insert", "none", "null", "test", "demo", "local", "default"),
)
_EVERYBODYS = (
    r"(my|the)?[-_.]?(sql|postgres(ql)?|root|admin(istrator)?|minio(admin)?|pass(word)?|pwd|secret|token|key|dagster|"
    r"guest|user(name)?|dev(eloper|elopment)?|docker|airflow|duckdb|clickhouse|redis|mongo|rabbitmq|trino|spark|hive|"
    r"neo4j|grafana|superset|metabase|airbyte|letmein|qwerty|abc)[-_.]?(sql|pass(word)?|pwd|secret|token|key|admin)?"
    r"[-_.@!]?\d{0,6}!?"
)
_NAME = r"[A-Z0-9]+(_[A-Z0-9]+)+"  # of a variable
_NOT_ITSELF = r"[\s<>{}$%]|://|^/|^\.{1,2}/|^(arn|env|vault|op|ref|sm|ssm|kv|file):|\.(pem|key|json|txt)$"
_LOCAL = ("localhost", "127.0.0.1", "::1", "host.docker.internal")
_HOSTS = ("host", "hostname", "server", "endpoint", "endpoint_url", "url", "account_url")
_WRITTEN = "k3Rqv9-" + "Zt_w1"


class WrittenSecret(CodeRule):
    """The code says where a secret comes from, and not the secret."""

    code = "RES008"
    title = "A password that is written in the code"
    secret = True
    what = (
        "A literal, also by a constant's name, for an argument, a field or a configuration's key that is called "
        "`password`, `api_key`, `client_secret`, `auth_token` and the like; for `token` and `secret` where it looks "
        "random. No secret are: placeholders, names of variables, paths, passwords that images and manuals give to "
        "everybody (`postgres`, `minioadmin`), one that is the user's name, and one for a server on `localhost`. What "
        "SEC002 knows by its form is left to it."
    )
    why = "Everybody who can read the repository, its history or a clone has it, and to change it takes a release."
    remedy = 'change it on the server, and hand over dg.EnvVar("…"): the history keeps the one that stands here'
    mentions = (*_SECRETS, *_SHORT)
    bad = (
        {"defs.py": ENV + f'warehouse = Warehouse(host="db.internal", password="{_WRITTEN}")\n'},
        {"defs.py": ENV + f'class Api(dg.ConfigurableResource):\n    url: str\n    api_key: str = "{_WRITTEN}"\n'},
        {"defs.py": ENV + f'KEY = "{_WRITTEN}"\napi = slack_resource.configured({{"token": KEY}})\n'},
    )
    good = (
        {"defs.py": ENV + 'warehouse = Warehouse(host="db.internal", password=dg.EnvVar("DB_PASSWORD"))\n'},
        {"defs.py": ENV + f'warehouse = Warehouse(host="localhost", password="{_WRITTEN}")\n'},
        {"defs.py": ENV + 'store = Store(endpoint_url="http://minio:9000", secret_key="minioadmin")\n'},
        {"defs.py": ENV + 'api = Api(api_key="<your key>", api_token="changeme", password="1C_PASSWORD", token="")\n'},
        {"defs.py": ENV + 'w = Warehouse(user="loader", password="loader")\nk = Key(private_key="/run/secrets/key")\n'},
        {"defs.py": ENV + 'tokens = Tokenizer(token="<s>")\njob = K8s(secret="warehouse-credentials")\n'},
        {"defs.py": ENV + 'schema = {"password": "string", "api_key": str}\n'},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each place once."""
        for place, name, value, others in _given(code):
            if _is_secret(name, value) and not _of_nobody(value, others):
                yield self.diagnosis(code.spot(place), name, f"the value of {name} is written here")


def _given(code: Code) -> Iterator[tuple[ast.expr, str, str, dict[str, str]]]:
    """(place, name, text, the other texts that are given beside it) of every text that has the name of a secret."""
    for call in code.all(ast.Call):
        if any(_called(keyword.arg) for keyword in call.keywords):
            yield from _among(code, {keyword.arg or "": keyword.value for keyword in call.keywords})
    for table in code.all(ast.Dict):
        texts = {
            key.value: value
            for key, value in zip(table.keys, table.values, strict=True)
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        }
        if any(map(_called, texts)):
            for place, name, value, others in _among(code, texts):
                if _random(value):  # a table may be of anything
                    yield place, name, value, others
    for field in code.all(ast.AnnAssign):
        if isinstance(field.target, ast.Name) and _called(field.target.id) and field.value:
            yield from _among(code, {field.target.id: field.value})


def _among(code: Code, given: dict[str, ast.expr]) -> Iterator[tuple[ast.expr, str, str, dict[str, str]]]:
    texts = {name: value for name, node in given.items() if isinstance(value := code.value(node), str)}
    for name, value in texts.items():
        if _called(name):
            yield given[name], name, value, {other: text for other, text in texts.items() if other != name}


def _called(name: str | None) -> bool:
    """Whether a name is one for secrets: `password`, `db_password`, `password_`."""
    word = (name or "").lower().strip("_")
    return word in _SHORT or any(word == secret or word.endswith(f"_{secret}") for secret in _SECRETS)


def _is_secret(name: str, value: str) -> bool:
    low = value.lower()
    if len(value) < 4 or re.fullmatch(_NAME, value) or re.search(_NOT_ITSELF, value):
        return False
    if re.fullmatch(_EVERYBODYS, value, re.IGNORECASE):
        return False
    if any(word in low for word in _NONE) or low == name.lower() or any(secrets(value)):
        return False
    return name.lower().strip("_") not in _SHORT or _random(value)


def _random(value: str) -> bool:
    """Whether a text has the looks of something that was drawn: long, with digits among its letters."""
    return len(value) >= 8 and bool(re.search(r"\d", value)) and bool(re.search(r"[A-Za-z]", value))


def _of_nobody(value: str, others: dict[str, str]) -> bool:
    """Whether a secret is its user's name, or for this machine alone."""
    local = any(name in _HOSTS and any(host in text for host in _LOCAL) for name, text in others.items())
    return local or value in others.values()
