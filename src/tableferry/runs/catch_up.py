"""After a load in chunks: the changes since the first one was read, in one snapshot.

What is published is then the source at the moment of that snapshot, however long the load took, and
whoever read the chunks: threads, processes of a fan-out, an earlier run that was cut off.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tableferry import postgres, sqlserver, values
from tableferry.errors import TransientError
from tableferry.model.key_range import WHOLE_TABLE
from tableferry.model.watermark import Watermark
from tableferry.modes import Extract, mode_of
from tableferry.planning.exact_keys import require_exact_keys
from tableferry.planning.plan import SyncPlan
from tableferry.transfer.readers import Reading, numbered, read_chunks
from tableferry.transfer.workers import Check


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What was read after the chunks: ``rows``, and those of them that were ``refused``.

    The load is the source's table as of ``watermark``. ``warnings`` are about how it was read.
    """

    rows: int
    refused: Sequence[values.RefusedRow]
    watermark: str | None
    warnings: tuple[str, ...] = ()


def catch_up(
    plan: SyncPlan,
    load: postgres.Load,
    since: str | None,
    from_: sqlserver.SourceConnection,
    *,
    check: Check,
    refusals: values.RefusedRows | None,
    restart: Callable[[], None],
    record: Callable[[postgres.TargetConnection, int], None],
) -> CaughtUp:
    """Apply to a load what has changed since a watermark, read over a connection in a snapshot.

    Raises TransientError, after ``restart``, where the source no longer says what has
    changed: then the chunks are of no use. ``record`` is called in the transaction that applies the
    changes, with how many rows there are more. Raises TableferryError, and TextsAlteredError.
    """
    watermark = None if since is None else Watermark(since, is_of_this_load=True)
    extract = mode_of(plan.spec).extract(plan, watermark, from_.rows)
    if extract.complete:
        restart()
        why = f": {extract.reason.text}" if extract.reason else ""
        raise TransientError(
            f"{plan.spec.source} was read in vain{why}",
            hint="The old rows stay. The next attempt reads every row again.",
        )
    changes = _Changes(plan, extract, from_, check)
    own = refusals.for_chunk() if refusals else None
    with load.amend(record) as amending:
        with changes.keys() as batches:
            amending.store_keys(plan.of_key().columns, batches)
        with changes.rows(own) as batches:
            amending.store_rows(batches, own)
        require_exact_keys(plan, values.altered(changes.touched))
    warnings = tuple(changes.warnings)
    return CaughtUp(changes.read, own.rows if own else (), extract.next_watermark, warnings)


class _Changes:
    """The changes of one table, read over one connection."""

    def __init__(
        self, plan: SyncPlan, extract: Extract, from_: sqlserver.SourceConnection, check: Check
    ) -> None:
        self._plan = plan
        self._extract = extract
        self._from = from_
        self._check = check
        self.read = 0
        self.touched: values.Counts = {}
        self.warnings: dict[str, None] = {}

    @contextlib.contextmanager
    def keys(self) -> Iterator[Iterator[pa.RecordBatch]]:
        """Read the keys of all changes, as the target has them."""
        plan = self._plan.of_key()
        with self._reading(plan, self._extract.deletes) as batches:
            yield map(values.key_converter(plan.columns, plan.spec), batches)

    @contextlib.contextmanager
    def rows(self, refusals: values.RefusedRows | None) -> Iterator[Iterator[pa.RecordBatch]]:
        """Read the rows that have changed and are still there, as the target has them."""
        plan, spec = self._plan, self._plan.spec
        convert = values.Converter(plan.columns, spec.on_invalid, spec.trailing_blanks, refusals)
        self.touched = convert.touched
        with self._reading(plan, self._extract.select(WHOLE_TABLE)) as batches:
            yield map(convert, self._counted(batches))

    def _counted(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self._check()
            self.read += batch.num_rows
            yield batch

    @contextlib.contextmanager
    def _reading(self, plan: SyncPlan, select: str) -> Iterator[Iterator[pa.RecordBatch]]:
        guard = sqlserver.StallGuard(plan)
        reading = Reading(
            plan,
            numbered((WHOLE_TABLE,)),
            open_source=self._no_other,
            opened=[self._from],
            rate_limit=sqlserver.RateLimit(plan.spec.max_rows_per_second),
            check=self._check,
            select=lambda _keys: select,
        )
        with guard, self._from.lent(), read_chunks(reading) as gathered:
            self.warnings |= dict.fromkeys(guard.warnings)
            yield iter(gathered)

    def _no_other(self) -> sqlserver.SourceConnection:
        raise TypeError("another connection would not be in the same snapshot")
