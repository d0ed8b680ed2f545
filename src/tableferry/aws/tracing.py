"""X-Ray: each table of a sampled request is a subsegment of the function's own segment.

Lambda runs the X-Ray daemon next to a traced function. The daemon takes a segment document in one
UDP datagram (AWS X-Ray: "Sending segment documents to the X-Ray daemon"), so no SDK is needed.
"""

import json
import re
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tableferry.config import Reporting
from tableferry.runs.outcome import Status, TableOutcome

HEADER: Final = '{"format": "json", "version": 1}\n'
"""The line that precedes a document; the daemon drops a datagram without it."""

NAME_CHARACTERS: Final = 200
"""X-Ray's limit for the length of a name."""

_FORBIDDEN: Final = re.compile(r"[^\w\s.:/%&#=+\\\-@]")


@dataclass(frozen=True, slots=True)
class Tracing:
    """The daemon's address, and the segment that tables belong to."""

    trace_id: str
    parent_id: str
    host: str
    port: int
    run_id: str
    clock: Callable[[], float] = time.time

    @classmethod
    def of(cls, reporting: Reporting, run_id: str) -> "Tracing | None":
        """Return None where the function is not traced, or this request not sampled."""
        host, _, port = reporting.xray_daemon.rpartition(":")
        if not (host and port.isdecimal() and reporting.trace_id and reporting.trace_parent):
            return None
        return cls(reporting.trace_id, reporting.trace_parent, host, int(port), run_id)

    def table(self, outcome: TableOutcome) -> None:
        """Send a table's subsegment, which ends now; raises OSError where it cannot be sent."""
        ended = self.clock()
        document: dict[str, Any] = {
            "name": _FORBIDDEN.sub("_", outcome.table)[:NAME_CHARACTERS],
            "id": secrets.token_hex(8),
            "trace_id": self.trace_id,
            "parent_id": self.parent_id,
            "type": "subsegment",
            "start_time": ended - outcome.seconds,
            "end_time": ended,
            "fault": outcome.status is Status.FAILED,
            "annotations": {
                "run_id": self.run_id,
                "outcome": outcome.status.value,
                "rows_written": outcome.rows_written,
                **({"error": outcome.error.kind} if outcome.error else {}),
            },
        }
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.sendto((HEADER + json.dumps(document)).encode(), (self.host, self.port))
