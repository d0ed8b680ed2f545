"""Verifies the server's certificate against a custom CA file before the driver connects.

The driver (mssql-python 1.16) supports the machine's trusted CAs, for all connections of the
process, or one certificate (``ServerCertificate``) that it compares with the server's without any
further check, not even of the host name. So a handshake of our own verifies the chain and the name
here, and the driver is then pinned to the certificate that passed.

Inside TDS 7 the handshake travels in PRELOGIN packets (MS-TDS 2.2.6.5, 3.2.5.1); ``strict`` is
TLS from the first byte, with the protocol name ``tds/8.0``.
"""

import contextlib
import socket
import ssl
import struct
import tempfile
from collections.abc import Iterator
from typing import Final

from tableferry.config import Encrypt, SourceSettings
from tableferry.errors import ConfigError, TransientError

_PRELOGIN: Final = 0x12
_LAST: Final = 1
_HEADER: Final = struct.Struct(">BBHHBB")
_PAYLOAD: Final = 4096 - _HEADER.size
"""The packet size until the login negotiates another (MS-TDS 2.2.3.1.3)."""

_ENCRYPTION, _END = 1, 0xFF
_ON, _NOT_SUPPORTED = b"\x01", b"\x02"
_PRELOGIN_REQUEST: Final = (
    struct.pack(">BHHBHHB", 0, 11, 6, _ENCRYPTION, 17, 1, _END) + bytes(6) + _ON
)
"""Two options with their values: VERSION, which may be zeros, and ENCRYPTION."""


@contextlib.contextmanager
def verified_certificate(settings: SourceSettings) -> Iterator[str]:
    """Yield a file with the server's verified certificate, or "" without a CA file.

    Raises ConfigError where the CA file does not verify it, TransientError for network errors.
    """
    if not settings.ca_file:
        yield ""
        return
    with tempfile.NamedTemporaryFile("w", prefix="tableferry-", suffix=".pem") as file:
        file.write(ssl.DER_cert_to_PEM_cert(_certificate(settings)))
        file.flush()
        yield file.name


def _certificate(settings: SourceSettings) -> bytes:
    """Return the server's certificate, in DER."""
    context = _context(settings)
    address = (settings.host, settings.port)
    try:
        with socket.create_connection(address, timeout=settings.connect_timeout) as wire:
            found = (_strict if settings.encrypt is Encrypt.STRICT else _inside_tds)(
                wire, context, settings.host
            )
    except ssl.SSLCertVerificationError as error:
        raise ConfigError(
            f"{settings}: {settings.ca_file} does not verify the server's certificate: "
            f"{error.verify_message.rstrip('.')} (TLS)",
            hint=f"{settings.variable('ca_file')} must hold the certificate of its authority, and "
            f"{settings.variable('host')} be a name in the server's certificate.",
            code="TLS",
        ) from error
    except (OSError, EOFError) as error:
        raise TransientError(
            f"{settings}: the TLS handshake failed: {error}",
            hint=f"Check {settings.variable('encrypt')}. Nothing was changed; run it again.",
            code="08S01",
        ) from error
    if not found:
        raise ConfigError(
            f"{settings} does not support encryption (TLS)",
            hint=f"Enable TLS there; or, on a trusted network, set "
            f"{settings.variable('encrypt')}=optional without {settings.variable('ca_file')}.",
            code="TLS",
        )
    return found


def _context(settings: SourceSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The file may hold an intermediate CA, or the server's own certificate.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(settings.ca_file)
    except OSError as error:
        raise ConfigError(
            f"{settings.ca_file} holds no certificates: {error.strerror or error}",
            hint=f"{settings.variable('ca_file')} must be a file in PEM format.",
        ) from error
    if settings.encrypt is Encrypt.STRICT:
        context.set_alpn_protocols(["tds/8.0"])
    else:
        # TDS 7 cannot transport the messages that TLS 1.3 sends after its handshake.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _strict(wire: socket.socket, context: ssl.SSLContext, host: str) -> bytes:
    with context.wrap_socket(wire, server_hostname=host) as secure:
        return secure.getpeercert(binary_form=True) or b""


def _inside_tds(wire: socket.socket, context: ssl.SSLContext, host: str) -> bytes:
    """Negotiate encryption and do the handshake; empty where the server has no TLS."""
    _send(wire, _PRELOGIN_REQUEST)
    if _option(_receive(wire), _ENCRYPTION) == _NOT_SUPPORTED:
        return b""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure = context.wrap_bio(incoming, outgoing, server_hostname=host)
    while True:
        try:
            secure.do_handshake()
        except ssl.SSLWantReadError:
            _send(wire, outgoing.read())
            incoming.write(_receive(wire))
        else:
            return secure.getpeercert(binary_form=True) or b""


def _send(wire: socket.socket, data: bytes) -> None:
    for start in range(0, len(data), _PAYLOAD):
        piece = data[start : start + _PAYLOAD]
        last = _LAST if start + _PAYLOAD >= len(data) else 0
        header = _HEADER.pack(_PRELOGIN, last, _HEADER.size + len(piece), 0, 0, 0)
        wire.sendall(header + piece)


def _receive(wire: socket.socket) -> bytes:
    """Return one packet's payload; raises EOFError when the server closes the connection."""
    _, _, length, *_ = _HEADER.unpack(_exactly(wire, _HEADER.size))
    return _exactly(wire, max(0, length - _HEADER.size))


def _exactly(wire: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = wire.recv(count - len(data))
        if not piece:
            raise EOFError("the server closed the connection")
        data += piece
    return data


def _option(response: bytes, wanted: int) -> bytes:
    """Return an option's value from a PRELOGIN response, empty where it is missing."""
    for start in range(0, len(response) - 4, 5):
        kind, offset, length = struct.unpack_from(">BHH", response, start)
        if kind == _END:
            break
        if kind == wanted:
            return response[offset : offset + length]
    return b""
