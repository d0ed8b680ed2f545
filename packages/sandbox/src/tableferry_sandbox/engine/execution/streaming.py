"""Result sets that stream out of DuckDB, batch by batch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tableferry_sandbox.engine.binding.scope import BoundQuery, Context
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.types.duck_types import arrow_schema, to_physical
from tableferry_sandbox.events import ResultSet, SqlError

BATCH_ROWS: Final = 20_000
"""Rows of a record batch: the wire encodes one at a time, some megabytes at most."""


@dataclass
class Outcome:
    """How many rows a query gave, and the error it ended with, if any."""

    rows: int = 0
    error: SqlError | None = None


def stream(
    session: SessionState,
    bound: BoundQuery,
    context: Context,
    outcome: Outcome,
    release: Callable[[], None],
) -> ResultSet:
    """Return a query's rows as a stream; ``outcome`` is filled while it is read."""
    columns = bound.result_columns()
    schema = arrow_schema(columns)
    key = _replay_key(session, bound, context)

    def replayed(rows: int) -> None:
        outcome.rows = rows
        release()

    return ResultSet(columns, _batches(session, bound.sql, schema, outcome, release), key, replayed)


def _replay_key(session: SessionState, bound: BoundQuery, context: Context) -> str | None:
    if context.volatile or session.transaction is not None:
        return None
    if any(t.versioned or t.temporary for t in context.tables) or not context.tables:
        return None
    seen = sorted({f"{t.physical}:{t.version}" for t in context.tables})
    return f"{bound.sql}|{'|'.join(c.name for c in bound.columns)}|{','.join(seen)}"


def _batches(
    session: SessionState,
    sql: str,
    schema: pa.Schema,
    outcome: Outcome,
    release: Callable[[], None],
) -> Iterator[pa.RecordBatch]:
    """Yield a query's batches up to the first error, which is left in ``outcome``.

    The statement raises it after its rows, so that TRY and CATCH see it too.
    """
    reader = None
    try:
        with session.querying():
            reader = session.cursor.sql(sql).to_arrow_reader(BATCH_ROWS)
            release()
            for batch in to_physical(reader, schema):
                session.check_stop()
                if batch.num_rows:
                    outcome.rows += batch.num_rows
                    yield batch
    except SqlError as error:
        outcome.error = error
    finally:
        release()
        if reader is not None:
            reader.close()
