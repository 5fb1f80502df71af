"""DEF007: an import from the own package that finds nothing."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...facts.imports import Imports, may_fail
from ...facts.loaded_modules import reachable
from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject


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

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """The files that are imported when the project is loaded; what nothing imports hinders nobody."""
        imports = Imports(subject.package, subject.repository, subject.project.requirements)
        suspects = [
            (code, node, missing)
            for code in subject.package.files
            for node in code.all(ast.ImportFrom)
            if (missing := list(imports.missing(code, node)))
        ]
        live = reachable(subject.package, subject.repository) if suspects else ()
        for code, node, missing in suspects:
            if code.path in live and not may_fail(code, node):
                for name, message in missing:
                    yield self.diagnosis(code.spot(node), name, message)
