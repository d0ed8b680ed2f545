"""Where the storm takes place: a source that changes, a target, and a wire before each.

Every row of a source table carries the same version; each change raises it for all rows in one
transaction, and a text that is made of the row's key and version. So whoever reads the target sees
at a glance whether a table is whole: all rows are there, each is what the source had, and all are
of one version. Only chunks that were read at different moments may differ in theirs.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
import pyarrow as pa

from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.tds_server import SandboxServer
from tests.support.disks import can_mount, small_disk
from tests.support.proxy import TcpProxy

ROWS: Final = 4000
"""About 500 kB on the wire: a cut finds it in the midst, a sync is soon done."""

FILL: Final = 60
"""Letters that give a row its width."""

USER, PASSWORD = "storm", "Canary-storm-1"

_CHUNKS: Final = {"chunks": 6, "parallel": 2}

WAYS: Final[dict[str, dict[str, Any]]] = {
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
"""The tables, each with its way of becoming visible."""

PAIRS: Final = (("swapped_left", "swapped_right"), ("merged_left", "merged_right"))
"""Tables that change together and become visible together. Each pair has one way: who has begun to
look before a COMMIT sees swapped tables new after it, and merged ones old."""

GROUPS: Final = (*((name,) for name in WAYS if not any(name in pair for pair in PAIRS)), *PAIRS)
"""What one run carries."""

CROWDED: Final = "swapped"
"""The table that lives on a small disk, where this machine lets a process have one."""


@dataclass(frozen=True)
class World:
    """Everything that the storm may touch. ``disk`` is where the small disk is, if there is one."""

    engine: Server
    source: SandboxServer
    target: LocalPostgres
    source_wire: TcpProxy
    target_wire: TcpProxy
    disk: Path | None = None
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

    def change(self, tables: tuple[str, ...]) -> int:
        """Raise the version of every row of these tables at once; returns it."""
        for table in tables:  # before: a reader that is quick has not seen the future
            self.versions[table] += 1
        updates = "; ".join(
            f"UPDATE dbo.{table} SET V = V + 1, "
            f"Whole = CONCAT(ID, N'/', V + 1, N'/', REPLICATE(N'x', {FILL}))"
            for table in tables
        )
        self.engine.database("Storm").run(f"BEGIN TRANSACTION; {updates}; COMMIT")
        return self.versions[tables[0]]

    def crowd(self) -> None:
        """Move a table to the small disk."""
        if self.disk is None:
            return
        owner = (self.target.folder / "data").stat()
        os.chown(self.disk, owner.st_uid, owner.st_gid)
        with self.connect() as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{self.disk}'".encode())
            connection.execute(f"ALTER TABLE {CROWDED} SET TABLESPACE small".encode())


def is_torn() -> str:
    """Return what holds in the target for a row that the source never had."""
    return f"whole <> concat(id, '/', v, '/', repeat('x', {FILL}))"


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
            "Whole": pa.array([f"{n}/1/{'x' * FILL}" for n in range(ROWS)], pa.large_string()),
        }
        for name in WAYS:
            storm.run(
                f"CREATE TABLE dbo.{name} (ID int NOT NULL PRIMARY KEY, V int NOT NULL, "
                "Whole nvarchar(100) NOT NULL)"
            )
            storm.load("dbo", name, pa.table(rows))
        source = stack.enter_context(SandboxServer(engine))
        disk = stack.enter_context(small_disk()) if can_mount() else None
        target = stack.enter_context(LocalPostgres())
        yield World(
            engine,
            source,
            target,
            stack.enter_context(TcpProxy(source.host, source.port)),
            stack.enter_context(TcpProxy(target.host, target.port)),
            disk,
        )
