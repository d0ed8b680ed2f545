"""TLS in front of a PostgreSQL built without it: answers SSLRequest and terminates TLS.

(PostgreSQL: Frontend/Backend Protocol, 54.2.10.)
"""

import contextlib
import selectors
import socket
import ssl
import threading
from typing import Self

SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


class TlsPostgres:
    """Listens on its own port for clients that request TLS; others are forwarded unchanged.

    With ``context`` None it acts as a server without TLS.
    """

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._server = (host, port)
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), socket.create_connection(self._server) as server:
            first = client.recv(8, socket.MSG_WAITALL)
            if first == SSL_REQUEST and self._context:
                client.sendall(b"S")
                client = self._context.wrap_socket(client, server_side=True)
            elif first == SSL_REQUEST:
                client.sendall(b"N")
            else:
                server.sendall(first)
            with client:
                _pass_on(client, server)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()


def _pass_on(client: socket.socket, server: socket.socket) -> None:
    """Forward bytes in both directions until one side closes."""
    with selectors.DefaultSelector() as ready:
        ready.register(client, selectors.EVENT_READ, server)
        ready.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in ready.select():
                data = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                while isinstance(key.fileobj, ssl.SSLSocket) and key.fileobj.pending():
                    data += key.fileobj.recv(65_536)
                if not data:
                    return
                key.data.sendall(data)
