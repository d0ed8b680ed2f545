"""Gives each table its word: from the ledger's records, the entry and the clock. Pure."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from tableferry.config import LedgerUse, TableSpec
from tableferry.states.findings import Finding, finding_of, of_age, rows_as_of
from tableferry.states.records import LedgerFacts, TableFacts
from tableferry.states.report import LISTED_RUNS, StatusReport, TableState
from tableferry.states.spans import span
from tableferry.states.words import Action, Commands, Word

NO_LEDGER: Final = (
    "There is no ledger in the target: no run has been recorded yet. The first sync creates it."
)

_EXPIRES_SOON: Final = 0.5
"""From this share of the retention on a watermark is told of; a run then warns as well."""


def report_of(
    specs: Sequence[TableSpec],
    facts: LedgerFacts,
    commands: Commands,
    *,
    where: str = "",
) -> StatusReport:
    """Return how the tables stand; ``where`` names the target database.

    The ledger's other tables are those that no configured entry is about, whether or not it is
    among ``specs``.
    """
    known = set(facts.targets.values())
    tables = [_state(spec, facts, commands) for spec in specs]
    others = [
        _unconfigured(table, facts.at) for name, table in facts.tables.items() if name not in known
    ]
    return StatusReport(
        at=facts.at,
        where=where,
        tables=tuple(tables),
        others=tuple(sorted(others, key=lambda one: one.target)),
        last_run=facts.last_run,
        ledger_version=facts.version,
        notes=() if facts.version else (NO_LEDGER,),
    )


def _state(spec: TableSpec, ledger: LedgerFacts, commands: Commands) -> TableState:
    target = ledger.targets.get(spec.key, str(spec.target))
    facts = ledger.tables.get(target, TableFacts(target))
    as_of = rows_as_of(facts)
    age = None if as_of is None else max(0.0, (ledger.at - as_of).total_seconds())
    found = _judge(spec, facts, ledger.at, age)
    return _described(
        facts,
        ledger.at,
        table=spec.key,
        source=str(spec.source),
        max_age=spec.max_age,
        found=found,
        command=commands(found.action, spec.key) if found.action else "",
    )


def _unconfigured(facts: TableFacts, at: dt.datetime) -> TableState:
    """Return how a table stands that no entry is about; without an entry nothing can be typed."""
    newest = facts.runs[0] if facts.runs else None
    found = finding_of(facts, at)
    return _described(
        facts,
        at,
        table=newest.table if newest else facts.target,
        source=newest.source if newest else "",
        max_age=None,
        found=found or Finding(Word.FRESH),
        command="",
    )


def _described(
    facts: TableFacts,
    at: dt.datetime,
    *,
    table: str,
    source: str,
    max_age: int | None,
    found: Finding,
    command: str,
) -> TableState:
    as_of, load, watermark = rows_as_of(facts), facts.last_load, facts.watermark
    return TableState(
        table=table,
        source=source,
        target=facts.target,
        word=found.word,
        why=found.why,
        hint=found.hint,
        command=command,
        age=None if as_of is None else max(0.0, (at - as_of).total_seconds()),
        as_of=as_of,
        max_age=max_age,
        rows=load.rows_written if load else None,
        seconds=load.seconds if load else None,
        rows_per_second=load.rows_per_second if load else None,
        usual_rows_per_second=facts.usual_speed,
        watermark=watermark,
        watermark_age=(at - watermark.advanced_at).total_seconds() if watermark else None,
        verified=facts.verifications[0] if facts.verifications else None,
        quarantined=facts.quarantined,
        warnings=_expiry(facts, at),
        runs=facts.runs[:LISTED_RUNS],
        losses=load.losses if load else {},
    )


def _judge(spec: TableSpec, facts: TableFacts, at: dt.datetime, age: float | None) -> Finding:
    if spec.ledger is LedgerUse.OFF:
        why = "Its entry has 'ledger': 'off', so no run of it is recorded."
        return Finding(Word.NEVER, why, Action.CHECK)
    found = finding_of(facts, at)
    if found is not None:
        return found
    return of_age(age, spec.max_age)


def _expiry(facts: TableFacts, at: dt.datetime) -> tuple[str, ...]:
    """Return a warning where the source will soon not know the changes since the watermark."""
    watermark = facts.watermark
    if watermark is None or not watermark.retention:
        return ()
    age = (at - watermark.advanced_at).total_seconds()
    if age < _EXPIRES_SOON * watermark.retention:
        return ()
    kept = f"keeps changes for {span(watermark.retention)}"
    then = "afterwards" if age < watermark.retention else "so that in the next run"
    return (
        f"the source was last asked {span(age)} ago, and {kept}; {then} every row has to be read",
    )
