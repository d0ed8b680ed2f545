"""The physical tables underneath, the connections to them, and the lock of their writers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from tableferry_sandbox.engine.database import change_log
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.duck_database import DuckDatabase
from tableferry_sandbox.engine.database.other_objects import Sequence
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.database.tracking import TableTracking
from tableferry_sandbox.engine.database.versions import Transaction, Versions
from tableferry_sandbox.engine.types.duck_types import duck_type
from tableferry_sandbox.sqltypes import MAX, SqlType

PAGE_BYTES: Final = 8_040
"""Bytes of a large value on one page."""

IN_ROW_BYTES: Final = 8_000
"""A value of a ``(max)`` type up to this size is stored in its row."""

LEGACY_LARGE: Final = frozenset({"text", "ntext", "image"})
"""Types of which every value has pages of its own."""

_LARGE: Final = LEGACY_LARGE | {"xml", "geography", "geometry", "json"}


class Store:
    """The physical tables of all databases of an instance, in one database of DuckDB."""

    def __init__(self) -> None:
        self._database = DuckDatabase()
        self.root = self._database.connect()
        self.writing = threading.RLock()
        self.versions = Versions(self._purge, self.writing)
        self._number = 0

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection, for one session or one statement."""
        return self._database.connect()

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
            table.counted = table.version, 0

    def drop(self, table: Table) -> None:
        """Drop the DuckDB table that holds a table's rows."""
        with self.writing:
            self.versions.forget(table)
            self.root.execute(f"DROP TABLE IF EXISTS {table.physical}")
            if table.tracking is not None:
                self.root.execute(f"DROP TABLE IF EXISTS {table.tracking.log}")

    def track(self, table: Table, *, with_columns: bool) -> None:
        """Begin to track a table's changes."""
        with self.writing:
            log = self.new_name()
            begin = table.database.tracking.version
            self.root.execute(change_log.create(table, log))
            object_id = table.database.new_object_id()
            table.tracking = TableTracking(log, object_id, begin, with_columns, last=begin)

    def stop_tracking(self, table: Table) -> None:
        """Forget a table's changes."""
        with self.writing:
            tracking, table.tracking = table.tracking, None
            if tracking is not None:
                self.root.execute(f"DROP TABLE IF EXISTS {tracking.log}")

    def add_column(self, table: Table, column: TableColumn, fill: str) -> None:
        """Add a column, set to the SQL ``fill`` in existing rows."""
        with self.writing:
            duck = duck_type(column.type)
            self.root.execute(f"ALTER TABLE {table.physical} ADD COLUMN {column.physical} {duck}")
            if fill != "NULL":
                self.root.execute(f"UPDATE {table.physical} SET {column.physical} = {fill}")

    def last_row(self, table: Table) -> int:
        """Return the highest of DuckDB's numbers of a table's rows, -1 where it has none."""
        found = self.cursor().execute(f"SELECT max(rowid) FROM {table.physical}").fetchone()
        return -1 if found is None or found[0] is None else int(found[0])

    def drop_column(self, table: Table, column: TableColumn) -> None:
        """Remove a column."""
        with self.writing:
            self.root.execute(f"ALTER TABLE {table.physical} DROP COLUMN {column.physical}")

    def create_sequence(self, sequence: Sequence) -> None:
        """Create the DuckDB sequence that counts; like SQL Server's, no rollback sets it back."""
        with self.writing:
            self.root.execute(
                f"CREATE SEQUENCE {sequence.physical} INCREMENT BY {sequence.increment} "
                f"MINVALUE {sequence.minimum} MAXVALUE {sequence.maximum} "
                f"START WITH {sequence.start} {'' if sequence.cycle else 'NO '}CYCLE"
            )

    def drop_sequence(self, name: str) -> None:
        """Drop a DuckDB sequence."""
        with self.writing:
            self.root.execute(f"DROP SEQUENCE IF EXISTS {name}")

    def last_value(self, sequence: Sequence) -> int:
        """Return the value a sequence gave last, its start before the first."""
        cursor = self.cursor()
        try:
            row = cursor.execute(
                "SELECT last_value FROM duckdb_sequences() WHERE sequence_name = ? "
                "AND database_name = current_database()",
                [sequence.physical],
            ).fetchone()
        finally:
            cursor.close()
        return sequence.start if row is None or row[0] is None else int(row[0])

    def count(self, table: Table) -> int:
        """Return how many rows a table has now, uncommitted changes included."""
        # Counted only after a write that did not say how many rows there are. The version is read
        # first: a write in the meantime leaves the number under one that is no longer the table's.
        version, known = table.version, table.known_rows
        if known is not None:
            return known
        cursor = self.cursor()
        try:
            row = cursor.execute(
                f"SELECT count(*) FROM {table.physical} WHERE v_to IS NULL"
            ).fetchone()
        finally:
            cursor.close()
        rows = int(row[0]) if row else 0
        table.counted = version, rows
        return rows

    def count_large_pages(self, table: Table) -> int | None:
        """Return how many pages of their own large values need; None without a column for them."""
        large = [column for column in table.columns if column.stored and _is_large(column.type)]
        if not large:
            return None
        version = table.version
        if table.large_pages is not None and table.large_pages[0] == version:
            return table.large_pages[1]
        pages = " + ".join(f"coalesce(sum({_pages(column)}), 0)" for column in large)
        cursor = self.cursor()
        try:
            row = cursor.execute(
                f"SELECT {pages} FROM {table.physical} WHERE v_to IS NULL"
            ).fetchone()
        finally:
            cursor.close()
        found = int(row[0]) if row else 0
        table.large_pages = version, found
        return found

    def _purge(self, table: Table) -> None:
        with self.writing:
            self.root.execute(f"DELETE FROM {table.physical} WHERE v_to IS NOT NULL")

    def remove_changes(self, table: Table, up_to: int) -> None:
        """Remove a tracked table's changes up to a version, as cleanup does.

        Snapshots that are open still see them (Work with Change Tracking).
        """
        tracking = table.tracking
        if tracking is None:
            return
        with self.writing:
            if self.versions.in_place():
                self.root.execute(
                    f"DELETE FROM {tracking.log} WHERE version <= {up_to} OR gone IS NOT NULL"
                )
                tracking.removed = False
            else:
                self.root.execute(
                    f"UPDATE {tracking.log} SET gone = {self.versions.draw()} "
                    f"WHERE version <= {up_to} AND gone IS NULL"
                )
                tracking.removed = True
            tracking.cleaned = max(tracking.cleaned or 0, up_to)

    def commit(self, transaction: Transaction) -> None:
        """Make a transaction's changes final."""
        for table in transaction.written:
            table.next_version(table.known_rows)
        if transaction.tracked or transaction.truncated:
            # In one step for all who take a snapshot: the version, and that it is committed.
            with self.writing:
                self._publish_changes(transaction)
                self.versions.end(transaction)
        else:
            self.versions.end(transaction)
        for action in transaction.on_commit:
            action()

    def _publish_changes(self, transaction: Transaction) -> None:
        drawn = self.draw_versions(transaction)
        with self.transaction(self.root):
            for table in transaction.tracked:
                if table.tracking is not None:
                    self.root.execute(
                        f"UPDATE {table.tracking.log} SET version = {drawn[table]} "
                        f"WHERE number = {transaction.number}"
                    )

    def draw_versions(self, transaction: Transaction) -> dict[Table, int]:
        """Draw the versions of a transaction that commits now, one a database.

        Returns those of the tables whose changes it logged. ``writing`` must be held until the
        transaction has ended. A truncated table is as though its tracking had just begun.
        """
        for table in transaction.truncated:
            if table.tracking is not None:
                table.tracking.begin = table.database.tracking.version
        databases = {table.database.database_id: table.database for table in transaction.tracked}
        versions = {
            key: database.tracking.commit(transaction.number) for key, database in databases.items()
        }
        drawn = {table: versions[table.database.database_id] for table in transaction.tracked}
        for table, version in drawn.items():
            if table.tracking is not None:
                table.tracking.last = version
        return drawn

    def undo(self, transaction: Transaction) -> None:
        """Undo a transaction's changes; its locks are released even if that fails."""
        try:
            with self.writing:
                for table in transaction.written:
                    self._undo_rows(table, transaction.number)
                for table in transaction.tracked | transaction.truncated:
                    self._undo_changes(table, transaction.number)
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

    def _undo_changes(self, table: Table, number: int) -> None:
        if table.tracking is not None:
            log = table.tracking.log
            with self.transaction(self.root):
                self.root.execute(f"DELETE FROM {log} WHERE number = {number} AND version IS NULL")
                self.root.execute(f"UPDATE {log} SET gone = NULL WHERE gone = {number}")

    def close(self) -> None:
        """Close the database; everything in it is gone."""
        self.root.close()
        self._database.close()


def _is_large(kind: SqlType) -> bool:
    return kind.length == MAX or kind.name in _LARGE


def _pages(column: TableColumn) -> str:
    """Return the SQL for the pages of a value; in its row it has none."""
    name, kind = column.physical, column.type.name
    size = f"strlen({name})" if duck_type(column.type) == "VARCHAR" else f"octet_length({name})"
    if kind.startswith("n"):
        size = f"2 * length({name})"
    in_row = 0 if kind in LEGACY_LARGE else IN_ROW_BYTES
    return f"CASE WHEN {size} > {in_row} THEN {size} // {PAGE_BYTES} + 1 END"
