"""Splits messages into packets and reassembles them (MS-TDS 2.2.3)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

HEADER: Final = struct.Struct(">BBHHBB")
"""Type, status, length including the header, SPID, packet number, window."""

HEADER_SIZE: Final = HEADER.size
DEFAULT_PACKET_SIZE: Final = 4096
MIN_PACKET_SIZE: Final = 512
MAX_PACKET_SIZE: Final = 32767

END_OF_MESSAGE: Final = 0x01
IGNORE_MESSAGE: Final = 0x02
RESET_CONNECTION: Final = 0x08
RESET_CONNECTION_KEEP_TRANSACTION: Final = 0x10

MAX_MESSAGE: Final = 256 * 1024 * 1024
"""Larger requests are rejected as a mistake or an attack; SQL Server stops at 65,536 packets."""


class PacketType(IntEnum):
    """The first byte of a packet (MS-TDS 2.2.3.1.1)."""

    SQL_BATCH = 0x01
    RPC = 0x03
    RESPONSE = 0x04
    ATTENTION = 0x06
    BULK_LOAD = 0x07
    FEDERATED_TOKEN = 0x08
    TRANSACTION = 0x0E
    LOGIN7 = 0x10
    SSPI = 0x11
    PRELOGIN = 0x12


_KNOWN_TYPES: Final = frozenset(PacketType)


class ProtocolError(Exception):
    """The client sent bytes that are not valid TDS; the connection is closed, as by SQL Server."""


@dataclass(frozen=True)
class TdsMessage:
    """A reassembled message: its type, the status bits of its first packet, and its payload."""

    type: int
    status: int
    payload: bytes


def read_message(read_exactly: Callable[[int], bytes]) -> TdsMessage:
    """Read packets up to the end of a message.

    A message that the client marked as to be ignored (2.2.3.1.2) comes back with an empty payload
    and that bit set. Raises ProtocolError for an unknown type, a bad length or a message over
    MAX_MESSAGE bytes.
    """
    kind, first_status, parts, total = -1, 0, [], 0
    while True:
        packet_type, status, length, *_ = HEADER.unpack(read_exactly(HEADER_SIZE))
        if packet_type not in _KNOWN_TYPES:
            raise ProtocolError(f"unknown packet type 0x{packet_type:02x}")
        if length < HEADER_SIZE or length > MAX_PACKET_SIZE + HEADER_SIZE:
            raise ProtocolError(f"a packet header gives a length of {length} bytes")
        if kind < 0:
            kind, first_status = packet_type, status
        elif packet_type != kind:
            if packet_type == PacketType.ATTENTION:  # cancelled before the last packet was sent
                return TdsMessage(packet_type, status, b"")
            raise ProtocolError(f"packet type {packet_type} inside a message of type {kind}")
        total += length - HEADER_SIZE
        if total > MAX_MESSAGE:
            raise ProtocolError(f"the message exceeds {MAX_MESSAGE} bytes")
        parts.append(read_exactly(length - HEADER_SIZE))
        if status & END_OF_MESSAGE:
            if status & IGNORE_MESSAGE:
                return TdsMessage(kind, first_status | IGNORE_MESSAGE, b"")
            return TdsMessage(kind, first_status, b"".join(parts))


def frame(
    payload: bytes | bytearray | memoryview,
    *,
    packet_size: int,
    first_id: int = 1,
    spid: int = 0,
    packet_type: int = PacketType.RESPONSE,
    last: bool = True,
) -> memoryview:
    """Split ``payload`` into packets of ``packet_size`` bytes, headers included.

    With ``last`` the final packet carries the end-of-message bit and may be short; without it the
    payload must fill whole packets, else ValueError. The bytes are copied once.
    """
    room = packet_size - HEADER_SIZE
    full, rest = divmod(len(payload), room)
    if not last and rest:
        raise ValueError("only the last packet of a message may be short")
    if last and full and not rest:  # the last full packet ends the message
        full, rest = full - 1, room
    tail = HEADER_SIZE + rest if last else 0
    out = np.empty(full * packet_size + tail, dtype=np.uint8)
    if full:
        packets = out[: full * packet_size].reshape(full, packet_size)
        packets[:, :HEADER_SIZE] = _headers(full, packet_type, packet_size, spid, first_id)
        body = np.frombuffer(payload, dtype=np.uint8, count=full * room)
        packets[:, HEADER_SIZE:] = body.reshape(full, room)
    if last:
        header = HEADER.pack(packet_type, END_OF_MESSAGE, tail, spid, (first_id + full) & 0xFF, 0)
        out[-tail:][:HEADER_SIZE] = np.frombuffer(header, dtype=np.uint8)
        if rest:
            out[-rest:] = np.frombuffer(payload, dtype=np.uint8, offset=full * room)
    return memoryview(out.data).cast("B")


def _headers(
    count: int, packet_type: int, packet_size: int, spid: int, first_id: int
) -> npt.NDArray[np.uint8]:
    template = np.frombuffer(HEADER.pack(packet_type, 0, packet_size, spid, 0, 0), dtype=np.uint8)
    headers = np.repeat(template[None, :], count, axis=0)
    headers[:, 6] = (np.arange(count) + first_id) & 0xFF
    return headers
