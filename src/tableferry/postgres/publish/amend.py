"""Changes applied to a staging table: what happened at the source while its chunks were read.

The rows of a load in chunks are of several moments. A row that has changed since the first one is
among the changes: its row here is deleted, and the changed one inserted, where there still is one.
So a row that was read twice, or not at all, because it moved between chunks, is there once. All of
it is one transaction: after a failure the staging table is as it was.
"""

from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.key_spellings import Spelling, alike
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.copy_bisection import open_copy
from tableferry.postgres.ledger import SCHEMA
from tableferry.values import RefusedRows, target_schema

_DELETE: Final = """\
WITH gone AS (
  DELETE FROM {table} AS s USING {keys} AS k WHERE {same} RETURNING 1
) SELECT count(*) FROM gone"""


class Amending:
    """One staging table being amended; leaving it without ``apply`` leaves the table as it was.

    ``deleted`` and ``inserted`` count its rows.
    """

    def __init__(
        self, connection: TargetConnection, staging: str, columns: Sequence[ColumnPlan]
    ) -> None:
        self._connection = connection
        self._staging = TargetTable(SCHEMA, staging).sql
        self._keys = TargetTable(SCHEMA, f"{staging}_keys").sql
        self._rows = TargetTable(SCHEMA, f"{staging}_rows").sql
        self._columns = columns
        self.deleted = 0
        self.inserted = 0

    def __enter__(self) -> Self:
        self._connection.begin()
        return self

    def store_keys(self, columns: Sequence[ColumnPlan], batches: Iterable[pa.RecordBatch]) -> None:
        """Store the keys of all changes, in batches of these columns; raises TableferryError."""
        self._store(self._keys, columns, batches)

    def store_rows(self, batches: Iterable[pa.RecordBatch], refusals: RefusedRows | None) -> None:
        """Store the changed rows that are still there; raises TableferryError."""
        self.inserted = self._store(self._rows, self._columns, batches, refusals)

    def apply(
        self,
        key: Sequence[str],
        spellings: Sequence[Spelling],
        record: Callable[[TargetConnection, int], None],
    ) -> None:
        """Replace the rows with these keys, however spelled, and commit; raises TableferryError.

        ``record`` writes down in the same transaction how many rows there are more.
        """
        same = alike(key, spellings, "s", "k")
        names = ", ".join(quote_pg(column.target.name) for column in self._columns)
        gone = _DELETE.format(table=self._staging, keys=self._keys, same=same)
        ((self.deleted,),) = self._connection.rows(gone)
        self._connection.execute(
            f"INSERT INTO {self._staging} ({names}) OVERRIDING SYSTEM VALUE "
            f"SELECT {names} FROM {self._rows}"
        )
        self._connection.execute(f"DROP TABLE {self._keys}, {self._rows}")
        record(self._connection, self.inserted - self.deleted)
        self._connection.commit_staged()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.rollback()

    def _store(
        self,
        table: str,
        columns: Sequence[ColumnPlan],
        batches: Iterable[pa.RecordBatch],
        refusals: RefusedRows | None = None,
    ) -> int:
        names = ", ".join(quote_pg(column.target.name) for column in columns)
        self._connection.execute(
            f"CREATE UNLOGGED TABLE {table} AS SELECT {names} FROM {self._staging} WITH NO DATA"
        )
        copy = open_copy(
            self._connection, table, columns, target_schema(columns), refusals=refusals
        )
        with copy:
            for batch in batches:
                copy.write(batch)
            copy.finish()
        self._connection.execute(f"ANALYZE {table}")
        return copy.rows
