"""The last run of a report as lines and bars: what was done about each table, and when."""

from dataclasses import dataclass
from typing import Final

from tableferry.model.phase_span import PhaseSpan
from tableferry.states.records import NOT_BEGUN, OK, RUNNING, RunRecord, TableRecord
from tableferry.states.report import StatusReport, TableState

UNKNOWN: Final = "run"
"""In place of a phase: a run of which the ledger has the beginning and the end alone."""


@dataclass(frozen=True, slots=True)
class TableBars:
    """What the run did about one table. ``bars`` are in seconds since the run began, in order."""

    table: str
    status: str
    bars: tuple[PhaseSpan, ...] = ()

    @property
    def seconds(self) -> float:
        """Seconds from its first phase to the end of its last."""
        return self.bars[-1].end - self.bars[0].begin if self.bars else 0.0

    @property
    def has_failed(self) -> bool:
        """Whether it ended without publishing."""
        return self.status not in {OK, RUNNING}


def bars_of(report: StatusReport) -> tuple[TableBars, ...]:
    """Return the tables of the report's last run, in the order in which they were begun."""
    run = report.last_run
    if run is None:
        return ()
    found = []
    for table in (*report.tables, *report.others):
        record = next((one for one in table.runs if one.run_id == run.run_id), None)
        if record is not None:
            bars = _bars(report, run, table, record)
            found.append((record.started_at, TableBars(table.table, record.status, bars)))
    return tuple(bars for _, bars in sorted(found, key=lambda one: one[0]))


def _bars(
    report: StatusReport, run: RunRecord, table: TableState, record: TableRecord
) -> tuple[PhaseSpan, ...]:
    if record.status in NOT_BEGUN and not record.phases:
        return ()
    began = (record.started_at - run.started_at).total_seconds()
    ended = ((record.ended_at or report.at) - run.started_at).total_seconds()
    bars = [_bar(span.phase, began + span.begin, began + span.end) for span in record.phases]
    bars = bars or [_bar(UNKNOWN, began, ended)]
    found = table.verified
    if found is not None and found.run_id == run.run_id:
        until = (found.verified_at - run.started_at).total_seconds()
        bars.append(_bar("verify", until - found.seconds, until))
    return tuple(bars)


def _bar(phase: str, begin: float, end: float) -> PhaseSpan:
    """Return a bar of the run; one that a clock put before the run's beginning begins there."""
    return PhaseSpan(phase, max(0.0, begin), max(0.0, begin, end))
