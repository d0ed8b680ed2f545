"""A deployment's commands: arguments in, progress and a summary out, an exit code at the end.

What a person looks at is imported only here, and only when it is used: Lambda has no use for it.
"""

import argparse
import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn

from tableferry.errors import ConfigError, TableferryError
from tableferry.frontend.request import Request
from tableferry.frontend.response import Response, Result, respond
from tableferry.frontend.watch import RunCallbacks
from tableferry.sync.outcome import RunOutcome

Execute = Callable[[Request, RunCallbacks], Result]

INTERRUPTED: Final = 130
"""What shells say of a command that Ctrl-C ended (128 + SIGINT)."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises ConfigError instead of ending the process.

    Every command has ``--json``; flags cannot be abbreviated, a script should say what it means.
    """

    def __init__(self, description: str) -> None:
        super().__init__(description=description, allow_abbrev=False)
        self.add_argument("--json", action="store_true", help="print the result as JSON only")

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        usage = " ".join(self.format_usage().split())
        raise ConfigError(f"Wrong use: {message}", hint=f"{usage[0].upper()}{usage[1:]}")


def spell_out() -> None:
    """Let stdout and stderr spell out signs that their encoding lacks: no name must end a run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def names(text: str) -> list[str]:
    """Return the names of a comma-separated list; an empty list is left for others to refuse."""
    return [name.strip() for name in text.split(",")] if text.strip() else []


def run_command(
    argv: Sequence[str], read: Callable[[Sequence[str]], Request], execute: Execute
) -> int:
    """Read the arguments, do the work, show what came of it; returns the exit code."""
    spell_out()
    try:
        if "--json" in argv:
            response, result = respond(lambda: execute(read(argv), RunCallbacks()))
            print(json.dumps(response.body, indent=2))  # noqa: T201 - a command's output
        else:
            response, result = _shown(lambda: read(argv), execute)
        return result.exit_code if isinstance(result, RunOutcome) else response.exit_code
    except KeyboardInterrupt:
        print("Interrupted: the table in hand was rolled back.", file=sys.stderr)  # noqa: T201
        return INTERRUPTED


def _shown(read: Callable[[], Request], execute: Execute) -> tuple[Response, Result | None]:
    # Not at the top: rich takes longer to import than a small table takes to sync.
    from tableferry.inspect.check import CheckReport  # noqa: PLC0415
    from tableferry.inspect.plan_report import PlanReport  # noqa: PLC0415
    from tableferry.report import check_view, console, plan_view  # noqa: PLC0415

    view = console.RunView()

    def work() -> Result:
        request = read()
        with view:
            return execute(request, RunCallbacks(view.progress, view.outcome))

    response, result = respond(work)
    if isinstance(result, RunOutcome):
        view.summary(result)
    elif isinstance(result, CheckReport):
        check_view.show_check(result)
    elif isinstance(result, PlanReport):
        plan_view.show_plan(result)
    elif isinstance(result, Mapping):
        console.show_info(result)
    if response.error is not None:
        console.show_error(_as_error(response))
    return response, result


def _as_error(response: Response) -> TableferryError:
    """Return the error to show: a refusal as what it is, the unforeseen without its own text."""
    report = response.error
    kind = ConfigError if response.exit_code == 2 else TableferryError
    return kind(report.message, hint=report.hint) if report else TableferryError("")
