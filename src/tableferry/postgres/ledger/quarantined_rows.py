"""Reads which rows of a table lie in quarantine, and for which of them that is still true.

The ledger has no record of single rows that were stored. So a refusal is current only as long as
no later run can have stored the row: the newest run that read rows has refused it. Of an earlier
refusal the source has to be asked whether the row has changed since, as later runs read only that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from tableferry.model.identifiers import TargetTable
from tableferry.model.watermark import Watermark
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.runs import KEPT_RUNS
from tableferry.postgres.ledger.stored_texts import canonical, storable

REPAIR: Final = "repair"
"""How the ledger says that a run has made single rows equal, in place of a strategy's name."""

_COMPLETE: Final = frozenset({"create", "swap", "truncate"})
"""How a run publishes that has read every row; a merge may be of some or of all."""

_RUNS: Final = """\
SELECT t.run_id, t.publish, t.every_row, t.rows_read > 0 OR t.rows_written > 0,
  t.table_key = %(table_key)s AND left(t.source, length(%(source)s)) = %(source)s,
  r.started_at >= coalesce(
    (SELECT started_at FROM tableferry.runs ORDER BY started_at DESC OFFSET %(kept)s - 1 LIMIT 1),
    '-infinity'),
  t.read_to, extract(epoch FROM clock_timestamp() - t.ended_at)::float8
FROM tableferry.table_runs t JOIN tableferry.runs r ON r.run_id = t.run_id
WHERE t.target = %(target)s AND t.status = 'ok' ORDER BY t.ended_at DESC"""
"""A run that is older than those that are kept may have outlived later ones: then it is not known
to be followed."""

_ROWS: Final = """\
SELECT q.run_id, q.row_key, coalesce(q.column_name, ''), coalesce(q.sqlstate, ''),
  CASE WHEN length(q.value_hex) < %(too_long)s THEN sha256(decode(q.value_hex, 'hex')) END
FROM tableferry.quarantine q WHERE q.target = %(target)s AND q.run_id = ANY(%(runs)s)
ORDER BY q.id"""
"""A digest, as all the values that were ever refused may be more than memory holds."""

_HAS_WATERMARK: Final = "SELECT EXISTS (SELECT FROM tableferry.watermarks WHERE target = %s)"


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One refusal. ``key`` is the row's, by source column, as ``values.json_value`` writes it.

    ``column`` is the source's, empty where the row was refused as a whole. ``sqlstate`` is
    PostgreSQL's, empty where tableferry refused the row. ``digest`` is the SHA-256 of the value's
    bytes (``values.RefusedRow``), None for a NULL, no value or one that was not kept as a whole.
    ``is_current``: no later run can have stored the row. ``since``: neither can one if the row has
    not changed since this watermark; None where that would prove nothing. ``run_id`` is the run.
    """

    key: Mapping[str, Any]
    column: str = ""
    sqlstate: str = ""
    digest: bytes | None = None
    is_current: bool = False
    since: Watermark | None = None
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TableQuarantine:
    """The refusals of a table since its last complete load, the oldest first.

    ``is_exact``: the current ones are all of the rows that the target lacks for it.
    """

    rows: Sequence[QuarantinedRow] = ()
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """One run that has published rows of the table.

    ``every_row`` was read by it, None where an older version has not said so. ``has_rows``: it read
    some, or wrote some. ``is_own``: it was of this entry and source. ``is_followed``: every later
    run is in the ledger as well. ``read_to`` is the watermark that it wrote, ``age`` seconds ago.
    """

    run_id: UUID
    publish: str
    every_row: bool | None
    has_rows: bool
    is_own: bool
    is_followed: bool
    read_to: str | None = None
    age: float = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether it has certainly read every row."""
        return self.publish in _COMPLETE or bool(self.every_row)


@dataclass(frozen=True, slots=True)
class CountingRuns:
    """The runs whose refusals count: all of them, those whose rows nothing has stored since.

    ``since`` has the watermarks that later runs began at or above, and read no row from below.
    """

    runs: Mapping[UUID, PublishedRun] = field(default_factory=dict)
    current: frozenset[UUID] = frozenset()
    is_exact: bool = False
    since: Mapping[UUID, Watermark] = field(default_factory=dict)


def read_quarantine(
    connection: TargetConnection,
    table: TargetTable,
    *,
    table_key: str,
    source: str,
    is_incremental: bool,
    too_long: int,
) -> TableQuarantine:
    """Return what lies in quarantine of a table, nothing where there is no ledger.

    ``table_key`` and ``source`` say which entry's runs are its own. ``is_incremental``: a run may
    have read only what changed. Values of ``too_long`` bytes or more have no digest: they may have
    been cut. Raises TableferryError.
    """
    with connection.in_one_transaction():
        there = connection.rows("SELECT to_regclass('tableferry.quarantine') IS NOT NULL")
        if there != [(True,)]:
            return TableQuarantine()
        target = canonical(connection, table)
        about = {
            "target": target,
            "table_key": table_key,
            "source": storable(f"{source} of ", connection.encoding),
            "kept": KEPT_RUNS,
        }
        runs = [PublishedRun(*row) for row in connection.rows(_RUNS, about)]
        if not is_incremental:
            # The entry may say 'full' since the last run, which was not.
            [(is_incremental,)] = connection.rows(_HAS_WATERMARK, (target,))
        counting = counting_runs(runs, is_incremental=is_incremental)
        about = {"target": target, "runs": list(counting.runs), "too_long": 2 * too_long}
        rows = [
            QuarantinedRow(
                key, column, state, digest, run in counting.current, counting.since.get(run), run
            )
            for run, key, column, state, digest in connection.rows(_ROWS, about)
        ]
    return TableQuarantine(rows, counting.is_exact)


def counting_runs(runs: Sequence[PublishedRun], *, is_incremental: bool) -> CountingRuns:
    """Return which of a table's runs count, which are given the newest first.

    Of a table that is loaded whole each time: the last load, and the repairs since. A repair is for
    rows that differ, so it leaves alone what the load has refused.
    """
    last = next((run for run in runs if run.has_rows), None)
    latest = frozenset({last.run_id}) if last and last.is_own and last.is_followed else frozenset()
    if is_incremental:
        counted = _up_to(runs, (run.is_complete for run in runs))
        return CountingRuns(counted, latest, since=_since(list(counted.values())))
    counted = _up_to(runs, (run.publish != REPAIR for run in runs))
    load = next((run for run in runs if run.publish != REPAIR), None)
    if load is None or not (load.is_own and load.is_followed):
        return CountingRuns(counted)
    current = {load.run_id} | (latest & counted.keys())
    repaired = any(run.has_rows for run in counted.values() if run.publish == REPAIR)
    return CountingRuns(counted, frozenset(current), is_exact=not repaired)


def _since(runs: Sequence[PublishedRun]) -> dict[UUID, Watermark]:
    """Return the watermarks of those runs after which only changes were read, the newest first.

    A repair writes none: the one before it is older than what it has read, which is as good.
    """
    found = {}
    for place, run in enumerate(runs):
        if not (run.is_own and run.is_followed):
            break  # one of another entry may have read anything, and so may one that is not there
        writer = next((one for one in runs[place:] if one.publish != REPAIR), None)
        if writer is not None and writer.read_to is not None:
            found[run.run_id] = Watermark(writer.read_to, writer.age, is_of_this_load=True)
        if run.every_row is not False or (run.publish == REPAIR and run.has_rows):
            break
    return found


def _up_to(runs: Sequence[PublishedRun], is_last: Iterable[bool]) -> dict[UUID, PublishedRun]:
    """Return the runs down to the first that is the last one to count."""
    found = {}
    for run, last in zip(runs, is_last, strict=True):
        found[run.run_id] = run
        if last:
            break
    return found
