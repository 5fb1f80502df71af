"""What a Python file says, read and never run."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_hooks.facts.code import UNKNOWN, Code
from audit_hooks.facts.declarations import MISSING, declared
from audit_hooks.facts.package import module_name
from tests.support.trees import module, write


def code(text: str, path: str = "bar/defs.py", name: str = "bar.defs") -> Code:
    return Code(path, name, text, ast.parse(text))


@pytest.mark.parametrize(
    ("imported", "used"),
    [
        ("import dagster as dg", "dg.asset"),
        ("import dagster", "dagster.asset"),
        ("from dagster import asset", "asset"),
        ("from dagster import asset as a", "a"),
        ("from dagster._core.definitions.decorators.asset_decorator import asset", "asset"),
        ("import dagster._core.definitions as d", "d.asset"),
        ("if True:\n    from dagster import asset", "asset"),
        ("try:\n    from dagster import asset\nexcept ImportError:\n    pass", "asset"),
    ],
)
def test_a_name_means_what_was_imported(imported: str, used: str) -> None:
    found = code(f"{imported}\n\n@{used}\ndef foo(): ...\n\n@{used}(name='bar')\ndef x(): ...\n")
    assert [(item.kind, item.name) for item in declared(found, "asset")] == [("asset", "foo"), ("asset", "bar")]


@pytest.mark.parametrize(
    "text",
    [
        "from prefect import asset\n@asset\ndef foo(): ...\n",
        "def asset(f): return f\n@asset\ndef foo(): ...\n",
        "import dagster as dg\nx.dg.asset(1)\n",
        "from mydagster import asset\n@asset\ndef foo(): ...\n",
    ],
)
def test_what_is_not_dagsters_is_left_alone(text: str) -> None:
    assert declared(code(text), "asset") == []


def test_a_class_keeps_its_methods() -> None:
    found = code("import dagster as dg\na = dg.EnvVar.int('A')\nb = dg.EnvVar('B')\n")
    assert [(item.kind, item.value("name", 0)) for item in declared(found, "EnvVar.int", "EnvVar")] == [
        ("EnvVar.int", "A"),
        ("EnvVar", "B"),
    ]


def test_re_exports_and_constants_of_the_package_are_followed(tmp_path: Path) -> None:
    subject = module(
        tmp_path,
        {
            "src/bar/__init__.py": "",
            "src/bar/common/__init__.py": "from .names import PREFIX, asset\n",
            "src/bar/common/names.py": "from dagster import asset\nPREFIX = 'bar'\n",
            "src/bar/defs.py": "from .common import asset as a, PREFIX\nfrom bar import common\n"
            "@a(key_prefix=PREFIX)\ndef foo(): ...\n@common.asset(key_prefix=[common.PREFIX, 'x'])\ndef two(): ...\n",
        },
    )
    (found,) = (one for one in subject.package.files if one.module == "bar.defs")
    assert [(item.name, item.value("key_prefix")) for item in declared(found, "asset")] == [
        ("foo", "bar"),
        ("two", ["bar", "x"]),
    ]


def test_circles_of_names_and_constants_end(tmp_path: Path) -> None:
    subject = module(
        tmp_path, {"a.py": "from b import X\nY = X\nZ = Z2\nZ2 = Z\n", "b.py": "from a import Y as X\nW = X\n"}
    )
    write(tmp_path, {"c.py": "A = 'x' * 9\nA0 = 'x'\n" + "".join(f"A{n + 1} = A{n} + A{n}\n" for n in range(200))})
    assert module(tmp_path, {"c.py": (tmp_path / "c.py").read_text()}).package.files[0].constant("A200") is UNKNOWN
    for one in subject.package.files:
        assert {one.constant(name) for name in ("X", "Y", "Z", "W")} == {UNKNOWN}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1", 1),
        ("-1.5", -1.5),
        ("'a' 'b'", "ab"),
        ("'a' + 'b'", "ab"),
        ("f'{NAME}/x'", "bar/x"),
        ("f'{NAME!r}'", UNKNOWN),
        ("f'{other}'", UNKNOWN),
        ("[NAME, 'x']", ["bar", "x"]),
        ("('a', 1)", ("a", 1)),
        ("{'a': NAME}", {"a": "bar"}),
        ("{**x}", UNKNOWN),
        ("{[]: 1}", UNKNOWN),
        ("TWICE", UNKNOWN),
        ("GROWS", UNKNOWN),
        ("os.environ['A']", UNKNOWN),
        ("None", None),
        ("'a' if x else 'b'", UNKNOWN),
    ],
)
def test_the_value_of_what_is_written(expression: str, value: object) -> None:
    text = f"import os\nNAME = 'bar'\nTWICE = 1\nTWICE = 2\nGROWS = 'a'\nGROWS += 'b'\nx = {expression}\n"
    found = code(text)
    assert found.value(found.defined["x"][0].value) == value  # type: ignore[attr-defined]


def test_arguments_are_missing_unknown_or_known() -> None:
    found = code(
        "import dagster as dg\na = dg.RetryPolicy(max_retries=3)\nb = dg.RetryPolicy(**x)\nc = dg.RetryPolicy(4)\n"
    )
    a, b, c = declared(found, "RetryPolicy")
    assert a.value("max_retries", 0) == 3
    assert a.value("delay") is MISSING
    assert b.value("delay") is UNKNOWN
    assert c.value("max_retries", 0) == 4


@pytest.mark.parametrize(
    ("line", "at_import"),
    [
        ("f()", True),
        ("if x:\n    f()", True),
        ("class A:\n    y = f()", True),
        ("def g(x=f()): ...", True),
        ("@f()\ndef g(): ...", True),
        ("def g():\n    f()", False),
        ("async def g():\n    f()", False),
        ("g = lambda: f()", False),
        ("class A:\n    def g(self):\n        f()", False),
        ("if __name__ == '__main__':\n    f()", False),
        ("if TYPE_CHECKING:\n    f()", False),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    f()", True),
    ],
)
def test_what_runs_at_import(line: str, *, at_import: bool) -> None:
    found = code(f"from m import f\n{line}\n")
    (call,) = found.calls("m.f")
    assert (found.runs_in(call) is None) == at_import


def test_a_place_counts_characters_and_not_bytes() -> None:
    text = "x = ['é😀', f(1)]\n"
    found = code("from m import f\n" + text)
    (call,) = found.calls("m.f")
    assert found.spot(call)[1:] == (2, text.index("f(1)") + 1)
    assert found.source(call) == "f(1)"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["é", "😀", "a", "\t", " ", "\u2028", "\f", "\x85"]), max_size=8).map("".join))
def test_every_node_is_where_its_text_is(odd: str) -> None:
    text = f"# {odd}\nx = ('{odd}', len('{odd}'))\n"
    found = code(text)
    (call,) = found.all(ast.Call)
    assert found.source(call) == f"len('{odd}')"


@pytest.mark.parametrize(
    ("path", "files", "name"),
    [
        ("src/bar/defs/a.py", ["src/bar/__init__.py"], "bar.defs.a"),
        ("src/bar/a.py", ["src/__init__.py", "src/bar/__init__.py"], "src.bar.a"),
        ("src/__init__.py", [], "src"),
        ("bar/__init__.py", ["bar/__init__.py"], "bar"),
        ("bar/a.py", ["bar/__init__.py"], "bar.a"),
        ("projects/bar/a.py", ["projects/bar/__init__.py"], "bar.a"),
        ("a.py", [], "a"),
        ("etl/a.py", [], "etl.a"),
    ],
)
def test_the_dotted_name_of_a_file(path: str, files: list[str], name: str) -> None:
    assert module_name(path, frozenset([*files, path])) == name


def test_a_name_imported_from_src_means_what_it_means_there(tmp_path: Path) -> None:
    subject = module(
        tmp_path,
        {
            "src/__init__.py": "",
            "src/common.py": "from dagster import asset\n\nOWNER = 'team:data'\n",
            "src/defs.py": "from src.common import OWNER, asset\n\n@asset(owners=[OWNER])\ndef orders(): ...\n",
        },
    )
    defs = next(code for code in subject.package.files if code.path == "src/defs.py")
    assert [(item.name, item.value("owners")) for item in declared(defs, "asset")] == [("orders", ["team:data"])]


def test_a_file_that_is_no_python_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    subject = module(
        tmp_path,
        {
            "a.py": "def f(:\n",
            "b.py": "x = 1\n",
            "c.py": "x = '\0'\n",
            "d.py": "x = " + "(" * 5000 + ")" * 5000,
            "e.py": "-" * 200_000 + "1",
            "f.py": "x = 1\n" * 200_000,
            "g.py": b"x = '\xff'\n",
        },
    )
    assert [one.path for one in subject.package.files] == ["b.py"]
    told = {broken.spot.path: broken.cause for broken in (*subject.package.unparsed, *subject.files.broken)}
    assert told.keys() == {"a.py", "c.py", "d.py", "e.py", "f.py", "g.py"}
    assert "larger than 1 MB" in told["f.py"]
    assert told["g.py"] == "it is not UTF-8"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it")
def test_newer_syntax_is_called_that(tmp_path: Path) -> None:
    subject = module(
        tmp_path, {"a.py": "type X = int\n", "b.py": "def f[T](x: T) -> T: ...\n", "c.py": "x = f'{d[\"'\n"}
    )
    _ = subject.package.files
    causes = [broken.cause for broken in subject.package.unparsed]
    assert all("this is syntax of Python 3.12 or later" in cause for cause in causes[:2])


def test_the_audit_imports_only_the_standard_library_and_yaml() -> None:
    script = (
        "import sys, yaml; before = set(sys.modules)\n"
        "import audit_hooks.dmb_audit, audit_hooks.dmb_workspace_validate, audit_hooks.rules\n"
        "found = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(found - sys.stdlib_module_names - {'audit_hooks', 'dmb'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_folder_of_tests_beside_a_package_is_no_code_of_it(tmp_path: Path) -> None:
    files = ("bar/defs.py", "bar_tests/helpers.py", "ab_tests/defs.py", "src/bar/x.py", "src/bar_tests/inner/y.py")
    package = module(tmp_path, dict.fromkeys((*files, "src/bar_tests/z.py"), "import dagster\n")).package
    assert package.names == ["ab_tests/defs.py", "bar/defs.py", "src/bar/x.py"]
    assert package.tests == ["bar_tests/helpers.py", "src/bar_tests/inner/y.py", "src/bar_tests/z.py"]
