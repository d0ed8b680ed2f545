"""What a table's records in the ledger say of it: a word, why, and what to do. Pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tableferry.errors import ErrorReport
from tableferry.model.counting import counted, verb
from tableferry.states.records import (
    OK,
    RUNNING,
    LeaseRecord,
    TableFacts,
    TableRecord,
    VerificationRecord,
)
from tableferry.states.spans import moment, span
from tableferry.states.words import Action, Word

SILENT_SECONDS: Final = 15.0
"""A run without a lease is dead after so many seconds without a heartbeat, which is one every 2."""

_DEPTHS: Final = ("count", "sample", "rows")
"""How much a verification compares, in rising order."""

_COMPARED: Final = frozenset({"equal", "partly compared"})

_COMPARED_WHAT: Final[Mapping[str, str]] = {
    "count": "the numbers of rows",
    "sample": "a sample",
    "rows": "every row",
}

_ACTIONS: Final[Mapping[str, Action]] = {
    "ConfigError": Action.CHECK,
    "SchemaError": Action.PLAN,
    "DriftError": Action.PLAN,
    "GuardError": Action.PLAN,
    "DataError": Action.HISTORY,
    "VerificationError": Action.VERIFY,
}
"""What to do first about an error, by its class; about all others: try again."""

_ENDS: Final[Mapping[str, str]] = {
    "abandoned": "was killed or cut off: it stopped showing life",
    "cancelled": "was stopped by a signal",
    "deadline": "was stopped by its time limit",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A word, why, and what to do."""

    word: Word
    why: str = ""
    action: Action | None = None
    hint: str = ""


def action_about(kind: str) -> Action:
    """Return what to do first about an error of this class."""
    return _ACTIONS.get(kind, Action.SYNC)


def of_age(age: float | None, max_age: float | None) -> Finding:
    """Return ``late`` for rows older than they may be, else ``fresh``; None: unknown, no limit."""
    if age is not None and max_age is not None and age > max_age:
        why = f"Its rows are {span(age)} old, and may be {span(max_age)} old."
        return Finding(Word.LATE, why, Action.SYNC)
    return Finding(Word.FRESH)


def rows_as_of(facts: TableFacts) -> dt.datetime | None:
    """Return the moment of which the table's rows are, None where none were published.

    A table without changes gets no run of its own: the watermark says when the source was asked.
    """
    load, watermark = facts.last_load, facts.watermark
    loaded = (load.as_of or load.ended_at) if load else None
    if watermark and (load is None or watermark.run_id != load.run_id):
        return max(watermark.advanced_at, loaded) if loaded else watermark.advanced_at
    return loaded


def finding_of(facts: TableFacts, at: dt.datetime) -> Finding | None:
    """Return what the records say, None where the last run is ok and nothing differs."""
    if found := _loading(facts, at):
        return found
    if differs := _standing_difference(facts):
        return _differing(differs)
    if failed := _failed(facts, at):
        return failed
    if rows_as_of(facts) is None:
        why = "The ledger has no run that published it."
        if facts.runs and facts.runs[0].status == "held":
            why = "The ledger has no run that published it; the last one found its lease taken."
        return Finding(Word.NEVER, why, Action.SYNC)
    return None


def _loading(facts: TableFacts, at: dt.datetime) -> Finding | None:
    """Return ``running`` or ``held`` where a run may be loading the table at this moment."""
    lease = facts.lease if facts.lease and facts.lease.expires_at > at else None
    now = next((run for run in facts.runs if _is_alive(run, lease, at)), None)
    if lease is not None:
        lasts = (lease.expires_at - lease.renewed_at).total_seconds()
        silent = (at - lease.renewed_at).total_seconds()
        if silent > lasts / 2:
            why = (
                f"{lease.process} holds its lease and has shown no life for {span(silent)}; the "
                f"lease expires in {span((lease.expires_at - at).total_seconds())}."
            )
            hint = "If that run is dead, the table is free when the lease expires."
            return Finding(Word.HELD, why, Action.HISTORY, hint)
    if now is not None:
        so_far = f", {counted(now.rows_written, 'row')} so far" if now.rows_written else ""
        doing = f" ({now.phase}{so_far})" if now.phase else ""
        who = lease.process if lease else now.process
        since = span((at - now.started_at).total_seconds())
        why = f"{who} has been loading it for {since}{doing}.{_before(facts)}"
        return Finding(Word.RUNNING, why, Action.HISTORY)
    if lease is not None:
        since = span((at - lease.acquired_at).total_seconds())
        why = f"{lease.process} has held its lease for {since}."
        return Finding(Word.RUNNING, why, Action.HISTORY)
    return None


def _is_alive(run: TableRecord, lease: LeaseRecord | None, at: dt.datetime) -> bool:
    """Whether a run that has no outcome yet is going on, or about to begin."""
    if run.status != RUNNING:
        return False
    if lease is not None:
        return lease.run_id == run.run_id
    return (at - run.heartbeat).total_seconds() <= SILENT_SECONDS


def _before(facts: TableFacts) -> str:
    """Return what became of the run before, where that was not ok."""
    last = facts.last_ended
    if last is None or last.status == OK or _was_asked_since(facts, last):
        return ""
    return f" The run before {_ended(last)}."


def _failed(facts: TableFacts, at: dt.datetime) -> Finding | None:
    """Return ``failing`` where the last run of the table did not publish it."""
    dead = next((run for run in facts.runs if run.status == RUNNING), None)
    last = facts.last_ended
    if dead is not None and _is_newest(dead, facts):
        silent = span((at - dead.heartbeat).total_seconds())
        why = (
            f"Its last run, on {dead.process}, has shown no life for {silent}, and has no outcome."
        )
        return Finding(Word.FAILING, why, Action.SYNC)
    if last is None or last.status == OK or _was_asked_since(facts, last):
        return None
    never = "" if rows_as_of(facts) else " It has never been published."
    at_which = moment(last.ended_at or last.started_at)
    why = f"Its last run, {at_which}, {_ended(last)}.{never}"
    error = last.error or ErrorReport("", "", "")
    return Finding(Word.FAILING, why, action_about(error.kind), error.hint)


def _is_newest(dead: TableRecord, facts: TableFacts) -> bool:
    """Whether nothing is known of the table since this run fell silent."""
    last, watermark = facts.last_ended, facts.watermark
    if watermark is not None and watermark.advanced_at > dead.heartbeat:
        return False
    return last is None or last.ended_at is None or dead.started_at >= last.ended_at


def _was_asked_since(facts: TableFacts, last: TableRecord) -> bool:
    """Whether a later run has found the table without changes: then it is ok, without a record."""
    watermark = facts.watermark
    return bool(watermark and last.ended_at and watermark.advanced_at > last.ended_at)


def _ended(run: TableRecord) -> str:
    """Return how a run ended, as the end of a sentence, without its full stop."""
    if run.error and run.error.message:
        first = run.error.message.split("\n", maxsplit=1)[0].rstrip(".:")
        code = f" ({run.error.code})" if run.error.code and run.error.code not in first else ""
        return f"ended as {run.status}: {first}{code}"
    return _ENDS.get(run.status, f"ended as {run.status}")


def _standing_difference(facts: TableFacts) -> VerificationRecord | None:
    """Return the verification whose differing rows are still there, as far as is known.

    They are, unless every row was loaded since, or a later comparison of as much found them equal.
    A repair is followed by a comparison of its own.
    """
    equal = -1
    for found in facts.verifications:
        depth = _DEPTHS.index(found.depth)
        if facts.complete_at and found.verified_at < facts.complete_at:
            return None
        if found.verdict == "differs" and equal < depth:
            return found
        if found.verdict in _COMPARED:
            equal = max(equal, depth)
    return None


def _differing(found: VerificationRecord) -> Finding:
    rows = counted(found.differing, "row")
    differ = verb(found.differing, "differs", "differ")
    why = f"{rows} {differ} from the source's, as the verification of {moment(found.verified_at)} "
    return Finding(
        Word.DIFFERS,
        f"{why}found, which compared {_COMPARED_WHAT[found.depth]}.",
        Action.VERIFY,
        "Look at the rows; make them equal with: verify --repair, or load the table anew.",
    )
