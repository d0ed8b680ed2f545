"""A cursor over the bytes of a request, which says what was missing where they end too early."""

import struct

from tableferry_sandbox.tds.packets import ProtocolError


class ByteReader:
    """Reads little-endian numbers and counted texts from a payload."""

    def __init__(self, payload: bytes, at: int = 0) -> None:
        self._payload = payload
        self.at = at

    @property
    def more(self) -> bool:
        """True while bytes are left."""
        return self.at < len(self._payload)

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes. Raises ProtocolError when there are fewer."""
        end = self.at + count
        if count < 0 or end > len(self._payload):
            raise ProtocolError(f"{count} bytes expected at {self.at} of {len(self._payload)}")
        piece = self._payload[self.at : end]
        self.at = end
        return piece

    def peek(self) -> int:
        """Return the next byte without moving on."""
        byte = self.take(1)[0]
        self.at -= 1
        return byte

    def u8(self) -> int:
        """Return an unsigned byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Return an unsigned number of two bytes."""
        return int.from_bytes(self.take(2), "little")

    def u32(self) -> int:
        """Return an unsigned number of four bytes."""
        return int.from_bytes(self.take(4), "little")

    def u64(self) -> int:
        """Return an unsigned number of eight bytes."""
        return int.from_bytes(self.take(8), "little")

    def i32(self) -> int:
        """Return a signed number of four bytes."""
        return int.from_bytes(self.take(4), "little", signed=True)

    def b_varchar(self) -> str:
        """Return a text whose length in UTF-16 units is one byte."""
        return self.take(2 * self.u8()).decode("utf-16-le", errors="replace")

    def us_varchar(self) -> str:
        """Return a text whose length in UTF-16 units is two bytes."""
        return self.take(2 * self.u16()).decode("utf-16-le", errors="replace")

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._payload) - self.at)


def skip_all_headers(reader: ByteReader) -> None:
    """Read over ALL_HEADERS (MS-TDS 2.2.5.3): the sandbox needs none of them.

    The transaction descriptor is not compared with the session's: a connection without MARS has
    one transaction at the most.
    """
    total = reader.u32()
    if total < 4:
        raise ProtocolError(f"ALL_HEADERS of {total} bytes")
    reader.take(total - 4)


def real(raw: bytes) -> float:
    """Return a float of four or eight bytes."""
    value: float = struct.unpack("<f" if len(raw) == 4 else "<d", raw)[0]
    return value
