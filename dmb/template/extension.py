"""What the template's Jinja environment knows: quoting filters, derived names, checks of answers, the choice of ports.

`template_extension.TemplateExtension` installs this into cookiecutter's environment, so it runs under plain
`cookiecutter`, under `cruft` and under pytest-cookies, with nothing but cookiecutter's own dependencies. Imports inside
the package are relative, since the shim loads it under a private name.
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cookiecutter.exceptions import FailedHookException

from .. import PUBLIC_ADDRESS, __version__, answers, databases, layout, system_packages
from ..errors import DmbError, NothingToWorkOn
from ..formats.json_text import json_text
from ..ports.choice import propose
from ..ports.reservations import reserve
from ..ports.survey import survey
from . import finish

if TYPE_CHECKING:
    from jinja2 import Environment

Answers = MutableMapping[str, Any]


class RefusedAnswer(FailedHookException):  # type: ignore[misc]  # cookiecutter has no types
    """An answer that no module can be made from. Cookiecutter prints one line and exits with 1; nothing is on disk.

    `sentence` is the cause and what to write instead; the text adds the command that repeats the run with the answers
    so far.
    """

    def __init__(self, sentence: str, key: str, given: Answers, root: Path) -> None:
        self.sentence = sentence
        self.key = key
        self.given = {k: str(given[k]) for k in answers.QUESTIONS if k != key and str(given.get(k, ""))}
        super().__init__(f"{sentence}. To continue with the answers so far: {repeat_command(self.given, key, root)}")


def repeat_command(given: dict[str, str], refused: str, root: Path) -> str:
    """The command line that runs this again with `given`, ready for a shell. The refused answer is left out."""
    program, words = Path(sys.argv[0]).name, sys.argv[1:]
    if program == "cruft" and "create" in words:
        kept = [word for i, word in enumerate(words) if "--extra-context" not in (word, words[i - 1] if i else "")]
        return shlex.join([program, *kept, "--extra-context", json.dumps(given, ensure_ascii=False)])
    if program != "cookiecutter":
        words = [str(root)]
    words = [
        word for word in words if word.partition("=")[0] not in {*given, refused} and not word.startswith("--replay")
    ]
    return shlex.join(["cookiecutter", *words, *(f"{key}={value}" for key, value in given.items())])


# --- filters: how an answer enters a file -----------------------------------------------------------------------------


def quoted(value: object) -> str:
    """`value` as a double-quoted string that TOML, JSON and YAML all read back as it was."""
    return json_text(str(value))


def python_literal(value: object) -> str:
    """`value` as an ASCII Python literal, strings in the quotes that ruff format would choose."""
    if not isinstance(value, str):
        return ascii(value)
    mark = "'" if value.count('"') > value.count("'") else '"'
    body = value.encode("unicode_escape").decode("ascii").replace(mark, "\\" + mark)
    return f"{mark}{body}{mark}"


def markdown(value: object) -> str:
    """`value` as prose in Markdown: no character of it is taken for markup, at the start of a line neither."""
    text = re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", str(value))
    return re.sub(r"^(\d*)([-+.)=])", r"\1\\\2", text)


def comment(value: object) -> str:
    """`value` as the text of a one-line comment; the checks have refused every character that could end the line."""
    return " ".join(str(value).split())


# --- what runs while the questions are asked, and before the first file is written ------------------------------------


class _Functions:
    """The functions of one environment; `root` is the template's folder."""

    def __init__(self, environment: Environment, root: Path) -> None:
        self.environment = environment
        self.root = root

    def check(self, given: Answers, key: str) -> str:
        """Refuse a wrong answer right at its own prompt. Spaces around a text are no part of it."""
        given[key] = str(given[key]).strip()
        if problem := answers.problem_with(key, given[key]):
            raise RefusedAnswer(problem, key, given, self.root)
        return ""

    def check_rest(self, given: Answers) -> str:
        """After the last question: check the answers that were set without a prompt, and that the ports are free."""
        self._check_all(given)
        with self._refusing_ports(given):
            held = survey(self._workspace(given), siblings=self._output(given))
            propose(given["module_slug"], self._wanted(given), held)
        return ""

    def _check_all(self, given: Answers) -> None:
        for key in answers.QUESTIONS:
            self.check(given, key)
        if conflict := answers.contradiction(given):
            key, sentence = conflict
            raise RefusedAnswer(sentence, key, given, self.root)

    def settle(self, given: Answers) -> str:
        """In `pre_gen`: check again, since a replay skips the prompts, and reserve the ports that the module prefers.

        A port that nobody typed and that became taken meanwhile moves on to the next free one.
        """
        self._check_all(given)
        output = self._output(given)
        with self._refusing_ports(given):
            reserved = reserve(
                given["module_slug"],
                self._wanted(given),
                workspace=self._workspace(given),
                siblings=output,
                project=output / given["module_slug"] if output else None,
            )
        keys = answers.port_keys(given)
        given.update({keys[kind]: str(port) for kind, port in reserved.ports.items()})
        given["_notes"] = list(reserved.notes)
        return ""

    def _wanted(self, given: Answers) -> dict[str, int | None]:
        return {kind: int(given[key] or 0) or None for kind, key in answers.port_keys(given).items()}

    def _output(self, given: Answers) -> Path | None:
        """The folder that the module's own folder comes into; cruft does not tell."""
        return Path(given["_output_dir"]) if "_output_dir" in given else None

    def _workspace(self, given: Answers) -> Path | None:
        """The workspace whose ports count, None where there is none. One that was named must be one."""
        named = given["__workspace"]
        try:
            return layout.find(Path(named) if named else None, start=self._output(given)).root
        except NothingToWorkOn:
            if named:
                raise
            return None

    @contextlib.contextmanager
    def _refusing_ports(self, given: Answers) -> Iterator[None]:
        try:
            yield
        except DmbError as error:
            key = "__workspace" if isinstance(error, NothingToWorkOn) else self._port_key(given, error)
            raise RefusedAnswer(" ".join(str(error).split()), key, given, self.root) from error

    def _port_key(self, given: Answers, error: DmbError) -> str:
        """The answer that an error about a port is about: the typed port that it names."""
        keys = list(answers.port_keys(given).values())
        return next((key for key in keys if given[key] and f"port {given[key]} " in str(error)), keys[0])

    def hook_source(self) -> dict[str, str]:
        """Where a module's pre-commit configuration finds our hook: `repo` and `rev`.

        That is what the module is made from, so that a fork's modules use the fork's hook; the public address and this
        version's tag when no commit says what that was.
        """
        try:
            repo, rev = finish.origin(self.root, PUBLIC_ADDRESS)
        except LookupError:
            repo, rev = PUBLIC_ADDRESS, f"v{__version__}"
        return {"repo": repo, "rev": rev}

    def plan(self, given: Answers) -> dict[str, Any]:
        """What `finish.py` does once the tree is rendered: the answers, and the files that only some answers call for.

        Cookiecutter makes every folder that it walks, so a folder that a tier does not have would stay behind empty.
        Such files stand in `templates/module/`, and each makes its folders only when its own name renders to something.
        """
        files = {}
        tree = self.root / "templates" / "module"
        for source in sorted(path for path in tree.rglob("*") if path.is_file()):
            name = self._render(source.relative_to(tree).as_posix(), given)
            if name and not name.endswith("/"):
                files[name] = self._render(source.read_text(encoding="utf-8"), given)
        workspace = self._workspace(given)
        notes = given.pop("_notes", [])
        plan = {
            "root": str(self.root),
            "address": PUBLIC_ADDRESS,
            "answers": dict(given),
            "notes": [*notes, *system_packages.notes(given["__system_packages"])],
            "workspace": str(workspace) if workspace else None,
            "files": files,
        }
        # From here on these answers are only kept: cruft writes them into .cruft.json, which is committed.
        given["__workspace"] = ""
        return plan

    def _render(self, text: str, given: Answers) -> str:
        return self.environment.from_string(text).render(cookiecutter=given)


def install(environment: Environment, root: Path) -> None:
    """Add the filters and functions to cookiecutter's environment. The shim calls this for every one that is made."""
    functions = _Functions(environment, root)
    environment.filters.update(q=quoted, pylit=python_literal, md=markdown, comment=comment)
    environment.globals.update(
        dmb_version=__version__,
        template_root=str(root),
        slug_from=answers.slug_from,
        package_from=answers.package_from,
        prefix_from=answers.prefix_from,
        schedules_from=answers.schedules_from,
        databases=databases.DATABASES,
        system_packages=system_packages.chosen,
        debian_packages=system_packages.debian_packages,
        check=functions.check,
        check_rest=functions.check_rest,
        settle=functions.settle,
        hook_source=functions.hook_source,
        plan=functions.plan,
    )
