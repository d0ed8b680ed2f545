"""TDS packets over TLS, as far as a handshake and a login need them (MS-TDS 2.2.3, 2.2.6.5).

Inside TDS 7 the handshake travels in PRELOGIN packets (3.2.5.1) and everything after it in TLS
records; ``strict`` is TLS from the first byte, with the protocol name ``tds/8.0``.
"""

import socket
import ssl
import struct
from typing import Final

PRELOGIN: Final = 0x12
LOGIN7: Final = 0x10

_LAST: Final = 1
_HEADER: Final = struct.Struct(">BBHHBB")
_PAYLOAD: Final = 4096 - _HEADER.size
"""The packet size until the login negotiates another (MS-TDS 2.2.3.1.3)."""

_ENCRYPTION, _END = 1, 0xFF
_ON, _NOT_SUPPORTED = b"\x01", b"\x02"
PRELOGIN_REQUEST: Final = (
    struct.pack(">BHHBHHB", 0, 11, 6, _ENCRYPTION, 17, 1, _END) + bytes(6) + _ON
)
"""Two options with their values: VERSION, which may be zeros, and ENCRYPTION."""


class SecureWire:
    """A connection whose TLS handshake is done; packets go both ways in TLS records."""

    def __init__(
        self, wire: socket.socket, secure: ssl.SSLObject, into: ssl.MemoryBIO, out: ssl.MemoryBIO
    ) -> None:
        self._wire = wire
        self._secure = secure
        self._into = into
        self._out = out
        self._data = b""

    @property
    def certificate(self) -> bytes:
        """The server's certificate, in DER."""
        return self._secure.getpeercert(binary_form=True) or b""

    @property
    def version(self) -> str:
        """The protocol's name, such as ``TLSv1.2``."""
        return self._secure.version() or ""

    def send(self, kind: int, payload: bytes) -> None:
        """Send one message; raises OSError."""
        for packet in _packets(kind, payload):
            self._secure.write(packet)
        self._wire.sendall(self._out.read())

    def receive(self) -> bytes:
        """Return one message's payload; raises OSError, EOFError when the server hangs up."""
        parts = []
        while True:
            _, status, length, *_ = _HEADER.unpack(self._exactly(_HEADER.size))
            parts.append(self._exactly(max(0, length - _HEADER.size)))
            if status & _LAST:
                return b"".join(parts)

    def _exactly(self, count: int) -> bytes:
        while len(self._data) < count:
            try:
                self._data += self._secure.read(65536)
            except ssl.SSLWantReadError:
                self._into.write(_some(self._wire))
        found, self._data = self._data[:count], self._data[count:]
        return found


def shake_hands(
    wire: socket.socket, context: ssl.SSLContext, host: str, *, strict: bool
) -> SecureWire | None:
    """Negotiate encryption and do the handshake; None where the server has no TLS.

    Raises OSError (ssl.SSLError is one), and EOFError when the server hangs up.
    """
    if not strict:
        wire.sendall(b"".join(_packets(PRELOGIN, PRELOGIN_REQUEST)))
        if _option(_receive(wire), _ENCRYPTION) == _NOT_SUPPORTED:
            return None
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure = context.wrap_bio(incoming, outgoing, server_hostname=host)
    while True:
        try:
            secure.do_handshake()
        except ssl.SSLWantReadError:
            _pass_on(wire, outgoing.read(), strict=strict)
            incoming.write(_some(wire) if strict else _receive(wire))
        else:
            break
    if rest := outgoing.read():
        _pass_on(wire, rest, strict=strict)
    return SecureWire(wire, secure, incoming, outgoing)


def _pass_on(wire: socket.socket, data: bytes, *, strict: bool) -> None:
    wire.sendall(data if strict else b"".join(_packets(PRELOGIN, data)))


def _packets(kind: int, payload: bytes) -> list[bytes]:
    pieces = [payload[at : at + _PAYLOAD] for at in range(0, len(payload), _PAYLOAD)] or [b""]
    packets = []
    for number, piece in enumerate(pieces, 1):
        status = _LAST if number == len(pieces) else 0
        header = _HEADER.pack(kind, status, _HEADER.size + len(piece), 0, number & 0xFF, 0)
        packets.append(header + piece)
    return packets


def _receive(wire: socket.socket) -> bytes:
    """Return one packet's payload; raises EOFError when the server closes the connection."""
    header = _exactly(wire, _HEADER.size)
    return _exactly(wire, max(0, _HEADER.unpack(header)[2] - _HEADER.size))


def _exactly(wire: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += _some(wire, count - len(data))
    return data


def _some(wire: socket.socket, most: int = 65536) -> bytes:
    found = wire.recv(most)
    if not found:
        raise EOFError("the server closed the connection")
    return found


def _option(response: bytes, wanted: int) -> bytes:
    """Return an option's value from a PRELOGIN response, empty where it is missing."""
    for start in range(0, len(response) - 4, 5):
        kind, offset, length = struct.unpack_from(">BHH", response, start)
        if kind == _END:
            break
        if kind == wanted:
            return response[offset : offset + length]
    return b""
