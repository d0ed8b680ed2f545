"""ALTER TABLE: ADD, ALTER COLUMN, DROP COLUMN and DROP CONSTRAINT."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine import tracking_errors
from tableferry_sandbox.engine.binding.scope import Scope
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.identifiers import Identifiers
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.engine.execution import row_checks
from tableferry_sandbox.engine.execution.implicit_columns import (
    refresh_column_set,
    refuse_late_column_set,
)
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.execution.table_builder import TableBuilder
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree.syntax import Name, Node, nodes
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.duck_types import duck_type
from tableferry_sandbox.engine.types.masks import read_mask
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType

_GROWING: Final = frozenset({"varchar", "nvarchar", "varbinary"})
"""Types that may get longer although an index or a CHECK uses them (ALTER TABLE: ALTER COLUMN)."""


def add_columns(
    session: SessionState,
    table: Table,
    columns: Sequence[dd.ColumnDef],
    constraints: Sequence[dd.ConstraintDef],
    *,
    trusting: bool = False,
) -> None:
    """ALTER TABLE ... ADD, of columns and of constraints; ``trusting`` is WITH NOCHECK."""
    if session.transaction is not None and columns:
        raise unsupported("ALTER TABLE ... ADD of a column inside a transaction")
    builder = TableBuilder(session, table, trusting=trusting)
    rows = session.server.store.count(table)
    for definition in columns:
        if definition.column_set:
            refuse_late_column_set(table, definition.name)
        column = builder.add_column(definition)
        builder.add_computed()
        defaults = [c for c in builder.pending if c.kind == "default"]
        for constraint in defaults:
            builder.pending.remove(constraint)
            builder.add_constraint(constraint)
        _store_column(session, table, column, rows)
    for constraint in [*builder.pending, *constraints]:
        builder.add_constraint(constraint)


def _store_column(session: SessionState, table: Table, column: TableColumn, rows: int) -> None:
    """Add a new column to the stored rows; raises 4901 if they would violate NOT NULL."""
    fill = "NULL"
    if column.computed is not None and not column.persisted:
        return
    if column.type.name == "timestamp":
        fill = _rowversions(session, table)
    elif column.computed is not None or column.identity:
        if rows:
            table.columns.remove(column)
            raise unsupported("adding a computed or identity column to a table that has rows")
    elif column.default is not None and not column.nullable:
        binder = binder_for(session)
        typed = binder.value(column.default.expression, Scope())
        fill = convert(typed.sql, typed.type, column.type, explicit=False)
    elif not column.nullable and rows:
        table.columns.remove(column)
        raise SqlError(
            4901,
            "ALTER TABLE only allows columns to be added that can contain nulls, or have a "
            "DEFAULT definition specified, or the column being added is an identity or "
            "timestamp "
            "column, or alternatively if none of the previous conditions are satisfied "
            "the table "
            f"must be empty to allow addition of this column. Column '{column.name}' cannot be "
            f"added to non-empty table '{table.name}' because it does not satisfy these "
            "conditions.",
        )
    session.server.store.add_column(table, column, fill)


def _rowversions(session: SessionState, table: Table) -> str:
    """Return the DuckDB SQL of a new rowversion for each stored row."""
    database = table.database
    start = database.rowversion
    database.rowversion += session.server.store.last_row(table) + 1
    return f"from_hex(lpad(to_hex(CAST({start} + rowid + 1 AS BIGINT)), 16, '0'))"


def drop_column(session: SessionState, table: Table, name: str, *, if_exists: bool) -> None:
    """ALTER TABLE ... DROP COLUMN; raises 4924, 5074."""
    column = table.column(name)
    if column is None:
        if if_exists:
            return
        raise _unknown("DROP", table, name)
    if column.graph:
        raise SqlError(13913, "Internal graph columns cannot be altered.", state=5)
    _refuse_if_used("DROP", column, *dependents(table, column), _default(column))
    table.columns.remove(column)
    refresh_column_set(table)
    if column.stored:
        session.server.store.drop_column(table, column)


def drop_constraint(table: Table, name: str, *, if_exists: bool) -> None:
    """ALTER TABLE ... DROP CONSTRAINT; raises 3728, 3735."""
    key = table.database.key
    wanted = key(name)
    for column in table.columns:
        if column.default and key(column.default.name) == wanted:
            column.default = None
            return
    keys = [i for i in table.indexes if i.constraint_id and key(i.name) == wanted]
    gone = [c for c in table.checks if key(c.name) == wanted]
    references = [f for f in table.foreign_keys if key(f.name) == wanted]
    if table.tracking is not None and table.primary_key in keys:
        raise tracking_errors.key_needed(name, table.name)
    table.indexes = [i for i in table.indexes if i not in keys]
    table.checks = [c for c in table.checks if c not in gone]
    table.foreign_keys = [f for f in table.foreign_keys if f not in references]
    if not (keys or gone or references) and not if_exists:
        raise SqlError(3728, f"'{name}' is not a constraint.")


def alter_column(session: SessionState, table: Table, definition: dd.ColumnDef) -> None:
    """ALTER TABLE ... ALTER COLUMN: all rows are converted, or none.

    Raises 4924, 4928, 5074, 515, 2628, and what a conversion raises.
    """
    column = table.column(definition.name)
    if column is None:
        raise _unknown("ALTER", table, definition.name)
    if column.graph:
        raise SqlError(13913, "Internal graph columns cannot be altered.", state=2)
    special = "COMPUTED" if column.computed is not None else column.type.name
    if special in ("COMPUTED", "timestamp"):
        raise SqlError(4928, f"Cannot alter column '{column.name}' because it is '{special}'.")
    kind, alias = TableBuilder(session, table).column_type(definition)
    if column.identity and t.family(kind) not in ("int", "decimal"):
        raise SqlError(
            2749,
            f"Identity column '{column.name}' must be of data type int, bigint, smallint, tinyint, "
            "or decimal or numeric with a scale of 0, unencrypted, and constrained to be "
            "nonnullable.",
            state=2,
        )
    _refuse_if_used("ALTER", column, *_blockers(table, column, kind))
    nullable = definition.nullable is not False and not column.identity
    masked = column.masked
    if definition.masked is not None:
        masked = str(read_mask(definition.masked, column.name, kind))
    changed = replace(column, type=kind, nullable=nullable, alias=alias)
    value = row_checks.assigned(binder_for(session), column.physical, column.type, changed)
    stage = f"(SELECT {value} AS {column.physical} FROM {table.physical} WHERE v_to IS NULL)"
    row_checks.check_values(session, table, [changed], stage, "UPDATE")
    with session.server.store.transaction(session.cursor):
        session.run_sql(
            f"ALTER TABLE {table.physical} ALTER COLUMN {column.physical} "
            f"TYPE {duck_type(kind)} USING {row_checks.fitted(changed, value)}"
        )
    column.type, column.nullable, column.alias, column.masked = kind, nullable, alias, masked
    refresh_column_set(table)


def mask_column(session: SessionState, table: Table, definition: dd.ColumnDef) -> None:
    """ALTER COLUMN ... ADD MASKED, in place of a mask that is there. Raises 4924, 16002 to 16006.

    Raises 15247 without the permission ALTER ANY MASK.
    """
    column = table.column(definition.name)
    if column is None:
        raise _unknown("ALTER", table, definition.name)
    if not session.may("ALTER ANY MASK", table.database):
        raise SqlError(15247, "User does not have permission to perform this action.")
    column.masked = str(read_mask(definition.masked or "", column.name, column.type))


def mark_column(table: Table, name: str, change: str) -> None:
    """ALTER COLUMN ... ADD or DROP of HIDDEN, ROWGUIDCOL, SPARSE; DROP MASKED.

    Raises 4924, 13735, 16007.
    """
    column = table.column(name)
    if column is None:
        raise _unknown("ALTER", table, name)
    verb, mark = change.split()
    if mark == "hidden":
        if not column.generated:
            raise SqlError(
                13735,
                f"Cannot alter HIDDEN attribute on column '{name}' in table '{table.name}' because "
                "this column is not a generated always column.",
            )
        column.hidden = verb == "add"
    elif mark == "rowguidcol":
        column.rowguid = verb == "add"
    elif mark == "sparse":
        column.sparse = verb == "add"
        refresh_column_set(table)
    elif mark == "masked":
        if not column.masked:
            raise SqlError(
                16007, f"The column '{name}' does not have a data masking function.", state=0
            )
        column.masked = ""
    else:
        raise unsupported(f"ALTER COLUMN ... {change.upper()}")


def dependents(table: Table, column: TableColumn) -> Iterator[str]:
    """Yield what uses a column, as error 5074 names it; its default does not count."""
    for index in table.indexes:
        used = [*(k for k, _ in index.columns), *index.included]
        if any(column is c for c in used) or mentions(index.condition, column, table.database):
            yield f"object '{index.name}'" if index.constraint_id else f"index '{index.name}'"
    for other in table.database.tables():
        for key in other.foreign_keys:
            if (other is table and column in key.columns) or (
                key.table is table and column in key.referenced
            ):
                yield f"object '{key.name}'"
    yield from _policies(table, column)
    for check in table.checks:
        if mentions(check.condition, column, table.database):
            yield f"object '{check.name}'"
    for other_column in table.columns:
        if other_column.is_computed and mentions(other_column.computed, column, table.database):
            yield f"column '{other_column.name}'"


def _policies(table: Table, column: TableColumn) -> Iterator[str]:
    for predicate in table.predicates:
        given = [mentions(node, column, table.database) for node in predicate.arguments]
        if predicate.policy.schema_bound and any(given):
            yield f"object '{predicate.policy.name}'"


def _blockers(table: Table, column: TableColumn, kind: SqlType) -> list[str]:
    """Return what forbids changing a column to a type."""
    same_type = kind.name == column.type.name
    default = [] if same_type else [_default(column)]
    longer = same_type and kind.name in _GROWING and (
        kind.length == MAX or MAX != column.type.length <= kind.length
    )  # fmt: skip
    if not longer:
        return [*dependents(table, column), *default]
    fixed = [i.name for i in table.indexes if i.primary]
    fixed += [k.name for other in table.database.tables() for k in other.foreign_keys]
    fixed += [c.name for c in table.columns if c.computed is not None]
    return [d for d in dependents(table, column) if d.split("'")[1] in fixed]


def _default(column: TableColumn) -> str:
    return f"object '{column.default.name}'" if column.default else ""


def mentions(expression: Node | None, column: TableColumn, names: Identifiers) -> bool:
    """Return whether an expression names a column."""
    wanted = names.key(column.name)
    return any(isinstance(n, Name) and names.key(n.parts[-1]) == wanted for n in nodes(expression))


def _refuse_if_used(verb: str, column: TableColumn, *users: str) -> None:
    named = [user for user in users if user]
    if named:
        lines = [f"The {user} is dependent on column '{column.name}'." for user in named]
        raise SqlError(
            5074,
            " ".join(lines) + f" ALTER TABLE {verb} COLUMN {column.name} failed because one or "
            "more objects access this column.",
        )


def _unknown(verb: str, table: Table, name: str) -> SqlError:
    return SqlError(
        4924,
        f"ALTER TABLE {verb} COLUMN failed because column '{name}' does not exist in table "
        f"'{table.name}'.",
    )
