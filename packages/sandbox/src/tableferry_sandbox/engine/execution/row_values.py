"""The values in written rows that no statement gives: defaults, identities, row versions, periods.

Computed columns that are stored are added once the others are known.
"""

from collections.abc import Sequence

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.collation_precedence import converted
from tableferry_sandbox.engine.binding.scope import Scope, Source, Typed
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.table_columns import GRAPH_ID, TableColumn
from tableferry_sandbox.engine.database.versions import Transaction
from tableferry_sandbox.engine.execution import identities, temporal
from tableferry_sandbox.engine.execution.output_clause import STAGE
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.types.duck_types import duck_type


class RowValues:
    """The values of one table's rows that a transaction writes."""

    def __init__(self, session: SessionState, table: Table, transaction: Transaction) -> None:
        self._session = session
        self._table = table
        self._transaction = transaction

    @property
    def moment(self) -> int:
        """When the transaction began, in ticks: the start of the period of what it writes."""
        return self._transaction.began

    def inserted(self, binder: Binder, column: TableColumn, heads: dict[int, str]) -> str:
        """Return SQL of a column's value in a new row; ``heads`` are those that were given."""
        table = self._table
        if column.column_id in heads:
            return heads[column.column_id]
        if column.identity:
            return identities.values(table, column)
        if column.graph == GRAPH_ID:
            return f"CAST({table.graph_next} + row_number() OVER () - 1 AS BIGINT)"
        if column.type.name == "timestamp":
            return self.rowversion()
        if column.generated:
            return temporal.generated_value(column, self.moment)
        if column.default is not None:
            typed = binder.value_of(table.database, column.default.expression, Scope())
            default = table.database.collation
            return converted(typed.sql, typed.type, column.type, default, explicit=False)
        return f"CAST(NULL AS {duck_type(column.type)})"

    def rowversion(self) -> str:
        """Return SQL of a new row version for each row."""
        database = self._table.database
        start = database.rowversion
        self._transaction.rowversions.setdefault(database.name, start + 1)
        return f"from_hex(lpad(to_hex(CAST({start} + row_number() OVER () AS BIGINT)), 16, '0'))"

    def advance(self, rows: int, *, explicit: bool) -> None:
        """Go on after staged rows; ``explicit`` are identity values that were given."""
        table = self._table
        if table.rowversion:
            table.database.rowversion += rows
        if table.graph:
            table.graph_next += rows
        identities.advance(self._session, table, rows, explicit=explicit)

    def complete(self, binder: Binder, base: Sequence[TableColumn]) -> None:
        """Add persisted computed columns to the staged rows."""
        table = self._table
        computed = [c for c in table.columns if c.computed is not None and c.persisted]
        if not computed:
            return
        columns = tuple(Typed(c.physical, c.type, c.nullable, c.name) for c in base)
        scope = Scope([Source(table.name, (), columns, table.database.key)])
        items = []
        for column in computed:
            assert column.computed is not None  # noqa: S101 - selected above
            typed = binder.value_of(table.database, column.computed, scope)
            items.append(f"{binder.to_type(typed, column.type)} AS {column.physical}")
        self._session.run_sql(
            f"CREATE OR REPLACE TEMP TABLE {STAGE} AS SELECT *, {', '.join(items)} FROM {STAGE}"
        )
