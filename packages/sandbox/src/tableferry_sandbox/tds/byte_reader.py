"""A bounds-checked cursor over the bytes of a request."""

import struct

from tableferry_sandbox.tds.packets import ProtocolError


class ByteReader:
    """Reads little-endian integers and length-prefixed UTF-16 texts from a payload.

    Every method raises ProtocolError when the payload ends too early.
    """

    def __init__(self, payload: bytes, at: int = 0) -> None:
        self._payload = payload
        self.at = at

    @property
    def more(self) -> bool:
        """Whether unread bytes remain."""
        return self.at < len(self._payload)

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        end = self.at + count
        if count < 0 or end > len(self._payload):
            raise ProtocolError(
                f"the payload of {len(self._payload)} bytes ends before the {count} bytes "
                f"expected at offset {self.at}"
            )
        piece = self._payload[self.at : end]
        self.at = end
        return piece

    def peek(self) -> int:
        """Return the next byte without consuming it."""
        byte = self.take(1)[0]
        self.at -= 1
        return byte

    def u8(self) -> int:
        """Read an unsigned 1-byte integer."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Read an unsigned 2-byte integer."""
        return int.from_bytes(self.take(2), "little")

    def u32(self) -> int:
        """Read an unsigned 4-byte integer."""
        return int.from_bytes(self.take(4), "little")

    def u64(self) -> int:
        """Read an unsigned 8-byte integer."""
        return int.from_bytes(self.take(8), "little")

    def i32(self) -> int:
        """Read a signed 4-byte integer."""
        return int.from_bytes(self.take(4), "little", signed=True)

    def b_varchar(self) -> str:
        """Read B_VARCHAR: a text prefixed with its length in UTF-16 units as one byte."""
        return self.take(2 * self.u8()).decode("utf-16-le", errors="replace")

    def us_varchar(self) -> str:
        """Read US_VARCHAR: a text prefixed with its length in UTF-16 units as two bytes."""
        return self.take(2 * self.u16()).decode("utf-16-le", errors="replace")

    def rest(self) -> bytes:
        """Read the remaining bytes."""
        return self.take(len(self._payload) - self.at)


def skip_all_headers(reader: ByteReader) -> None:
    """Skip ALL_HEADERS (MS-TDS 2.2.5.3), which the sandbox does not need.

    The transaction descriptor is not compared with the session's: without MARS a connection has
    at most one transaction.
    """
    total = reader.u32()
    if total < 4:
        raise ProtocolError(f"ALL_HEADERS of {total} bytes")
    reader.take(total - 4)


def real(raw: bytes) -> float:
    """Decode a little-endian float of four or eight bytes."""
    value: float = struct.unpack("<f" if len(raw) == 4 else "<d", raw)[0]
    return value
