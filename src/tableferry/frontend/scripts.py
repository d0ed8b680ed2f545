"""The command lines of the deployment's scripts: arguments in, a checked request out."""

import argparse
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from tableferry.errors import ConfigError
from tableferry.frontend.command import run_command
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.request import Request
from tableferry.frontend.response import Result

Execute = Callable[[Request, RunCallbacks], Result]


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

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        usage = " ".join(self.format_usage().split())
        raise ConfigError(f"Wrong use: {message}", hint=f"{usage[0].upper()}{usage[1:]}")


_FORMAT: Final = Parser(is_whole=False)
_FORMAT.add_argument("--json", action="store_true", help="print the result as JSON only")


def names(text: str) -> list[str]:
    """Return the names of a comma-separated list; ``parse_event`` refuses an empty list."""
    return [name.strip() for name in text.split(",")] if text.strip() else []


def run_script(
    arguments: Sequence[str], read: Callable[[Sequence[str]], Request], execute: Execute
) -> int:
    """Read the arguments, execute the request and print the result; returns the exit code.

    The format is read first, by a parser of its own: a refusal of the others needs it.
    """
    return run_command(
        lambda callbacks: execute(read(arguments), callbacks), as_json=_wants_json(arguments)
    )


def _wants_json(arguments: Sequence[str]) -> bool:
    try:
        return bool(_FORMAT.parse_known_args(arguments)[0].json)
    except ConfigError:
        return False  # "--json=x": the whole parser refuses it, with the script's usage
