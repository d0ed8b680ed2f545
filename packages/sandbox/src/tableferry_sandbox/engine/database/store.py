"""The DuckDB database underneath: connections, physical tables, and the lock of its writers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from tableferry_sandbox.engine.database.catalog_objects import Table, TableColumn
from tableferry_sandbox.engine.database.versions import Transaction, Versions
from tableferry_sandbox.engine.types import duck_functions
from tableferry_sandbox.engine.types.duck_types import duck_type

_SETTINGS = (
    "SET arrow_large_buffer_size = true",
    "SET error_on_division_by_zero = true",
    "SET preserve_insertion_order = true",
)


class Store:
    """The physical tables of all databases, in one in-memory DuckDB."""

    def __init__(self) -> None:
        self.root = duckdb.connect(":memory:")
        for setting in _SETTINGS:
            self.root.execute(setting)
        duck_functions.install(self.root)
        self.writing = threading.RLock()
        self.versions = Versions(self._purge, self.writing)
        self._number = 0

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection, for one session or one statement."""
        with self.writing:
            cursor = self.root.cursor()
            for setting in _SETTINGS:
                cursor.execute(setting)
            return cursor

    @contextmanager
    def transaction(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Run one statement's writes: all of them or none."""
        with self.writing:
            cursor.execute("BEGIN TRANSACTION")
            try:
                yield
                cursor.execute("COMMIT")
            except BaseException:
                cursor.execute("ROLLBACK")
                raise

    def new_name(self) -> str:
        """Return a name for a physical table."""
        with self.writing:
            self._number += 1
            return f"t{self._number}"

    def create(self, table: Table) -> None:
        """Create the DuckDB table that holds a table's rows."""
        columns = [f"{c.physical} {duck_type(c.type)}" for c in table.columns if c.stored]
        columns += ["v_from BIGINT", "v_to BIGINT"]
        with self.writing:
            self.root.execute(f"CREATE TABLE {table.physical} ({', '.join(columns)})")

    def drop(self, table: Table) -> None:
        """Drop the DuckDB table that holds a table's rows."""
        with self.writing:
            self.versions.forget(table)
            self.root.execute(f"DROP TABLE IF EXISTS {table.physical}")

    def add_column(self, table: Table, column: TableColumn, fill: str) -> None:
        """Add a column, set to the SQL ``fill`` in existing rows."""
        with self.writing:
            duck = duck_type(column.type)
            self.root.execute(f"ALTER TABLE {table.physical} ADD COLUMN {column.physical} {duck}")
            if fill != "NULL":
                self.root.execute(f"UPDATE {table.physical} SET {column.physical} = {fill}")

    def drop_column(self, table: Table, column: TableColumn) -> None:
        """Remove a column."""
        with self.writing:
            self.root.execute(f"ALTER TABLE {table.physical} DROP COLUMN {column.physical}")

    def count(self, table: Table) -> int:
        """Return how many rows a table has now, uncommitted changes included."""
        cursor = self.cursor()
        try:
            row = cursor.execute(
                f"SELECT count(*) FROM {table.physical} WHERE v_to IS NULL"
            ).fetchone()
        finally:
            cursor.close()
        return int(row[0]) if row else 0

    def _purge(self, table: Table) -> None:
        with self.writing:
            self.root.execute(f"DELETE FROM {table.physical} WHERE v_to IS NOT NULL")

    def commit(self, transaction: Transaction) -> None:
        """Make a transaction's changes final."""
        for table in transaction.written:
            table.version += 1
        self.versions.end(transaction)
        for action in transaction.on_commit:
            action()

    def undo(self, transaction: Transaction) -> None:
        """Undo a transaction's changes; its locks are released even if that fails."""
        try:
            with self.writing:
                for table in transaction.written:
                    self._undo_rows(table, transaction.number)
            for action in reversed(transaction.on_rollback):
                action()
        finally:
            self.versions.end(transaction)

    def _undo_rows(self, table: Table, number: int) -> None:
        name = table.physical
        with self.transaction(self.root):
            self.root.execute(f"DELETE FROM {name} WHERE v_from = {number}")
            self.root.execute(f"UPDATE {name} SET v_to = NULL WHERE v_to = {number}")
        table.version += 1

    def close(self) -> None:
        """Close the database; everything in it is gone."""
        self.root.close()
