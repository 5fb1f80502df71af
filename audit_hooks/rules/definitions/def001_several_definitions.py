"""DEF001: a module in which Dagster finds more than one `Definitions`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...facts.code import at_top
from ...facts.loaded_modules import loads
from ...judging.rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_MAKERS = (
    *("dagster.Definitions", "dagster.Definitions.merge", "dagster.load_from_defs_folder", "dagster.load_defs"),
    "dagster.build_component_defs",
)
_DEEPEST = 10  # names that mean other names
_HEAD = "import dagster as dg\n\n"
_PROJECT = {"pyproject.toml": '[tool.dagster]\nmodule_name = "defs"\n'}


class SeveralDefinitions(CodeRule):
    """The module that Dagster loads has one `Definitions`."""

    code = "DEF001"
    title = "Several Definitions in the module that is loaded"
    refused = True
    what = (
        "More than one name for a `Definitions` at the top of the module that Dagster is told to load, or more than "
        "one function under `@definitions`. A name that begins with `_`, one that is imported and a second name for "
        "the same object count too; with one function under `@definitions` no other object does."
    )
    why = "Dagster does not choose: the code location does not load."
    remedy = (
        "keep one: import the modules that hold the others and write `module.defs`, or put all that is done into a "
        "function under @dg.definitions that returns it"
    )
    mentions = ("efinitions", "load_defs", "load_from_defs_folder")
    bad = (
        {"defs.py": f"{_HEAD}sales = dg.Definitions()\nstock = dg.Definitions()\n", **_PROJECT},
        {
            "pyproject.toml": '[tool.dg.project]\nroot_module = "bar"\n',
            "src/bar/__init__.py": "",
            "src/bar/sales.py": f"{_HEAD}defs = dg.Definitions()\n",
            "src/bar/definitions.py": f"{_HEAD}from .sales import defs as sales\n\n"
            "defs = dg.Definitions.merge(sales, dg.Definitions())\n",
        },
        {"defs.py": f"{_HEAD}_base = dg.Definitions()\ndefs = dg.Definitions.merge(_base)\n", **_PROJECT},
        {
            "defs.py": f"{_HEAD}\n@dg.definitions\ndef sales():\n    return dg.Definitions()\n\n\n"
            "@dg.definitions\ndef stock():\n    return dg.Definitions()\n",
            **_PROJECT,
        },
        {
            "defs.py": "from dagster import Definitions\n\nfirst: Definitions = Definitions()\nsecond = first\n",
            "workspace/workspace.yaml": "load_from:\n  - python_module:\n      module_name: defs\n",
        },
        {
            "defs.py": "from dagster import Definitions\n\nfirst = Definitions()\nsecond = Definitions()\n",
            "Dockerfile": 'CMD ["dagster", "api", "grpc", "-h", "0.0.0.0", "-p", "4000", "-f", "/opt/x/defs.py"]\n',
        },
    )
    good = (
        {
            "pyproject.toml": '[tool.dg.project]\nroot_module = "bar"\n',
            "src/bar/__init__.py": "",
            "src/bar/sales.py": f"{_HEAD}defs = dg.Definitions()\n",
            "src/bar/definitions.py": f"{_HEAD}from . import sales\n\n"
            "defs = dg.Definitions.merge(sales.defs, dg.Definitions())\n",
        },
        {
            "defs.py": f"{_HEAD}_base = dg.Definitions()\n_more = dg.Definitions()\n\n\n"
            "@dg.definitions\ndef defs():\n    return dg.Definitions.merge(_base, _more)\n",
            **_PROJECT,
        },
        {"defs.py": f"{_HEAD}defs = dg.Definitions()\ndefs = dg.Definitions.merge(defs)\n", **_PROJECT},
        {"defs.py": f"{_HEAD}base = dg.Definitions()\ndefs = dg.Definitions.merge(base)\ndel base\n", **_PROJECT},
        {
            "defs.py": f"{_HEAD}import os\n\nif os.getenv('X'):\n    defs = dg.Definitions()\nelse:\n"
            "    others = dg.Definitions()\n",
            **_PROJECT,
        },
        {"defs.py": f"{_HEAD}if __name__ == '__main__':\n    d = dg.Definitions()\nx = dg.Definitions()\n", **_PROJECT},
        {
            "defs.py": f"{_HEAD}sales = dg.Definitions()\nstock = dg.Definitions()\n",
            "workspace.yaml": "load_from:\n  - python_file:\n      relative_path: defs.py\n      attribute: sales\n",
            "pyproject.toml": "",
        },
        {
            "defs.py": f"{_HEAD}import other\n\ndefs = other.both\n",
            "other.py": f"{_HEAD}one = dg.Definitions()\nboth = dg.Definitions.merge(one)\n",
            **_PROJECT,
        },
        {
            "defs.py": f"{_HEAD}def made():\n    a = dg.Definitions()\n    return a\n\n\ndefs = dg.Definitions()\n",
            **_PROJECT,
        },
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """The names that a loaded file binds to one."""
        by_kind: dict[str, list[str]] = {"": [], "@": []}
        for name in code.defined:
            if name not in _deleted(code):
                for kind in _kinds(code, name, subject, 0):
                    by_kind[kind].append(name)
        names = by_kind["@"] or by_kind[""]
        if len(names) > 1 and loads(subject.package, subject.repository, [code]):
            what = "functions under @definitions" if by_kind["@"] else "Definitions"
            message = f"Dagster loads {code.module} and finds {len(names)} {what} in it: {', '.join(names)}"
            yield self.diagnosis(code.spot(code.defined[names[1]][-1]), names[1], message)


def _deleted(code: Code) -> set[str]:
    return {target.id for node in code.all(ast.Delete) for target in node.targets if isinstance(target, ast.Name)}


def _kinds(code: Code, name: str, subject: Subject, depth: int) -> Iterator[str]:
    """ "" where a name of a file is a Definitions in the end, "@" where it is a function under @definitions."""
    bound = code.defined.get(name, [])
    if not bound or depth > _DEEPEST or not all(map(at_top, bound)):
        return
    match bound[-1]:
        case ast.FunctionDef(decorator_list=decorators):
            if any(code.name(node) == "dagster.definitions" for node in decorators):
                yield "@"
        case ast.ImportFrom():
            module, _, attribute = code.imports.get(name, "").rpartition(".")
            other = subject.package.modules.get(module)
            if other and f"{module}.{attribute}" not in subject.package.modules:
                yield from _kinds(other, attribute, subject, depth + 1)
        case ast.Assign(value=ast.Name(id=other)) | ast.AnnAssign(value=ast.Name(id=other)) if other != name:
            yield from _kinds(code, other, subject, depth + 1)
        case ast.Assign(value=ast.Call(func=func)) | ast.AnnAssign(value=ast.Call(func=func)):
            if code.name(func) in _MAKERS:
                yield ""
