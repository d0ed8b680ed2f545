"""A PgBouncer in front of the test's PostgreSQL: each transaction may use another session."""

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sandbox_support.system_packages import program
from tests.support.databases import PgDatabase

SETTINGS = """\
[databases]
{name} = host={host} port={port} dbname={name} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
min_pool_size = 4
default_pool_size = 4
server_round_robin = 1
{more}
"""
"""Round robin, so that the next transaction does not see this one's session state."""


@contextlib.contextmanager
def pooled(
    database: PgDatabase, mode: str = "transaction", **settings: object
) -> Iterator[PgDatabase]:
    """Yield the database behind a pooler in this mode, with more settings of PgBouncer's."""
    with tempfile.TemporaryDirectory(prefix="tableferry-pgbouncer-") as name:
        folder, listen = Path(name), _free_port()
        file = folder / "pgbouncer.ini"
        file.write_text(
            SETTINGS.format(
                name=database.name,
                host=database.host,
                port=database.port,
                user=database.user,
                password=database.password,
                listen=listen,
                mode=mode,
                more="\n".join(f"{name} = {value}" for name, value in settings.items()),
            )
        )
        file.chmod(0o644)
        folder.chmod(0o755)
        # PgBouncer refuses to run as root.
        as_user = ["-u", "nobody"] if os.geteuid() == 0 else []
        path = program("pgbouncer")
        assert path, "the tests that use it are marked needs_packages"
        process = subprocess.Popen([path, "-q", *as_user, str(file)])
        try:
            _wait_for(process, listen)
            yield database.through("127.0.0.1", listen)
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        assert process.poll() is None, "PgBouncer exited at its start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert time.monotonic() < deadline
        time.sleep(0.05)
