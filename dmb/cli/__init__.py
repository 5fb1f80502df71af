"""The `dmb` command: which subcommands there are (each is imported when it is used), and how errors are printed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

try:
    import click
except ModuleNotFoundError:
    sys.exit("the dmb command needs more libraries: pip install 'dagster-module-builder[cli]'")

from .. import PUBLIC_ADDRESS, __version__
from ..errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130  # as a shell has it: 128 + SIGINT

# name -> (module, attribute, what --help says of it). Help is written here so that `dmb --help` imports no subcommand.
COMMANDS = {
    "new": ("dmb.cli.new", "new", "Make a Dagster module."),
    "workspace": ("dmb.cli.workspace", "workspace", "Make workspaces; add and remove modules."),
    "audit": ("dmb.cli.audit", "audit", "Audit modules and workspaces without running them."),
    "rules": ("dmb.cli.audit", "rules", "List the audit's rules, or explain one."),
    "ports": ("dmb.cli.ports", "ports", "Show who holds which port."),
    "env": ("dmb.cli.env", "env", "Make a module's own .env."),
}


class LazyGroup(click.Group):
    """A group whose subcommands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of COMMANDS: as they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one subcommand. An unknown name is refused with similar ones."""
        if cmd_name in COMMANDS:
            from importlib import import_module

            module, attribute, _ = COMMANDS[cmd_name]
            command: click.Command = getattr(import_module(module), attribute)
            return command
        if cmd_name.startswith("-") or ctx.resilient_parsing:
            return None
        raise click.NoSuchCommand(cmd_name, possibilities=COMMANDS, ctx=ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in --help, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExamples:\n"
    "  dmb new 'Bar One'\n"
    "  dmb workspace init ~/dagster\n"
    "  dmb workspace add bar-one --workspace ~/dagster",
)
@click.version_option(__version__, prog_name="dmb")
def dmb() -> None:
    """Make Dagster modules and add them to a shared workspace."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    0 done, 1 findings or drift, 2 refused, 3 nothing to work on, 4 an internal error; 130 stopped by Ctrl-C.
    """
    try:
        code: Any = dmb.main(arguments, prog_name="dmb", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except DmbError as error:
        click.echo(f"Error: {error}", err=True)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        code = INTERRUPTED
    except Exception as error:  # no traceback reaches a user
        if isinstance(error, OSError) and error.filename:  # the person can fix that
            place, cause = str(error.filename), error.strerror or str(error)
            click.echo(f"Error: {DmbError(cause, place=place, remedy='fix that, then run again')}", err=True)
            code = DmbError.exit_code
        else:
            click.echo(f"Error: internal error in dmb ({type(error).__name__}: {error})", err=True)
            click.echo(f"  -> {_how_to_report(error)}", err=True)
            code = 4
    sys.exit(code if isinstance(code, int) else 0)


def _how_to_report(error: Exception) -> str:
    """Write the traceback where only the user can read it, and say where to."""
    import tempfile
    import traceback

    try:
        handle, path = tempfile.mkstemp(prefix="dmb-error-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(f"dmb {__version__}, Python {sys.version}\n")
            traceback.print_exception(error, file=file)
    except OSError:
        return "report it to the project with the command that you ran and this text"
    return f"report it at {PUBLIC_ADDRESS}/issues with the command that you ran and {path}"
