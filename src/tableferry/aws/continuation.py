"""A run longer than one invocation: the function invokes itself for the tables that are left.

Only after progress: a chunk or an index that takes longer than a whole invocation ends the chain
instead of repeating for ever.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from tableferry.aws.clients import Clients
from tableferry.frontend.request import Operation, Request
from tableferry.runs.outcome import RunOutcome, Status

MOST: Final = 200
"""Invocations in a chain: two days at 15 minutes each, which no table should need."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """The function to invoke again, by its ARN."""

    function: str
    clients: Clients

    def follow(self, request: Request, run: RunOutcome) -> str:
        """Invoke the function for the tables that a run has left; returns a line for the log.

        Returns "" where none is left. Raises ConfigError or TransientError.
        """
        if run.status is not Status.DEADLINE:
            return ""
        if not run.made_progress:
            return "not continued: this invocation had no time for a single chunk or index"
        if request.continued >= MOST:
            return f"not continued: {MOST} invocations have followed each other"
        with self.clients.asking(
            "lambda", f"Invoking {self.function} again", "lambda:InvokeFunction"
        ) as client:
            client.invoke(
                FunctionName=self.function,
                InvocationType="Event",
                Payload=json.dumps(next_event(request, run)).encode(),
            )
        return f"continued: {', '.join(run.remaining)}"


def next_event(request: Request, run: RunOutcome) -> dict[str, Any]:
    """Return the event that asks for the tables that are left."""
    event: dict[str, Any] = {
        "mode": Operation.MULTI_SYNC.value,
        "tables": list(run.remaining),
        "continued": request.continued + 1,
    }
    if request.publish_together:
        event["publish_together"] = True
    if request.jobs is not None:
        event["jobs"] = request.jobs
    return event
