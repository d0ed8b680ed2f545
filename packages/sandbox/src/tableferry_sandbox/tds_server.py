"""The TDS server: listens for clients and serves each one in a thread of its own."""

import logging
import socket
import ssl
import threading
from types import TracebackType
from typing import Final, Literal, Self

from tableferry_sandbox.events import Engine
from tableferry_sandbox.faults import Faults
from tableferry_sandbox.tds.certificate import Certificate, self_signed, server_context
from tableferry_sandbox.tds.client_connection import ClientConnection
from tableferry_sandbox.tds.handshake import ServerContext
from tableferry_sandbox.tds.packet_writer import FLUSH_BYTES
from tableferry_sandbox.tds.prelogin import Encryption
from tableferry_sandbox.tds.replay_cache import ReplayCache
from tableferry_sandbox.tds.transport import Transport

_log = logging.getLogger(__name__)

Tls = Literal["optional", "required", "off"]

SQL_SERVER_2022: Final = (16, 0, 4135)
REPLAY_BUDGET: Final = 512 * 1024 * 1024
"""Bytes kept with ``replay=True``: three times the benchmark's million rows."""

_ENCRYPTION: Final = {
    "optional": Encryption.OFF,
    "required": Encryption.REQUIRED,
    "off": Encryption.NOT_SUPPORTED,
}
_BACKLOG: Final = 64


class SandboxServer:
    """A TDS server in the background, as a context manager or with ``start`` and ``stop``.

    ``engine`` answers the SQL. ``host`` and ``port``: loopback and any free port by default.
    ``tls``: ``optional`` encrypts if the client asks for it, and otherwise the login packet only;
    ``required`` refuses clients that do not encrypt; ``off`` is a server without TLS.
    ``certificate``: the one for TLS, self-signed by default; ``tls_version``: the only version.
    ``replay``: keep encoded result sets, in that many bytes (True: REPLAY_BUDGET).
    ``version``: reported to clients, as (major, minor, build).
    ``flush_bytes``: how much of a response is collected before it is sent. A client in the same
    process that waits for a value with Python's lock held, as mssql-python does for (max) types,
    needs the response whole: the rest could never be produced.
    """

    def __init__(
        self,
        engine: Engine,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: Tls = "optional",
        certificate: Certificate | None = None,
        tls_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
        replay: bool | int = False,
        version: tuple[int, int, int] = SQL_SERVER_2022,
        server_name: str = "SANDBOX",
        flush_bytes: int = FLUSH_BYTES,
    ) -> None:
        self.host = host
        self.port = port
        self.faults = Faults()
        budget = REPLAY_BUDGET if replay is True else int(replay)
        certificate = None if tls == "off" else certificate or self_signed(host)
        self._certificate = certificate
        self._context = ServerContext(
            engine=engine,
            encryption=_ENCRYPTION[tls],
            tls_context=None if certificate is None else server_context(certificate, tls_version),
            version=version,
            server_name=server_name,
            replay=ReplayCache(budget) if budget else None,
            faults=self.faults,
            flush_bytes=flush_bytes,
        )
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._lock = threading.Lock()
        self._connections: dict[ClientConnection, threading.Thread] = {}
        self._stopping = False
        self._accepted = 0

    @property
    def certificate_pem(self) -> bytes:
        """The server's certificate, for clients that verify it; empty without TLS."""
        return b"" if self._certificate is None else self._certificate.certificate_pem

    @property
    def connections(self) -> int:
        """How many clients are connected now."""
        with self._lock:
            return len(self._connections)

    def start(self) -> Self:
        """Listen and serve in the background; ``port`` then holds the real port.

        Raises OSError if the address is not available.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, self.port), family=family, backlog=_BACKLOG)
        self.port = int(listener.getsockname()[1])
        self._listener = listener
        self._stopping = False
        self._accepting = threading.Thread(
            target=self._accept, args=(listener,), name="sandbox listener", daemon=True
        )
        self._accepting.start()
        return self

    def stop(self) -> None:
        """Close the listener and every connection, and wait until their threads have ended."""
        with self._lock:
            self._stopping = True
            listener, self._listener = self._listener, None
        if listener is None:
            return
        # Closing alone does not wake a thread that waits in accept().
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        if self._accepting is not None:
            self._accepting.join()
        with self._lock:
            open_connections = dict(self._connections)
        for connection in open_connections:
            connection.close()
        for thread in open_connections.values():
            thread.join()

    def wait(self) -> None:
        """Serve until ``stop`` is called or the process is interrupted; for a main program."""
        if self._accepting is not None:
            self._accepting.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, address = listener.accept()
            except OSError:
                return  # the listener was closed by stop()
            with self._lock:
                if self._stopping:
                    client.close()
                    return
                self._accepted += 1
                name = f"sandbox connection {self._accepted}"
                connection = ClientConnection(Transport(client), self._context, name)
                thread = threading.Thread(
                    target=self._serve, args=(connection,), name=name, daemon=True
                )
                self._connections[connection] = thread
            _log.debug("%s from %s", name, address)
            thread.start()

    def _serve(self, connection: ClientConnection) -> None:
        try:
            connection.serve()
        finally:
            with self._lock:
                del self._connections[connection]
