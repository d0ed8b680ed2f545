"""A request: an event or a command line, checked key by key before anything is run.

It names a mode and configured tables, nothing else: SQL, connections and columns come from the
configuration only.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tableferry.errors import ConfigError
from tableferry.model.identifiers import shown
from tableferry.model.jobs import JOBS_HINT, jobs_problem
from tableferry.runs.deadline import NEVER, Deadline
from tableferry.states.words import Commands, script_commands
from tableferry.verification.asked_options import (
    SHOW_VALUES,
    VERIFY_KEYS,
    verify_options,
    verify_problems,
)
from tableferry.verification.options import DEFAULT_OPTIONS, VerifyOptions

if TYPE_CHECKING:
    from tableferry.runs.run_options import RunOptions


class Operation(StrEnum):
    """What a request can ask for."""

    MULTI_SYNC = "multi_sync"
    MULTI_TEST = "multi_test"
    SINGLE_SYNC = "single_sync"
    PLAN = "plan"
    DOCTOR = "doctor"
    VERIFY = "verify"
    STATUS = "status"
    INFO = "info"


SYNCS: Final = (Operation.MULTI_SYNC, Operation.SINGLE_SYNC)

KEYS: Final = (
    "mode",
    "tables",
    "table_name",
    "publish_together",
    "jobs",
    "continued",
    *VERIFY_KEYS,
)

_MODES_HINT: Final = f"The modes are: {', '.join(Operation)}."
WATCH: Final = "watch"
"""The command that repeats a sync; an invocation ends, so that a schedule has to repeat it."""

_WATCH_HINT: Final = (
    f'Let a schedule of EventBridge send {{"mode": "{Operation.MULTI_SYNC}"}}, '
    f"or run: tableferry {WATCH} --every 5m."
)
_KEYS_HINT: Final = f"An event may have the keys {', '.join(KEYS)}."
_SINGLE_HINT: Final = 'Name one table: "table_name" in an event, --table=NAME in a shell.'

SHOWN_CHARACTERS: Final = 80
SHOWN_NAMES: Final = 10
"""Limits for what an error quotes of an event: events can be large, and logs cost money."""


@dataclass(frozen=True, slots=True)
class Request:
    """A checked request.

    ``tables`` holds configured names only, None: all. ``continued`` counts the invocations before
    this one (``aws.continuation``). ``run_id`` None: a new one. ``jobs`` tables are synced at once;
    None: one, or what the function's setting JOBS says. ``verify`` is for the mode of this name;
    ``commands`` says what a status tells people to type.
    """

    mode: Operation
    tables: tuple[str, ...] | None = None
    fail_fast: bool = False
    publish_together: bool = False
    continued: int = 0
    deadline: Deadline = NEVER
    run_id: UUID | None = None
    jobs: int | None = None
    verify: VerifyOptions = DEFAULT_OPTIONS
    commands: Commands = script_commands

    @property
    def options(self) -> "RunOptions":
        """The run's options."""
        from tableferry.runs.run_options import RunOptions

        return RunOptions(
            fail_fast=self.fail_fast,
            together=self.publish_together,
            deadline=self.deadline,
            run_id=self.run_id,
            continues=self.continued > 0,
            jobs=1 if self.jobs is None else self.jobs,
        )


def parse_event(event: object, configured: Collection[str]) -> Request:
    """Check an event; raises one ConfigError that names every problem.

    ``configured`` holds the tables' names.
    """
    if not isinstance(event, Mapping):
        raise ConfigError(f"The event is not a JSON object but {_kind(event)}", hint=_KEYS_HINT)
    problems: dict[str, str] = {}
    unknown = [key for key in event if key not in (*KEYS, SHOW_VALUES)]
    if unknown:
        problems[f"Unknown key in the event: {_listed(unknown)}"] = _KEYS_HINT
    mode = _mode(event.get("mode", Operation.MULTI_SYNC), problems)
    tables = _tables(event["tables"], problems) if "tables" in event else None
    name = _table_name(event["table_name"], problems) if "table_name" in event else None
    together = event.get("publish_together", False)
    if not isinstance(together, bool):
        problems[f"'publish_together' must be true or false, not {_kind(together)}"] = _KEYS_HINT
    continued = event.get("continued", 0)
    if not isinstance(continued, int) or isinstance(continued, bool) or continued < 0:
        problems["'continued' must be the number of invocations before this one"] = _KEYS_HINT
    jobs = event.get("jobs")
    if problem := jobs_problem(jobs, together=together is True):
        problems[problem] = JOBS_HINT
    problems |= verify_problems(event) | _clashes(mode, event)
    named = [*(tables or ()), *([] if name is None else [name])]
    unknown = [wanted for wanted in dict.fromkeys(named) if wanted not in configured]
    if unknown:
        hint = f"The configured tables are: {', '.join(configured)}."
        problems[f"Unknown table: {_listed(unknown)}"] = hint
    if problems or mode is None:
        raise _refusal(problems)
    return Request(
        mode,
        tables if name is None else (name,),
        publish_together=bool(together),
        continued=int(continued),
        jobs=jobs,
        verify=verify_options(event),
    )


def _mode(value: object, problems: dict[str, str]) -> Operation | None:
    if not isinstance(value, str):
        problems[f"'mode' must be a text, not {_kind(value)}"] = _MODES_HINT
        return None
    if value == WATCH:
        problems[f"{WATCH!r} is no mode of an event: it goes on until it is stopped"] = _WATCH_HINT
        return None
    try:
        return Operation(value)
    except ValueError:
        problems[f"Unknown mode: {_quoted(value)}"] = _MODES_HINT
        return None


def _tables(value: object, problems: dict[str, str]) -> tuple[str, ...]:
    names = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
    if not names or not all(isinstance(name, str) for name in names):
        problems["'tables' must be a list of table names"] = "Leave it out to take every table."
        return ()
    return tuple(names)


def _table_name(value: object, problems: dict[str, str]) -> str | None:
    if not isinstance(value, str):
        problems[f"'table_name' must be a text, not {_kind(value)}"] = _SINGLE_HINT
        return None
    return value


def _clashes(mode: Operation | None, event: Mapping[Any, Any]) -> dict[str, str]:
    """Find keys that the mode does not use: the caller meant something by them."""
    strange = [key for key in VERIFY_KEYS if key in event]
    if strange and mode is not Operation.VERIFY:
        return {f"{' and '.join(strange)}: for {Operation.VERIFY} only": "Leave it out."}
    if mode is not Operation.MULTI_SYNC and "jobs" in event:
        return {"jobs goes with multi_sync": "Leave it out."}
    if mode is Operation.SINGLE_SYNC:
        found = {}
        if "table_name" not in event:
            found["single_sync needs a table's name"] = _SINGLE_HINT
        if "tables" in event:
            found["single_sync takes one table, not a list of tables"] = _SINGLE_HINT
        return found
    if mode is not Operation.MULTI_SYNC and "publish_together" in event:
        return {"publish_together goes with multi_sync": "Leave it out."}
    if mode is not Operation.MULTI_SYNC and "continued" in event:
        return {"continued goes with multi_sync": "It is the function's own; leave it out."}
    if mode is not None and "table_name" in event:
        return {
            f"{mode} takes a list of tables, not one table's name": 'Use "tables": [NAME, ...] '
            "in an event, --tables=NAME,... in a shell; or the mode single_sync."
        }
    return {}


def _refusal(problems: Mapping[str, str]) -> ConfigError:
    found = list(problems)
    message = found[0] if len(found) == 1 else "Nothing was run:\n  " + "\n  ".join(found)
    return ConfigError(message, hint=" ".join(dict.fromkeys(problems.values())))


def _listed(values: Sequence[object]) -> str:
    """Return names for a message: the first ones, and how many more."""
    text = ", ".join(_quoted(value) for value in values[:SHOWN_NAMES])
    more = len(values) - SHOWN_NAMES
    return f"{text} and {more:,} more" if more > 0 else text


def _quoted(value: object) -> str:
    """Return a caller's text for a message: on one line, of limited length."""
    text = shown(value[:SHOWN_CHARACTERS]) if isinstance(value, str) else _kind(value)
    return f"{text}..." if isinstance(value, str) and len(value) > SHOWN_CHARACTERS else text


def _kind(value: object) -> str:
    """Name a value's JSON type; the value itself is not repeated."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "an object" if isinstance(value, Mapping) else "something else")
