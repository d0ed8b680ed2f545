"""Metrics in CloudWatch's embedded metric format: log lines that become metrics, with no API call.

Per table, with the dimensions ``service`` (the function) and ``table``: ``RowsRead``,
``RowsWritten``, ``BytesRead``, ``RefusedRows`` (quarantined), ``Seconds``, ``Lag`` (the rows' age
when they became visible), ``Succeeded`` and ``Failed``. Per run, with ``service``, for alarms:
``Tables``, ``TablesFailed``, ``RowsWritten`` and ``Seconds``.

Per table that is verified: ``Verified`` (1 where it was compared), ``RowsCompared`` and
``RowsDiffering``. ``TablesDiffering``, for an alarm, is written by a verification, and by a run in
which a table was verified.

A status writes the ``Age`` of each table's rows, and for alarms the ``OldestAge`` of all,
``TablesLate`` (late, or never loaded) and ``TablesNotFresh``.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TextIO

from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.states.report import StatusReport
from tableferry.states.words import Word
from tableferry.verification.result import TableVerification, Verdict, Verification

NAMESPACE: Final = "Tableferry"

Values = dict[str, tuple[str, float]]
"""By metric its CloudWatch unit and its value."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Writes one function's metrics to ``out`` (None: stdout), each line with ``facts``."""

    service: str
    facts: Mapping[str, str] = field(default_factory=dict)
    out: TextIO | None = None

    def table(self, outcome: TableOutcome) -> None:
        """Write a table's metrics; a skipped table has none."""
        if outcome.status is Status.SKIPPED:
            return
        refused = sum(sum(reasons.values()) for reasons in outcome.quarantined.values())
        self._write(
            {
                "RowsRead": ("Count", outcome.rows_read),
                "RowsWritten": ("Count", outcome.rows_written),
                "BytesRead": ("Bytes", outcome.bytes_read),
                "RefusedRows": ("Count", refused),
                "Seconds": ("Seconds", round(outcome.seconds, 3)),
                **({} if outcome.lag is None else {"Lag": ("Seconds", round(outcome.lag, 3))}),
                "Succeeded": ("Count", outcome.status is Status.OK),
                "Failed": ("Count", outcome.status is Status.FAILED),
            },
            table=outcome.table,
            outcome=outcome.status.value,
        )

    def chunk(self, table: str, size: int) -> None:
        """Write the bytes read for a chunk of a fan-out: the publishing step does not know them."""
        self._write({"BytesRead": ("Bytes", size)}, table=table, outcome="stored")

    def table_verified(self, found: TableVerification) -> None:
        """Write the metrics of a table's verification."""
        self._write(
            {
                "Verified": ("Count", found.verdict is not Verdict.NOT_VERIFIED),
                "RowsCompared": ("Count", found.source_rows),
                "RowsDiffering": ("Count", found.differing),
            },
            table=found.table,
            outcome=found.verdict.value,
        )

    def verification(self, found: Verification) -> None:
        """Write the metrics of a verification of its own."""
        self._write(
            {"TablesDiffering": ("Count", found.count(Verdict.DIFFERS))},
            outcome="ok" if found.ok else "failed",
        )

    def status(self, found: StatusReport) -> None:
        """Write how old the rows are, and how many tables are not as they should be.

        A status of which some tables are unknown has no totals: an alarm must not take it for good.
        """
        for one in found.tables:
            if one.age is not None:
                age = {"Age": ("Seconds", round(one.age, 3))}
                self._write(age, table=one.table, outcome=one.word.value)
        if not found.complete:
            return
        ages = [one.age for one in found.tables if one.age is not None]
        late = sum(one.is_late or one.word is Word.NEVER for one in found.tables)
        not_fresh = len(found.tables) - found.count(Word.FRESH) - found.count(Word.RUNNING)
        self._write(
            {
                "TablesLate": ("Count", late),
                "TablesNotFresh": ("Count", not_fresh),
                **({"OldestAge": ("Seconds", round(max(ages), 3))} if ages else {}),
            },
            outcome="ok" if found.ok else "failed",
        )

    def run(self, outcome: RunOutcome) -> None:
        """Write a run's metrics."""
        verified = [table for table in outcome.tables if table.verified]
        differing = {"TablesDiffering": ("Count", sum(table.differs for table in verified))}
        self._write(
            {
                "Tables": ("Count", len(outcome.tables)),
                "TablesFailed": ("Count", outcome.count(Status.FAILED)),
                "RowsWritten": ("Count", outcome.rows_written),
                "Seconds": ("Seconds", round(outcome.seconds, 3)),
                **(differing if verified else {}),
            },
            outcome=outcome.status.value,
        )

    def _write(self, values: Values, *, outcome: str, table: str = "") -> None:
        from aws_lambda_powertools.metrics import EphemeralMetrics

        metrics = EphemeralMetrics(namespace=NAMESPACE, service=self.service)
        if table:
            metrics.add_dimension(name="table", value=table)
        for name, (unit, value) in values.items():
            metrics.add_metric(name=name, unit=unit, value=float(value))
        for key, fact in {"event": "metrics", **self.facts, "outcome": outcome}.items():
            metrics.add_metadata(key=key, value=fact)
        line = json.dumps(metrics.serialize_metric_set())
        (self.out or sys.stdout).write(line + "\n")
