"""Keys, defaults, checks and foreign keys added to a table from their definitions."""

import zlib

from tableferry_sandbox.engine.binding.scope import Scope
from tableferry_sandbox.engine.database.catalog_objects import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Table,
)
from tableferry_sandbox.engine.database.definition_texts import default_text
from tableferry_sandbox.engine.database.table_columns import DefaultConstraint
from tableferry_sandbox.engine.errors import object_exists
from tableferry_sandbox.engine.execution.column_builder import ColumnBuilder
from tableferry_sandbox.engine.execution.constraint_checks import check_existing, check_references
from tableferry_sandbox.engine.execution.row_checks import check_unique_index
from tableferry_sandbox.engine.execution.statement_binding import binder_for
from tableferry_sandbox.engine.tree import definitions as dd
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.events import SqlError


class TableBuilder(ColumnBuilder):
    """Adds columns and constraints to one table."""

    def next_index_id(self) -> int:
        """Return the next id for a nonclustered index; 1 is reserved for the clustered one."""
        return max([1, *(i.index_id for i in self.table.indexes)]) + 1

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
        key = self.table.database.key
        wanted = key(name)
        for table in self.table.database.tables():
            names = [i.name for i in table.indexes if i.constraint_id]
            names += [c.default.name for c in table.columns if c.default]
            names += [c.name for c in table.checks] + [f.name for f in table.foreign_keys]
            if table.schema == self.table.schema and wanted in (key(n) for n in names):
                return True
        return self.table.database.taken(self.table.schema, name)

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
                if table.database.find(table.schema, table.name) is table:
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
        binder = binder_for(self.session)
        typed = binder.value_of(self.table.database, definition.expression, Scope())
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
            number,
            name,
            definition.expression,
            definition.text,
            column_id,
            definition.name is None,
            untrusted=self._trusting,
            not_for_replication=definition.not_for_replication,
        )
        check_existing(self.session, self.table, check, bind_only=self._trusting)
        self.table.checks.append(check)

    def _add_foreign_key(self, definition: dd.ConstraintDef) -> None:
        reference = definition.references
        assert reference is not None  # noqa: S101 - the parser guarantees it
        found = self.session.find_object(reference.table)
        same = self.table.database.key
        if found is None and same(reference.table[-1]) == same(self.table.name):
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
        key = ForeignKeyConstraint(
            number,
            name,
            columns,
            found,
            referenced,
            reference.on_delete,
            reference.on_update,
            named_by_system=definition.name is None,
            untrusted=self._trusting,
            not_for_replication=definition.not_for_replication,
        )
        if not self._trusting:
            check_references(self.session, self.table, key)
        self.table.foreign_keys.append(key)
