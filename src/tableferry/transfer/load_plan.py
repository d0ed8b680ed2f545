"""How a load goes on: from the beginning, or from the chunks that are stored already."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tableferry import postgres, sqlserver, values
from tableferry.model.key_range import KeyRange
from tableferry.postgres.ledger import OldestChunk


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The key ranges of a load, and the rows of those that are stored already, by number.

    ``refused`` counts the rows that were left out of those, ``touched`` the values that were
    altered, both by source column and reason. ``staging`` is None for a load without a staging
    table. ``resumed`` says that an earlier run read some of the chunks; ``oldest`` is the oldest of
    those that are stored. ``watermark`` is the source's from before the first chunk was read, None
    where the mode keeps none.
    """

    ranges: tuple[KeyRange, ...]
    done: Mapping[int, int] = field(default_factory=dict)
    refused: values.Counts = field(default_factory=dict)
    touched: values.Counts = field(default_factory=dict)
    staging: postgres.Staging | None = None
    resumed: bool = False
    warnings: tuple[str, ...] = ()
    oldest: OldestChunk | None = None
    watermark: str | None = None

    @property
    def age(self) -> float:
        """How many seconds ago the source was asked for the oldest stored row, 0 for none."""
        return self.oldest.age if self.oldest else 0.0

    @property
    def in_chunks(self) -> bool:
        """Whether each chunk is stored by itself, with its checkpoint."""
        return self.staging is not None and self.staging.parts

    @property
    def rows_done(self) -> int:
        """How many rows the stored chunks had at the source, left out ones included."""
        left_out = sum(sum(reasons.values()) for reasons in self.refused.values())
        return sum(self.done.values()) + left_out


def fresh(cut: sqlserver.Chunking, watermark: str | None = None) -> LoadPlan:
    """Return the plan of a load from the beginning."""
    return LoadPlan(cut.ranges, warnings=cut.warnings, watermark=watermark)
