"""Columns, keys, defaults and checks added to a table from their definitions."""

import zlib
from dataclasses import replace

from tableferry_sandbox.engine.binding.scope import Scope, Source
from tableferry_sandbox.engine.database.catalog_objects import (
    AliasType,
    CheckConstraint,
    DefaultConstraint,
    ForeignKeyConstraint,
    Index,
    Table,
    TableColumn,
    default_text,
)
from tableferry_sandbox.engine.errors import object_exists
from tableferry_sandbox.engine.execution.row_checks import check_existing, check_unique_index
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.collation_keys import check_collation
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import SqlType


class TableBuilder:
    """Adds columns and constraints to one table."""

    def __init__(self, session: SessionState, table: Table) -> None:
        self.session = session
        self.table = table
        self.pending: list[dd.ConstraintDef] = []
        self._computed: list[tuple[TableColumn, dd.ColumnDef]] = []

    def existing(self, name: str) -> TableColumn:
        """Return a column; raises 1911."""
        found = self.table.column(name)
        if found is None:
            raise SqlError(
                1911, f"Column name '{name}' does not exist in the target table or view."
            )
        return found

    def next_index_id(self) -> int:
        """Return the next id for a nonclustered index; 1 is reserved for the clustered one."""
        return max([1, *(i.index_id for i in self.table.indexes)]) + 1

    def _alias(self, name: s.TypeName) -> AliasType | None:
        if name.schema.lower() == "sys" or (not name.schema and t.is_builtin(name.name)):
            return None
        return self.session.current.types.get((name.schema.lower() or "dbo", name.name))

    def column_type(self, definition: dd.ColumnDef) -> tuple[SqlType, AliasType | None]:
        """Return the type of a column's definition, with its alias type; raises 2715, 447."""
        assert definition.type is not None  # noqa: S101 - computed columns never get here
        alias = self._alias(definition.type)
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
            wanted = definition.collation or self.table.database.collation
            kind = replace(kind, collation=check_collation(wanted, national=t.is_national(kind)))
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
            nullable = alias.nullable if alias else True
        if definition.identity and t.family(kind) not in ("int", "decimal"):
            raise SqlError(
                2749,
                f"Identity column '{definition.name}' must be of data type int, bigint, smallint, "
                "tinyint, or decimal or numeric with a scale of 0, unencrypted, and constrained to "
                "be nonnullable.",
                state=2,
            )
        column = TableColumn(
            table.next_column_id,
            definition.name,
            kind,
            nullable and not definition.identity and kind.name != "timestamp",
            definition.identity,
            rowguid=definition.rowguid,
            sparse=definition.sparse,
            alias=alias,
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

    def add_computed(self) -> None:
        """Determine the types of computed columns, once all others are known."""
        plain = [c for c in self.table.columns if c.computed is None]
        for column, definition in self._computed:
            assert column.computed is not None  # noqa: S101 - only computed columns are kept there
            binder = binder_for(self.session)
            columns = tuple(binder.column(c, c.physical) for c in plain)
            typed = binder.value(column.computed, Scope([Source(self.table.name, (), columns)]))
            column.type = t.with_collation(typed.type, self.table.database.collation)
            column.nullable = definition.nullable is not False
        self._computed = []

    def add_constraint(self, definition: dd.ConstraintDef) -> None:
        """Add a constraint of any kind."""
        if definition.name and self._taken(definition.name):
            raise object_exists(definition.name)
        if definition.kind in ("primary", "unique"):
            self._add_key(definition)
        elif definition.kind == "default":
            self._add_default(definition)
        elif definition.kind == "check":
            self._add_check(definition)
        else:
            self._add_foreign_key(definition)

    def _taken(self, name: str) -> bool:
        lowered = name.lower()
        for table in self.table.database.tables():
            names = [i.name for i in table.indexes if i.constraint_id]
            names += [c.default.name for c in table.columns if c.default]
            names += [c.name for c in table.checks] + [f.name for f in table.foreign_keys]
            if table.schema == self.table.schema and lowered in (n.lower() for n in names):
                return True
        return self.table.database.find(self.table.schema, name) is not None

    def _system_name(self, prefix: str, object_id: int, column: str = "") -> str:
        """Return a name like SQL Server's own: ``PK__Table__3214EC07AB12CD34``."""
        middle = f"{self.table.name[:9]}__{column[:5]}" if column else self.table.name[:8]
        mark = zlib.crc32(f"{self.table.name}.{column}.{prefix}".encode())
        return f"{prefix}__{middle}__{object_id & 0xFFFFFFFF:08X}{'' if column else f'{mark:08X}'}"

    def _add_key(self, definition: dd.ConstraintDef) -> None:
        table, primary = self.table, definition.kind == "primary"
        if primary and table.primary_key is not None:
            raise SqlError(
                1779, f"Table '{table.name}' already has a primary key defined on it.", state=0
            )
        columns = [(self.existing(c.name), c.descending) for c in definition.columns]
        for column, _ in columns:
            if primary and column.nullable and column.computed is None:
                if table.name.lower() in (x[1] for x in table.database.objects):
                    raise SqlError(
                        8111,
                        f"Cannot define PRIMARY KEY constraint on nullable column in table "
                        f"'{table.name}'.",
                    )
                column.nullable = False
        clustered = definition.clustered
        if clustered is None:
            clustered = primary and not any(i.clustered for i in table.indexes)
        number = table.database.new_object_id()
        name = definition.name or self._system_name("PK" if primary else "UQ", number)
        index = Index(
            1 if clustered else self.next_index_id(),
            name,
            columns,
            True,
            primary,
            number,
            clustered,
            named_by_system=definition.name is None,
        )
        check_unique_index(self.session, table, index, created=True)
        table.indexes.append(index)
        self.mark_disordered_by(index)

    def mark_disordered_by(self, index: Index) -> None:
        """Mark a table disordered if its rows were stored before a clustered index existed."""
        if index.clustered and self.session.server.has(self.table):
            self.table.disordered = True

    def _add_default(self, definition: dd.ConstraintDef) -> None:
        column = self.existing(definition.columns[0].name)
        if column.default is not None or column.identity or column.type.name == "timestamp":
            raise SqlError(1781, "Column already has a DEFAULT bound to it.")
        assert definition.expression is not None  # noqa: S101 - the parser guarantees it
        typed = binder_for(self.session).value(definition.expression, Scope())
        convert(typed.sql, typed.type, column.type, explicit=False)
        number = self.table.database.new_object_id()
        name = definition.name or self._system_name("DF", number, column.name)
        column.default = DefaultConstraint(
            number,
            name,
            definition.expression,
            default_text(definition.text),
            definition.name is None,
        )

    def _add_check(self, definition: dd.ConstraintDef) -> None:
        number = self.table.database.new_object_id()
        column = definition.columns[0].name if definition.columns else ""
        name = definition.name or self._system_name("CK", number, column or self.table.name)
        assert definition.expression is not None  # noqa: S101 - the parser guarantees it
        column_id = self.existing(column).column_id if column else 0
        check = CheckConstraint(
            number, name, definition.expression, definition.text, column_id, definition.name is None
        )
        check_existing(self.session, self.table, check)
        self.table.checks.append(check)

    def _add_foreign_key(self, definition: dd.ConstraintDef) -> None:
        reference = definition.references
        assert reference is not None  # noqa: S101 - the parser guarantees it
        found = self.session.find_object(reference.table)
        if found is None and reference.table[-1].lower() == self.table.name.lower():
            found = self.table
        if not isinstance(found, Table):
            raise SqlError(
                1767,
                f"Foreign key references invalid table '{'.'.join(reference.table)}'.",
                state=0,
            )
        names = reference.columns
        if not names and found.primary_key:
            names = tuple(c.name for c, _ in found.primary_key.columns)
        referenced = [c for n in names if (c := found.column(n)) is not None]
        columns = [self.existing(c.name) for c in definition.columns]
        if len(referenced) != len(columns):
            raise SqlError(
                1776,
                "There are no primary or candidate keys in the referenced table "
                f"'{found.name}' that match the referencing column list in the foreign key.",
                state=0,
            )
        number = self.table.database.new_object_id()
        name = definition.name or self._system_name("FK", number, columns[0].name)
        self.table.foreign_keys.append(
            ForeignKeyConstraint(
                number,
                name,
                columns,
                found,
                referenced,
                reference.on_delete,
                reference.on_update,
                named_by_system=definition.name is None,
            )
        )
