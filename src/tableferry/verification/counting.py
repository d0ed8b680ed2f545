"""The depth ``count``: how many rows each side has, both counted at the same time.

It finds rows that were lost or doubled as a whole, and nothing that was altered.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tableferry.planning.plan import SyncPlan
from tableferry.postgres.publish.target_table import find
from tableferry.sqlserver import shut_down_connections
from tableferry.sqlserver.connection import SourceConnection, set_isolation
from tableferry.transfer.prefetch import Prefetch
from tableferry.transfer.silence import silence_limit
from tableferry.transfer.workers import Check, work_together
from tableferry.verification.differences import DifferenceKind, Differences
from tableferry.verification.sides import Sides

EVERY_ROW = "1 = 1"


def count_table(plan: SyncPlan, sides: Sides) -> Differences:
    """Count the rows of both sides; marked rows of the target are left out.

    Rows too few in the target are ``missing``, rows too many ``extra``; which ones is not known.
    Raises TableferryError, TransientError where the source counts for longer than the entry's
    ``statement_timeout``.
    """
    opened: list[SourceConnection] = []
    found = Differences()
    with Prefetch(
        _counted(plan, sides, opened),
        limit=lambda: silence_limit(plan.spec, locked=False),
        silence=lambda: opened[0].silent_for() if opened else 0.0,
        check=sides.check,
        wake=shut_down_connections,
    ) as counts:
        found.target_rows = _target_rows(plan, sides)
        found.source_rows = sum(count.rows for count in counts)
    too_many = found.target_rows - found.source_rows
    if too_many:
        kind = DifferenceKind.EXTRA if too_many > 0 else DifferenceKind.MISSING
        found.counts[kind] = abs(too_many)
    return found


@dataclass(frozen=True, slots=True)
class _Count:
    """The answer of the source."""

    rows: int
    nbytes: int = 0


def _counted(plan: SyncPlan, sides: Sides, opened: list[SourceConnection]) -> Iterator[_Count]:
    """Yield the number of the source's rows; the connection is this thread's."""
    with sides.open_source() as connection:
        opened.append(connection)
        if not connection.in_snapshot:
            set_isolation(connection, plan.consistency)
        [(rows,)] = connection.rows(plan.count_where(EVERY_ROW), ["changes"])
        yield _Count(int(rows))


def _target_rows(plan: SyncPlan, sides: Sides) -> int:
    found: list[int] = []

    def count(_check: Check) -> None:
        kept = f" WHERE {plan.mark.is_clear}" if plan.mark else ""
        table = find(sides.into, plan.spec.target).rows_sql
        ((rows,),) = sides.into.rows(f"SELECT count(*) FROM {table} AS t{kept}")
        found.append(int(rows))

    work_together([count], sides.check, sides.into.cancel)
    return found[0]
