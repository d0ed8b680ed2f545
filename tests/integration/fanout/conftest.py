"""A table of 2,000 rows in eight chunks, to be merged into one that has other rows."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from tableferry import fanout
from tableferry.config import Settings, TableSpec, parse_table_configs
from tableferry.errors import ErrorReport
from tableferry.runs.outcome import TableOutcome
from tableferry.runs.retry import Retries
from tableferry.runs.run import sync_table
from tableferry.runs.run_options import RunOptions
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.integration.support import settings_of
from tests.support import loaded_process
from tests.support.databases import PgDatabase
from tests.support.loaded_process import LoadedProcess
from tests.support.specs import entry

ROWS = 2000
CHUNKS = 8
OLD = [(1, "old"), (5000, "gone")]
STAGING = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'tableferry'::regnamespace "
    "AND relname LIKE 'staging%'"
)


@dataclass(frozen=True, slots=True)
class FanOut:
    """One fan-out of the table t: its steps, and what is seen of it."""

    sandbox: Sandbox
    database: PgDatabase
    settings: Settings
    configured: dict[str, Any]
    fanout_id: UUID = field(default_factory=uuid4)

    @property
    def spec(self) -> TableSpec:
        return parse_table_configs({"t": self.configured})["t"]

    @property
    def assignment(self) -> fanout.Assignment:
        return fanout.assign(self.spec, self.fanout_id)

    def again(self, **changes: Any) -> "FanOut":
        """Another fan-out of the same table."""
        return replace(self, fanout_id=uuid4(), configured={**self.configured, **changes})

    def through(self, host: str, port: int) -> "FanOut":
        """The same one, by way of a proxy before the target."""
        target = settings_of(self.database.through(host, port))
        return replace(self, settings=replace(self.settings, target=target))

    def begin(self) -> fanout.Begun:
        return fanout.begin(self.spec, self.settings, self.assignment)

    def load(self, number: int, **more: Any) -> fanout.Stored:
        return fanout.load_chunk(self.spec, self.settings, self.assignment, number, **more)

    def load_all(self, begun: fanout.Begun) -> list[fanout.Stored]:
        return [self.load(number) for number in begun.pending]

    def publish(self) -> TableOutcome:
        once = Retries(attempts=1)
        return fanout.publish(self.spec, self.settings, self.assignment, retries=once)

    def give_up(self, error: Exception | None = None) -> TableOutcome:
        report = ErrorReport.of(error) if error else None
        return fanout.give_up(self.spec, self.settings, self.assignment, report)

    def sync(self) -> TableOutcome:
        """Carry the table the plain way, in one process; nothing is tried again."""
        options = RunOptions(retries=Retries(attempts=1))
        return sync_table(self.spec, self.settings, options=options)

    def process(self, step: str, **more: Any) -> LoadedProcess:
        """Begin a step in a process of its own; it answers with a line of JSON."""
        told = {"step": step, "entry": self.configured, "fanout": str(self.fanout_id), **more}
        environment = {
            "PATH": os.environ["PATH"],
            "SQL_SERVER_MCTM_HOST": self.sandbox.server.host,
            "SQL_SERVER_MCTM_PORT": str(self.sandbox.server.port),
            "SQL_SERVER_MCTM_DB": "McTM",
            "SQL_SERVER_MCTM_USER": USER,
            "SQL_SERVER_MCTM_PASSWORD": PASSWORD,
            **self.database.environment,
        }
        return loaded_process.start(
            "-m", "tests.support.fanout_step", json.dumps(told), env=environment, stderr=None
        )

    def seen(self) -> list[tuple[object, ...]]:
        """The target's rows."""
        return self.database.rows("SELECT * FROM t ORDER BY 1")

    def expected(self) -> list[tuple[object, ...]]:
        """The source's rows, by way of another client."""
        return sorted(self.sandbox.rows("SELECT * FROM dbo.T"))

    def outcome(self) -> tuple[object, ...]:
        """What the ledger says of the run, and of its table."""
        [found] = self.database.rows(
            "SELECT r.status, t.status FROM tableferry.runs r "
            "JOIN tableferry.table_runs t USING (run_id) "
            f"WHERE run_id = '{self.assignment.run_id}'"
        )
        return found

    def expire(self) -> None:
        """Let the lease run out."""
        self.database.run(
            "UPDATE tableferry.leases SET expires_at = now() - interval '1 s'",
            "UPDATE tableferry.runs SET updated_at = now() - interval '1 hour'",
        )

    def staging(self) -> list[tuple[object, ...]]:
        return self.database.rows(STAGING)


@pytest.fixture
def fan_out(sandbox: Sandbox, pg_database: PgDatabase, table_in: Callable[[str], None]) -> FanOut:
    table_in(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50) NULL);"
        "INSERT INTO dbo.T (ID, Name) "
        f"SELECT value, CONCAT(N'new ', value) FROM GENERATE_SERIES(1, {ROWS})"
    )
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old'), (5000, 'gone')",
    )
    configured = entry(
        sql_table="dbo.T",
        pg_table="t",
        order_by=None,
        publish="merge",
        chunks=CHUNKS,
        parallel=4,
        batch_size=100,
    )
    settings = Settings({"mctm": sandbox.source()}, settings_of(pg_database))
    return FanOut(sandbox, pg_database, settings, configured)
