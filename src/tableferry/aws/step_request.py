"""A state machine's request for one step of a fan-out, checked key by key.

An event of a load holds names and numbers only: key ranges, SQL and plans are read from the ledger.
A verification stores nothing, so its events hand on key ranges, each bound of which has to be an
exact text of its key's type (``model.key_range``), and counts.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from tableferry.aws.handed_on import handed_on, reads
from tableferry.errors import ConfigError
from tableferry.model.identifiers import shown
from tableferry.verification.asked_options import VERIFY_KEYS, verify_problems


class Step(StrEnum):
    """The modes that only a state machine uses; ``frontend.request.Operation`` has the others."""

    FANOUT_PLAN = "fanout_plan"
    BEGIN_TABLE = "begin_table"
    LOAD_CHUNK = "load_chunk"
    PUBLISH = "publish"
    GIVE_UP = "give_up"
    LOAD_WHOLE = "load_whole"
    SUMMARY = "summary"
    VERIFY_PLAN = "verify_plan"
    VERIFY_BEGIN = "verify_begin"
    VERIFY_CHUNK = "verify_chunk"
    VERIFY_END = "verify_end"
    VERIFY_WHOLE = "verify_whole"
    VERIFY_SUMMARY = "verify_summary"


ONE_TABLE: Final = frozenset({"fanout_id", "table_name"})

NEEDED: Final[dict[Step, frozenset[str]]] = {
    Step.FANOUT_PLAN: frozenset({"input"}),
    Step.BEGIN_TABLE: ONE_TABLE,
    Step.LOAD_CHUNK: ONE_TABLE | {"chunk"},
    Step.PUBLISH: ONE_TABLE,
    Step.GIVE_UP: ONE_TABLE | {"error"},
    Step.LOAD_WHOLE: ONE_TABLE,
    Step.SUMMARY: frozenset({"fanout_id", "outcomes"}),
    Step.VERIFY_PLAN: frozenset({"wanted"}),
    Step.VERIFY_BEGIN: ONE_TABLE,
    Step.VERIFY_CHUNK: ONE_TABLE | {"options", "fingerprint", "chunk", "range"},
    Step.VERIFY_END: ONE_TABLE | {"options", "begun", "results"},
    Step.VERIFY_WHOLE: ONE_TABLE | {"options"},
    Step.VERIFY_SUMMARY: frozenset({"fanout_id", "verifications"}),
}
"""The keys that each step's event must have, besides ``mode``."""

CHUNKS: Final = 10_000
"""The most chunks that a table can have."""

VERIFIED_WITH: Final = f"keys of {', '.join(VERIFY_KEYS)}"

OUTCOME_KEYS: Final = frozenset(
    {"table", "target", "status", "rows_read", "rows_written", "seconds", "error"}
)
"""The keys of a table's outcome that a step returns and the summary step takes."""


@dataclass(frozen=True, slots=True)
class StepRequest:
    """A checked request for a step; what its event does not have is empty.

    ``options`` are those of a verification as its input has them; ``handed_on`` is what earlier
    steps of it have returned, read: a chunk to verify, a table begun and its chunks' results, or
    the verifications of all tables.
    """

    step: Step
    fanout_id: UUID | None = None
    table: str = ""
    chunk: int = 0
    error: str = ""
    tables: tuple[str, ...] | None = None
    outcomes: tuple[Mapping[str, Any], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    handed_on: Any = None

    @property
    def facts(self) -> dict[str, str | int]:
        """What each of the step's log lines says."""
        return {
            "step": self.step.value,
            **({"table": self.table} if self.table else {}),
            **({"chunk": self.chunk} if self.step in {Step.LOAD_CHUNK, Step.VERIFY_CHUNK} else {}),
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
    given = event.get("wanted") or event.get("input") or {}
    return StepRequest(
        step,
        fanout_id=UUID(event["fanout_id"]) if "fanout_id" in event else None,
        table=event.get("table_name", ""),
        chunk=event.get("chunk", 0),
        error=event.get("error", ""),
        tables=tuple(given["tables"]) if "tables" in given else None,
        outcomes=tuple(event.get("outcomes", ())),
        options={key: value for key, value in given.items() if key != "tables"}
        or event.get("options", {}),
        handed_on=handed_on(event),
    )


Check = tuple[Callable[[Any], bool], str]


def _checks(configured: Collection[str]) -> dict[str, Check]:
    names = f"configured ({', '.join(configured)})"

    def is_name(value: Any) -> bool:
        return isinstance(value, str) and value in configured

    def are_names(value: Any) -> bool:
        return isinstance(value, list) and bool(value) and all(map(is_name, value))

    def is_input(value: Any) -> bool:
        if value == {}:
            return True
        return (
            isinstance(value, Mapping) and set(value) == {"tables"} and are_names(value["tables"])
        )

    def is_wanted(value: Any) -> bool:
        if not isinstance(value, Mapping) or not are_names(value.get("tables", [*configured])):
            return False
        return are_options({key: one for key, one in value.items() if key != "tables"})

    def are_outcomes(value: Any) -> bool:
        return isinstance(value, list) and all(_is_outcome(one, configured) for one in value)

    return {
        "fanout_id": (_is_uuid, "a UUID"),
        "table_name": (is_name, f"one of those {names}"),
        "input": (is_input, f'{{}} or {{"tables": [...]}}, of those {names}'),
        "chunk": (_is_number, f"a number from 0 to {CHUNKS - 1:,}"),
        "error": (_is_error_name, "an error's name"),
        "outcomes": (are_outcomes, "a list of outcomes that earlier steps returned"),
        "wanted": (is_wanted, f"{{}} or have 'tables', of those {names}, and {VERIFIED_WITH}"),
        "options": (are_options, VERIFIED_WITH),
        "fingerprint": (_is_fingerprint, "a plan's fingerprint"),
        "range": (reads("range"), "a key range that an earlier step returned"),
        "begun": (reads("begun"), "what the step that began the table returned"),
        "results": (reads("results"), "a list of results that earlier steps returned"),
        "verifications": (
            reads("verifications"),
            "a list of verifications that earlier steps returned",
        ),
    }


def are_options(value: Any) -> bool:
    """Whether a value is a verification's options, as an event has them."""
    return (
        isinstance(value, Mapping) and set(value) <= set(VERIFY_KEYS) and not verify_problems(value)
    )


def _is_fingerprint(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[0-9a-f]{16}", value))


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
