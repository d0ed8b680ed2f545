"""PRELOGIN: exchanges versions and negotiates encryption before the login (MS-TDS 2.2.6.5)."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from tableferry_sandbox.tds.packets import ProtocolError

_ENTRY: Final = struct.Struct(">BHH")
_TERMINATOR: Final = 0xFF


class Option(IntEnum):
    """The PRELOGIN options that the sandbox reads or answers."""

    VERSION = 0x00
    ENCRYPTION = 0x01
    INSTANCE = 0x02
    THREAD_ID = 0x03
    MARS = 0x04
    TRACE_ID = 0x05
    FED_AUTH_REQUIRED = 0x06
    NONCE = 0x07


class Encryption(IntEnum):
    """Values of the ENCRYPTION option. If both sides say OFF, the login packet is encrypted."""

    OFF = 0x00
    ON = 0x01
    NOT_SUPPORTED = 0x02
    REQUIRED = 0x03


_CLIENT_CERTIFICATE: Final = 0x80
"""Set by clients that offer a certificate; the sandbox requests none."""


@dataclass(frozen=True)
class EncryptionAgreement:
    """The result of the encryption negotiation.

    ``answer`` is the byte to send. ``handshake``: a TLS handshake follows. ``whole_session``: TLS
    stays on after the login packet. ``refused``: the server closes the connection after answering.
    """

    answer: Encryption
    handshake: bool
    whole_session: bool
    refused: bool = False


def parse_prelogin(payload: bytes) -> dict[int, bytes]:
    """Return a PRELOGIN message's options by token, unknown ones included.

    Raises ProtocolError when the option table has no terminator or points outside the message.
    """
    options: dict[int, bytes] = {}
    at = 0
    while at < len(payload) and payload[at] != _TERMINATOR:
        if at + _ENTRY.size > len(payload):
            raise ProtocolError("the PRELOGIN option table is truncated")
        token, offset, length = _ENTRY.unpack_from(payload, at)
        if offset + length > len(payload):
            raise ProtocolError(f"PRELOGIN option {token} points outside the message")
        options[token] = payload[offset : offset + length]
        at += _ENTRY.size
    if at >= len(payload):
        raise ProtocolError("the PRELOGIN option table has no terminator")
    return options


def negotiate(client: int, server: Encryption) -> EncryptionAgreement:
    """Apply the negotiation table of MS-TDS 2.2.6.5.

    ``server`` is OFF (encrypts on request), REQUIRED or NOT_SUPPORTED.
    """
    wanted = Encryption(client & ~_CLIENT_CERTIFICATE & 0x03)
    if server is Encryption.NOT_SUPPORTED:
        # A client that requires TLS closes the connection on this answer.
        return EncryptionAgreement(Encryption.NOT_SUPPORTED, handshake=False, whole_session=False)
    if wanted is Encryption.NOT_SUPPORTED:
        if server is Encryption.REQUIRED:
            return EncryptionAgreement(
                Encryption.REQUIRED, handshake=False, whole_session=False, refused=True
            )
        return EncryptionAgreement(Encryption.NOT_SUPPORTED, handshake=False, whole_session=False)
    if server is Encryption.REQUIRED:
        answer = Encryption.REQUIRED if wanted is Encryption.OFF else Encryption.ON
        return EncryptionAgreement(answer, handshake=True, whole_session=True)
    if wanted is Encryption.OFF:
        return EncryptionAgreement(Encryption.OFF, handshake=True, whole_session=False)
    return EncryptionAgreement(Encryption.ON, handshake=True, whole_session=True)


def prelogin_answer(
    asked: dict[int, bytes], version: tuple[int, int, int], encryption: Encryption
) -> bytes:
    """Build the server's PRELOGIN: version, encryption, and the options the client sent."""
    major, minor, build = version
    options: list[tuple[int, bytes]] = [
        (Option.VERSION, struct.pack(">BBHH", major, minor, build, 0)),
        (Option.ENCRYPTION, bytes([encryption])),
    ]
    if Option.INSTANCE in asked:
        options.append((Option.INSTANCE, b"\x00"))  # 0: the instance name matches
    if Option.THREAD_ID in asked:
        options.append((Option.THREAD_ID, b""))
    if Option.MARS in asked:
        options.append((Option.MARS, b"\x00"))
    if Option.TRACE_ID in asked:
        options.append((Option.TRACE_ID, b""))
    if Option.FED_AUTH_REQUIRED in asked:
        options.append((Option.FED_AUTH_REQUIRED, b"\x00"))
    offset = len(options) * _ENTRY.size + 1
    table, data = bytearray(), bytearray()
    for token, value in options:
        table += _ENTRY.pack(token, offset + len(data), len(value))
        data += value
    return bytes(table) + bytes([_TERMINATOR]) + bytes(data)
