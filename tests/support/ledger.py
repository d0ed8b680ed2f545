"""Runs in the ledger for tests: with short lease times and one table begun."""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tableferry import postgres
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger import Lease, LeaseTiming, Ledger, TableRun, seal, sealing
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

QUICK = LeaseTiming(renew=0.1, ttl=1.0)
"""A lease expires after one second instead of fifteen, since tests wait for it."""

SLOW = LeaseTiming(renew=3600.0, ttl=1.0)
"""A holder that does not renew its lease in time, as if it hung or its thread had died."""

T = TargetTable.parse("public.t")


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has begun the table t."""

    database: PgDatabase
    ledger: Ledger
    table: TableRun

    def acquire(self) -> Lease:
        return self.ledger.acquire(self.table)

    def publish(self, lease: Lease, value: int) -> None:
        """Replace the rows of t with a single one, as a load would."""
        with postgres.connect(settings_of(self.database)) as connection:
            connection.begin()
            connection.execute("DELETE FROM t")
            connection.execute("INSERT INTO t VALUES (%s)", (value,))
            sealing = postgres.Sealing(
                lambda: [seal(connection, lease, rows_read=1, rows_written=1)]
            )
            sealing.commit(connection)

    def row(self, *columns: str) -> tuple[object, ...]:
        """Return the ledger's record of this run's table."""
        [found] = self.database.rows(
            f"SELECT {', '.join(columns)} FROM tableferry.table_runs "
            f"WHERE run_id = '{self.ledger.run_id}' AND table_key = '{self.table.table_key}'"
        )
        return found


def seal_now(connection: TargetConnection, lease: Lease, rows: int = 1) -> None:
    """Record the outcome in the open transaction, before its COMMIT; raises LeaseLostError."""
    seals = [seal(connection, lease, rows_read=rows, rows_written=rows)]
    with sealing(seals):
        connection.ask(*seals[0].questions)


@contextlib.contextmanager
def a_run(
    database: PgDatabase,
    *,
    timing: LeaseTiming = QUICK,
    key: str = "t",
    at: TargetTable = T,
    connect_timeout: int = 10,
    **more: Any,
) -> Iterator[Run]:
    """Begin a run and its table, without ending them."""
    settings = settings_of(database).model_copy(update={"connect_timeout": connect_timeout})
    with Ledger(settings, uuid.uuid4(), timing=timing, **more) as ledger:
        ledger.begin_run()
        yield Run(database, ledger, ledger.begin_table(key, "McTM.dbo.T", at))


def outcomes(database: PgDatabase) -> list[tuple[object, ...]]:
    """Return the outcomes of all tables, oldest run first."""
    return database.rows("SELECT status FROM tableferry.table_runs ORDER BY started_at")
