"""Metrics in CloudWatch's embedded format: lines of the log that become metrics without a call.

Of each table ``RowsRead``, ``RowsWritten``, ``BytesRead``, ``RefusedRows`` (quarantined),
``Seconds``, ``Lag`` (how old its rows were when readers got to see them), ``Succeeded`` and
``Failed`` by ``service`` (the function) and ``table``; of each run ``Tables``, ``TablesFailed``,
``RowsWritten`` and ``Seconds`` by ``service``, for alarms.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TextIO

from tableferry.sync.outcome import RunOutcome, Status, TableOutcome

NAMESPACE: Final = "Tableferry"

Values = dict[str, tuple[str, float]]
"""Of each metric its unit, one of CloudWatch's, and its value."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Writes one function's metrics to ``out`` (None: stdout); ``facts`` stand in each line."""

    service: str
    facts: Mapping[str, str] = field(default_factory=dict)
    out: TextIO | None = None

    def table(self, outcome: TableOutcome) -> None:
        """Write a table's; of one that was not begun there are none."""
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
        """Write the bytes read for a chunk of a fan-out: who publishes does not know them."""
        self._write({"BytesRead": ("Bytes", size)}, table=table, outcome="stored")

    def run(self, outcome: RunOutcome) -> None:
        """Write a run's."""
        self._write(
            {
                "Tables": ("Count", len(outcome.tables)),
                "TablesFailed": ("Count", outcome.count(Status.FAILED)),
                "RowsWritten": ("Count", outcome.rows_written),
                "Seconds": ("Seconds", round(outcome.seconds, 3)),
            },
            outcome=outcome.status.value,
        )

    def _write(self, values: Values, *, outcome: str, table: str = "") -> None:
        # Not at the top: only what syncs needs it.
        from aws_lambda_powertools.metrics import EphemeralMetrics  # noqa: PLC0415

        metrics = EphemeralMetrics(namespace=NAMESPACE, service=self.service)
        if table:
            metrics.add_dimension(name="table", value=table)
        for name, (unit, value) in values.items():
            metrics.add_metric(name=name, unit=unit, value=float(value))
        for key, told in {"event": "metrics", **self.facts, "outcome": outcome}.items():
            metrics.add_metadata(key=key, value=told)
        line = json.dumps(metrics.serialize_metric_set())
        (self.out or sys.stdout).write(line + "\n")
