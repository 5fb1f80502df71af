"""Answers that break careless templates: refused with one sentence and nothing on disk, or kept whole in every file."""

from __future__ import annotations

import ast
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from cookiecutter.exceptions import FailedHookException
from pytest_cookies.plugin import Cookies

from dmb.answers import problem_with
from tests.support.made_modules import Configuration, MadeModule
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

HOSTILE = {
    "empty": "",
    "space": " ",
    "newline": "a\nb",
    "carriage return": "a\r\nb",
    "tab": "a\tb",
    "nul": "a\x00b",
    "escape sequence": "\x1b[31mred",
    "next line": "a\x85b",
    "line separator": "a\u2028b",
    "byte order mark": "\ufeffa",
    "double quotes": 'say "hi"',
    "single quotes": "it's",
    "both quotes": 'it\'s "so" \'\'\'"""',
    "backslash": "C:\\new\\table",
    "ends in a backslash": "a\\",
    "jinja expression": "{{ 7 * 7 }}",
    "jinja statement": "{% for x in y %}",
    "jinja comment": "{# gone #}",
    "braces": "{a} }} %}",
    "format": "%s %(x)s {0} $x ${y}",
    "command substitution": "$(touch /tmp/x) `id`",
    "shell": "a; rm -rf / && b | c > d",
    "option": "-x",
    "long option": "--help",
    "parent folder": "../x",
    "absolute": "/etc/passwd",
    "home": "~/x",
    "comment": "# not a comment",
    "yaml": "yes: [no, ~] &a *a !!python/object:x",
    "html": "<script>alert(1)</script> --> &amp;",
    "markdown": "# *bold* _it_ [x](y) ![z](w) | t | ~~s~~",
    "toml": 'x"""\ny = 1\n[tool]',
    "emoji": "🚀 rocket 👩‍💻",
    "right to left": "שלום עולם",
    "turned direction": "\u202eabc",
    "accents": "Größe Ünï Ålesund",
    "chinese": "数据管道",
    "combining": "e\u0301 a\u030a",
    "300 characters": "x" * 300,
    "301 characters": "x" * 301,
    "5000 characters": "word " * 1000,
    "keyword": "class",
    "standard library": "json",
    "dagster": "dagster",
    "null": "None",
    "number": "123",
    "float": "1e5",
    "device": "CON",
    "device with extension": "nul.txt",
    "trailing dot": "name.",
    "dots": "..",
    "git": ".git",
    "capitals": "UPPER",
    "underscores": "__init__",
    "hyphens": "a--b-",
    "surrogate": "\ud800",
    "no-break space": "a\u00a0b",
    "zero width": "a\u200bb",
    "equals": "a=b",
    "e-mail": "a.b+c@example.com",
    "team": "team:data",
    "e-mail with newline": "a@example.com\nx",
}
KEYS = ("module_name", "module_slug", "description", "owner", "__package", "__prefix")


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) * len(KEYS) >= 150


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_answer_is_refused_whole_or_kept_whole(key: str, case: str, cookies: Cookies, tmp_path: Path) -> None:
    value = HOSTILE[case]
    # Cookiecutter renders what is given on the command line; raw is what a person types at the prompt.
    answers = {key: f"{{% raw %}}{value}{{% endraw %}}"}
    if key == "module_name":
        answers["module_slug"] = "foo-two"  # a name of no ASCII letters has no slug of its own
    result = cookies.bake(extra_context={"governance": "enterprise", **answers}, template=str(ROOT))
    problem = problem_with(key, value.strip())
    if problem is not None:
        assert isinstance(result.exception, FailedHookException), result.exception
        assert "\n" not in str(result.exception)
        assert not [path for path in tmp_path.rglob("*") if path.name not in {"cookies", "bake00"}]
        return
    assert result.exception is None, result.exception
    project = result.project_path
    assert project is not None
    module = MadeModule(project, Configuration("duckdb", "enterprise", "isolated"))
    made = every_file_parses(project)
    value = value.strip()
    manifest = made["pyproject.toml"]
    package = manifest["tool"]["dg"]["project"]["root_module"]
    found = {
        "module_name": manifest["tool"]["dmb"]["title"],
        "module_slug": manifest["tool"]["dmb"]["name"],
        "description": manifest["project"]["description"],
        "owner": owners(project / "src" / package / "defs" / "orders" / "assets.py")[0],
        "__package": package,
        "__prefix": manifest["tool"]["dmb"]["prefix"],
    }
    assert found[key] == value
    module.run("ruff", "format", "--check", "--no-cache", ".")
    module.run("ruff", "check", "--no-cache", ".")


def every_file_parses(project: Path) -> dict[str, Any]:
    """Parse every file of the module and return the TOML ones."""
    parsed = {}
    for path in project.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".toml":
                parsed[path.name] = tomllib.loads(text)
            elif path.suffix in {".yaml", ".yml"}:
                yaml.safe_load(text)
            elif path.suffix == ".json":
                json.loads(text)
            elif path.suffix == ".py":
                ast.parse(text)
            elif path.name.startswith(".env"):
                assert all(line.startswith("#") or "=" in line for line in text.splitlines() if line)
    return parsed


def owners(path: Path) -> list[str]:
    """The value of OWNERS in the module's assets, as Python reads it."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "OWNERS":
            return list(ast.literal_eval(node.value))
    raise AssertionError("no OWNERS")
