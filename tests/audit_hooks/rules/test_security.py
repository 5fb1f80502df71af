"""The rules on security where their examples do not say enough: forms of tokens, placeholders, exact edits."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest

from audit_hooks.facts.tokens import checksum, secrets
from audit_hooks.judging.engine import audit, judge
from audit_hooks.judging.findings import Finding
from audit_hooks.judging.fixes import fix_findings
from audit_hooks.judging.policy import Options
from audit_hooks.judging.rule import Rule
from audit_hooks.rules import every
from audit_hooks.rules.security.sec001_secret_file import SecretFile
from audit_hooks.rules.security.sec002_token import Token
from audit_hooks.rules.security.sec004_published_database import PublishedDatabase
from audit_hooks.rules.security.sec006_untagged_image import UntaggedImage
from tests.support.trees import module, repository

_RANDOM = random.Random(7)  # noqa: S311 - nothing is kept secret
_LETTERS = string.ascii_letters
_WORDS = _LETTERS + string.digits


def some(count: int, of: str = _WORDS) -> str:
    return "".join(_RANDOM.choice(of) for _ in range(count))


# Made here, so that no scanner takes this file for a leak.
TOKENS = {
    "an access key of AWS": "AKIA" + some(16, string.ascii_uppercase + "234567"),
    "a token of GitHub": "github_" + "pat_" + some(22) + "_" + some(59),
    "a token of GitLab": "glpat" + "-" + some(20),
    "a token of Slack": "xoxb" + "-2147483647-2147483648-" + some(24),
    "a webhook of Slack": "https://hooks.slack"
    + ".com/services/T0"
    + some(8, "ABC123")
    + "/B0"
    + some(8, "XYZ789")
    + "/"
    + some(24),
    "an API key of Google": "AIza" + some(35),
    "a client secret of Google": "GOCSPX" + "-" + some(28),
    "a secret key of Stripe": "sk_" + "live_" + some(24),
    "an API key of OpenAI": "sk" + "-proj-" + some(40) + "T3Blbk" + "FJ" + some(40),
    "an API key of Anthropic": "sk-ant" + "-api03-" + some(93) + "AA",
    "an account key of Azure Storage": "AccountKey=" + some(86) + "==",
    "a token of Databricks": "dapi" + some(32, "0123456789abcdef"),
    "a token of Hugging Face": "hf_" + some(34, _LETTERS),
    "a token of PyPI": "pypi-" + "AgEIcHlwaS5vcmc" + some(60),
    "an API key of SendGrid": "SG." + some(22) + "." + some(43),
}


def found(rule: type[Rule], root: Path, files: dict[str, str | bytes]) -> list[Finding]:
    return judge(module(root, files), [rule])


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("text", ["{}", "key = '{}'\n", 'a: "{}",\n', "(x)={}\n", "export KEY={} # mine\n"])
def test_each_kind_of_token_is_found_and_never_shown(kind: str, text: str, tmp_path: Path) -> None:
    (one,) = found(Token, tmp_path, {"notes.txt": "first\n" + text.format(TOKENS[kind])})
    assert (one.path, one.line, one.subject) == ("notes.txt", 2, kind)
    assert TOKENS[kind][8:] not in repr(one)


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "AKIA" + "A" * 16,
        "x" + TOKENS["an access key of AWS"],
        TOKENS["an access key of AWS"] + "x",
        "ghp_" + "A" * 36,
        "ghp_" + some(36),  # its checksum is wrong
        "sk_test_" + some(24),
        "AIza" + "x" * 35,
        "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        "-----BEGIN " + "PRIVATE KEY-----\n...\n",
        "-----BEGIN " + "ENCRYPTED PRIVATE KEY-----\n" + some(64) + "\n",
        "-----BEGIN " + "PUBLIC KEY-----\n" + some(64) + "\n",
    ],
)
def test_what_only_looks_like_a_token_is_none(text: str, tmp_path: Path) -> None:
    assert found(Token, tmp_path, {"notes.txt": text}) == []


def test_a_token_of_github_is_known_by_its_checksum() -> None:
    token = "ghp_" + "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"
    assert checksum(token)
    assert not checksum(token[:-1] + "8")
    assert list(secrets(f"a {token} b")) == [(2, "a token of GitHub")]


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "DSA ", "OPENSSH ", ""])
@pytest.mark.parametrize("end", ["\n", "\\n", "\r\n", '\\n" +\n  "', "\nProc-Type: 4,ENCRYPTED\n\n"])
def test_a_private_key_is_found_in_every_dress(kind: str, end: str, tmp_path: Path) -> None:
    text = f"-----BEGIN {kind}" + "PRIVATE KEY-----" + end + some(64)
    assert [one.subject for one in found(Token, tmp_path, {"a.json": text})] == ["a private key"]


def test_lock_files_large_files_binaries_and_keys_of_tests_are_passed_over(tmp_path: Path) -> None:
    token = TOKENS["an access key of AWS"]
    key = "-----BEGIN " + "PRIVATE KEY-----\n" + some(64)
    files: dict[str, str | bytes] = {
        "uv.lock": token,
        "large.txt": token + "\n" + "x" * 1_000_000,
        "binary.dat": token.encode() + b"\0",
        "latin.txt": b"\xe9 " + token.encode(),
        "tests/key.txt": key,
        "tests/token.txt": token,
    }
    assert [one.path for one in found(Token, tmp_path, files)] == ["latin.txt", "tests/token.txt"]


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        (".env", "A_PASSWORD=k3Rqv9", True),
        ("deploy/.env.production", "API_KEY='k3Rqv9'", True),
        ("prod.env", "GITHUB_PAT=k3Rqv9", True),
        (".env", "URL=mysql://bar:k3Rqv9@db/bar", True),
        (".env", f"PLAIN={TOKENS['a token of Databricks']}", True),
        (".env", "URL=mysql://bar:${PASSWORD}@db/bar\nB=postgresql://postgres:postgres@db", False),
        (".env", "", False),
        (".env", "A_PASSWORD=\nB_TOKEN=<your token>\nC_SECRET=changeme\nD_SECRET=xxxxxxxx\nE_PASSWORD=postgres", False),
        (".env", "PASSWORD_FILE=/run/secrets/a\nTOKEN_URL=https://a\nSECRET_NAME=b\nTOKEN_TTL=3600", False),
        (".env", "DB_PASSWORD=dagster_pwd", False),
        (".env.example", "A_PASSWORD=k3Rqv9", False),
        (".env.prod.example", "A_PASSWORD=k3Rqv9", False),
        ("example.env", "A_PASSWORD=k3Rqv9", False),
        ("tests/.env", "A_PASSWORD=k3Rqv9", False),
        ("environment.yml", "A_PASSWORD: k3Rqv9", False),
        ("ssh/id_rsa", "", True),
        ("ssh/id_rsa.pub", "ssh-rsa AAAA", False),
        ("certs/server.key", "-----BEGIN " + "RSA PRIVATE KEY-----", True),
        ("certs/server.key", "not a key", False),
        ("tests/certs/server.p12", "", False),
        (".pgpass", "db:5432:bar:bar:x", True),
    ],
)
def test_a_file_with_secrets_is_told_from_one_with_settings(name: str, text: str, is_one: bool, tmp_path: Path) -> None:
    told = found(SecretFile, tmp_path, {name: text})
    assert [one.path for one in told] == ([name] if is_one else [])
    assert not any("k3Rqv9" in repr(one) for one in told)


def test_only_what_git_knows_is_in_git(tmp_path: Path) -> None:
    root = repository(tmp_path, {"pyproject.toml": "", "x.py": "import dagster\n", ".gitignore": ".env\n"})
    (root / ".env").write_text("A_PASSWORD=k3Rqv9\n")
    assert [one for verdict in audit(root, Options(select=("SEC",))) for one in verdict.findings] == []


def test_what_a_module_and_a_workspace_share_is_told_once(tmp_path: Path) -> None:
    files = {
        "x.py": "import dagster\n",
        "pyproject.toml": "",
        "workspace.yaml": "load_from: []\n",
        "docker-compose.yml": "services: {db: {image: 'postgres:17', ports: ['5432:5432']}}\n",
        "conf/workspace.yaml": "load_from: []\n",
        "conf/compose.yaml": "services: {db: {image: 'postgres:17', ports: ['5432:5432']}}\n",
    }
    verdicts = audit(repository(tmp_path, files), Options(select=("SEC",)))
    assert [(one.folder, one.kind, [found.path for found in one.findings]) for one in verdicts] == [
        ("", "module", ["docker-compose.yml"]),
        ("", "workspace", []),
        ("conf", "workspace", ["conf/compose.yaml"]),
    ]


PORTS = [
    ('- "5432:5432"', '- "127.0.0.1:5432:5432"'),
    ("- 5432:5432", "- 127.0.0.1:5432:5432"),
    ("- '${A:-5440}:5432'", "- '127.0.0.1:${A:-5440}:5432'"),
    ('- "${A:?the port: a number}:5432"', '- "127.0.0.1:${A:?the port: a number}:5432"'),
    ("- 0.0.0.0:5432:5432", "- 127.0.0.1:5432:5432"),
    ('- "[::]:5432:5432"', '- "127.0.0.1:5432:5432"'),
    ("- 5432", "- 127.0.0.1::5432"),
    ("- 3306:3306/tcp", "- 127.0.0.1:3306:3306/tcp"),
    ("- {target: 5432, published: 5432}", "- {host_ip: 127.0.0.1, target: 5432, published: 5432}"),
    ("- target: 5432\n      published: 5432", "- host_ip: 127.0.0.1\n      target: 5432\n      published: 5432"),
    ("- target: 5432\n      host_ip: '0.0.0.0'", "- target: 5432\n      host_ip: '127.0.0.1'"),
]
_HEAD = "services:\n  db:\n    image: postgres:17\n    ports:\n    "


@pytest.mark.parametrize(("before", "after"), PORTS)
def test_a_database_is_published_for_this_host_alone_in_the_form_that_it_has(
    before: str, after: str, tmp_path: Path
) -> None:
    subject = module(tmp_path, {"docker-compose.yml": f"{_HEAD}{before}  # kept\n    restart: always\n"})
    assert [one.subject for one in judge(subject, [PublishedDatabase])] == ["db"]
    done = fix_findings(subject, Options(select=("SEC004",)), unsafe=False)
    assert done.texts == {"docker-compose.yml": f"{_HEAD}{after}  # kept\n    restart: always\n"}


@pytest.mark.parametrize(
    "port", ["${IP}:5432:5432", "192.168.1.4:5432:5432", "127.0.0.1::5432", "8080:80", "5432:8080"]
)
def test_an_address_that_somebody_chose_is_not_judged(port: str, tmp_path: Path) -> None:
    assert found(PublishedDatabase, tmp_path, {"docker-compose.yml": f"{_HEAD}- '{port}'\n"}) == []


def test_what_a_merge_key_brings_to_several_services_is_told_once(tmp_path: Path) -> None:
    text = "x-db: &db\n  image: postgres\n  ports: ['5432:5432']\nservices:\n  a: {<<: *db}\n  b: {<<: *db}\n"
    told = judge(module(tmp_path, {"compose.yaml": text}), every("SEC"))
    assert [(one.rule, one.line) for one in told] == [("SEC006", 2), ("SEC004", 3)]


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("FROM python\n", ["python"]),
        ("FROM --platform=linux/amd64 python AS a\nFROM a\n", ["python"]),
        ("FROM host:5000/python\n", ["host:5000/python"]),
        ("FROM python@sha256:abc\nFROM ${BASE}\nFROM python:$V\nFROM scratch\nFROM python:3\n", []),
        ("FROM python:3 AS a\nFROM python:3\nCOPY --from=a /x /x\nCOPY --from=busybox /y /y\n", []),
        ("FROM python:3\nCOPY --chown=1 --from=nginx:latest /x /x\n", ["nginx:latest"]),
    ],
)
def test_images_of_a_dockerfile(text: str, images: list[str], tmp_path: Path) -> None:
    told = found(UntaggedImage, tmp_path, {"docker/api.Dockerfile": text})
    assert [one.message.split()[2] for one in told] == images


@pytest.mark.parametrize("rule", every("SEC"), ids=lambda rule: rule.code)
def test_files_that_are_broken_or_of_another_shape_stop_nothing(rule: type[Rule], tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "docker-compose.yml": "services: [a, b]\n",
        "compose.yaml": "services:\n  a: text\n  b:\n"
        "  c: {ports: 5432, image: [x], volumes: {a: b}, command: {c: d}}\n",
        "docker-compose.dev.yml": "services: [\n",
        "Dockerfile": "RUN echo \\\n",
        "b.Dockerfile": "FROM\nUSER\nHEALTHCHECK\n",
        ".env": "A='x\n",
        "dagster.yaml": "run_launcher: [x]\nlocal_artifact_storage: {config: {base_dir: {env: X}}}\n",
        "x.py": "import dagster as dg\ndg.FilesystemIOManager(*a, **b)\ndg.configured(f)\n",
    }
    assert found(rule, tmp_path, files) == []
