"""Where the storm takes place: a source that changes, a target, and a wire before each.

Every row of a source table carries the same version; each change raises it for all rows in one
transaction. So whoever reads the target sees at a glance whether a table is whole: all rows are
there, and all are of one version.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
import pyarrow as pa

from tableferry.sandbox.engine.server import Server
from tableferry.sandbox.local_postgres import LocalPostgres
from tableferry.sandbox.server import SandboxServer
from tests.support.proxy import TcpProxy

ROWS: Final = 4000
"""About 500 kB on the wire: a cut finds it in the midst, a sync is soon done."""

USER, PASSWORD = "storm", "Canary-storm-1"

WAYS: Final[dict[str, dict[str, Any]]] = {
    "truncated": {"publish": "truncate"},
    "swapped": {"publish": "swap"},
    "merged": {"publish": "merge"},
}
"""The tables, each with its way of becoming visible."""


@dataclass(frozen=True)
class World:
    """Everything that the storm may touch."""

    engine: Server
    source: SandboxServer
    target: LocalPostgres
    source_wire: TcpProxy
    target_wire: TcpProxy
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 1))

    def configs(self) -> dict[str, dict[str, Any]]:
        """Return the tables in the form of ``TABLE_CONFIGS``."""
        return {
            name: {
                "db_type": "storm",
                "sql_server_db": "Storm",
                "sql_table": f"dbo.{name}",
                "pg_table": name,
                "batch_size": 500,
                **way,
            }
            for name, way in WAYS.items()
        }

    def environment(self) -> dict[str, str]:
        """Return the variables that lead a command through the wires."""
        return {
            "SQL_SERVER_STORM_HOST": self.source_wire.host,
            "SQL_SERVER_STORM_PORT": str(self.source_wire.port),
            "SQL_SERVER_STORM_DB": "Storm",
            "SQL_SERVER_STORM_USER": USER,
            "SQL_SERVER_STORM_PASSWORD": PASSWORD,
            "PG_HOST": self.target_wire.host,
            "PG_PORT": str(self.target_wire.port),
            "PG_DB": "postgres",
            "PG_USER": self.target.user,
            "PG_PASSWORD": self.target.password,
        }

    def connect(self) -> "psycopg.Connection[Any]":
        """Connect to the target past the wire, as somebody else would."""
        return psycopg.connect(self.target.conninfo(), autocommit=True, connect_timeout=5)

    def change(self, table: str) -> int:
        """Raise the version of every row; returns it."""
        self.engine.database("Storm").run(f"UPDATE dbo.{table} SET V = V + 1")
        self.versions[table] += 1
        return self.versions[table]


@contextlib.contextmanager
def world() -> Iterator[World]:
    """Start the servers and the wires; the tables are filled with version 1."""
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(contextlib.closing(Server()))
        engine.add_login(USER, PASSWORD)
        storm = engine.create_database("Storm")
        storm.run("ALTER DATABASE Storm SET ALLOW_SNAPSHOT_ISOLATION ON")
        rows = {
            "ID": pa.array(range(ROWS), pa.int32()),
            "V": pa.array([1] * ROWS, pa.int32()),
            "Name": pa.array(["x" * 60] * ROWS, pa.large_string()),
        }
        for name in WAYS:
            storm.run(
                f"CREATE TABLE dbo.{name} (ID int NOT NULL PRIMARY KEY, V int NOT NULL, "
                "Name nvarchar(60) NOT NULL)"
            )
            storm.load("dbo", name, pa.table(rows))
        source = stack.enter_context(SandboxServer(engine))
        target = stack.enter_context(LocalPostgres())
        yield World(
            engine,
            source,
            target,
            stack.enter_context(TcpProxy(source.host, source.port)),
            stack.enter_context(TcpProxy(target.host, target.port)),
        )
