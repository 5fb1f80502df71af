"""SEC001: a file with secrets in git."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dmb.errors import DmbError
from dmb.formats import envfile

from ...facts.tokens import ENV, KEY_BLOCK, LARGEST, of_tests, secrets
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_BY_NAME = re.compile(
    r"(^|/)(id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.git-credentials|\.pypirc|[^/]+\.(p12|pfx|jks|ppk|keytab))$"
)
_BY_CONTENT = re.compile(r"(^|/)[^/]+\.(pem|key)$")
_SECRET = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL|_PWD$|_PAT$"
)
_NAMES_ONE = re.compile(r"(_|^)(FILE|PATH|DIR|NAME|ID|URL|URI|HOST|TTL|EXPIRES?|EXPIRY|LENGTH|TYPE|HEADER)$|_EXPIR")
_IN_URL = re.compile(r"[a-z][a-z0-9+]*://[^/\s:@]*:([^/\s@]+)@")
# What stands where a secret will: nobody is let in by it, or everybody knows it.
_STANDS_IN = re.compile(
    r"|<.*>|.*\$[\w{(].*|x{3,}|\*+|\.{3}|none|null|true|false|\d{1,2}|changeme.*|change[-_]?(me|this).*|replace[-_]?me.*|"
    r"your[-_ ].*|(my[-_]?)?(secret|pass|pw|token|key)\d{0,3}|admin\d{0,3}|root|user|postgres|mysql|dagster|"
    r"minio(admin)?\d{0,3}|guest|todo|local|.*(example|sample|dummy|demo|test|passw|pswd|pwd|changeme|insecure).*",
    re.IGNORECASE,
)
_REMEDY = (
    "replace the secret where it is valid, then git rm --cached {name} and list it in .gitignore: "
    "taking it out of git is not enough, its history and every clone keep it"
)


class SecretFile(Rule):
    """No `.env` that sets a secret and no key file is in the index."""

    code = "SEC001"
    title = "A file with secrets in git"
    secret = True
    kinds = ("module", "workspace", "repository")
    what = (
        "A `.env`, or a file such as `.env.production`, that git knows and that sets a password, token or key; a "
        "private key, a keystore, `.netrc` or `.pgpass`. A `.env` with settings alone, or with what only stands in for "
        "a secret (`changeme`, `<token>`, `${X}`, `postgres`), is none; neither are examples and the keys of tests."
    )
    why = (
        "Everybody who can read the repository, today or in any old clone, has the secret. Deleting the file later "
        "changes nothing about that: it stays in the history."
    )
    remedy = _REMEDY.format(name="FILE")
    bad = (
        {".env": "BAR_DB_HOST=db\nBAR_DB_PASSWORD=k3Rqv9-Zt_w1\n", "src/bar_dagster/__init__.py": ""},
        {"conf/prod.env": "export BAR_DSN='postgresql://bar:k3Rqv9Zt@db/bar'\n", "pyproject.toml": ""},
        {"keys/id_ed25519": "-----BEGIN OPENSSH " + "PRIVATE KEY-----\n", "pyproject.toml": ""},
    )
    good = (
        {
            ".env.example": "BAR_DB_HOST=db\nBAR_DB_PASSWORD=\n",
            ".gitignore": ".env\n",
            "src/bar_dagster/__init__.py": "",
        },
        {".env": "BAR_DB_HOST=db\nBAR_TOKEN_FILE=/run/secrets/token\nBAR_PASSWORD=${FROM_CI}\n", "pyproject.toml": ""},
        {"certs/ca.pem": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "pyproject.toml": ""},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Names first; few files have to be read. Outside of git nothing is committed."""
        if not subject.files.committed:
            return
        for name in subject.own:
            if of_tests(name):
                continue
            if ENV.search(name):
                yield from self._env(subject, name)
            elif _BY_NAME.search(name):
                yield self._in_git(Spot(name), "it is a key or has passwords")
            elif _BY_CONTENT.search(name) and KEY_BLOCK.search(subject.files.glance(name, LARGEST)):
                yield self._in_git(Spot(name, 1), "it holds a private key")

    def _env(self, subject: Subject, name: str) -> Iterator[Diagnosis]:
        try:
            variables = envfile.assignments(subject.files.glance(name, LARGEST), name)
        except DmbError:
            return  # WSP013 tells it where the file is the workspace's; elsewhere it may be another program's
        secret = [variable for variable in variables if _is_secret(variable.key.upper(), variable.value)]
        if secret:
            names = ", ".join(dict.fromkeys(variable.key for variable in secret[:3]))
            more = " and more" if len(secret) > 3 else ""
            yield self._in_git(Spot(name, secret[0].line, 1), f"it sets {names}{more}")

    def _in_git(self, spot: Spot, cause: str) -> Diagnosis:
        return self.diagnosis(spot, spot.path, f"{spot.path} is in git: {cause}", _REMEDY.format(name=spot.path))


def _is_secret(key: str, value: str) -> bool:
    inside = _IN_URL.search(value)
    if inside:
        return not _STANDS_IN.fullmatch(inside[1])
    if any(secrets(value)):
        return True
    return bool(_SECRET.search(key)) and not _NAMES_ONE.search(key) and not _STANDS_IN.fullmatch(value)
