"""What secrets look like whose form a provider has fixed: nothing here is guessed from a variable's name."""

from __future__ import annotations

import binascii
import math
import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST = 1_000_000  # bytes of a file that is looked at

# A `.env` by any name, but for examples and those of tests.
ENV = re.compile(
    r"(^|/)(\.env(?!\.([^/]*[._-])?(example|sample|template|tmpl|dist|defaults?|schema|tests?|ci)\b)"
    r"(\.[^/]+)?|(?!(example|sample|template|test)[._-]?)[^/.]+\.env)$"
)
_TESTS = re.compile(r"(^|/)(tests?|testing|fixtures|testdata|examples?|docs?)/")
KEY_BLOCK = re.compile(r"-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|PGP) )?PRIVATE KEY(?: BLOCK)?-----")
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_EXAMPLE = re.compile(r"example|x{5}|0{8}|(.)\1{7}|1234567|abcdef|\*{3}", re.IGNORECASE)
_AZURITE = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsu"  # the emulator's key: the same for everybody


def of_tests(name: str) -> bool:
    """Whether a file is of tests or documents: key pairs made for a test let nobody in."""
    return bool(_TESTS.search(name))


class Kind(NamedTuple):
    """One kind of secret: `hints` are texts of which one must be there, which is quick to look for."""

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]


def entropy(text: str) -> float:
    """Bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def checksum(token: str) -> bool:
    """Whether the last six characters are the CRC-32 of those between prefix and them, in base 62."""
    body = token.partition("_")[2]
    value, told = zlib.crc32(body[:-6].encode()), ""
    while value:
        value, digit = divmod(value, 62)
        told = _BASE62[digit] + told
    return told.rjust(6, "0") == body[-6:]


def _random(text: str) -> bool:
    """Whether a text is as random as a secret, and none of a vendor's examples."""
    return entropy(text) >= 3 and not _EXAMPLE.search(text) and _AZURITE not in text


def _whole(body: str) -> bool:
    """Whether what follows a key's first line may be a key: one in DER begins with its own length."""
    letters = "".join(re.findall(r"(?m)^[0-9A-Za-z/+=]+$", body.replace("\\r", "").replace("\\n", "\n")))
    try:
        data = binascii.a2b_base64(letters)
    except ValueError:
        return True
    return data[:2] != b"\x30\x82" or len(data) == int.from_bytes(data[2:4], "big") + 4


def _kind(
    name: str, hints: str, pattern: str, holds: Callable[[str], bool] = _random, *, ends: str = r"(?![\w/+-])"
) -> Kind:
    return Kind(name, tuple(hints.split()), re.compile(rf"(?<![\w/+-])(?:{pattern}){ends}"), holds)


KINDS = (
    _kind("an access key of AWS", "AKIA ASIA", r"(?:AKIA|ASIA)[A-Z2-7]{16}"),
    _kind("a token of GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[0-9A-Za-z]{36}", checksum),
    _kind("a token of GitHub", "github_pat_", r"github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}"),
    _kind("a token of GitLab", "glpat- gldt- glrt-", r"gl(?:pat|dt|rt)-[\w-]{20,}"),
    _kind("a token of Slack", "xox xapp-", r"(?:xox[abp]-\d{9,}-|xapp-\d-)[\w-]{20,}"),
    _kind(
        "a webhook of Slack",
        "hooks.slack.com",
        r"https://hooks\.slack\.com/services/T[0-9A-Z]{7,}/B[0-9A-Z]{7,}/[0-9A-Za-z]{24}",
    ),
    _kind("an API key of Google", "AIza", r"AIza[\w-]{35}"),
    _kind("a client secret of Google", "GOCSPX-", r"GOCSPX-[\w-]{28}"),
    _kind("a secret key of Stripe", "k_live_", r"[sr]k_live_[0-9A-Za-z]{24,}"),
    _kind("an API key of OpenAI", "T3BlbkFJ", r"sk-[\w-]*[\w]{20}T3BlbkFJ[\w-]{20,}"),
    _kind("an API key of Anthropic", "sk-ant-", r"sk-ant-(?:api|admin)\d\d-[\w-]{80,}"),
    _kind("an account key of Azure Storage", "AccountKey=", r"AccountKey=[0-9A-Za-z/+]{86}==", ends=""),
    _kind("a token of Databricks", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    _kind("a token of Hugging Face", "hf_", r"hf_[A-Za-z]{34}"),
    _kind("a token of PyPI", "pypi-AgEIcHlwaS5vcmc", r"pypi-AgEIcHlwaS5vcmc[\w-]{50,}"),
    _kind("an API key of SendGrid", "SG.", r"SG\.[\w-]{22}\.[\w-]{43}"),
)
_HINTS = [(hint, kind) for kind in KINDS for hint in kind.hints]
# The key itself follows, on a line of its own or after `\n` in a text; headers may stand before it. A header ends with
# its line, and nothing that matched is given back (`*+`): else there are files for which the search takes for ever.
_BLOCK = re.compile(
    KEY_BLOCK.pattern + r"(?:\s|\\r|\\n|[\"'+])*+(?:[\w-]{1,40}+: [^\n]{0,200}+\n\s*+)*+(?=[0-9A-Za-z/+=]{40})"
)
_LONGEST = 20_000  # characters of a key: one of RSA with 16,384 bits has 13,000


def masked(text: str) -> str:
    """A text without what has the form of a token."""
    for hint, kind in _HINTS:
        if hint in text:
            text = kind.pattern.sub("…", text)
    return text


def secrets(text: str, *, keys: bool = True) -> Iterator[tuple[int, str]]:
    """(offset, what it is) of each secret in a text; `keys` for private keys too. Nothing of the secret is given."""
    for kind in dict.fromkeys([kind for hint, kind in _HINTS if hint in text]):
        for found in kind.pattern.finditer(text):
            if kind.holds(found[0]):
                yield found.start(), kind.name
    if keys and "PRIVATE KEY" in text:
        for found in _BLOCK.finditer(text):
            end = found.end()
            if _whole(text[end : text.find("-----", end, end + _LONGEST)]):
                yield found.start(), "a private key"
