"""WSP007: a variable that the code reads and nobody is told of."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from dmb.formats.interpolation import NAME, variables_in
from dmb.module import PIECES

from ...facts.code import argument
from ...facts.variables import DAGSTER, DOCUMENTED, PLATFORM
from ...judging.findings import no_edits
from ...judging.rule import SAFE, Rule
from ...reading.edits import Edit
from ...reading.sources import Spot
from ..examples import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject
    from ...reading.sources import Sources

_EXAMPLE = ".env.example"
_OTHERS = (_EXAMPLE, ".env.sample", ".env.template", "env.example", ".env.dist")
_READERS = {"os.getenv", "os.environ.get", "dagster.EnvVar", "dagster.EnvVar.int"}
_PIECES = {
    "pyproject.toml": MANIFEST,
    f"{PIECES}/workspace.yaml": "load_from:\n  - grpc_server: {host: bar, port: 4000, location_name: bar}\n",
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
        "file, by what Dagster's files read without a default; what a Compose file or a Dockerfile sets is known too."
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
            "x.py": "import os\n\nimport dagster\n\na = os.getenv('BAR_A')\n",
            ".env.template": "BAR_B=\n",
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
        {
            "x.py": "import os\n\nimport dagster\n\na = os.environ['BAR_A']\n",
            ".env.example": "BAR_B=\n",
            "docker-compose.yml": "services:\n  bar:\n    extends: {file: base/a.yml, service: base}\n",
            "base/a.yml": "services:\n  base:\n    image: bar:1\n    env_file: {path: b.env}\n",
            "base/b.env": "export BAR_A=1\n",
            "pyproject.toml": "",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each variable once, where it is read first."""
        missing = _undocumented(subject)
        if not missing:
            return
        files, name = _documents(subject)[0]
        edits = partial(_added, files, name, missing) if files is subject.files else no_edits
        for variable, (spot, reader) in missing.items():
            remedy = f"add it to {name}, commented out with its default where it has one"
            message = f"{reader} reads {variable}, and {name} does not have it"
            yield self.diagnosis(spot, variable, message, remedy, edits=edits)


def _added(files: Sources, document: str, missing: Iterable[str]) -> Iterator[Edit]:
    """All that are missing, commented out: one edit, the same for each."""
    from ...facts.tokens import masked

    text = files.text(document)
    lines = "".join(f"#{name}=\n" for name in missing if masked(name) == name)  # no token
    if text is None:
        yield Edit(document, -1, -1, lines)
    else:
        yield Edit(document, len(text), len(text), lines if text.endswith("\n") or not text else f"\n{lines}")


def _documents(subject: Subject) -> list[tuple[Sources, str]]:
    """The files that speak of variables, the subject's own first."""
    if subject.project.made:
        return [(subject.files, _EXAMPLE)]
    return [(files, name) for files in (subject.files, subject.repository) for name in _OTHERS if files.has(name)]


def _undocumented(subject: Subject) -> dict[str, tuple[Spot, str]]:
    """Where each variable that no document has is read first, and by what; none where nobody documents any."""
    known = _known(subject)
    if known is None:
        return {}
    first: dict[str, tuple[Spot, str]] = {}
    for variable, spot, reader in _read(subject):
        if variable not in known and not (PLATFORM.fullmatch(variable) or DAGSTER.fullmatch(variable)):
            first.setdefault(variable, (spot, reader))
    return first


def _known(subject: Subject) -> set[str] | None:
    """The variables that are documented or set; None where it is nobody's habit here to document them."""
    project = subject.project
    module = project.manifest
    texts = [files.text(name) or "" for files, name in _documents(subject)]
    known = {variable for text in texts for variable in DOCUMENTED.findall(text)}
    if project.made:
        return known | set(module.requires) if module else None
    if not texts:
        return None
    for service in subject.containers.services:
        variables = subject.containers.given(service)
        if variables is None:
            return None
        known |= variables
    for name in subject.containers.dockerfiles:
        for step in subject.files.dockerfile(name):
            if step.word in ("ENV", "ARG"):
                known |= {word.partition("=")[0] for word in step.rest.split()}
    return known


def _read(subject: Subject) -> Iterator[tuple[str, Spot, str]]:
    project = subject.project
    for code in subject.package.files:
        ours = project.made or subject.package.imports_dagster(code)
        if ours and any(word in code.text for word in ("environ", "getenv", "EnvVar")):
            for key in sorted(_keys(code, all_of_them=project.made), key=lambda node: (node.lineno, node.col_offset)):
                name = code.value(key)
                if isinstance(name, str) and re.fullmatch(NAME, name):
                    yield name, code.spot(key), "the code"
    for file in subject.containers.compose_files:
        if not file.startswith(subject.workspace.home):  # the pieces' variables are the workspace's
            for node in subject.files.yaml(file).walk():
                for use in variables_in(node.text):
                    if project.made or not use.may_be_unset:
                        yield use.name, Spot.at(file, node), file


def _keys(code: Code, *, all_of_them: bool) -> Iterator[ast.expr]:
    """What stands for the variable's name where one is read; without `all_of_them` only where there is no default."""
    for call, name in code.named_calls:
        key = argument(call, "key", 0) if name in _READERS else None
        if key and (all_of_them or argument(call, "default", 1) is None):
            yield key
    for node in code.all(ast.Subscript):
        if isinstance(node.ctx, ast.Load) and code.name(node.value) == "os.environ":
            yield node.slice
