"""A status as metrics in the text format of OpenMetrics, for Prometheus. Pure.

node_exporter's textfile collector reads the older text format of Prometheus, which has neither the
types info and stateset nor timestamps: so there are gauges only, and both parsers take the text.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tableferry.states.report import StatusReport, TableState
from tableferry.states.words import Word

PREFIX: Final = "tableferry"

_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
"""What a label's value may not hold as it is (OpenMetrics, "Escaping")."""


@dataclass(frozen=True, slots=True)
class _OfTables:
    """A metric of each table; ``unit`` ends its name, as the specification asks. None: no value."""

    name: str
    meaning: str
    value: Callable[[TableState], float | None]
    unit: str = ""


_TABLES: Final = (
    _OfTables("table_age_seconds", "How old the rows are.", lambda t: t.age, "seconds"),
    _OfTables("table_max_age_seconds", "How old they may be.", lambda t: t.max_age, "seconds"),
    _OfTables(
        "table_rows_as_of_timestamp_seconds",
        "When the source was asked for the oldest row.",
        lambda t: t.as_of.timestamp() if t.as_of else None,
        "seconds",
    ),
    _OfTables("table_loaded_rows", "Rows of the last load.", lambda t: t.rows, "rows"),
    _OfTables(
        "table_load_duration_seconds",
        "How long the last load took.",
        lambda t: t.seconds,
        "seconds",
    ),
    _OfTables("table_load_rows_per_second", "Speed of the last load.", lambda t: t.rows_per_second),
    _OfTables(
        "table_usual_rows_per_second",
        "Median speed of the last loads.",
        lambda t: t.usual_rows_per_second,
    ),
    _OfTables(
        "table_last_run_timestamp_seconds",
        "When the last run of the table ended, or began where it is running.",
        lambda t: (
            (t.last_run.ended_at or t.last_run.started_at).timestamp() if t.last_run else None
        ),
        "seconds",
    ),
    _OfTables(
        "table_watermark_age_seconds",
        "How long ago the source was asked for changes.",
        lambda t: t.watermark_age,
        "seconds",
    ),
    _OfTables(
        "table_change_retention_seconds",
        "For how long the source keeps changes.",
        lambda t: t.watermark.retention if t.watermark else None,
        "seconds",
    ),
    _OfTables(
        "table_verified_timestamp_seconds",
        "When the table was last verified.",
        lambda t: t.verified.verified_at.timestamp() if t.verified else None,
        "seconds",
    ),
    _OfTables(
        "table_differing_rows",
        "Rows that the last verification found to differ.",
        lambda t: t.verified.differing if t.verified else None,
        "rows",
    ),
    _OfTables(
        "table_quarantined_rows",
        "Rows in quarantine since the last load of every row.",
        lambda t: t.quarantined,
        "rows",
    ),
)


def openmetrics(report: StatusReport | None) -> str:
    """Return the metrics of the configured tables; None: the ledger could not be read.

    Where a source could not be asked which tables the patterns match, those that the ledger knows
    are among them: an alert must not fall silent because the source is down. It ends with
    ``# EOF``.
    """
    lines = [*_family("up", "Whether the ledger could be read."), _sample("up", int(bool(report)))]
    if report is not None:
        lines += _whole(report)
        for metric in _TABLES:
            values = ((table, metric.value(table)) for table in _reported(report))
            known = [(table, value) for table, value in values if value is not None]
            if known:
                lines += _family(metric.name, metric.meaning, metric.unit)
                lines += [_sample(metric.name, value, table=one.table) for one, value in known]
    return "\n".join([*lines, "# EOF", ""])


def _whole(report: StatusReport) -> Iterator[str]:
    name = "status_timestamp_seconds"
    yield from _family(name, "The target's clock when the ledger was read.", "seconds")
    yield _sample(name, report.at.timestamp())
    if run := report.last_run:
        name = "last_run_timestamp_seconds"
        yield from _family(name, "When the last run ended, or began.", "seconds")
        yield _sample(name, (run.ended_at or run.started_at).timestamp())
    name = "status_complete"
    yield from _family(name, "Whether the sources said which tables the patterns match.")
    yield _sample(name, int(report.complete))
    name = "table_status"
    yield from _family(name, "1 for the word of each table, 0 for all others.")
    for table in _reported(report):
        for word in Word:
            yield _sample(name, int(table.word is word), table=table.table, word=word.value)


def _reported(report: StatusReport) -> list[TableState]:
    """Return the tables, each key once: two samples with the same labels are no metric.

    A key that was another table's before has two targets in the ledger; the configured one counts.
    """
    by_key: dict[str, TableState] = {}
    for table in report.judged:
        by_key.setdefault(table.table, table)
    return list(by_key.values())


def _family(name: str, meaning: str, unit: str = "") -> Iterable[str]:
    whole = f"{PREFIX}_{name}"
    yield f"# TYPE {whole} gauge"
    if unit:
        yield f"# UNIT {whole} {unit}"
    yield f"# HELP {whole} {meaning}"


def _sample(name: str, value: float, **labels: str) -> str:
    listed = ",".join(f'{label}="{text.translate(_ESCAPES)}"' for label, text in labels.items())
    return f"{PREFIX}_{name}{f'{{{listed}}}' if listed else ''} {value!r}"
