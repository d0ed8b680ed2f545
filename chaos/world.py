"""The servers of the storm: a source that changes, a target, and a proxy in front of each.

All rows of a source table have the same version. A change raises it in every row in one
transaction, together with a text derived from the row's key and version. So one query shows whether
a target table is intact: all rows exist, each matches the source, and all have one version. Only
chunks that were read at different moments may differ in version.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
import pyarrow as pa

from chaos.followed import FOLLOWED, Followed
from chaos.tracked import TRACKED, Tracked
from chaos.warm import WarmProcess
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.tds_server import SandboxServer
from tests.support.disks import can_mount, small_disk
from tests.support.proxy import TcpProxy

ROWS: Final = 4000
"""About 500 kB on the wire: large enough for cuts mid-stream, small enough for quick syncs."""

PADDING: Final = 60
"""Characters that widen each row."""

USER, PASSWORD = "storm", "Canary-storm-1"

_CHUNKS: Final = {"chunks": 6, "parallel": 2}

TABLES: Final[dict[str, dict[str, Any]]] = {
    "truncated": {"publish": "truncate"},
    "swapped": {"publish": "swap"},
    "merged": {"publish": "merge"},
    "swapped_in_chunks": {"publish": "swap", **_CHUNKS},
    "merged_in_chunks": {"publish": "merge", **_CHUNKS},
    "swapped_left": {"publish": "swap"},
    "swapped_right": {"publish": "swap"},
    "merged_left": {"publish": "merge"},
    "merged_right": {"publish": "merge", "chunks": 4},
}
"""The tables, each with its publishing strategy."""

PAIRS: Final = (("swapped_left", "swapped_right"), ("merged_left", "merged_right"))
"""Tables that change together and are published together. Both of a pair have the same strategy: an
older snapshot sees new rows in swapped tables and old rows in merged ones."""

GROUPS: Final = (*((name,) for name in TABLES if not any(name in pair for pair in PAIRS)), *PAIRS)
"""The tables that one run syncs."""

ON_SMALL_DISK: Final = "swapped"
"""The table on the small disk, where this machine allows mounting one."""


@dataclass(frozen=True)
class World:
    """Everything that the storm can disturb; ``disk`` is the mount of the small disk, if any.

    ``idle`` are processes from which the next runs may be forked.
    """

    engine: Server
    source: SandboxServer
    target: LocalPostgres
    source_wire: TcpProxy
    target_wire: TcpProxy
    tracked: Tracked
    followed: Followed
    disk: Path | None = None
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 1))
    idle: list[WarmProcess] = field(default_factory=list)

    def configs(self) -> dict[str, dict[str, Any]]:
        """Return the tables as ``TABLE_CONFIGS``."""
        tracked = {
            name: self._entry(name, self.tracked.database, mode="change_tracking", **options)
            for name, options in TRACKED.items()
        }
        followed = {
            name: self._entry(
                name,
                self.followed.database,
                columns=["ID", "V", "Extra"],
                pg_columns=["id", "v", "extra"],
                **options,
            )
            for name, options in FOLLOWED.items()
        }
        return (
            tracked
            | followed
            | {
                name: {
                    "db_type": "storm",
                    "sql_server_db": "Storm",
                    "sql_table": f"dbo.{name}",
                    "pg_table": name,
                    "batch_size": 500,
                    **options,
                }
                for name, options in TABLES.items()
            }
        )

    @staticmethod
    def _entry(name: str, database: str, **options: Any) -> dict[str, Any]:
        """Return the entry of an incremental table."""
        return {
            "db_type": database.lower(),
            "sql_server_db": database,
            "sql_table": f"dbo.{name}",
            "pg_table": name,
            "batch_size": 200,
            "max_shrink": 100,
            **options,
        }

    def environment(self) -> dict[str, str]:
        """Return the environment that connects a command through the proxies."""
        databases = ("Storm", self.tracked.database, self.followed.database)
        sources = [
            {
                f"SQL_SERVER_{database.upper()}_HOST": self.source_wire.host,
                f"SQL_SERVER_{database.upper()}_PORT": str(self.source_wire.port),
                f"SQL_SERVER_{database.upper()}_DB": database,
                f"SQL_SERVER_{database.upper()}_USER": USER,
                f"SQL_SERVER_{database.upper()}_PASSWORD": PASSWORD,
            }
            for database in databases
        ]
        return {
            **{name: value for one in sources for name, value in one.items()},
            "PG_HOST": self.target_wire.host,
            "PG_PORT": str(self.target_wire.port),
            "PG_DB": "postgres",
            "PG_USER": self.target.user,
            "PG_PASSWORD": self.target.password,
        }

    def connect(self) -> "psycopg.Connection[Any]":
        """Connect to the target directly, bypassing the proxy."""
        return psycopg.connect(self.target.conninfo(), autocommit=True, connect_timeout=5)

    def change(self, tables: tuple[str, ...]) -> int:
        """Raise the version of every row of these tables in one transaction; returns it."""
        for table in tables:  # first, so that a fast reader does not see an unrecorded version
            self.versions[table] += 1
        updates = "; ".join(
            f"UPDATE dbo.{table} SET V = V + 1, "
            f"Whole = CONCAT(ID, N'/', V + 1, N'/', REPLICATE(N'x', {PADDING}))"
            for table in tables
        )
        self.engine.database("Storm").run(f"BEGIN TRANSACTION; {updates}; COMMIT")
        return self.versions[tables[0]]

    def use_small_disk(self) -> None:
        """Move one table to the small disk, if there is one."""
        if self.disk is None:
            return
        owner = (self.target.folder / "data").stat()
        os.chown(self.disk, owner.st_uid, owner.st_gid)
        with self.connect() as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{self.disk}'".encode())
            connection.execute(f"ALTER TABLE {ON_SMALL_DISK} SET TABLESPACE small".encode())


def is_torn() -> str:
    """Return a SQL condition that is true for a row which the source never had."""
    return f"whole <> concat(id, '/', v, '/', repeat('x', {PADDING}))"


@contextlib.contextmanager
def world() -> Iterator[World]:
    """Start the servers and the proxies; the source tables have version 1."""
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(contextlib.closing(Server()))
        engine.add_login(USER, PASSWORD)
        storm = engine.create_database("Storm")
        storm.run("ALTER DATABASE Storm SET ALLOW_SNAPSHOT_ISOLATION ON")
        rows = {
            "ID": pa.array(range(ROWS), pa.int32()),
            "V": pa.array([1] * ROWS, pa.int32()),
            "Whole": pa.array([f"{n}/1/{'x' * PADDING}" for n in range(ROWS)], pa.large_string()),
        }
        for name in TABLES:
            storm.run(
                f"CREATE TABLE dbo.{name} (ID int NOT NULL PRIMARY KEY, V int NOT NULL, "
                "Whole nvarchar(100) NOT NULL)"
            )
            storm.load("dbo", name, pa.table(rows))
        tracked, followed = Tracked.create(engine), Followed.create(engine)
        source = stack.enter_context(SandboxServer(engine))
        disk = stack.enter_context(small_disk()) if can_mount() else None
        target = stack.enter_context(LocalPostgres())
        here = World(
            engine,
            source,
            target,
            stack.enter_context(TcpProxy(source.host, source.port)),
            stack.enter_context(TcpProxy(target.host, target.port)),
            tracked,
            followed,
            disk,
        )
        yield here
        for warm in here.idle:
            warm.stop()
