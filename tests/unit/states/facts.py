"""Records of a ledger for tests: short to write, minutes before the moment at which it is read."""

import datetime as dt
from typing import Any

from tableferry.errors import ErrorReport
from tableferry.states.records import (
    LeaseRecord,
    LedgerFacts,
    TableFacts,
    TableRecord,
    VerificationRecord,
    WatermarkRecord,
)

NOW = dt.datetime(2026, 11, 29, 18, 0, tzinfo=dt.UTC)
GONE = ErrorReport("TransientError", "mctm: the connection was lost", "Run it again.", "08S01")


def ago(minutes: float) -> dt.datetime:
    return NOW - dt.timedelta(minutes=minutes)


def run(status: str = "ok", minutes: float = 10, *, lasted: float = 1, **more: Any) -> TableRecord:
    """A run that ended so many minutes ago; one that is running began then."""
    over = status != "running"
    values: dict[str, Any] = {
        "run_id": f"run of {minutes}",
        "table": "customer",
        "source": "McTM.dbo.Customer",
        "target": "public.customer",
        "status": status,
        "started_at": ago(minutes + lasted) if over else ago(minutes),
        "heartbeat": ago(minutes) if over else NOW,
        "ended_at": ago(minutes) if over else None,
        "process": "host pid 7",
        "publish": "swap",
    }
    if status == "ok":
        values |= {"as_of": ago(minutes + lasted), "rows_written": 6000}
    return TableRecord(**(values | more))


def lease(
    run_id: str, *, renewed: float = 0.01, ttl: float = 0.25, acquired: float = 5
) -> LeaseRecord:
    """A lease that was renewed so many minutes ago, and lasts ``ttl`` minutes from then."""
    return LeaseRecord(run_id, "host pid 7", ago(acquired), ago(renewed), ago(renewed - ttl))


def watermark(minutes: float, run_id: str = "idle", **more: Any) -> WatermarkRecord:
    return WatermarkRecord("change_tracking", run_id, ago(minutes), **more)


def verification(
    verdict: str, minutes: float, depth: str = "rows", differing: int = 0
) -> VerificationRecord:
    return VerificationRecord(ago(minutes), depth, verdict, 10, 10, differing)


def ledger(*runs: TableRecord, **more: Any) -> LedgerFacts:
    """A ledger that knows the table public.customer by these records."""
    table = TableFacts("public.customer", runs, **more)
    return LedgerFacts(NOW, 6, {table.target: table}, {"customer": table.target})
