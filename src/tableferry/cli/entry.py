"""The command's entry: its groups of commands put together, and its arguments parsed."""

from collections.abc import Callable
from typing import Annotated, Final

import typer

from tableferry import __version__
from tableferry.cli import config, copy, init, inspect, sandbox, status, sync, verify, watch
from tableferry.cli.parsing import Command, Group, refuse
from tableferry.frontend.exit_codes import INTERRUPTED
from tableferry.frontend.output import shielded_output
from tableferry.frontend.signals import end_process

app = typer.Typer(
    cls=Group,
    help="Copy tables from SQL Server to PostgreSQL: fast, exact, and without locking out readers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

COMMANDS: Final[dict[str, Callable[..., int]]] = {
    "copy": copy.copy,
    "init": init.init,
    "discover": inspect.discover,
    "plan": inspect.plan,
    "sync": sync.sync,
    "watch": watch.watch,
    "verify": verify.verify,
    "status": status.status,
    "history": status.history,
    "runs": status.runs,
    "quarantine": status.quarantine,
    "check": inspect.check,
    "doctor": inspect.doctor,
    "info": inspect.info,
    "demo": sandbox.demo,
    "sandbox": sandbox.sandbox,
}
"""In the order of the help text. Each returns its exit code."""

for _name, _command in COMMANDS.items():
    app.command(_name, cls=Command)(_command)

app.add_typer(config.app, name="config", cls=Group)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tableferry {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Take the options that come before a command."""


def main() -> None:
    """Run the command named by ``sys.argv`` and end the process with its exit code."""
    with shielded_output():
        try:
            code = int(app(prog_name="tableferry", standalone_mode=False) or 0)
        except typer.TyperException as error:
            code = refuse(error)
        except KeyboardInterrupt:  # while arguments are parsed: nothing has begun
            code = INTERRUPTED.exit_code
    end_process(code)
