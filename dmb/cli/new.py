"""`dmb new`: make a module, and add it to a workspace with `--add`."""

from __future__ import annotations

import difflib
import sys
import tempfile
from pathlib import Path

import click

from ..answers import QUESTIONS, problem_with
from ..databases import DATABASES
from ..errors import DmbError

_BY_OPTION = {question.option: key for key, question in QUESTIONS.items()}


@click.command(
    "new",
    epilog="\b\nExamples:\n  dmb new 'Bar One'\n  dmb new Sales --database none --set governance=standard --no-input\n"
    "  dmb new Sales --workspace ~/dagster --add",
)
@click.argument("name", required=False)
@click.option("--database", type=click.Choice(list(DATABASES)), help="Same as --set database=…")
@click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help=f"Answer a question. Keys: {', '.join(_BY_OPTION)}."
)
@click.option(
    "--output-dir", type=click.Path(path_type=Path, file_okay=False), default=".", help="Folder to make it in."
)
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    help="Workspace whose ports are avoided, and that --add adds the module to.",
)
@click.option("--add", "add_it", is_flag=True, help="Also add the module to the workspace.")
@click.option("--no-input", is_flag=True, help="Do not prompt (the default without a terminal).")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON (schema dmb.new/1).")
@click.option("--dry-run", is_flag=True, help="Make nothing; show the files as a unified diff.")
def new(
    name: str | None,
    database: str | None,
    settings: tuple[str, ...],
    output_dir: Path,
    workspace: Path | None,
    add_it: bool,
    no_input: bool,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Make a Dagster module in its own folder, ready to load, test and materialize.

    Prompts for what is missing. NAME is the module's name as people write it, such as 'Bar One'.
    """
    # cookiecutter takes 0.2 s to import: not for --help
    from ..layout import find
    from ..module import Module
    from ..template.create import create
    from ..workspace.changes.add import add_modules
    from . import output
    from .workspace.added import added_data, print_added

    no_input = no_input or as_json or not sys.stdin.isatty()
    given = read_answers(name, database, settings, workspace)
    if no_input and "module_name" not in given:
        raise DmbError("the module has no name", remedy="give one: dmb new 'Bar One'")
    layout = find(workspace) if add_it else None  # refuse before anything is made
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="dmb-dry-run-") as folder:
            output.new_files(create(given, output_dir=Path(folder), no_input=no_input).project)
        return
    made = create(given, output_dir=output_dir, no_input=no_input)
    added = None
    if layout:
        modules = [Module.read(made.project)]
        added = add_modules(layout, modules, install=True, dry_run=False, tell=output.tell)
    if as_json:
        answers = {question.option: made.answers[key] for key, question in QUESTIONS.items()}
        data = {"project": str(made.project), "answers": answers, "link": made.link, "notes": list(made.notes)}
        output.data("dmb.new/1", data | {"added": added_data(added, dry_run=False) if added else None})
        return
    for line in made.report():
        output.line(line)
    if added:
        print_added(added)
    else:
        output.following(made.next_commands())


def read_answers(
    name: str | None, database: str | None, settings: tuple[str, ...], workspace: Path | None
) -> dict[str, str]:
    """The answers on the command line by cookiecutter's keys. Raises DmbError for an unknown key or a wrong value."""
    given: dict[str, str] = {}
    for setting in settings:
        option, equals, value = setting.partition("=")
        if not equals:
            raise DmbError(f"--set {setting} is not KEY=VALUE", remedy=f"write --set {option}=…")
        if option not in _BY_OPTION:
            close = difflib.get_close_matches(option, _BY_OPTION, n=1)
            hint = f"did you mean {close[0]}?" if close else f"the keys are: {', '.join(_BY_OPTION)}"
            raise DmbError(f"there is no question {option!r}", remedy=hint)
        given[_BY_OPTION[option]] = value.strip()
    if name is not None:
        given["module_name"] = name.strip()
    if database is not None:
        given["database"] = database
    if workspace is not None:
        given["__workspace"] = str(workspace)
    for key, value in given.items():
        if problem := problem_with(key, value):
            from ..template.create import repeat_command

            kept = {k: v for k, v in given.items() if k != key}
            raise DmbError(problem, remedy=f"to continue with the answers so far: {repeat_command(kept)}")
    return given
