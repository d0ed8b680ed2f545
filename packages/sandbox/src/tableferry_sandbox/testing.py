"""A SQL Server stand-in for tests: start it, fill it, query it, and make it fail on purpose."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from tableferry_sandbox.engine.server import DatabaseHandle, Server
from tableferry_sandbox.faults import Faults
from tableferry_sandbox.tds_server import SandboxServer

USER: Final = "sa"
PASSWORD: Final = "Sandbox-only-1"  # noqa: S105 - guards nothing: it listens on loopback only
"""The default login. The sandbox asks for one so that a wrong one can be tried."""

WHOLE_RESPONSES: Final = 2**26
"""Bytes that a response may grow to before its first part is sent.

A test's client runs in the server's process. mssql-python waits for the rest of a (max) value with
Python's lock held, so the server could never produce it; a response sent whole avoids that.
"""


@dataclass(frozen=True)
class SqlServer:
    """A running stand-in: ``engine`` holds its databases, ``wire`` its TDS listener."""

    engine: Server
    wire: SandboxServer
    user: str = USER
    password: str = field(default=PASSWORD, repr=False)

    @property
    def host(self) -> str:
        """The address it listens on: loopback unless ``host`` is given."""
        return self.wire.host

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        return self.wire.port

    @property
    def faults(self) -> Faults:
        """Faults for the next statements and logins; see ``tableferry_sandbox.faults``."""
        return self.wire.faults

    def create_database(self, name: str) -> DatabaseHandle:
        """Create an empty database; raises SqlError 1801 if the name is taken."""
        return self.engine.create_database(name)

    def run(self, database: str, *batches: str) -> None:
        """Run T-SQL batches in a database as sysadmin, without a connection; raises SqlError."""
        handle = self.engine.database(database)
        for batch in batches:
            handle.run(batch)

    def query(self, database: str, sql: str) -> pa.Table:
        """Return the first result set of a batch, in the physical form of ``sqltypes``.

        Raises SqlError for an error in the batch, and 911 for an unknown database.
        """
        return self.engine.database(database).query(sql)

    def load(self, database: str, table: str, rows: pa.Table) -> int:
        """Append Arrow rows to ``schema.table``, return how many; see ``DatabaseHandle.load``."""
        schema, _, name = table.rpartition(".")
        return self.engine.database(database).load(schema or "dbo", name, rows)

    def connection_string(self, database: str = "master") -> str:
        """Return an ODBC connection string without a driver, as mssql-python takes it."""
        parts = {
            "Server": f"{self.host},{self.port}",
            "Database": database,
            "UID": self.user,
            "PWD": self.password,
            "TrustServerCertificate": "yes",
        }
        return ";".join(f"{name}={_braced(value)}" for name, value in parts.items())


def _braced(value: str) -> str:
    return "{" + value.replace("}", "}}") + "}" if set(value) & set("{};= ") else value


@contextlib.contextmanager
def sql_server(
    *databases: str,
    user: str = USER,
    password: str = PASSWORD,
    flush_bytes: int = WHOLE_RESPONSES,
    **options: Any,
) -> Iterator[SqlServer]:
    """Start a stand-in with these empty databases; it stops when the block is left.

    ``options`` are those of ``SandboxServer``: ``port``, ``tls``, ``certificate``, ``version`` ...
    Raises OSError when the port is taken.
    """
    with contextlib.closing(Server()) as engine:
        engine.add_login(user, password)
        for name in databases:
            engine.create_database(name)
        with SandboxServer(engine, flush_bytes=flush_bytes, **options) as wire:
            yield SqlServer(engine, wire, user, password)
