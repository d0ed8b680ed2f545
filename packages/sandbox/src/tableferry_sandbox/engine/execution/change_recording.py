"""Change Tracking: the log of what one statement changes in a tracked table.

The rows of the statement are staged already, and those that it replaces or deletes still stored
(``row_writer``). Everything runs in the statement's DuckDB transaction.
"""

from collections.abc import Sequence

from tableferry_sandbox.engine.binding.bind_predicates import key_of
from tableferry_sandbox.engine.database import change_log
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.database.tracking import TableTracking
from tableferry_sandbox.engine.database.versions import Transaction
from tableferry_sandbox.engine.execution import row_checks
from tableferry_sandbox.engine.execution.output_clause import STAGE
from tableferry_sandbox.engine.execution.session_state import SessionState

_STEPS = 2
"""Steps inside a statement: what it deletes comes before what it inserts, so that a key in both is
updated."""


class ChangeRecorder:
    """Logs the changes of one statement.

    ``commits``: the statement is a transaction of its own, so that its version is known.
    """

    def __init__(
        self, session: SessionState, table: Table, transaction: Transaction,
        context: bytes | None, *, commits: bool,
    ) -> None:  # fmt: skip
        assert table.tracking is not None  # noqa: S101 - the caller checked it
        self._session = session
        self._table = table
        self._tracking: TableTracking = table.tracking
        self._transaction = transaction
        self._logged, self._emptied = False, False
        version = table.database.tracking.version + 1 if commits else None
        self._stamp = change_log.Stamp(transaction.number, version, context)
        self._keys = change_log.key_columns(table)
        self._names = ", ".join(c.physical for c in self._keys)

    def inserted(self) -> None:
        """Log the staged rows as inserted."""
        self._append(f"SELECT {self._fitted()}, 'I' AS op, NULL AS columns, 1 AS step FROM {STAGE}")

    def deleted(self) -> None:
        """Log the rows whose ids are staged as deleted."""
        self._append(
            f"SELECT {self._names}, 'D' AS op, NULL AS columns, 1 AS step FROM {self._old()}"
        )

    def updated(self, changed: Sequence[TableColumn]) -> None:
        """Log the staged rows as updated; a row whose key changed as deleted and inserted."""
        columns = self._columns(changed)
        if not any(key in changed for key in self._keys):
            self._append(
                f"SELECT {self._names}, 'U' AS op, {columns} AS columns, 1 AS step FROM {STAGE}"
            )
            return
        same = " AND ".join(
            f"{key_of(f'o.{c.physical}', c.type, ordering=False)} "
            f"IS NOT DISTINCT FROM {key_of(f'n.{c.physical}', c.type, ordering=False)}"
            for c in self._keys
        )
        new = f"(SELECT rid, {self._fitted()} FROM {STAGE})"
        pairs = f"{self._old()} AS o JOIN {new} AS n ON o.rid = n.rid"
        before = ", ".join(f"o.{c.physical}" for c in self._keys)
        after = ", ".join(f"n.{c.physical}" for c in self._keys)
        self._append(
            f"SELECT {before}, 'D' AS op, NULL AS columns, 0 AS step FROM {pairs} "
            f"WHERE NOT ({same}) UNION ALL "
            f"SELECT {after}, CASE WHEN {same} THEN 'U' ELSE 'I' END, NULL, 1 FROM {pairs}"
        )

    def truncated(self) -> None:
        """Remove all changes of the table, for this transaction and those after it."""
        self._session.run_sql(
            f"UPDATE {self._tracking.log} SET gone = {self._transaction.number} WHERE gone IS NULL"
        )
        self._tracking.removed = True
        self._emptied = True

    def succeed(self) -> None:
        """Give the transaction what the statement logged; one that fails must draw no version."""
        if self._logged:
            self._transaction.tracked.add(self._table)
        if self._emptied:
            self._transaction.truncated.add(self._table)

    def _fitted(self) -> str:
        return ", ".join(f"{row_checks.fitted(c)} AS {c.physical}" for c in self._keys)

    def _old(self) -> str:
        return (
            f"(SELECT rowid AS rid, * FROM {self._table.physical} "
            f"WHERE rowid IN (SELECT rid FROM {STAGE}))"
        )

    def _columns(self, changed: Sequence[TableColumn]) -> str:
        """Return SQL of the ids of the columns that an update set, NULL for all of them."""
        table = self._table
        if not self._tracking.with_columns:
            return "NULL"
        ids = {c.column_id for c in changed}
        if table.rowversion is not None:
            ids.add(table.rowversion.column_id)
        others = {c.column_id for c in table.columns if c.computed is None and c not in self._keys}
        if others <= ids:
            return "NULL"
        return f"[{', '.join(map(str, sorted(ids)))}]"

    def _append(self, rows: str) -> None:
        self._session.run_sql(change_log.append(self._tracking, self._keys, rows, self._stamp))
        self._tracking.sequence += _STEPS
        self._tracking.contexts = self._tracking.contexts or self._stamp.context is not None
        self._logged = True
