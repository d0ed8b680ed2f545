"""A fake PostgreSQL that requests a clear-text password, as RDS does for IAM, and refuses it.

It speaks only the start of the protocol (PostgreSQL: Frontend/Backend Protocol, 54.2.1).
"""

import socket
import struct
import threading
from typing import BinaryIO, Self

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104


class PamPostgres:
    """Listens on its own port; ``passwords`` holds what clients have sent, in order."""

    def __init__(self) -> None:
        self.passwords: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                wire, _ = self._listener.accept()
            except OSError:
                return
            with wire, wire.makefile("rb") as stream:
                self._refuse(wire, stream)

    def _refuse(self, wire: socket.socket, stream: BinaryIO) -> None:
        while True:
            length, code = struct.unpack(">II", stream.read(8))
            stream.read(length - 8)
            if code not in {SSL_REQUEST, GSS_REQUEST}:
                break
            wire.sendall(b"N")
        wire.sendall(b"R" + struct.pack(">II", 8, 3))
        _, length = struct.unpack(">cI", stream.read(5))
        sent = stream.read(length - 4)
        self.passwords.append(sent.rstrip(b"\0").decode())
        fields = b"SFATAL\0VFATAL\0C28000\0MPAM authentication failed for user\0\0"
        wire.sendall(b"E" + struct.pack(">I", len(fields) + 4) + fields)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
