"""How far a table is: told after every batch."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """``expected`` is about how many rows there are, None: unknown."""

    table: str
    rows: int
    seconds: float
    expected: int | None

    @property
    def rows_per_second(self) -> int:
        """Rows a second since the table was begun."""
        return round(self.rows / self.seconds) if self.seconds else 0

    @property
    def share(self) -> float | None:
        """How much of the table is done, 0.0 to 1.0, None where its size is not known."""
        if self.expected is None:
            return None
        return min(1.0, self.rows / self.expected) if self.expected else 1.0


OnProgress = Callable[[Progress], None]
