"""``tableferry sandbox``: the stand-in alone, with sample data, until it is stopped."""

import contextlib
import json
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Final

from tableferry_sandbox import SandboxError
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.sample import load_sample
from tableferry_sandbox.tds_server import SandboxServer, Tls
from tableferry_sandbox.testing import PASSWORD, USER

WHAT_IT_IS: Final = """\
A stand-in for SQL Server, for demos, tests and benchmarks. It speaks TDS 7.4 and a part of T-SQL,
keeps everything in memory and listens on this machine only. It is not SQL Server: it has no disk,
locks whole tables, has no query plans, and refuses with error 50000 what it cannot do exactly."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where a sandbox listens, and a login for it."""

    host: str
    port: int
    user: str
    password: str

    def to_json(self) -> str:
        """Return one line, for the process that started the sandbox."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Running":
        """Read what ``to_json`` wrote."""
        return cls(**json.loads(line))


def serve(*, port: int, scale: float, tls: Tls, as_json: bool) -> None:
    """Load the sample, listen, print how to connect, and serve until SIGINT or SIGTERM.

    Raises SandboxError if the port is taken.
    """
    with contextlib.closing(Server()) as engine:
        engine.add_login(USER, PASSWORD)
        rows = load_sample(engine, scale)
        server = SandboxServer(engine, port=port, tls=tls)
        try:
            server.start()
        except OSError as error:
            raise SandboxError(
                f"Cannot listen on port {port}: {error.strerror}",
                hint="Choose another with --port.",
            ) from error
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stopping(server))
        running = Running(server.host, server.port, USER, PASSWORD)
        sys.stdout.write((running.to_json() if as_json else _how_to_connect(running, rows)) + "\n")
        sys.stdout.flush()
        server.wait()


def _stopping(server: SandboxServer) -> Callable[[int, FrameType | None], None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    return stop


def _how_to_connect(running: Running, rows: dict[str, int]) -> str:
    tables = "\n".join(f"  {name:<18} {count:>9,} rows" for name, count in rows.items())
    address = f"{running.host},{running.port}"
    variables = "\n".join(
        f"SQL_SERVER_{name}_{field}={value}"
        for name, database in (("MCTM", "McTM"), ("VOIPDB", "VoipDB"))
        for field, value in {
            "HOST": running.host,
            "PORT": running.port,
            "DB": database,
            "USER": running.user,
            "PASSWORD": running.password,
        }.items()
    )
    return f"""\
{WHAT_IT_IS}

Databases McTM and VoipDB:
{tables}

Connect, for example:
  sqlcmd -S {address} -U {running.user} -P {running.password} -C -d McTM
  tsql -H {running.host} -p {running.port} -U {running.user} -P {running.password} -D McTM
or in .env:
{variables}

Stop it with Ctrl-C."""
