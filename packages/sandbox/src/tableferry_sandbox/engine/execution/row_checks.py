"""Checks on rows before they are written: NOT NULL, lengths, unique keys."""

from collections.abc import Sequence

from tableferry_sandbox.engine.binding.bind_predicates import group_key
from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.scope import Scope, Source, Typed
from tableferry_sandbox.engine.database.catalog_objects import Index, Table
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.errors import (
    duplicate_key,
    null_not_allowed,
    truncated,
)
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.types import text_sizes
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.convert_basics import once
from tableferry_sandbox.engine.types.duck_types import literal
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType


def limited(column: TableColumn) -> bool:
    """Return whether a value can be too long for a column."""
    return t.family(column.type) in ("string", "binary") and column.type.length != MAX and (
        column.type.name not in ("text", "ntext", "image", "timestamp")
    )  # fmt: skip


def _size(column: TableColumn, name: str) -> str:
    if t.family(column.type) == "binary":
        return f"octet_length({name})"
    return text_sizes.size(f"rtrim({name}, ' ')", column.type)


def check_values(
    session: SessionState, table: Table, columns: Sequence[TableColumn], stage: str, verb: str
) -> None:
    """Raise 515 for NULL and 2628 for values that are too long, in rows staged for a table."""
    tests = []
    for column in columns:
        if not column.nullable:
            tests.append((column, "null", f"bool_or({column.physical} IS NULL)"))
        if limited(column):
            test = f"bool_or({_size(column, column.physical)} > {column.type.length})"
            tests.append((column, "long", test))
    if not tests:
        return
    row = session.rows(f"SELECT {', '.join(test for _, _, test in tests)} FROM {stage}")[0]
    for (column, problem, _), found in zip(tests, row, strict=True):
        if not found:
            continue
        if problem == "null":
            raise null_not_allowed(column.name, table.full_name, verb)
        size = _size(column, column.physical)
        if t.family(column.type) == "binary":
            shown = f"hex({column.physical}[1:{column.type.length}])"
        else:
            shown = text_sizes.cut(column.physical, column.type.length, column.type)
        value = session.rows(
            f"SELECT {shown} FROM {stage} WHERE {size} > {column.type.length} LIMIT 1"
        )[0][0]
        raise truncated(table.full_name, column.name, value)


def assigned(binder: Binder, sql: str, source: SqlType, column: TableColumn) -> str:
    """Return SQL of a value converted for a column, whose length is still to be checked."""
    target = column.type
    if t.family(target) == "string" and target.name not in ("text", "ntext"):
        name = "nvarchar" if t.is_national(target) else "varchar"
        target = SqlType(name, MAX, collation=target.collation)
    elif target.name in ("binary", "varbinary"):
        if t.family(source) == "int":
            return convert(sql, source, target, explicit=False)
        target = SqlType("varbinary", MAX)
    return binder.to_type(Typed(sql, source), target)


def truncate(session: SessionState, columns: Sequence[TableColumn], stage: str) -> None:
    """Cut the staged values that are too long for their columns (SET ANSI_WARNINGS OFF)."""
    cut = []
    for column in filter(limited, columns):
        name, length = column.physical, column.type.length
        if t.family(column.type) == "binary":
            cut.append(f"ts_bytes({name}, {length}) AS {name}")
        else:
            cut.append(f"{text_sizes.cut(name, length, column.type)} AS {name}")
    if cut:
        session.run_sql(
            f"CREATE OR REPLACE TEMP TABLE {stage} AS SELECT * REPLACE ({', '.join(cut)}) "
            f"FROM {stage}"
        )


def fitted(column: TableColumn, value: str = "") -> str:
    """Return SQL that pads or cuts a checked value (by default the column's) to its length."""
    name, kind = value or column.physical, column.type
    if not limited(column):
        return name
    if kind.name in ("char", "nchar"):
        cut = text_sizes.cut(name, kind.length, kind)
        return once(cut, lambda text: text_sizes.pad(text, kind.length, kind))
    if kind.name == "binary":
        return f"ts_pad_bytes({name}, {kind.length})"
    return name if kind.name == "varbinary" else text_sizes.cut(name, kind.length, kind)


def _keys(index: Index, source: str) -> list[str]:
    return [
        group_key(Typed(f"{source}.{column.physical}", column.type)) for column, _ in index.columns
    ]


def check_unique_index(
    session: SessionState, table: Table, index: Index, stage: str = "", except_rows: str = "",
    *, rows: int = 0, created: bool = False,
) -> None:  # fmt: skip
    """Raise 2627 or 2601 if staged rows, or all rows (``created``), have a key twice.

    ``rows`` is the number of staged rows, ``except_rows`` is SQL of the rowids that they replace.
    """
    if created:
        if session.find_object((table.database.name, table.schema, table.name)) is not table:
            return  # the table is being created and has no rows
        source = f"(SELECT * FROM {table.physical} WHERE v_to IS NULL)"
    else:
        source = stage
    old = f"(SELECT rowid AS rid, * FROM {table.physical} WHERE v_to IS NULL)"
    if index.condition is not None:
        source = _indexed(session, table, index, source)
        old = _indexed(session, table, index, old)
    if any(not column.stored for column, _ in index.columns):
        source, old = (
            _computed(session, table, index, source),
            _computed(session, table, index, old),
        )
    keys = _keys(index, "n")
    names = ", ".join(keys)
    # One row alone does not repeat a key, and most statements write one.
    twice = (created or rows > 1) and session.rows(
        f"SELECT {', '.join(f'first(n.{c.physical})' for c, _ in index.columns)} "
        f"FROM {source} AS n GROUP BY {names} HAVING count(*) > 1 LIMIT 1"
    )
    if not twice and not created:
        same = " AND ".join(
            f"{a} IS NOT DISTINCT FROM {b}" for a, b in zip(keys, _keys(index, "o"), strict=True)
        )
        kept = f" WHERE o.rid NOT IN ({except_rows})" if except_rows else ""
        twice = session.rows(
            f"SELECT {', '.join(f'n.{c.physical}' for c, _ in index.columns)} FROM {source} AS n "
            f"JOIN {old} AS o ON {same}{kept} LIMIT 1"
        )
    if twice:
        _raise_duplicate(session, table, index, twice[0], created=created)


def _computed(session: SessionState, table: Table, index: Index, source: str) -> str:
    """Return the rows of a source with the computed columns of an index that are not stored."""
    columns = binder_for(session).table_columns(table, "k")
    items = [
        f"{typed.sql} AS {column.physical}"
        for column, typed in zip(table.columns, columns, strict=True)
        if not column.stored and any(column is c for c, _ in index.columns)
    ]
    return f"(SELECT k.*, {', '.join(items)} FROM {source} AS k)"


def _indexed(session: SessionState, table: Table, index: Index, source: str) -> str:
    """Return the rows of a source that a filtered index holds."""
    assert index.condition is not None  # noqa: S101 - callers check it
    columns = binder_for(session).table_columns(table, "f")
    scope = Scope([Source(table.name, (), columns, table.database.key)])
    condition = binder_for(session).predicate(index.condition, scope)
    return f"(SELECT * FROM {source} AS f WHERE {condition})"


def _raise_duplicate(
    session: SessionState, table: Table, index: Index, row: tuple[object, ...], *, created: bool
) -> None:
    shown = []
    for (column, _), value in zip(index.columns, row, strict=True):
        if value is None:
            shown.append("<NULL>")
            continue
        style = 1 if t.family(column.type) == "binary" else 0
        text = convert(
            literal(value, column.type), column.type, SqlType("nvarchar", MAX), style=style
        )
        shown.append(str(session.rows(f"SELECT {text}")[0][0]))
    name = f"{table.schema}.{table.name}"
    if created:
        raise SqlError(
            1505,
            "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found "
            "for the "
            f"object name '{name}' and the index name '{index.name}'. The duplicate key value is "
            f"({', '.join(shown)}).",
        )
    raise duplicate_key(
        index.name, name, ", ".join(shown), index=not index.constraint_id, primary=index.primary
    )
