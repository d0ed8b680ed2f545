"""The SQL Server stand-in as a test sees it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tableferry.sandbox.faults import Faults
from tableferry.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from tableferry.sandbox.engine.server import Server

USER = "sync_reader"
PASSWORD = "Canary-7f3a'{};"
"""Awkward on purpose, and easy to find where it leaks."""
SAMPLE_DATABASES = ("McTM", "VoipDB")
WHOLE = 2**26
"""Bytes that an answer is sent in, so whole: the driver's clients are in the same process."""


@dataclass(frozen=True)
class Sandbox:
    """A stand-in that listens, with the engine behind it to be filled and looked at."""

    engine: "Server"
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

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name it as both of the deployment's sources."""
        variables = {}
        for database in SAMPLE_DATABASES:
            prefix = f"SQL_SERVER_{database.upper()}_"
            variables |= {
                f"{prefix}HOST": self.host,
                f"{prefix}PORT": str(self.port),
                f"{prefix}DB": database,
                f"{prefix}USER": self.user,
                f"{prefix}PASSWORD": self.password,
            }
        return variables

    def run(self, database: str, *batches: str) -> None:
        """Run T-SQL batches in a database, as the server's own process."""
        handle = self.engine.database(database)
        for batch in batches:
            handle.run(batch)
