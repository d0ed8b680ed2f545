"""The bytes of one connection: a socket, and TLS on top of it while it is on.

TDS starts TLS inside its own packets and, when both sides prefer no encryption, leaves it again
after the login packet (MS-TDS 2.2.6.5). So TLS is driven over memory buffers, and the socket is
read record by record: nothing that follows the last encrypted record may be swallowed.
"""

import contextlib
import socket
import ssl
import struct
import threading
from typing import Final

from tableferry_sandbox.tds.packets import (
    DEFAULT_PACKET_SIZE,
    PacketType,
    ProtocolError,
    frame,
    read_message,
)

_RECEIVE: Final = 65536
_TLS_RECORD_HEADER: Final = 5


class ConnectionLostError(Exception):
    """The client went away, or a scripted fault cut the connection."""


class Transport:
    """Reads and writes whole pieces; one thread may read while another one writes."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._buffer = bytearray()
        self._plain = bytearray()
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self._tls_lock = threading.Lock()  # an SSLObject is not safe for two threads
        self._bytes_left: int | None = None
        self._reset_when_cut = True

    @property
    def encrypted(self) -> bool:
        """True while TLS is on."""
        return self._tls is not None

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Do the handshake, whose records travel inside PRELOGIN packets.

        Raises ProtocolError when the handshake fails, ConnectionLostError when the client leaves.
        """
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        done = False
        while not done:
            message = read_message(self.read)
            if message.type != PacketType.PRELOGIN:
                raise ProtocolError(f"packet type {message.type} inside the TLS handshake")
            self._incoming.write(message.payload)
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                done = False
            except ssl.SSLError as error:
                raise ProtocolError(f"TLS handshake: {error}") from error
            answer = self._outgoing.read()
            if answer:
                framed = frame(
                    answer,
                    packet_size=DEFAULT_PACKET_SIZE,
                    packet_type=PacketType.PRELOGIN,
                    first_id=0,
                )
                self._send(framed)
        self._tls = tls

    def stop_tls(self) -> None:
        """Go on in the clear; both sides know the moment, so no close_notify is exchanged."""
        self._tls = None

    def read(self, count: int) -> bytes:
        """Return exactly ``count`` bytes. Raises ConnectionLostError at the end of the stream."""
        if self._tls is None:
            return self._raw(count)
        while len(self._plain) < count:
            self._plain += self._decrypt_record()
        piece = bytes(self._plain[:count])
        del self._plain[:count]
        return piece

    def write(self, data: memoryview | bytes) -> None:
        """Send all of ``data``. Raises ConnectionLostError when the client is gone."""
        if self._bytes_left is not None:
            keep = min(len(data), self._bytes_left)
            self._bytes_left -= keep
            if self._bytes_left == 0:
                self._encrypt_and_send(data[:keep])
                self.cut(reset=self._reset_when_cut)
                raise ConnectionLostError("a scripted fault cut the connection")
        self._encrypt_and_send(data)

    def cut_after(self, count: int, *, reset: bool) -> None:
        """Cut the connection once ``count`` more bytes were written."""
        self._bytes_left = max(1, count)
        self._reset_when_cut = reset

    def cut(self, *, reset: bool) -> None:
        """End the connection at once: by a TCP reset, or by closing it in the middle of things."""
        if reset:
            with contextlib.suppress(OSError):
                linger = struct.pack("ii", 1, 0)
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close(reset=reset)

    def close(self, *, reset: bool = False) -> None:
        """Close the socket; a thread that waits in ``read`` wakes up. Closing twice is fine."""
        # Shutting down only the receiving side sends nothing, so that the reset comes first.
        with contextlib.suppress(OSError):  # the client was first
            self._socket.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
        self._socket.close()

    def _raw(self, count: int) -> bytes:
        while len(self._buffer) < count:
            try:
                piece = self._socket.recv(_RECEIVE)
            except OSError as error:
                raise ConnectionLostError(str(error)) from error
            if not piece:
                raise ConnectionLostError("the client closed the connection")
            self._buffer += piece
        piece = bytes(self._buffer[:count])
        del self._buffer[:count]
        return piece

    def _decrypt_record(self) -> bytes:
        header = self._raw(_TLS_RECORD_HEADER)
        body = self._raw(int.from_bytes(header[3:5], "big"))
        tls = self._tls
        assert tls is not None, "only called while TLS is on"  # noqa: S101 - for the type checker
        with self._tls_lock:
            self._incoming.write(header + body)
            plain = bytearray()
            try:
                while piece := tls.read(_RECEIVE):
                    plain += piece
            except ssl.SSLWantReadError:
                return bytes(plain)
            except ssl.SSLError as error:
                raise ConnectionLostError(f"TLS: {error}") from error
        raise ConnectionLostError("the client closed TLS")

    def _encrypt_and_send(self, data: memoryview | bytes) -> None:
        if self._tls is None:
            self._send(data)
            return
        with self._tls_lock:
            self._tls.write(data)
            sealed = self._outgoing.read()
        self._send(sealed)

    def _send(self, data: memoryview | bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
