"""Columns added to a table from their definitions."""

from dataclasses import replace

from tableferry_sandbox.engine.binding.scope import Scope, Source
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.other_objects import ScalarFunction, XmlCollection
from tableferry_sandbox.engine.database.table_columns import (
    GRAPH_ID,
    GRAPH_ID_COMPUTED,
    SYSNAME,
    AliasType,
    TableColumn,
)
from tableferry_sandbox.engine.execution.implicit_columns import refresh_column_set
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.collation_keys import check_collation
from tableferry_sandbox.engine.types.masks import read_mask
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import SqlType


class ColumnBuilder:
    """Adds columns to one table."""

    def __init__(self, session: SessionState, table: Table, *, trusting: bool = False) -> None:
        """``trusting``: existing rows are not checked, as WITH NOCHECK says."""
        self.session = session
        self._trusting = trusting
        self.table = table
        self.pending: list[dd.ConstraintDef] = []
        self._computed: list[tuple[TableColumn, dd.ColumnDef]] = []

    def existing(self, name: str) -> TableColumn:
        """Return a column, for ``$node_id`` the one behind it; raises 1911."""
        found = self.table.column(name)
        if found is not None and found.graph == GRAPH_ID_COMPUTED:
            return next(c for c in self.table.columns if c.graph == GRAPH_ID)
        if found is None:
            raise SqlError(
                1911, f"Column name '{name}' does not exist in the target table or view."
            )
        return found

    def _alias(self, name: s.TypeName) -> AliasType | None:
        if name.schema.lower() == "sys" or (not name.schema and t.is_builtin(name.name)):
            return None
        current = self.session.current
        return current.types.get(current.path(name.schema or "dbo", name.spelled or name.name))

    def column_type(self, definition: dd.ColumnDef) -> tuple[SqlType, AliasType | None]:
        """Return the type of a column's definition, with its alias type; raises 2715, 447."""
        assert definition.type is not None  # noqa: S101 - computed columns never get here
        alias = self._alias(definition.type)
        if definition.type.name == "sysname":
            alias = alias or SYSNAME
        try:
            kind = alias.type if alias else t.resolve(definition.type)
        except SqlError as error:
            if error.number == 243:
                raise SqlError(
                    2715,
                    f"Column, parameter, or variable #{len(self.table.columns) + 1}: Cannot find "
                    f"data type {definition.type.name}.",
                    state=6,
                ) from None
            raise
        if t.family(kind) == "string":
            # Columns of temporary tables have tempdb's collation unless they name this database's.
            wanted = definition.collation or self.table.database.collation
            kind = replace(kind, collation=check_collation(wanted, self.session.current.collation))
        elif definition.collation:
            raise SqlError(447, f"Expression type {kind.name} is invalid for COLLATE clause.")
        return kind, alias

    def add_column(self, definition: dd.ColumnDef) -> TableColumn:
        """Add a column; its constraints wait in ``pending``."""
        table = self.table
        if table.column(definition.name) is not None:
            raise SqlError(
                2705,
                f"Column names in each table must be unique. Column name '{definition.name}' in "
                f"table '{table.name}' is specified more than once.",
                state=3,
            )
        kind: SqlType
        alias: AliasType | None = None
        kind, alias = (t.INT, None) if definition.type is None else self.column_type(definition)
        nullable = definition.nullable
        if nullable is None:
            nullable = alias.nullable if alias else self._nullable_by_default()
        if definition.identity and t.family(kind) not in ("int", "decimal"):
            raise SqlError(
                2749,
                f"Identity column '{definition.name}' must be of data type int, bigint, smallint, "
                "tinyint, or decimal or numeric with a scale of 0, unencrypted, and constrained to "
                "be nonnullable.",
                state=2,
            )
        self._refuse_second_rowversion(definition.name, kind)
        column = TableColumn(
            table.next_column_id,
            definition.name,
            kind,
            nullable and not definition.identity and kind.name != "timestamp",
            definition.identity,
            rowguid=definition.rowguid,
            sparse=definition.sparse,
            alias=alias,
            generated=definition.generated,
            hidden=definition.hidden,
            masked=self._mask(definition, kind),
            column_set=definition.column_set,
            xml_collection=self._xml_collection(definition.type),
        )
        table.next_column_id += 1
        table.columns.append(column)
        if definition.identity:
            table.identity_next = definition.identity[0]
        if definition.computed is not None:
            column.computed, column.computed_text = definition.computed, definition.text
            column.persisted = definition.persisted
            self._computed.append((column, definition))
        self.pending += definition.constraints
        return column

    @staticmethod
    def _mask(definition: dd.ColumnDef, kind: SqlType) -> str:
        """Return a column's masking function as the catalog shows it. Raises 16002 to 16006."""
        if definition.masked is None:
            return ""
        return str(read_mask(definition.masked, definition.name, kind))

    def _nullable_by_default(self) -> bool:
        """Whether a column may be NULL that says nothing of it (SET ANSI_NULL_DFLT_ON)."""
        options = self.session.options
        if "on" in (options["ansi_null_dflt_on"], options["ansi_null_dflt_off"]):
            return options["ansi_null_dflt_on"] == "on"
        return self.table.database.ansi_null_default

    def _refuse_second_rowversion(self, name: str, kind: SqlType) -> None:
        """Raise 2738 for a second rowversion column."""
        if kind.name == "timestamp" and any(c.type.name == kind.name for c in self.table.columns):
            raise SqlError(
                2738,
                "A table can only have one timestamp column. Because table "
                f"'{self.table.name}' already has one, the column '{name}' cannot be added.",
                state=2,
            )

    def _xml_collection(self, name: s.TypeName | None) -> XmlCollection | None:
        """Return the XML schema collection of a column's type; raises 6314."""
        if name is None or not name.collection:
            return None
        *schema, short = name.collection
        key = self.table.database.path(schema[-1] if schema else "dbo", short)
        found = self.table.database.xml_collections.get(key)
        if found is None:
            raise SqlError(
                6314,
                f"Collection specified does not exist in metadata : '{'.'.join(name.collection)}'",
            )
        return found

    def add_computed(self) -> None:
        """Determine the types of computed columns, once all others are known."""
        refresh_column_set(self.table)
        plain = [c for c in self.table.columns if c.computed is None]
        for column, definition in self._computed:
            assert column.computed is not None  # noqa: S101 - only computed columns are kept there
            binder = binder_for(self.session)
            columns = tuple(binder.column(c, c.physical) for c in plain)
            scope = Scope([Source(self.table.name, (), columns, self.table.database.key)])
            typed = binder.value_of(self.table.database, column.computed, scope)
            column.type = t.with_collation(typed.type, self.table.database.collation)
            # Most expressions may overflow to NULL; ISNULL with a constant may not.
            never_null = isinstance(column.computed, s.Call) and column.computed.name == "isnull"
            column.nullable = definition.nullable is not False and not (
                never_null and not typed.nullable
            )
            if column.persisted and self._uses_unbound_function(column.computed):
                raise SqlError(
                    4936,
                    f"Computed column '{column.name}' in table '{self.table.name}' cannot be "
                    "persisted because the column is non-deterministic.",
                )
        self._computed = []

    def _uses_unbound_function(self, node: s.Node) -> bool:
        """Whether an expression calls a function without SCHEMABINDING."""
        calls = [n for n in s.nodes(node) if isinstance(n, s.Call) and "." in n.name]
        found = [self.session.find_other(tuple(c.name.split("."))) for c in calls]
        return any(isinstance(f, ScalarFunction) and not f.schema_bound for f in found)
