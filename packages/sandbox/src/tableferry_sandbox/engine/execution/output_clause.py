"""OUTPUT: the rows that a statement wrote (``inserted``) and removed (``deleted``)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa

from tableferry_sandbox.engine.binding.bind_queries import QueryBinder
from tableferry_sandbox.engine.binding.scope import BoundQuery, Scope, Source, Typed
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.execution import row_checks
from tableferry_sandbox.engine.execution.masking import behind_mask
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.parsing.parse_dml import ACTION
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types.duck_types import arrow_schema, duck_type, to_physical
from tableferry_sandbox.events import ResultSet
from tableferry_sandbox.sqltypes import SqlType

STAGE: Final = "stage"
"""The temporary DuckDB table of new rows, or of the ids (``rid``) of rows to delete."""

ENDED: Final = "ended"
"""The temporary DuckDB table of deleted and replaced rows, as they were."""

_BATCH_ROWS: Final = 20_000


def keep_ended(session: SessionState, table: Table) -> None:
    """Copy the rows that are about to be deleted or replaced."""
    session.run_sql(
        f"CREATE OR REPLACE TEMP TABLE {ENDED} AS SELECT rowid AS rid, * FROM {table.physical} "
        f"WHERE rowid IN (SELECT rid FROM {STAGE})"
    )


def output(
    session: SessionState, table: Table, binder: QueryBinder, items: Sequence[s.Node], verb: str,
    *, merging: bool = False,
) -> ResultSet:  # fmt: skip
    """Return the OUTPUT items of the staged rows, in no order. Raises 4104, 209, 229, 230.

    ``merging``: of MERGE, where rows of either side may be missing, and ``$action`` is the verb.
    """
    stored = [c for c in table.columns if c.stored]
    fitted = ", ".join(f"{row_checks.fitted(c)} AS {c.physical}" for c in stored)
    made = f"(SELECT {'' if verb == 'INSERT' else 'rid, '}{fitted} FROM {STAGE}) AS i"
    source = {
        "INSERT": made,
        "UPDATE": f"{made} JOIN {ENDED} AS d ON i.rid = d.rid",
        "DELETE": f"{ENDED} AS d",
    }[verb]
    sides = {"INSERT": ("inserted",), "UPDATE": ("inserted", "deleted"), "DELETE": ("deleted",)}
    refused = binder.context.permit(table)
    key = table.database.key
    columns = {side: binder.table_columns(table, side[0], refused) for side in sides[verb]}
    scope = Scope([Source(side, (), columns[side], key) for side in sides[verb]])
    if merging:
        missing = {"inserted", "deleted"} - set(sides[verb])
        scope.sources = [
            Source(one.alias, (), tuple(replace(c, nullable=True) for c in one.columns), key)
            for one in scope.sources
        ]
        nulls = _nulls(binder.table_columns(table, "", refused))
        scope.sources += [Source(side, (), nulls, key) for side in missing]
        done = Typed(f"'{verb}'", SqlType("nvarchar", 10), nullable=False, name=ACTION)
        scope.sources.append(Source("", (), (done,), key))
    chosen = [item for item in items if isinstance(item, s.SelectItem)]
    found = [behind_mask(binder.context, item) for item in binder.select_items(chosen, scope)]
    heads = ", ".join(f"{f.sql} AS c{n}" for n, f in enumerate(found, 1))
    shown = BoundQuery("", tuple(found)).result_columns(session.current.collation)
    schema: pa.Schema = arrow_schema(shown)
    with session.querying():
        reader = session.cursor.sql(f"SELECT {heads} FROM {source}").to_arrow_reader(_BATCH_ROWS)
        return ResultSet(shown, iter(list(to_physical(reader, schema))))


def _nulls(columns: Sequence[Typed]) -> tuple[Typed, ...]:
    """Return the columns of a side that has no rows."""
    return tuple(
        replace(c, sql=f"CAST(NULL AS {duck_type(c.type)})", nullable=True) for c in columns
    )
