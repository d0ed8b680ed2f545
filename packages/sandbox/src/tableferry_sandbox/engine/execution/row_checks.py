"""Checks on rows before they are written: NOT NULL, lengths, keys, CHECK, FOREIGN KEY."""

from collections.abc import Sequence

from tableferry_sandbox.engine.binding.bind_predicates import group_key
from tableferry_sandbox.engine.binding.scope import Scope, Source, Typed
from tableferry_sandbox.engine.database.catalog_objects import (
    CheckConstraint,
    Index,
    Table,
    TableColumn,
)
from tableferry_sandbox.engine.errors import (
    duplicate_key,
    null_not_allowed,
    truncated,
    unsupported,
)
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import convert
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
    if column.type.name in ("char", "varchar"):
        return f"length(rtrim({name}, ' '))"
    return f"ts_units(rtrim({name}, ' '))"


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
        shown = f"ts_cut({column.physical}, {column.type.length})"
        if t.family(column.type) == "binary":
            shown = f"hex({column.physical}[1:{column.type.length}])"
        value = session.rows(
            f"SELECT {shown} FROM {stage} WHERE {size} > {column.type.length} LIMIT 1"
        )[0][0]
        raise truncated(table.full_name, column.name, value)


def assigned(sql: str, source: SqlType, column: TableColumn) -> str:
    """Return SQL of a value converted for a column, whose length is still to be checked."""
    target = column.type
    if t.family(target) == "string" and target.name not in ("text", "ntext"):
        target = SqlType("nvarchar" if t.is_national(target) else "varchar", MAX)
    elif target.name in ("binary", "varbinary"):
        if t.family(source) == "int":
            return convert(sql, source, target, explicit=False)
        target = SqlType("varbinary", MAX)
    return convert(sql, source, target, explicit=False)


def fitted(column: TableColumn, value: str = "") -> str:
    """Return SQL that pads or cuts a checked value (by default the column's) to its length."""
    name, kind = value or column.physical, column.type
    if not limited(column):
        return name
    if kind.name in ("char", "nchar"):
        return f"ts_pad(ts_cut({name}, {kind.length}), {kind.length})"
    if kind.name == "binary":
        return f"ts_pad_bytes({name}, {kind.length})"
    return name if kind.name == "varbinary" else f"ts_cut({name}, {kind.length})"


def _keys(index: Index, source: str) -> list[str]:
    return [
        group_key(Typed(f"{source}.{column.physical}", column.type)) for column, _ in index.columns
    ]


def check_unique_index(
    session: SessionState, table: Table, index: Index, stage: str = "", except_rows: str = "",
    *, created: bool = False,
) -> None:  # fmt: skip
    """Raise 2627 or 2601 if staged rows, or all rows (``created``), have a key twice.

    ``except_rows`` is SQL of the rowids that the staged rows replace.
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
    keys = _keys(index, "n")
    names = ", ".join(keys)
    twice = session.rows(
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


def _indexed(session: SessionState, table: Table, index: Index, source: str) -> str:
    """Return the rows of a source that a filtered index holds."""
    assert index.condition is not None  # noqa: S101 - callers check it
    scope = Scope([Source(table.name, (), binder_for(session).table_columns(table, "f"))])
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


def _condition(session: SessionState, table: Table, check: CheckConstraint, source: str) -> str:
    binder = binder_for(session)
    columns = binder.table_columns(table, source)
    return binder.predicate(check.condition, Scope([Source(table.name, (), columns)]))


def check_existing(session: SessionState, table: Table, check: CheckConstraint) -> None:
    """Raise 547 if existing rows violate a new CHECK."""
    condition = _condition(session, table, check, "n")
    if table.database.find(table.schema, table.name) is not table:
        return
    bad = session.rows(
        f"SELECT 1 FROM {table.physical} AS n WHERE v_to IS NULL AND NOT {condition} LIMIT 1"
    )
    if bad:
        raise _conflict("ALTER TABLE", "CHECK", check.name, table)


def _conflict(verb: str, kind: str, name: str, table: Table, column: str = "") -> SqlError:
    where = f", column '{column}'" if column else ""
    return SqlError(
        547,
        f'The {verb} statement conflicted with the {kind} constraint "{name}". The conflict '
        f'occurred in database "{table.database.name}", '
        f'table "{table.schema}.{table.name}"{where}.',
        state=0,
    )


def check_constraints(session: SessionState, table: Table, stage: str, verb: str) -> None:
    """Raise 547 for staged rows that violate a CHECK or a FOREIGN KEY."""
    for check in table.checks:
        condition = _condition(session, table, check, "n")
        if session.rows(f"SELECT 1 FROM {stage} AS n WHERE NOT {condition} LIMIT 1"):
            column = next((c.name for c in table.columns if c.column_id == check.column_id), "")
            raise _conflict(verb, "CHECK", check.name, table, column)
    for key in table.foreign_keys:
        there = _pairs(key.columns, key.referenced)
        known = " AND ".join(f"n.{c.physical} IS NOT NULL" for c in key.columns)
        parent = f"{key.table.physical} AS o WHERE o.v_to IS NULL AND {there}"
        own = (
            f" AND NOT EXISTS (SELECT 1 FROM {stage} AS o WHERE {there})"
            if key.table is table
            else ""
        )
        if session.rows(
            f"SELECT 1 FROM {stage} AS n WHERE {known} AND NOT EXISTS (SELECT 1 FROM {parent})"
            f"{own} LIMIT 1"
        ):
            column = key.referenced[0].name if len(key.referenced) == 1 else ""
            raise _conflict(verb, "FOREIGN KEY", key.name, key.table, column)


def _pairs(here: Sequence[TableColumn], there: Sequence[TableColumn]) -> str:
    return " AND ".join(
        f"{group_key(Typed(f'n.{a.physical}', a.type))} = "
        f"{group_key(Typed(f'o.{b.physical}', b.type))}"
        for a, b in zip(here, there, strict=True)
    )


def check_not_referenced(session: SessionState, table: Table, rowids: str, verb: str) -> None:
    """Raise 547 if a foreign key references rows about to be deleted or changed."""
    for other in table.database.tables():
        for key in other.foreign_keys:
            if key.table is not table:
                continue
            same = _pairs(key.columns, key.referenced)
            if session.rows(
                f"SELECT 1 FROM {other.physical} AS n JOIN {table.physical} AS o ON {same} "
                f"WHERE n.v_to IS NULL AND o.rowid IN ({rowids}) LIMIT 1"
            ):
                action = key.on_delete if verb == "DELETE" else key.on_update
                if action != "NO_ACTION":
                    raise unsupported(
                        f"the foreign key action {action.replace('_', ' ')} of {verb}"
                    )
                column = key.columns[0].name if len(key.columns) == 1 else ""
                raise _conflict(verb, "REFERENCE", key.name, other, column)
