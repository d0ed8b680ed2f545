"""How many rows a load would replace, for the shrink guard: by the ledger where that is enough.

To count a large table takes long, and it was counted when it was last loaded. Who has written into
it since is not known (PostgreSQL's counters of writes are lossy and can be reset), but whether it
has grown is: a load fills a file of its own without gaps, and rows that are added to it extend it.
So a table whose file is the one that was filled, and no longer than then, holds no more rows than
were published, and a few. See docs/decisions/0052-guard-without-a-scan.md.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tableferry.config import LedgerUse
from tableferry.errors import ConfigError, GuardError, SchemaError, TableferryError
from tableferry.model.identifiers import TargetTable, text_pg
from tableferry.planning.guards import ANYTHING, require_not_shrunk
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish.target_table import counting, may_not_count, present

SMALL: Final = 32 * 2**20
"""Bytes of a table that is always counted: at 100 bytes a row, 0.05 s."""

ROOM: Final = 65 * 291
"""Rows that a table may have got without having grown: COPY may extend a file by 64 pages at once
(PostgreSQL 16, ``RelationAddBlocks``) and leave them empty, beside the last one that it fills; a
page has room for 291 rows (``MaxHeapTuplesPerPage``)."""

PAGE: Final = 8192
"""Bytes of a page, of which servers with another size are rare (``block_size``)."""

LEAST_ROW: Final = 28
"""Bytes of a row without any value: its header and its item pointer."""

_ABOUT: Final = """\
SELECT n.nspname, c.relname, pg_relation_filenode(c.oid)::bigint, pg_relation_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_am m ON m.oid = c.relam AND m.amname = 'heap' WHERE c.oid = to_regclass(%s)"""
"""Other access methods fill a page, and extend a file, in ways of their own."""

_PUBLISHED: Final = """\
SELECT t.rows_written, t.published_file, t.published_bytes, (
  SELECT count(*) FROM tableferry.chunks k WHERE k.run_id = t.run_id AND k.table_key = t.table_key)
FROM tableferry.table_runs t
WHERE t.target = %s AND t.status = 'ok' ORDER BY t.ended_at DESC LIMIT 1"""
"""By the last run that has published anything, a repair included. Each chunk was a COPY."""


def count_old_rows(
    connection: TargetConnection, plan: SyncPlan, new: int | None = None
) -> int | None:
    """Return how many rows the load would replace, None where the guard does not ask for them.

    ``new`` is how many are to come, as far as that is known: where the guard would allow them even
    if the target had as many rows as it may have, that is what the ledger says. Raises ConfigError
    where this login may not read the target.
    """
    if not guards(plan):
        return None
    if new is None:
        return _counted(connection, plan, counting(plan))
    small = _counted(connection, plan, counting_small(plan))
    return count_large(connection, plan, new) if small is None else small


def guards(plan: SyncPlan) -> bool:
    """Whether the guard asks for the rows that the load would replace."""
    return plan.create is None and plan.spec.max_shrink < ANYTHING


def is_small(plan: SyncPlan) -> bool:
    """Whether the table was small when it was planned, with its partitions."""
    return plan.target_bytes <= SMALL


def counting_small(plan: SyncPlan) -> str:
    """Return the SELECT that counts the rows of a table that is small by now, else returns NULL."""
    size = f"pg_relation_size(to_regclass({text_pg(plan.spec.target.sql)}))"
    return f"SELECT CASE WHEN {size} <= {SMALL} THEN ({counting(plan)}) END"


def count_large(connection: TargetConnection, plan: SyncPlan, new: int) -> int:
    """Return what the ledger says of the rows where that is enough, otherwise how many there are.

    ``new`` and errors are as in ``count_old_rows``.
    """
    published = _published(connection, plan)
    if published is not None and _allows(plan, published.most, new):
        return published.rows
    return _counted(connection, plan, counting(plan)) or 0


def _counted(connection: TargetConnection, plan: SyncPlan, sql: str) -> int | None:
    with counted_by(connection, plan):
        ((((rows,),)),) = connection.ask((sql, ()))
    return None if rows is None else int(rows)


@contextlib.contextmanager
def counted_by(connection: TargetConnection, plan: SyncPlan) -> Iterator[None]:
    """Name what keeps rows from being counted in the block: a right, or that the table is gone."""
    try:
        with present(plan.spec.target):
            yield
    except ConfigError as error:
        raise may_not_count(connection, plan.spec.target, error) from error


@contextlib.contextmanager
def counted_in_passing(connection: TargetConnection, plan: SyncPlan) -> Iterator[None]:
    """Name the same in a block whose message does other things, too, in the open transaction."""
    try:
        yield
    except (ConfigError, SchemaError):
        connection.rollback()
        if guards(plan):
            _counted(connection, plan, counting_small(plan))
        raise


@dataclass(frozen=True, slots=True)
class _Published:
    """The rows of a target by the ledger, and how many it may hold at the most."""

    rows: int
    most: int


def _published(connection: TargetConnection, plan: SyncPlan) -> _Published | None:
    """Return what the ledger says of the target's rows; None where it may hold others."""
    if plan.spec.ledger is LedgerUse.OFF or plan.mark is not None:
        return None
    with contextlib.suppress(TableferryError), connection.transaction():
        for schema, name, file, size in connection.rows(_ABOUT, (plan.spec.target.sql,)):
            target = str(TargetTable(schema, name))
            for rows, published_file, most, chunks in connection.rows(_PUBLISHED, (target,)):
                if None not in (file, size) and file == published_file and size <= most:
                    # The end of a page is free where the next row did not fit.
                    gaps = size // PAGE * (most // max(1, rows)) // LEAST_ROW
                    return _Published(rows, rows + ROOM * (1 + chunks) + gaps)
    return None


def _allows(plan: SyncPlan, old: int, new: int) -> bool:
    try:
        require_not_shrunk(plan.spec.target, old, new, plan.spec.max_shrink)
    except GuardError:
        return False
    return True
