"""SEC002: a provider's token or a private key in a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...facts.tokens import ENV, LARGEST, of_tests, secrets
from ...judging.rule import Rule
from ...reading.sources import spot_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

# Lock files are long and made by programs; the rest is not text.
_PASSED_OVER = re.compile(
    r"(^|/)(uv\.lock|poetry\.lock|Pipfile\.lock|pdm\.lock|pixi\.lock|yarn\.lock|package-lock\.json|pnpm-lock\.yaml)$|"
    r"\.(pem|key|png|jpe?g|gif|ico|webp|svg|pdf|woff2?|ttf|eot|zip|gz|bz2|xz|7z|jar|whl|parquet|avro|orc|duckdb|db|sqlite3?|"
    r"pkl|pickle|joblib|npy|npz|h5|pt|onnx|xlsx?|docx?|pptx?|mp[34]|mov|so|dll|exe|pyc|min\.(js|css))$",
    re.IGNORECASE,
)
_ID = "AKIA" + "QYLPMN5HVFWZ3TEJ"  # put together, so that no scanner takes this file for a leak
_KEY = "-----BEGIN " + "PRIVATE KEY-----\n" + "MC4CAQAwBQYDK2VwBCIEIOURq6dSvNXCA2hUetRB0WYFQqDjGF0zaPzo/3u29anZ\n"
_CUT = _KEY.replace("MC4CAQAwBQYDK2VwBCIE", "MIIEvQIBADANBgkqhkiG")  # says that it is longer


class Token(Rule):
    """No file that git knows holds a token or a private key."""

    code = "SEC002"
    title = "A token or a private key in a file"
    secret = True
    kinds = ("module", "workspace", "repository")
    what = (
        "A private key, or a token of AWS, Anthropic, Azure Storage, Databricks, GitHub, GitLab, Google, Hugging Face, "
        "OpenAI, PyPI, SendGrid, Slack or Stripe in any text file up to 1 MB, those of tests included. A token counts "
        "by its provider's form, by its checksum where it has one, and by how random it is, so that vendors' examples "
        "(`AKIAIOSFODNN7EXAMPLE`), `xxxx` and keys that are cut short are none. Lock files are passed over, and the "
        "private keys of tests."
    )
    why = "Everybody who can read the repository can use it, and programs that search public ones find it in minutes."
    remedy = (
        "replace it where it was issued, and read the new one from the environment (dg.EnvVar): deleting the line is "
        "not enough, the history and every clone keep it"
    )
    bad = (
        {"src/bar_dagster/s3.py": f"import boto3\n\nclient = boto3.client('s3', aws_access_key_id='{_ID}')\n"},
        {"src/bar_dagster/sign.py": f'KEY = """{_KEY}"""\n'},
        {"conf/gcs.json": '{"private_key": "' + _KEY.replace("\n", "\\n") + '"}\n', "pyproject.toml": ""},
        {"README.md": "token: ghp_" + "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17\n", "pyproject.toml": ""},
    )
    good = (
        {
            "src/bar_dagster/s3.py": "import boto3\nimport os\n\n"
            "client = boto3.client('s3', aws_access_key_id=os.environ['AWS_ACCESS_KEY_ID'])\n"
        },
        {"README.md": "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\ntoken: ghp_" + "x" * 36 + "\n", "pyproject.toml": ""},
        {"src/bar_dagster/sign.py": "MARK = '-----BEGIN PRIVATE" + " KEY-----'\n"},
        {"src/bar_dagster/fake.py": f'KEY = """{_CUT}-----END PRIVATE KEY-----"""\n'},
        {"tests/key.txt": _KEY, "pyproject.toml": ""},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Every text file once; what `.env` and key files hold is SEC001's."""
        for name in subject.own:
            if _PASSED_OVER.search(name) or (ENV.search(name) and not of_tests(name)):
                continue
            text = subject.files.glance(name, LARGEST)
            kinds = set[str]()
            for offset, kind in secrets(text, keys=not of_tests(name)):
                if kind not in kinds:
                    kinds.add(kind)
                    yield self.diagnosis(spot_at(name, text, offset), kind, f"here is {kind}")
