"""How far a table is: reported after every batch."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """``rows`` so far, after ``seconds``; ``expected`` is the estimated total, None: unknown."""

    table: str
    rows: int
    seconds: float
    expected: int | None

    @property
    def rows_per_second(self) -> int:
        """Rows per second since the table was begun."""
        return round(self.rows / self.seconds) if self.seconds else 0

    @property
    def share(self) -> float | None:
        """The share of the table that is done, 0.0 to 1.0; None where its size is not known."""
        if self.expected is None:
            return None
        return min(1.0, self.rows / self.expected) if self.expected else 1.0


OnProgress = Callable[[Progress], None]
