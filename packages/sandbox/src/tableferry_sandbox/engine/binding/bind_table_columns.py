"""The columns of a table as a query reads them: stored or computed, masked or refused."""

from dataclasses import replace

from tableferry_sandbox.engine.binding.bind_predicates import PredicateBinder
from tableferry_sandbox.engine.binding.scope import Scope, Source, Typed
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.rights import (
    NO_COLUMNS,
    column_denied,
    may_on_column,
)
from tableferry_sandbox.engine.database.table_columns import INTERNAL_GRAPH_TYPES, TableColumn
from tableferry_sandbox.engine.types.masks import DEFAULT_MASK
from tableferry_sandbox.events import SqlError


class ColumnBinder(PredicateBinder):
    """Binds the columns of tables."""

    def table_columns(
        self, table: Table, alias: str, refused: frozenset[int] = NO_COLUMNS
    ) -> tuple[Typed, ...]:
        """Return a table's columns as read from a source named ``alias`` in DuckDB.

        ``refused`` are the ids of those that the session may not read.
        """
        stored = {
            c.column_id: self.column(c, f"{alias}.{c.physical}") for c in table.columns if c.stored
        }
        if any(c.masked for c in table.columns):
            self._mask(table, stored)
        scope = Scope([Source(table.name, (), tuple(stored.values()), table.database.key)])
        columns = [
            stored[column.column_id] if column.stored else self._computed(table, column, scope)
            for column in table.columns
        ]
        if refused or table.graph or table.column_set is not None:
            shown = zip(table.columns, columns, strict=True)
            return tuple(_as_shown(table, column, typed, refused) for column, typed in shown)
        return tuple(columns)

    def _computed(self, table: Table, column: TableColumn, scope: Scope) -> Typed:
        """Return a column that is computed when it is read, masked if it depends on such a one."""
        assert column.computed is not None  # noqa: S101 - only computed columns are not stored
        saved, self.context.masked = self.context.masked, False
        try:
            inner = self.value_of(table.database, column.computed, scope)
            typed = self.column(column, self.to_type(inner, column.type))
            return replace(typed, mask=DEFAULT_MASK) if self.context.masked else typed
        finally:
            self.context.masked = saved

    def _mask(self, table: Table, columns: dict[int, Typed]) -> None:
        """Put masks before the columns that the session may not unmask."""
        login = self.context.session.login
        if login.sysadmin:
            return
        for column in table.columns:
            number = column.column_id
            if column.masked and number in columns and (
                not may_on_column(login, "UNMASK", table, number)
            ):  # fmt: skip
                columns[number] = replace(columns[number], mask=column.masked)

    @staticmethod
    def column(column: TableColumn, sql: str) -> Typed:
        """Return a table's column as an expression, read by ``sql``."""
        return Typed(
            sql,
            column.type,
            column.nullable,
            column.name,
            identity=column.identity is not None,
            computed=column.computed is not None,
            hidden=column.hidden,
        )


def _as_shown(table: Table, column: TableColumn, typed: Typed, refused: frozenset[int]) -> Typed:
    """Return a column with what keeps it from being read, or only out of ``*``."""
    if column.graph in INTERNAL_GRAPH_TYPES:
        error = SqlError(13908, f"Cannot access internal graph column '{column.name}'.")
        return replace(typed, refusal=error)
    sparse = [c for c in table.columns if c.sparse]
    covered = [column, *(sparse if column.column_set else ())]
    if any(c.column_id in refused for c in covered):
        typed = replace(typed, refusal=column_denied("SELECT", table, column.name))
    if column.sparse and table.column_set is not None:
        typed = replace(typed, hidden=True)
    return typed
