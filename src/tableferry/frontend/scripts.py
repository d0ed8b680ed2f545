"""The command lines of the deployment's scripts: arguments in, a checked request out."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, NoReturn

from tableferry.errors import ConfigError
from tableferry.frontend.command import PLAIN, Style, run_command
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.request import Operation, Request
from tableferry.frontend.response import Result
from tableferry.frontend.wrong_use import wrong_use
from tableferry.verification.asked_options import VERIFY_KEYS
from tableferry.verification.options import VerifyOptions

Execute = Callable[[Request, RunCallbacks], Result]


class _Once(argparse.Action):
    """Store a value; refuse a second one, which would replace it silently."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        if option_string and getattr(namespace, self.dest) is not self.default:
            parser.error(f"{option_string} is given twice, and takes one value")
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """An argument parser that raises ConfigError instead of ending the process.

    Flags cannot be abbreviated: a script that works today must not break when a flag is added.
    """

    def __init__(self, description: str = "", *, is_whole: bool = True) -> None:
        """``is_whole`` False: a part of another parser, without a help text of its own."""
        parents = [_FORMAT] if is_whole else []
        super().__init__(
            description=description, allow_abbrev=False, add_help=is_whole, parents=parents
        )
        self.register("action", None, _Once)

    def add_names(self, flag: str, description: str) -> None:
        """Add a flag that takes a list of names: commas and repetition add up."""
        self.add_argument(flag, type=names, action="extend", help=description)

    def add_verify_flags(self) -> None:
        """Add the flags of ``verify``; each has the name of the event's key."""
        self.add_argument("--sample", type=int, help="so many key ranges, chosen at random")
        self.add_argument("--count", action="store_true", help="the numbers of rows only")
        self.add_argument("--independent", action="store_true", help="a sample by other paths, too")
        self.add_argument("--repair", action="store_true", help="make rows that differ equal")
        self.add_argument("--settle", type=float, help="look again after so many seconds (5)")
        self.add_argument("--limit", type=int, help="list so many rows of a table (20)")
        self.add_argument("--show-values", action="store_true", help="list their values, too")

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        usage = " ".join(self.format_usage().split())
        raise wrong_use(message, hint=f"{usage[0].upper()}{usage[1:]}")


_FORMAT: Final = Parser(is_whole=False)
_FORMAT.add_argument("--json", action="store_true", help="print the result as JSON only")
_FORMAT.add_argument("--quiet", action="store_true", help="print failures and the last line only")


def verify_event(found: argparse.Namespace) -> dict[str, Any]:
    """Return the keys of an event for the flags of ``verify`` that were given."""
    given = {key: getattr(found, key) for key in VERIFY_KEYS}
    return {key: value for key, value in given.items() if value is not None and value is not False}


def with_values(request: Request, found: argparse.Namespace) -> VerifyOptions:
    """Return the request's options of ``verify``, with values where a person asks for them here.

    Raises ConfigError where the request is for something else.
    """
    if found.show_values and request.mode is not Operation.VERIFY:
        raise ConfigError(f"--show-values goes with {Operation.VERIFY}", hint="Leave it out.")
    return replace(request.verify, show_values=found.show_values)


def names(text: str) -> list[str]:
    """Return the names of a comma-separated list; ``parse_event`` refuses an empty list."""
    return [name.strip() for name in text.split(",")] if text.strip() else []


def run_script(
    arguments: Sequence[str], read: Callable[[Sequence[str]], Request], execute: Execute
) -> int:
    """Read the arguments, execute the request and print the result; returns the exit code.

    The format is read first, by a parser of its own: a refusal of the others needs it.
    """
    return run_command(lambda callbacks: execute(read(arguments), callbacks), _style(arguments))


def _style(arguments: Sequence[str]) -> Style:
    try:
        found = _FORMAT.parse_known_args(arguments)[0]
    except ConfigError:
        return PLAIN  # "--json=x": the whole parser refuses it, with the script's usage
    return Style(as_json=found.json, quiet=found.quiet)
