"""Decodes LOGIN7: credentials, database, flags and requested features (MS-TDS 2.2.6.4)."""

import struct
from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.tds.packets import (
    DEFAULT_PACKET_SIZE,
    MAX_PACKET_SIZE,
    MIN_PACKET_SIZE,
    ProtocolError,
)

TDS_7_3_A: Final = 0x730A0003
TDS_7_3_B: Final = 0x730B0003
TDS_7_4: Final = 0x74000004

_FIXED: Final = struct.Struct("<IIIIII4BiI")
_POINTER: Final = struct.Struct("<HH")
_FIRST_POINTER: Final = _FIXED.size
_HEADER: Final = 94

_READ_ONLY_INTENT: Final = 0x20  # TypeFlags, fReadOnlyIntent
_INTEGRATED_SECURITY: Final = 0x80  # OptionFlags2, fIntSecurity
_CHANGE_PASSWORD: Final = 0x01  # OptionFlags3
_EXTENSION: Final = 0x10  # OptionFlags3, fExtension
FED_AUTH: Final = 0x02
_SECURITY_TOKEN: Final = 0x01
_FEATURES_END: Final = 0xFF


@dataclass(frozen=True)
class Login7:
    """The decoded login record; ``features`` holds feature ids and their data, in order."""

    tds_version: int
    packet_size: int
    host: str
    user: str
    password: str
    application: str
    server: str
    language: str
    database: str
    integrated: bool
    changes_password: bool
    read_only_intent: bool
    extended: bool
    features: tuple[tuple[int, bytes], ...]

    @property
    def access_token(self) -> str:
        """The Microsoft Entra token of the FEDAUTH feature (2.2.6.4), empty without one.

        Only the SECURITYTOKEN library is read, where the client already has the token.
        """
        data = dict(self.features).get(FED_AUTH, b"")
        if len(data) < 5 or data[0] >> 1 != _SECURITY_TOKEN:
            return ""
        (length,) = struct.unpack_from("<I", data, 1)
        return _text(_slice(data, 5, length))

    def __repr__(self) -> str:
        return f"Login7(user={self.user!r}, database={self.database!r}, host={self.host!r})"


def parse_login7(payload: bytes) -> Login7:
    """Decode a LOGIN7 message. The password comes back in clear text: do not log it.

    Raises ProtocolError when a field points outside the message.
    """
    if len(payload) < _HEADER:
        raise ProtocolError(f"LOGIN7 has {len(payload)} bytes, fewer than its fixed part")
    length, version, packet_size, *rest = _FIXED.unpack_from(payload, 0)
    flags2, type_flags, flags3 = rest[4], rest[5], rest[6]
    if length > len(payload):
        raise ProtocolError("LOGIN7 is shorter than its length field says")

    def field(index: int) -> bytes:
        at = _FIRST_POINTER + 4 * index
        offset, units = _POINTER.unpack_from(payload, at)
        return _slice(payload, offset, units * 2)

    extended = bool(flags3 & _EXTENSION)
    return Login7(
        tds_version=version,
        packet_size=_clamp(packet_size),
        host=_text(field(0)),
        user=_text(field(1)),
        password=_text(deobfuscate(field(2))),
        application=_text(field(3)),
        server=_text(field(4)),
        language=_text(field(7)),
        database=_text(field(8)),
        integrated=bool(flags2 & _INTEGRATED_SECURITY),
        changes_password=bool(flags3 & _CHANGE_PASSWORD),
        read_only_intent=bool(type_flags & _READ_ONLY_INTENT),
        extended=extended,
        features=_features(payload) if extended else (),
    )


def deobfuscate(password: bytes) -> bytes:
    """Undo LOGIN7's obfuscation: each byte is nibble-swapped, then XORed with 0xA5."""
    return bytes(((b ^ 0xA5) << 4 & 0xF0) | (b ^ 0xA5) >> 4 for b in password)


def _features(payload: bytes) -> tuple[tuple[int, bytes], ...]:
    offset, length = _POINTER.unpack_from(payload, _FIRST_POINTER + 4 * 5)
    (at,) = struct.unpack("<I", _slice(payload, offset, min(length, 4)).ljust(4, b"\0"))
    found: list[tuple[int, bytes]] = []
    while at < len(payload) and payload[at] != _FEATURES_END:
        (size,) = struct.unpack("<I", _slice(payload, at + 1, 4))
        found.append((payload[at], _slice(payload, at + 5, size)))
        at += 5 + size
    if at >= len(payload):
        raise ProtocolError("the LOGIN7 feature extension has no terminator")
    return tuple(found)


def _clamp(packet_size: int) -> int:
    if packet_size == 0:
        return DEFAULT_PACKET_SIZE
    return max(MIN_PACKET_SIZE, min(packet_size, MAX_PACKET_SIZE))


def _slice(payload: bytes, offset: int, length: int) -> bytes:
    if offset + length > len(payload):
        raise ProtocolError("a LOGIN7 field points outside the message")
    return payload[offset : offset + length]


def _text(raw: bytes) -> str:
    return raw.decode("utf-16-le", errors="replace")
