"""Names derived from other names, and the check of every answer.

One table, `QUESTIONS`, serves cookiecutter's prompts, `pre_gen`, `dmb new --set` and the audit. A check returns one
sentence that names what is wrong and what would be right, or None. Standard library only: this is imported while the
questions are asked.
"""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from . import system_packages
from .databases import DATABASES, SERVERS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

GOVERNANCE = ("quick", "standard", "enterprise")
CODE_LOCATIONS = ("isolated", "shared")
DEPLOYMENTS = ("none",)
SCHEDULES = ("daily", "weekly")
PYTHON_VERSIONS = ("3.11", "3.12", "3.13", "3.14")

SLUG_MAX = 50  # a compose project, container and host name stays below DNS's 63 with a suffix
NAME_MAX = 64
DESCRIPTION_MAX = 300
PORTS = range(1024, 65536)  # those below need a privilege

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_TEAM = re.compile(r"team:[A-Za-z0-9][A-Za-z0-9._-]*")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
# Device names that Windows keeps for itself: such a folder cannot be checked out there.
_WINDOWS = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
# `dagster` would shadow the library and give variables such as DAGSTER_HOME; the rest are a workspace's own services.
_TAKEN = frozenset(
    {"dagster", "dagster-webserver", "dagster-daemon", "webserver", "daemon", "workspace", "test", "tests"}
)
# Characters that turn the reading direction of the text around them; right-to-left letters themselves are welcome.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def slug_from(name: str) -> str:
    """`Bar One` -> `bar-one`; "" when no ASCII letter or digit is left, so that the slug's own prompt asks for one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def package_from(slug: str) -> str:
    """The import package: `bar-one` -> `bar_one_dagster`. The suffix keeps it clear of the standard library's names."""
    return slug.replace("-", "_") + "_dagster"


def prefix_from(slug: str) -> str:
    """What a module's environment variables start with: `bar-one` -> `BAR_ONE` (as in `BAR_ONE_EXECUTOR`)."""
    return slug.replace("-", "_").upper()


def schedules_from(governance: str) -> str:
    """The schedules that a tier starts with: quick has none, the others one, since each starts the same job."""
    return "none" if governance == "quick" else SCHEDULES[0]


def _line_problem(label: str, value: str, longest: int) -> str | None:
    if "{{" in value or "{%" in value or "{#" in value:
        return f"{label} contains {{{{, {{% or {{#, which later updates would run as a template; leave them out"
    for character in value:
        category = unicodedata.category(character)
        if category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} or character in _BIDI:
            return f"{label} contains the character U+{ord(character):04X}, which cannot be printed; leave it out"
    if len(value) > longest:
        return f"{label} has {len(value)} characters; at most {longest} are allowed"
    return None


def _module_name(value: str) -> str | None:
    if not value:
        return "the module's name is empty; give one, such as Bar One"
    return _line_problem("the module's name", value, NAME_MAX)


def _module_slug(value: str) -> str | None:
    if not _SLUG.fullmatch(value):
        return (
            f"{value!a} cannot be the module's folder and code location; "
            "use lower-case ASCII letters, digits and single hyphens, starting with a letter, such as bar-one"
        )
    if len(value) > SLUG_MAX:
        return f"the module's slug has {len(value)} characters; at most {SLUG_MAX} are allowed"
    if value in _TAKEN or _WINDOWS.fullmatch(value):
        return f"{value!a} is reserved; add a word, such as {value}-data"
    return None


def _package(value: str) -> str | None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", value) or len(value) > NAME_MAX or keyword.iskeyword(value):
        return (
            f"{value!a} is not an import package; use lower-case letters, digits and underscores, "
            "such as bar_one_dagster"
        )
    if value in sys.stdlib_module_names or value in {"dagster", "test", "tests"}:
        return f"{value!a} would hide the package of that name that Python or Dagster needs; write {value}_dagster"
    return None


def _prefix(value: str) -> str | None:
    if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", value) or len(value) > NAME_MAX or value == "DAGSTER":
        return f"{value!a} cannot be the prefix of environment variables; write it like BAR_ONE, and not DAGSTER"
    return None


def _description(value: str) -> str | None:
    if not value:
        return "the description is empty; say in one line what the module is for"
    return _line_problem("the description", value, DESCRIPTION_MAX)


def _owner(value: str) -> str | None:
    if len(value) <= NAME_MAX and (_TEAM.fullmatch(value) or _EMAIL.fullmatch(value)):
        return None
    return (
        f"{value!a} is not an owner that Dagster accepts; write team:data or an e-mail address such as data@example.com"
    )


def _one_of(label: str, choices: Collection[str]) -> Callable[[str], str | None]:
    def problem(value: str) -> str | None:
        return None if value in choices else f"{value!a} is not a {label}; choose one of: {', '.join(choices)}"

    return problem


def _schedules(value: str) -> str | None:
    chosen = value.split(",")
    if value == "none" or (set(chosen) <= set(SCHEDULES) and len(set(chosen)) == len(chosen)):
        return None
    return f"{value!a} is not a list of schedules; write none, or some of {','.join(SCHEDULES)}"


def port_problem(value: str) -> str | None:
    """Check a port that a person typed; "" leaves the choice to us."""
    if not value or (value.isascii() and value.isdecimal() and len(value) <= 5 and int(value) in PORTS):
        return None
    return f"{value!a} is not a port; write a number from {PORTS[0]} to {PORTS[-1]}"


def _client(value: str) -> str | None:
    return _line_problem("the client's name", value, NAME_MAX)


def is_variable(name: str) -> bool:
    """Whether a variable that a workspace sets for several modules may be called so."""
    return bool(_VARIABLE.fullmatch(name)) and len(name) <= NAME_MAX


def _requires(value: str) -> str | None:
    names = value.split(",") if value else []
    for name in names:
        if not is_variable(name):
            return f"{name!a} is not a valid variable name; write names like METABASE_URL, separated by commas"
        if names.count(name) > 1:
            return f"the variable {name} is named twice; name it once"
    return None


def _workspace(value: str) -> str | None:
    return _line_problem("the workspace's folder", value, 4096)


class Question(NamedTuple):
    """One answer: its key in cookiecutter.json and the check that its value must pass."""

    key: str
    problem: Callable[[str], str | None]

    @property
    def option(self) -> str:
        """The name that `dmb new --set` and messages use: `__grpc_port` is `grpc_port`."""
        return self.key.lstrip("_")


# In the order in which cookiecutter.json asks. Keys with two underscores are never asked for, only set.
QUESTIONS: Mapping[str, Question] = {
    key: Question(key, problem)
    for key, problem in {
        "module_name": _module_name,
        "module_slug": _module_slug,
        "description": _description,
        "owner": _owner,
        "database": _one_of("database", DATABASES),
        "governance": _one_of("governance tier", GOVERNANCE),
        "code_location": _one_of("kind of code location", CODE_LOCATIONS),
        "deployment": _one_of("deployment", DEPLOYMENTS),
        "__package": _package,
        "__prefix": _prefix,
        "__schedules": _schedules,
        "__system_packages": system_packages.problem,
        "__client": _client,
        "__requires": _requires,
        "__python_version": _one_of("Python version that Dagster runs on", PYTHON_VERSIONS),
        "__grpc_port": port_problem,
        "__db_port": port_problem,
        "__workspace": _workspace,
    }.items()
}


def port_keys(given: Mapping[str, str]) -> dict[str, str]:
    """The ports that a module with these answers has: from each one's use to the key of its answer."""
    database = given["database"]  # a server's port is named as it is
    return {"grpc": "__grpc_port"} | ({database: "__db_port"} if database in SERVERS else {})


def contradiction(given: Mapping[str, str]) -> tuple[str, str] | None:
    """The key of an answer that does not go with the others, and one sentence on why; or None."""
    if given["__db_port"] and "__db_port" not in port_keys(given).values():
        servers = " or ".join(SERVERS)
        sentence = f"database={given['database']} has no port; leave db_port out, or choose {servers}"
        return "__db_port", sentence
    return None


def problem_with(key: str, value: str) -> str | None:
    """One sentence on what is wrong with `value` as the answer to `key`, or None. KeyError for an unknown `key`."""
    return QUESTIONS[key].problem(value)
