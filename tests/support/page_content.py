"""Reports for the tests of the status page: any number of tables, and hostile names."""

import datetime as dt
from dataclasses import replace
from typing import Final

from tableferry.errors import ErrorReport
from tableferry.model.phase_span import PhaseSpan
from tableferry.states.records import RunRecord, TableRecord, VerificationRecord
from tableferry.states.report import StatusReport, TableState
from tableferry.states.words import WORST_FIRST, Word

AT: Final = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
BEGAN: Final = AT - dt.timedelta(minutes=20)
LAST: Final = "3f2c91aa-0c1b-4a53-9d5d-2c1a6d1f0b7e"

HOSTILE: Final = (
    "<script>window.ran = 1</script>",
    "</style></table><img src=x onerror='window.ran = 1'>",
    "\"quoted\" 'twice' & &amp; `ticked`",
    "right \u202eto left\u202c \u05d0\u05d1\u05d2",
    "x" * 200,
    "two words " * 20 + "end",
    "bell \x07 and \x1b[31mred",
    "\u8868\u540d \U0001f6a2",
)

PHASES: Final = ("connect", "plan", "load", "prepare", "publish")
BEFORE_PUBLISHING: Final = PHASES[:3]

UNPUBLISHED: Final = {Word.FAILING: "failed", Word.HELD: "held", Word.RUNNING: "running"}


def record(
    table: str,
    status: str = "ok",
    *,
    run_id: str = "an earlier one",
    began: dt.datetime = BEGAN,
    seconds: float = 10.0,
    phases: tuple[str, ...] = (),
) -> TableRecord:
    """Return one table of a run, whose phases took equal times."""
    each = seconds / (len(phases) or 1)
    return TableRecord(
        run_id=run_id,
        table=table,
        source=f"shop.dbo.{table}",
        target=f"public.{table}",
        status=status,
        started_at=began,
        heartbeat=began,
        ended_at=None if status == "running" else began + dt.timedelta(seconds=seconds),
        publish="swap",
        rows_read=1_000,
        rows_written=1_000 if status == "ok" else 0,
        error=ErrorReport("TransientError", "It failed", "") if status == "failed" else None,
        phases=tuple(
            PhaseSpan(phase, place * each, (place + 1) * each) for place, phase in enumerate(phases)
        ),
    )


def state(key: str, word: Word = Word.FRESH, number: int = 1) -> TableState:
    """Return a table whose numbers follow from ``number``, and which was the last run's so many."""
    calm = word in {Word.FRESH, Word.RUNNING}
    status = UNPUBLISHED.get(word, "ok")
    last = record(
        key,
        status,
        run_id=LAST,
        began=BEGAN + dt.timedelta(seconds=12 * number),
        seconds=12.0,
        phases=BEFORE_PUBLISHING if word in UNPUBLISHED else PHASES,
    )
    earlier = (
        record(key, "failed" if (number + run) % 19 == 0 else "ok", seconds=20 + number * run % 17)
        for run in range(19)
    )
    found = TableState(
        table=key,
        source=f"shop.dbo.{key}",
        target=f"public.{key}",
        word=word,
        runs=() if word is Word.NEVER else (last, *earlier),
        quarantined=number % 3,
        losses={"created": "the 7th digit of a second"}
        if number < 9 and word is not Word.NEVER
        else {},
    )
    if not calm:
        found = replace(
            found,
            why=f"Its last run, 2026-03-01 11:40 UTC, ended as failed: SQL Server at db-{number}."
            "internal closed the connection in the middle of a result (08S01).",
            hint="Run it again; if it happens again, look at that server's log.",
            command=f"tableferry sync --tables={key}",
        )
    if word is Word.NEVER:
        return found
    return replace(
        found,
        age=40.0 * number,
        rows=1_003 * number,
        seconds=0.7 * number,
        rows_per_second=30_000 + number,
        usual_rows_per_second=35_000,
        verified=VerificationRecord(
            AT - dt.timedelta(hours=number),
            "rows",
            "differs" if word is Word.DIFFERS else "equal",
            run_id="another one",
        ),
    )


def report(*tables: TableState) -> StatusReport:
    """Return a report of these tables, whose last run has begun all of them."""
    run = RunRecord(
        LAST,
        "partial",
        BEGAN,
        BEGAN,
        BEGAN + dt.timedelta(seconds=12 * (len(tables) + 1)),
        process="etl-01:4411",
    )
    return StatusReport(AT, "app on db:5432", tables, last_run=run, ledger_version=6)


def of_every_word() -> StatusReport:
    """Return a report with a table of every word."""
    return report(*(state(f"of_{word}", word, place) for place, word in enumerate(WORST_FIRST, 1)))


def many(count: int, *words: Word) -> StatusReport:
    """Return a report of so many tables, whose words take turns."""
    taken = words or WORST_FIRST
    return report(
        *(
            state(f"sales_order_line_{number}", taken[number % len(taken)], number)
            for number in range(count)
        )
    )
