"""DEF007: an import from the own package that finds nothing."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...judging.rule import Rule
from .loaded import reachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...facts.code import Code
    from ...judging.findings import Finding
    from ...judging.subject import Subject

_FILES = (".py", ".pyi", ".pyx", ".so", ".pyd", "/__init__.py", "/__init__.pyi")
_DYNAMIC = ("__getattr__", "globals()", "vars()", "locals()", "setattr(", "exec(", "sys.modules", "__path__")
_GENERATED = ("_version", "version", "__about__", "_build", "_pb2", "_pb2_grpc", "_generated", "generated", "_rust")
_USUAL = ("def {}(", "class {}(", "class {}:", "{} = ", "{}: ", "async def {}(")
_SETTINGS = (".gitignore", "pyproject.toml", "setup.py", "setup.cfg")
_CAUGHT = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException", "AttributeError")
_PACKAGE = {
    "bar/__init__.py": "",
    "defs.py": "import dagster as dg\n\nfrom bar.assets import orders\n\ndefs = dg.Definitions()\n",
}
_ASSET = "import dagster as dg\n\n\n@dg.asset\ndef {}(): ...\n"


class MissingName(Rule):
    """What is imported from the own package is there."""

    code = "DEF007"
    title = "An import from the own package that finds nothing"
    refused = True
    what = (
        "`from package.module import name` or `from .module import name` where no file of the project defines the "
        "name, or there is no such module, in the files that are imported when Dagster loads the project. Silent where "
        "names may come from elsewhere: a star import, `__getattr__`, `globals()`; a module that a build makes "
        "(`_version`, or one whose file `.gitignore` or pyproject.toml names); an import that is guarded by `try` or "
        "`TYPE_CHECKING`."
    )
    why = "Python raises ImportError when the file is imported, and the code location does not load."
    remedy = "write the name as it is defined, or commit the file that defines it"
    kinds = ("module",)
    bad = (
        {**_PACKAGE, "bar/assets.py": _ASSET.format("order")},
        {
            **_PACKAGE,
            "bar/assets.py": "from .resources import STORE\nfrom . import keys\n\norders = STORE\n",
            "bar/resources.py": "STORES = []\n",
            "bar/keys.py": "",
        },
        {**_PACKAGE, "bar/other.py": ""},
        {
            "pyproject.toml": '[tool.dg.project]\nroot_module = "bar"\n',
            "src/bar/__init__.py": "",
            "src/bar/definitions.py": "import dagster as dg\n\nfrom .jobs.nightly import job\n\n"
            "defs = dg.Definitions()\n",
            "src/bar/jobs/__init__.py": "from .nightly import jobs\n",
            "src/bar/jobs/nightly.py": "job = 1\n",
        },
        {
            "pyproject.toml": '[tool.dagster]\nmodule_name = "src.definitions"\n',
            "src/__init__.py": "",
            "src/definitions.py": "import dagster as dg\n\nfrom src.assets import orders\n\ndefs = dg.Definitions()\n",
            "src/assets.py": _ASSET.format("order"),
        },
    )
    good = (
        {**_PACKAGE, "bar/assets.py": _ASSET.format("orders")},
        {**_PACKAGE, "bar/assets.py": "from bar.more import *\n", "bar/more.py": _ASSET.format("orders")},
        {**_PACKAGE, "bar/assets.py": "def __getattr__(name):\n    return name\n"},
        {**_PACKAGE, "bar/assets/__init__.py": "", "bar/assets/orders.py": ""},
        {**_PACKAGE, "bar/assets/orders.py": ""},
        {
            "dagster/__init__.py": "",
            "dagster/defs.py": "import dagster as dg\nfrom dagster import asset\n\ndefs = dg.Definitions()\n",
            "pandas/__init__.py": "",
            "defs.py": "import dagster as dg\nfrom pandas import DataFrame\n\ndefs = dg.Definitions()\n",
            "requirements.txt": "pandas==2.3.0\n",
        },
        {
            **_PACKAGE,
            "bar/assets.py": "from .client import orders\n",
            ".gitignore": "bar/client.py\n",  # which a build makes
        },
        {**_PACKAGE, "bar/assets.py": "if 1:\n    from json import loads as orders\nelse:\n    orders = None\n"},
        {
            **_PACKAGE,
            "bar/assets.py": "from typing import TYPE_CHECKING\n\ntry:\n    from ._version import version\n"
            "except ImportError:\n    version = ''\nif TYPE_CHECKING:\n    from .types import Order\norders = 1\n",
        },
        {
            **_PACKAGE,
            "bar/assets.py": "for orders in range(3):\n    pass\n(a, *b), c = [(1, 2), 3]\n"
            "with open(__file__) as file:\n    pass\nif (walrus := 1):\n    pass\n",
            "defs.py": "from bar.assets import a, b, c, file, orders, walrus\nfrom bar import __name__\n"
            "import dagster as dg\nd = dg.Definitions()\n",
        },
        {
            **_PACKAGE,
            "bar/assets.py": "def make():\n    global orders\n    orders = 1\n\n\nmake()\n",
        },
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        """The files that are imported when the project is loaded; what nothing imports hinders nobody."""
        files = {code.path: code for code in subject.package.files}
        suspects = [
            (code, node, missing)
            for code in files.values()
            for node in code.all(ast.ImportFrom)
            if (missing := list(_missing(code, node, subject, files)))
        ]
        live = reachable(subject) if suspects else ()
        for code, node, missing in suspects:
            if code.path in live and not _guarded(code, node):
                for name, message in missing:
                    yield self.finding(code.spot(node), name, message)


def _missing(
    code: Code, node: ast.ImportFrom, subject: Subject, files: Mapping[str, Code]
) -> Iterator[tuple[str, str]]:
    """(name, message) of what an import does not find."""
    names = [alias.name for alias in node.names if alias.name != "*"]
    place = _place(code, node, subject) if names else None
    if place is None:
        return
    if not _there(place, subject):
        told = f"{'.' * node.level}{node.module or ''}"
        if not place.endswith(_GENERATED) and not _built(place, subject):
            yield told, f"there is no module {told} in this package"
        return
    found = [f"{place}{end}" for end in (".py", "/__init__.py") if f"{place}{end}" in subject.own_set]
    other = files.get(found[0]) if len(found) == 1 else None
    if other is None or any(word in other.text for word in _DYNAMIC) or _star(other):
        return
    for name in names:
        if not _defines(other, name) and not _there(f"{place}/{name}", subject):
            yield name, f"{other.path} defines no {name}, which is imported from it here"


def _place(code: Code, node: ast.ImportFrom, subject: Subject) -> str | None:
    """The path, without ending, of the module that an import names; None where that is none of the own package."""
    inside = code.path.removesuffix(".py").removesuffix("/__init__").split("/")
    below = len(code.module.split("."))
    if code.path.endswith("__init__.py") and not code.path.endswith("/__init__.py"):
        return None  # the root is a package: what it is called is not known here
    top = inside[: len(inside) - below]
    if node.level:
        up = node.level - code.path.endswith("/__init__.py")
        if up > below:
            return None
        parts = inside[: len(inside) - up]
    else:
        parts = top
    parts = parts + (node.module.split(".") if node.module else [])
    if node.level == 0:
        package = "/".join(parts[: len(top) + 1])
        if f"{package}/__init__.py" not in subject.own_set or _installed(parts[len(top)], subject):
            return None
    return "/".join(parts)


def _installed(name: str, subject: Subject) -> bool:
    """Whether a package of that name is installed too: a folder may be called `dagster`, and which of the two is found
    depends on where Python is started.
    """
    return name == "dagster" or name.replace("_", "-").lower() in {one.name for one in subject.requirements}


def _there(place: str, subject: Subject) -> bool:
    """Whether a module or a folder stands there; a folder needs no __init__.py."""
    return any(f"{place}{end}" in subject.own_set for end in _FILES) or subject.files.has(f"{place}/")


def _built(place: str, subject: Subject) -> bool:
    """Whether the project names the file itself among what git ignores, or among what its build writes."""
    file = f"{place.rpartition('/')[2]}.py"
    texts = [(subject.files, name) for name in _SETTINGS] + [(subject.repository, ".gitignore")]
    return any(file in (files.text(name) or "") for files, name in texts)


def _star(code: Code) -> bool:
    return any(alias.name == "*" for node in code.all(ast.ImportFrom) for alias in node.names)


def _defines(code: Code, name: str) -> bool:
    """Whether a file binds a name; every module has the likes of `__file__`."""
    if any(f"\n{usual.format(name)}" in code.text for usual in _USUAL):
        return True  # most, and the tree need not be walked for them
    if name in code.defined or (name.startswith("__") and name.endswith("__")):
        return True
    return any(name in node.names for node in code.all(ast.Global))


def _guarded(code: Code, node: ast.ImportFrom) -> bool:
    """Whether an import does not run, or may fail: under TYPE_CHECKING, in a `try` that catches what it raises."""
    if isinstance(code.runs_in(node), ast.If):
        return True
    for above in code.above(node):
        if isinstance(above, ast.With) or (isinstance(above, ast.Try) and _catches(above)):
            return True
        if isinstance(above, ast.If):
            return True  # of another version, or another system
    return False


def _catches(node: ast.Try) -> bool:
    return any(
        handler.type is None or any(name in ast.dump(handler.type) for name in _CAUGHT) for handler in node.handlers
    )
