"""A state machine's request for one step of a fan-out, checked key by key.

An event holds names and numbers only. Key ranges, SQL and plans are read from the ledger, never
from an event.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from tableferry.errors import ConfigError
from tableferry.model.identifiers import shown


class Step(StrEnum):
    """The modes that only a state machine uses; ``frontend.request.Operation`` has the others."""

    FANOUT_PLAN = "fanout_plan"
    BEGIN_TABLE = "begin_table"
    LOAD_CHUNK = "load_chunk"
    PUBLISH = "publish"
    GIVE_UP = "give_up"
    LOAD_WHOLE = "load_whole"
    SUMMARY = "summary"


ONE_TABLE: Final = frozenset({"fanout_id", "table_name"})

NEEDED: Final[dict[Step, frozenset[str]]] = {
    Step.FANOUT_PLAN: frozenset({"input"}),
    Step.BEGIN_TABLE: ONE_TABLE,
    Step.LOAD_CHUNK: ONE_TABLE | {"chunk"},
    Step.PUBLISH: ONE_TABLE,
    Step.GIVE_UP: ONE_TABLE | {"error"},
    Step.LOAD_WHOLE: ONE_TABLE,
    Step.SUMMARY: frozenset({"fanout_id", "outcomes"}),
}
"""The keys that each step's event must have, besides ``mode``."""

INPUT_KEYS: Final = frozenset({"tables"})
"""The keys of the state machine's own input, which it passes on to the plan step."""

CHUNKS: Final = 10_000
"""The most chunks that a table can have."""

OUTCOME_KEYS: Final = frozenset(
    {"table", "target", "status", "rows_read", "rows_written", "seconds", "error"}
)
"""The keys of a table's outcome that a step returns and the summary step takes."""


@dataclass(frozen=True, slots=True)
class StepRequest:
    """A checked request for a step; what its event does not have is empty."""

    step: Step
    fanout_id: UUID | None = None
    table: str = ""
    chunk: int = 0
    error: str = ""
    tables: tuple[str, ...] | None = None
    outcomes: tuple[Mapping[str, Any], ...] = ()

    @property
    def facts(self) -> dict[str, str | int]:
        """What each of the step's log lines says."""
        return {
            "step": self.step.value,
            **({"table": self.table} if self.table else {}),
            **({"chunk": self.chunk} if self.step is Step.LOAD_CHUNK else {}),
        }


def is_step(event: object) -> bool:
    """Whether an event asks for a step."""
    return isinstance(event, Mapping) and event.get("mode") in list(Step)


def parse_step(event: Mapping[str, Any], configured: Collection[str]) -> StepRequest:
    """Check an event that asks for a step; raises one ConfigError that names every problem."""
    step = Step(event["mode"])
    needed = NEEDED[step]
    allowed = needed | {"mode"}
    problems = [
        f"unknown key {shown(key[:80]) if isinstance(key, str) else 'that is no text'}"
        for key in event
        if key not in allowed
    ]
    problems += [f"{key!r} is missing" for key in sorted(needed - set(event))]
    checks = _checks(configured)
    problems += [
        f"{key!r} must be {meaning}"
        for key, (is_right, meaning) in checks.items()
        if key in event and key in allowed and not is_right(event[key])
    ]
    if problems:
        keys = ", ".join(sorted(allowed))
        raise ConfigError(
            f"{step}: {'; '.join(problems[:10])}",
            hint=f"The event of this step has the keys {keys}.",
        )
    return StepRequest(
        step,
        fanout_id=UUID(event["fanout_id"]) if "fanout_id" in event else None,
        table=event.get("table_name", ""),
        chunk=event.get("chunk", 0),
        error=event.get("error", ""),
        tables=tuple(event["input"]["tables"]) if event.get("input") else None,
        outcomes=tuple(event.get("outcomes", ())),
    )


Check = tuple[Callable[[Any], bool], str]


def _checks(configured: Collection[str]) -> dict[str, Check]:
    names = f"configured ({', '.join(configured)})"

    def is_name(value: Any) -> bool:
        return isinstance(value, str) and value in configured

    def is_input(value: Any) -> bool:
        if value == {}:
            return True
        tables = value.get("tables") if isinstance(value, Mapping) else None
        right = isinstance(tables, list) and bool(tables) and all(map(is_name, tables))
        return right and INPUT_KEYS.issuperset(value)

    def are_outcomes(value: Any) -> bool:
        return isinstance(value, list) and all(_is_outcome(one, configured) for one in value)

    return {
        "fanout_id": (_is_uuid, "a UUID"),
        "table_name": (is_name, f"one of those {names}"),
        "input": (is_input, f'{{}} or {{"tables": [...]}}, of those {names}'),
        "chunk": (_is_number, f"a number from 0 to {CHUNKS - 1:,}"),
        "error": (_is_error_name, "an error's name"),
        "outcomes": (are_outcomes, "a list of outcomes that earlier steps returned"),
    }


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and bool(
        re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < CHUNKS


def _is_error_name(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[\w.]{1,100}", value, re.ASCII))


def _is_outcome(value: Any, configured: Collection[str]) -> bool:
    from tableferry.runs.outcome import Status

    return (
        isinstance(value, Mapping)
        and OUTCOME_KEYS.issuperset(value)
        and value.get("table") in configured
        and value.get("status") in list(Status)
        and all(
            isinstance(value.get(key, 0), int | float)
            for key in ("rows_read", "rows_written", "seconds")
        )
        and isinstance(value.get("target", ""), str)
        and _is_error(value.get("error"))
    )


def _is_error(value: Any) -> bool:
    keys = {"type", "message", "hint", "code"}
    return value is None or (
        isinstance(value, Mapping)
        and keys.issuperset(value)
        and all(isinstance(text, str) for text in value.values())
    )
