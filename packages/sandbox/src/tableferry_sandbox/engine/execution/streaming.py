"""Result sets that stream out of DuckDB, batch by batch."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pyarrow as pa

from tableferry_sandbox.engine.binding.context import Context
from tableferry_sandbox.engine.binding.scope import BoundQuery
from tableferry_sandbox.engine.database.catalog_answers import catalog_answers
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
    columns = bound.result_columns(session.current.collation)
    schema = arrow_schema(columns)
    key = _replay_key(session, bound, context)

    def replayed(rows: int) -> None:
        outcome.rows = rows
        release()

    read = _as_objects if context.views and not context.tables else _as_arrow
    run = partial(read, session, bound.sql, schema)
    # Inside of a DuckDB transaction, the names of catalog views' rows are those of any others.
    plain = not context.random and session.options["dateformat"] == "mdy"
    if read is _as_objects and plain and session.writer_number is None:
        run = partial(_as_known, session, bound.sql, schema)
    return ResultSet(columns, _batches(session, run, outcome, release), key, replayed)


def _replay_key(session: SessionState, bound: BoundQuery, context: Context) -> str | None:
    if context.volatile or session.transaction is not None:
        return None
    if any(t.versioned or t.temporary for t in context.tables) or not context.tables:
        return None
    seen = sorted({f"{t.physical}:{t.version}" for t in context.tables})
    names = "|".join(c.name for c in bound.columns)
    settings = f"{session.current.collation}|{session.options['dateformat']}"
    return f"{settings}|{bound.sql}|{names}|{','.join(seen)}"


@contextmanager
def _as_arrow(
    session: SessionState, sql: str, schema: pa.Schema
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Run a query; gives its batches as they come."""
    session.register_noted()
    reader = session.cursor.sql(sql).to_arrow_reader(BATCH_ROWS)
    try:
        yield to_physical(reader, schema)
    finally:
        reader.close()


@contextmanager
def _as_objects(
    session: SessionState, sql: str, schema: pa.Schema
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Run a query over the catalog; gives its batches, made of Python's objects.

    DuckDB parses and plans once for these, and three times for Arrow: most of the time that a
    handful of rows takes.
    """
    session.register_noted()
    cursor = session.cursor.execute(sql)
    yield (_of_objects(rows, schema) for rows in iter(lambda: cursor.fetchmany(BATCH_ROWS), []))


@contextmanager
def _as_known(
    session: SessionState, sql: str, schema: pa.Schema
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Answer a query over the catalog; runs it only where the answer is not known."""
    known = catalog_answers().find(sql, schema)
    if known is None:
        with _as_objects(session, sql, schema) as batches:
            known = tuple(batches)
        catalog_answers().keep(sql, schema, known)
    yield iter(known)


def _of_objects(rows: list[Any], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(zip(*rows, strict=True), schema, strict=True)
    arrays = [pa.array(values, field.type) for values, field in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _batches(
    session: SessionState,
    run: Callable[[], AbstractContextManager[Iterator[pa.RecordBatch]]],
    outcome: Outcome,
    release: Callable[[], None],
) -> Iterator[pa.RecordBatch]:
    """Yield a query's batches up to the first error, which is left in ``outcome``.

    The statement raises it after its rows, so that TRY and CATCH see it too.
    """
    try:
        with session.querying(), run() as batches:
            release()
            for batch in batches:
                session.check_stop()
                if batch.num_rows:
                    outcome.rows += batch.num_rows
                    yield batch
    except SqlError as error:
        outcome.error = error
    finally:
        release()
