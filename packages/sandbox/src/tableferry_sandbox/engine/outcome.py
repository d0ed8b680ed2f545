"""What became of a streamed query."""

from dataclasses import dataclass

from tableferry_sandbox.events import SqlError


@dataclass
class Outcome:
    """How many rows a query gave, and the error it ended with, if any."""

    rows: int = 0
    error: SqlError | None = None
