"""One connection's byte stream: a socket, with TLS on top while it is on.

TDS runs the TLS handshake inside its own packets and, when neither side asks for encryption, drops
TLS again after the login packet (MS-TDS 2.2.6.5). So TLS runs over memory buffers, and the socket
is read one record at a time: no byte after the last encrypted record may be consumed by TLS.
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

_RECEIVE_BYTES: Final = 65536
_TLS_RECORD_HEADER: Final = 5


class ConnectionLostError(Exception):
    """The client went away, or a scripted fault cut the connection."""


class Transport:
    """Reads and writes exact byte counts; one thread may read while another writes."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._buffer = bytearray()
        self._plain = bytearray()
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self._tls_lock = threading.Lock()  # an SSLObject is not thread-safe
        self._bytes_until_cut: int | None = None
        self._reset_when_cut = True

    @property
    def encrypted(self) -> bool:
        """Whether TLS is on."""
        return self._tls is not None

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Run the TLS handshake, whose records travel inside PRELOGIN packets.

        Raises ProtocolError when the handshake fails, ConnectionLostError when the client leaves.
        """
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        done = False
        while not done:
            message = read_message(self.read)
            if message.type != PacketType.PRELOGIN:
                raise ProtocolError(f"packet type {message.type} during the TLS handshake")
            self._incoming.write(message.payload)
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                done = False
            except ssl.SSLError as error:
                raise ProtocolError(f"the TLS handshake failed: {error}") from error
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
        """Continue in clear text. Both sides know when, so no close_notify is exchanged."""
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
        """Send all of ``data``. Raises ConnectionLostError when the client has gone."""
        if self._bytes_until_cut is not None:
            keep = min(len(data), self._bytes_until_cut)
            self._bytes_until_cut -= keep
            if self._bytes_until_cut == 0:
                self._encrypt_and_send(data[:keep])
                self.cut(reset=self._reset_when_cut)
                raise ConnectionLostError("a scripted fault cut the connection")
        self._encrypt_and_send(data)

    def cut_after(self, count: int, *, reset: bool) -> None:
        """Cut the connection after ``count`` more bytes have been written."""
        self._bytes_until_cut = max(1, count)
        self._reset_when_cut = reset

    def cut(self, *, reset: bool) -> None:
        """End the connection at once, mid-response: by a TCP reset, or by closing it."""
        if reset:
            with contextlib.suppress(OSError):
                linger = struct.pack("ii", 1, 0)
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close(reset=reset)

    def close(self, *, reset: bool = False) -> None:
        """Close the socket and wake a thread blocked in ``read``. Closing twice is allowed."""
        # For a reset, shut down the receiving side only: that sends no FIN ahead of the RST.
        with contextlib.suppress(OSError):  # the client closed first
            self._socket.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
        self._socket.close()

    def _raw(self, count: int) -> bytes:
        while len(self._buffer) < count:
            try:
                piece = self._socket.recv(_RECEIVE_BYTES)
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
                while piece := tls.read(_RECEIVE_BYTES):
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
            encrypted = self._outgoing.read()
        self._send(encrypted)

    def _send(self, data: memoryview | bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
