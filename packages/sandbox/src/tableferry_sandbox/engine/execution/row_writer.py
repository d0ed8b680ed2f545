"""One writing statement on one table: its lock, its DuckDB transaction, its checks.

Rows are staged in a temporary DuckDB table first, checked there, and only then written. Inside a
transaction, or while a snapshot is open, old versions stay; otherwise rows are changed in place.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.clustering import clustered_order, note_order
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.database.versions import Transaction
from tableferry_sandbox.engine.errors import update_conflict
from tableferry_sandbox.engine.execution import constraint_checks, row_checks, temporal
from tableferry_sandbox.engine.execution.change_recording import ChangeRecorder
from tableferry_sandbox.engine.execution.isolation import note_access, refuse_write, snapshot_of
from tableferry_sandbox.engine.execution.output_clause import ENDED, STAGE, keep_ended
from tableferry_sandbox.engine.execution.policy_statements import check_blocked
from tableferry_sandbox.engine.execution.row_values import RowValues
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.types.row_errors import translate


class Writer:
    """Writes the rows of one statement, as a context manager."""

    def __init__(
        self, session: SessionState, table: Table, verb: str, *, keeps_ended: bool = False,
        change_context: bytes | None = None,
    ) -> None:  # fmt: skip
        self.session = session
        self.table = table
        self.verb = verb
        self.keeps_ended = keeps_ended or table.history is not None
        self._change_context = change_context
        self._changes: ChangeRecorder | None = None
        self._own: Transaction | None = None
        self._in_place = False
        self._staged = False
        self._values: RowValues
        self._added = self._ended = 0
        self._emptied = False

    def __enter__(self) -> Self:
        session, table = self.session, self.table
        store = session.server.store
        refuse_write(table)
        # Table variables are not transactional: ROLLBACK does not undo changes to them.
        transaction = None if table.is_variable else session.transaction
        if transaction is None:
            transaction = self._own = store.versions.begin(session.session_id)
        note_access(session)
        if session.isolation == "snapshot" and not table.temporary:
            snapshot_of(session, table)
            store.versions.hold(transaction)
        self.number = transaction.number
        self._values = RowValues(session, table, transaction)
        try:
            for written in filter(None, (table, table.history)):
                store.versions.lock_for_write(
                    written, transaction, session.lock_timeout, session.stopped
                )
        except BaseException:
            self._end_own()
            raise
        store.writing.acquire()
        own_snapshot = transaction.snapshot if self._own else None
        self._in_place = self._own is not None and store.versions.in_place(own_snapshot)
        if not self._in_place:
            for written in filter(None, (table, table.history)):
                store.versions.keep_versions(written)
        try:
            session.settle("BEGIN TRANSACTION")
        except BaseException:
            store.writing.release()
            self._end_own()
            raise
        session.writer_number = self.number
        if table.tracking is not None:
            self._changes = ChangeRecorder(
                session, table, transaction, self._change_context, commits=self._own is not None
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        session = self.session
        failed = kind is not None
        # Before the commit: a count taken after it may include these rows already.
        rows = self._rows_after()
        session.writer_number = None
        try:
            if not failed and self._staged:
                session.settle(f"DROP TABLE {STAGE}")
            if not failed and self.keeps_ended:
                session.settle(f"DROP TABLE IF EXISTS {ENDED}")
            session.settle("ROLLBACK" if failed else "COMMIT")
            if self._changes is not None and not failed:
                self._changes.succeed()
                if self._own is not None:
                    session.server.store.draw_versions(self._own)
        finally:
            if not failed:
                for written, number in rows.items():
                    written.next_version(number)
            # Ended before others may write: a snapshot that begins in between would have the rows,
            # which were changed in place, and not their transaction.
            self._end_own()
            session.server.store.writing.release()
        if isinstance(error, Exception) and type(error).__module__.startswith(
            ("duckdb", "_duckdb")
        ):
            raise translate(error) from error

    def _rows_after(self) -> dict[Table, int | None]:
        """Return how many rows each written table has after this, None where it is not known."""
        history = self.table.history
        added = {self.table: self._added} | ({history: self._ended} if history else {})
        return {
            table: None if table.known_rows is None or self._emptied else table.known_rows + number
            for table, number in added.items()
        }

    def _end_own(self) -> None:
        """End the transaction of a statement that runs outside one, and release its lock."""
        if self._own is not None:
            own, self._own = self._own, None
            self.session.server.store.versions.end(own)

    def _rows(self, sql: str) -> int:
        return int(self.session.rows(sql)[0][0])

    def _stage(self, sql: str) -> int:
        """Keep a query's rows in a temporary table until they are written; returns their number."""
        self._staged = True
        return self._rows(f"CREATE OR REPLACE TEMP TABLE {STAGE} AS {sql}")

    def insert(self, sql: str, columns: Sequence[TableColumn]) -> int:
        """Insert a query's rows unchanged; returns their number."""
        names = ", ".join(c.physical for c in columns)
        rows = self._rows(
            f"INSERT INTO {self.table.physical} ({names}, v_from, v_to) "
            f"SELECT *, {self.number}, NULL FROM ({sql})"
        )
        self._added += rows
        return rows

    def insert_with_defaults(self, binder: Binder, sql: str, heads: dict[int, str]) -> int:
        """Stage rows of a query (``q`` in ``heads``), complete, check and write them."""
        table, session = self.table, self.session
        base = [c for c in table.columns if c.computed is None]
        explicit = table.identity is not None and table.identity.column_id in heads
        items = [f"{self._values.inserted(binder, c, heads)} AS {c.physical}" for c in base]
        rows = self._stage(f"SELECT {', '.join(items)} FROM ({sql}) AS q")
        self._values.advance(rows, explicit=explicit)
        self._values.complete(binder, base)
        self._check(rows, changed=None, replaced="")
        check_blocked(session, table, "AFTER INSERT", None)
        stored = [c for c in table.columns if c.stored]
        names = ", ".join(c.physical for c in stored)
        values = ", ".join(row_checks.fitted(c) for c in stored)
        order = clustered_order(table)
        note_order(table, STAGE, session.rows)
        session.run_sql(
            f"INSERT INTO {table.physical} ({names}, v_from, v_to) "
            f"SELECT {values}, {self.number}, NULL FROM {STAGE}{order and f' ORDER BY {order}'}"
        )
        if self._changes is not None and rows:
            self._changes.inserted()
        self._added += rows
        return rows

    def _check(self, rows: int, changed: Sequence[TableColumn] | None, replaced: str) -> None:
        """Check staged rows; with ``changed``, only what changes of these columns can violate."""
        table, session = self.table, self.session
        stored = [c for c in table.columns if c.stored]
        if session.options["ansi_warnings"] == "off":
            row_checks.truncate(session, stored, STAGE)
        verb = "INSERT" if changed is None else "UPDATE"
        row_checks.check_values(session, table, stored, STAGE, verb)
        constraint_checks.check_constraints(session, table, STAGE, self.verb)
        for index in table.indexes:
            touched = changed is None or any(c in changed or c.computed for c, _ in index.columns)
            if index.unique and not index.disabled and (touched or index.condition is not None):
                row_checks.check_unique_index(session, table, index, STAGE, replaced, rows=rows)

    def update(
        self, binder: Binder, alias: str, tail: str, heads: dict[int, str],
        changed: Sequence[TableColumn],
    ) -> int:  # fmt: skip
        """Replace rows; ``heads`` gives each stored column's new value."""
        table, session = self.table, self.session
        base = [c for c in table.columns if c.computed is None]
        moment = self._values.moment
        heads |= {c.column_id: temporal.generated_value(c, moment) for c in base if c.generated}
        items = [f"{alias}.rid AS rid"]
        items += [f"{heads[c.column_id]} AS {c.physical}" for c in base]
        rows = self._stage(f"SELECT DISTINCT ON (rid) * FROM (SELECT {', '.join(items)}{tail})")
        self._ended += rows
        if not rows and not self.keeps_ended:
            return 0
        self._check_conflict()
        check_blocked(session, table, "BEFORE UPDATE", None)
        column = table.rowversion
        if column is not None:
            session.run_sql(
                f"CREATE OR REPLACE TEMP TABLE {STAGE} AS SELECT * REPLACE "
                f"({self._values.rowversion()} AS {column.physical}) FROM {STAGE}"
            )
            table.database.rowversion += rows
        self._values.complete(binder, base)
        self._check(rows, changed, f"SELECT rid FROM {STAGE}")
        check_blocked(session, table, "AFTER UPDATE", changed)
        if any(c in changed for i in table.indexes if i.unique for c, _ in i.columns):
            constraint_checks.check_not_referenced(
                session, table, f"SELECT rid FROM {STAGE}", self.verb
            )
        stored = [c for c in table.columns if c.stored]
        names = ", ".join(c.physical for c in stored)
        values = ", ".join(row_checks.fitted(c) for c in stored)
        if self._changes is not None and rows:
            self._changes.updated(changed)
        self._end_rows()
        table.disordered = table.clustered is not None
        session.run_sql(
            f"INSERT INTO {table.physical} ({names}, v_from, v_to) "
            f"SELECT {values}, {self.number}, NULL FROM {STAGE} ORDER BY rid"
        )
        return rows

    def _check_conflict(self) -> None:
        """Raise 3960 if another transaction changed these rows after the snapshot was taken."""
        if self.session.isolation != "snapshot":
            return
        table = self.table
        late = self._rows(
            f"SELECT count(*) FROM {table.physical} WHERE v_to IS NOT NULL "
            f"AND rowid IN (SELECT rid FROM {STAGE})"
        )
        if late:
            raise update_conflict(f"{table.schema}.{table.name}", table.database.name)

    def _end_rows(self) -> None:
        """End the current versions of the staged rows."""
        if self.keeps_ended:
            keep_ended(self.session, self.table)
        if self.table.history is not None:
            temporal.keep_history(self.session, self.table, self.number, self._values.moment)
        chosen = f"rowid IN (SELECT rid FROM {STAGE})"
        if self._in_place:
            self.session.run_sql(f"DELETE FROM {self.table.physical} WHERE {chosen}")
        else:
            self.session.run_sql(
                f"UPDATE {self.table.physical} SET v_to = {self.number} WHERE {chosen}"
            )

    def delete(self, alias: str, tail: str) -> int:
        """Delete rows."""
        session = self.session
        rows = self._stage(f"SELECT DISTINCT {alias}.rid AS rid{tail}")
        self._added -= rows
        self._ended += rows
        if rows or self.keeps_ended:
            self._check_conflict()
            check_blocked(session, self.table, "BEFORE DELETE", None)
            constraint_checks.check_not_referenced(
                session, self.table, f"SELECT rid FROM {STAGE}", self.verb
            )
            if self._changes is not None and rows:
                self._changes.deleted()
            self._end_rows()
        return rows

    def delete_all(self) -> None:
        """Delete every row, as TRUNCATE does: Change Tracking forgets the table's changes."""
        self._emptied = True
        if self._changes is not None:
            self._changes.truncated()
        if self._in_place:
            self.table.disordered = False
            self.session.run_sql(f"DELETE FROM {self.table.physical}")
        else:
            self.session.run_sql(
                f"UPDATE {self.table.physical} SET v_to = {self.number} WHERE v_to IS NULL"
            )
