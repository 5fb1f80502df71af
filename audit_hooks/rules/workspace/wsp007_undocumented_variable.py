"""WSP007: a variable that the code reads and nobody is told of."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ...code import argument
from ...rule import SAFE, Edit, Rule
from ...variables import DAGSTER, PLATFORM
from .examples import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...code import Code
    from ...findings import Finding
    from ...sources import Spot
    from ...subject import Subject

_EXAMPLE = ".env.example"
_OTHERS = (_EXAMPLE, ".env.sample", ".env.template", "env.example", ".env.dist")
_DOCUMENTED = re.compile(r"^[ \t]*#?[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=", re.MULTILINE)
_USED = re.compile(r"\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*))")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_READERS = {"os.getenv", "os.environ.get", "dagster.EnvVar", "dagster.EnvVar.int"}
_PIECES = {
    "pyproject.toml": MANIFEST,
    "workspace/local/workspace.yaml": "load_from:\n  - grpc_server: {host: bar, port: 4000, location_name: bar}\n",
}


class UndocumentedVariable(Rule):
    """`.env.example` has every variable that the module's code or its Compose file reads by a literal name."""

    code = "WSP007"
    title = "A variable that .env.example does not have"
    severity = "warning"
    kinds = ("module",)
    mends = SAFE
    what = (
        "`os.environ`, `os.getenv` or `EnvVar` with a literal name, or `${NAME}` in the module's own Compose file, "
        "that `.env.example` neither sets nor comments out. Dagster's own variables (`DAGSTER_…`), those of the "
        "operating system, and tests are left out. A module that was not made by dmb is judged where it has such a "
        "file, and there a variable that a Compose file or a Dockerfile sets is known too."
    )
    why = "An `EnvVar` that is not set loads, and fails in the run: nobody could know that it was needed."
    remedy = "add it to .env.example, commented out with its default where it has one"
    bad = (
        {
            "src/bar_dagster/x.py": "import os\n\na = os.environ['BAR_A']\n",
            ".env.example": "# BAR_A is not set here\n",
            **_PIECES,
        },
        {**_PIECES, "src/bar_dagster/x.py": "import dagster as dg\n\na = dg.EnvVar('BAR_A')\n"},
        {
            **_PIECES,
            ".env.example": "BAR_B=",
            "docker-compose.yml": "services:\n  db:\n    image: postgres:17\n"
            "    environment: {A: '${BAR_A:?}', B: $BAR_B}\n",
        },
        {
            "x.py": "import os\n\nimport dagster\n\na = os.getenv('BAR_A', '1')\n",
            ".env.example": "BAR_B=\n",
            "pyproject.toml": "",
        },
    )
    good = (
        {
            "src/bar_dagster/x.py": "import os\n\na = os.environ.get('BAR_A')\n",
            ".env.example": "#BAR_A=1\n",
            **_PIECES,
        },
        {**_PIECES, "src/bar_dagster/x.py": "import os\n\na = os.getenv('HOME'), os.getenv(name)\n"},
        {**_PIECES, "tests/test_x.py": "import os\n\na = os.environ['BAR_A']\n"},
        {"x.py": "import os\n\na = os.getenv('BAR_A', '1')\n", "pyproject.toml": ""},
        {
            "x.py": "import os\n\na = os.environ['BAR_A']\nos.environ['BAR_C'] = a\n",
            ".env.example": "BAR_B=\n",
            "docker-compose.yml": "services:\n  bar:\n    image: bar:1\n    environment: [BAR_A=1]\n",
            "pyproject.toml": "",
        },
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Each variable once, where it is read first."""
        for variable, (spot, who) in _missing(subject).items():
            yield self.finding(spot, variable, f"{who} reads {variable}, and .env.example does not have it")

    def fix(self, subject: Subject, finding: Finding) -> Iterator[Edit]:
        """All that are missing, commented out: one edit, the same for each."""
        text = subject.files.text(_EXAMPLE)
        lines = "".join(f"#{name}=\n" for name in _missing(subject))
        if text is None:
            yield Edit(_EXAMPLE, -1, -1, lines)
        else:
            yield Edit(_EXAMPLE, len(text), len(text), lines if text.endswith("\n") or not text else f"\n{lines}")


def _missing(subject: Subject) -> dict[str, tuple[Spot, str]]:
    """Where each undocumented variable is read first, and by what."""
    known = _known(subject)
    if known is None:
        return {}
    found: dict[str, tuple[Spot, str]] = {}
    for variable, spot, who in _read(subject):
        if variable not in known and not (PLATFORM.fullmatch(variable) or DAGSTER.fullmatch(variable)):
            found.setdefault(variable, (spot, who))
    return found


def _known(subject: Subject) -> set[str] | None:
    """The variables that somebody is told of; None where it is nobody's habit here to tell."""
    if subject.made:
        module = subject.module
        return {*_DOCUMENTED.findall(subject.files.text(_EXAMPLE) or ""), *module.requires} if module else None
    texts = [files.text(name) for files in (subject.files, subject.repository) for name in _OTHERS if files.has(name)]
    if not texts:
        return None
    known = {name for text in texts for name in _DOCUMENTED.findall(text or "")}
    for service in subject.containers.services:
        environment = service.node.get("environment")
        known |= {*environment.entries, *(item.text.partition("=")[0] for item in environment.items)}
    for name in subject.containers.dockerfiles:
        for step in subject.files.dockerfile(name):
            if step.word in ("ENV", "ARG"):
                known |= {word.partition("=")[0] for word in step.rest.split()}
    return known


def _read(subject: Subject) -> Iterator[tuple[str, Spot, str]]:
    for code in subject.package.files:
        ours = subject.made or subject.package.imports_dagster(code)
        if ours and any(word in code.text for word in ("environ", "getenv", "EnvVar")):
            for key in sorted(_keys(code), key=lambda node: (node.lineno, node.col_offset)):
                name = code.value(key)
                if isinstance(name, str) and _NAME.fullmatch(name):
                    yield name, code.spot(key), "the code"
    for file in subject.containers.compose_files:
        if not file.startswith(subject.home):  # the pieces' variables are the workspace's
            for node in subject.files.yaml(file).walk():
                for match in _USED.finditer(node.text):
                    if match[1] or match[2]:
                        yield match[1] or match[2], subject.at(file, node), file


def _keys(code: Code) -> Iterator[ast.expr]:
    """What stands for the variable's name where one is read."""
    for call, name in code.named_calls:
        key = argument(call, "key", 0) if name in _READERS else None
        if key:
            yield key
    for node in code.all(ast.Subscript):
        if isinstance(node.ctx, ast.Load) and code.name(node.value) == "os.environ":
            yield node.slice
