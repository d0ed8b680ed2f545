"""A run's events as lines of the log: what each is called, and its facts."""

from typing import Any

from tableferry.runs.events import (
    Event,
    PhaseStarted,
    Progress,
    Retrying,
    TableStarted,
    TableVerified,
    WaitingForLease,
    WaitingForSessions,
)


def facts_of(event: Event) -> tuple[str, dict[str, Any]]:
    """Return a line's ``event`` and facts; the table is not among them."""
    match event:
        case TableStarted():
            return "table started", {
                "target": event.target,
                "number": event.number,
                "tables": event.tables,
            }
        case PhaseStarted():
            return "phase started", {"phase": event.phase.value}
        case WaitingForLease():
            return "waiting for lease", {
                "process": event.process,
                "holder": event.run_id,
                "seconds": round(event.seconds, 3),
            }
        case WaitingForSessions():
            return "waiting for sessions", {
                "pids": list(event.pids),
                "seconds": round(event.seconds, 3),
            }
        case Progress():
            return "rows written", {
                "rows": event.rows,
                "stored": event.stored,
                "seconds": round(event.seconds, 3),
                "rows_per_second": event.rows_per_second,
                "share": None if event.share is None else round(event.share, 3),
            }
        case Retrying():
            return "retrying", {"error": event.error.to_dict(), "pause": round(event.pause, 3)}
        case TableVerified():
            return "table verified", event.verification.to_dict(rows=False)
    return "table finished", event.outcome.to_dict()
