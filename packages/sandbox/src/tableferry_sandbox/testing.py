"""A SQL Server stand-in for one's own tests: it listens, is filled, asked, and told to fail."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.faults import Faults
from tableferry_sandbox.tds_server import SandboxServer

USER: Final = "sa"
PASSWORD: Final = "Sandbox-only-1"  # noqa: S105 - guards nothing: it listens on loopback only


@dataclass(frozen=True)
class SqlServer:
    """A stand-in that listens, with the engine behind it to be filled and looked at."""

    engine: Server
    wire: SandboxServer
    user: str = USER
    password: str = field(default=PASSWORD, repr=False)

    @property
    def host(self) -> str:
        """Where it listens."""
        return self.wire.host

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.wire.port

    @property
    def faults(self) -> Faults:
        """The faults it can be told to have."""
        return self.wire.faults

    def run(self, database: str, *batches: str) -> None:
        """Run T-SQL batches in a database, as the server's own process; raises SqlError."""
        handle = self.engine.database(database)
        for batch in batches:
            handle.run(batch)


@contextlib.contextmanager
def sql_server(
    *databases: str, user: str = USER, password: str = PASSWORD, **options: Any
) -> Iterator[SqlServer]:
    """Start a stand-in with these empty databases; it stops when the block is left.

    ``options`` are those of ``SandboxServer``: its port, its TLS, its sizes.
    """
    with contextlib.closing(Server()) as engine:
        engine.add_login(user, password)
        for name in databases:
            engine.create_database(name)
        with SandboxServer(engine, **options) as wire:
            yield SqlServer(engine, wire, user, password)
