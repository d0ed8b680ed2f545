"""Where a server sends its logins: read-only routing of an availability group, Azure's redirect.

The driver (mssql-python 1.16) follows a redirect by itself, but is pinned to one certificate, that
of the server it was sent to first, and its error does not say where it was redirected to. So this
logs in once (MS-TDS 2.2.6.4), over TLS whose certificate was verified, and reads the ENVCHANGE
token that names the other server (2.2.7.9, type 20).
"""

import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tableferry.config import Login, SourceSettings
from tableferry.sqlserver.secure_wire import LOGIN7, SecureWire

_TDS_7_4: Final = 0x74000004
_PACKET_SIZE: Final = 4096
_FATAL_DATABASE: Final = 0xE0
"""OptionFlags1: fUseDB, fDatabase and fSetLang. A missing database refuses the login."""

_FATAL_LANGUAGE_ODBC: Final = 0x03
_READ_ONLY_INTENT: Final = 0x20
_HEADER: Final = 94

_ENV_CHANGE, _ROUTING = 0xE3, 20
_WITH_LENGTH: Final = frozenset({0xAA, 0xAB, 0xAD, _ENV_CHANGE})
"""ERROR, INFO, LOGINACK, ENVCHANGE: tokens with a two-byte length (2.2.4.2.1.3)."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """The server that a login is sent to."""

    host: str
    port: int


def find_redirect(wire: SecureWire, settings: SourceSettings, login: Login) -> Redirect | None:
    """Log in and return where the server sends this login; None where it is served there.

    None for a refused login, too. Raises OSError, and EOFError when the server hangs up.
    """
    wire.send(LOGIN7, _login7(settings, login))
    return _redirect_in(wire.receive())


def _login7(settings: SourceSettings, login: Login) -> bytes:
    texts = (
        socket.gethostname(),
        login.user,
        login.password.get_secret_value(),
        "tableferry",
        f"{settings.host},{settings.port}",
        "",  # the extension's offset: none
        "tableferry",
        "",  # language: the login's
        settings.db,
    )
    pointers, data = b"", b""
    for place, text in enumerate(texts):
        encoded = text.encode("utf-16-le", "surrogatepass")
        pointers += struct.pack("<HH", _HEADER + len(data), len(encoded) // 2)
        data += _obfuscated(encoded) if place == 2 else encoded
    end = _HEADER + len(data)
    rest = bytes(6) + struct.pack("<HHHHHHI", end, 0, end, 0, end, 0, 0)
    flags = (
        _FATAL_DATABASE,
        _FATAL_LANGUAGE_ODBC,
        _READ_ONLY_INTENT if settings.read_only_intent else 0,
        0,
    )
    fixed = struct.pack(
        "<IIIIII4BiI", end, _TDS_7_4, _PACKET_SIZE, 7, os.getpid(), 0, *flags, 0, 0x0409
    )
    return fixed + pointers + rest + data


def _obfuscated(password: bytes) -> bytes:
    """Swap each byte's halves and invert some bits (2.2.6.4): no protection, TLS is."""
    return bytes(((one << 4 & 0xF0) | one >> 4) ^ 0xA5 for one in password)


def _redirect_in(response: bytes) -> Redirect | None:
    for kind, body in _tokens(response):
        if kind == _ENV_CHANGE and body[:1] == bytes([_ROUTING]) and len(body) >= 8:
            # Length of the value, protocol (0: TCP), port, length of the name in UTF-16 units.
            _, protocol, port, units = struct.unpack_from("<HBHH", body, 1)
            name = body[8 : 8 + 2 * units].decode("utf-16-le", errors="replace")
            return Redirect(name, port) if protocol == 0 and name else None
    return None


def _tokens(response: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tokens up to the first of another kind, which no redirect follows."""
    at = 0
    while at + 3 <= len(response) and response[at] in _WITH_LENGTH:
        (length,) = struct.unpack_from("<H", response, at + 1)
        yield response[at], response[at + 3 : at + 3 + length]
        at += 3 + length
