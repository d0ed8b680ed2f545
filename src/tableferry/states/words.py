"""The words for how a table stands, what each means, and what is to be typed about it."""

import json
import shlex
from collections.abc import Callable
from enum import StrEnum
from typing import Final


class Word(StrEnum):
    """How a table stands, in one word.

    ``differs``: a verification found rows that differ from the source's, and nothing has replaced
    them since. ``failing``: the last run did not publish it. ``running``: a run is loading it.
    ``held``: its lease is taken by a run that shows no life. ``late``: its rows are older than
    ``max_age``. ``never``: the ledger knows of no run that published it. ``fresh``: none of these.
    """

    DIFFERS = "differs"
    FAILING = "failing"
    HELD = "held"
    LATE = "late"
    NEVER = "never"
    RUNNING = "running"
    FRESH = "fresh"


WORST_FIRST: Final = tuple(Word)
"""The order in which a person should look at them."""


class Action(StrEnum):
    """What a person does next about a table."""

    SYNC = "sync"
    PLAN = "plan"
    CHECK = "check"
    VERIFY = "verify"
    HISTORY = "history"


_MODES: Final = {
    Action.SYNC: "multi_sync",
    Action.CHECK: "multi_test",
    Action.HISTORY: "status",  # the function tells no more of a table's runs
}
"""What the deployment calls an action, where that is another word."""

Commands = Callable[[Action, str], str]
"""Returns what to type for an action about a table, by its key."""


def shell_commands(config: str = "") -> Commands:
    """Return the commands of a shell; ``config`` is the table file, empty for the default one."""
    where = f" --config={shlex.quote(config)}" if config else ""

    def command(action: Action, table: str) -> str:
        named = shlex.quote(table)
        if action is Action.HISTORY:
            separator = "-- " if table.startswith("-") else ""
            return f"tableferry history{where} {separator}{named}"
        return f"tableferry {action}{where} --tables={named}"

    return command


def python_commands(action: Action, table: str) -> str:
    """Return the call of the Python API."""
    name = Action.SYNC if action is Action.HISTORY else action
    return f"tableferry.{name}(...)  # with the table {table!r}"


def script_commands(action: Action, table: str) -> str:
    """Return the commands of the deployment's script."""
    mode = _MODES.get(action, action.value)
    return f"python lambda_function.py {mode} --tables={shlex.quote(table)}"


def event_commands(action: Action, table: str) -> str:
    """Return the event to send to the deployment's function."""
    return json.dumps({"mode": _MODES.get(action, action.value), "tables": [table]})
