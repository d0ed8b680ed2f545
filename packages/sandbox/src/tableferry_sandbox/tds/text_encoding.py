"""Converts text between Arrow's UTF-8 and the wire's UTF-16 and code pages.

Outgoing text is converted a whole batch at a time, incoming parameters one by one.
"""

import functools
from typing import Final

import numpy as np
import numpy.typing as npt

from tableferry_sandbox import code_pages
from tableferry_sandbox.surrogates import freed, from_utf16
from tableferry_sandbox.tds.cells import Bytes, Offsets
from tableferry_sandbox.tds.packets import ProtocolError

_MAYBE_CARRIER: Final = b"\xf4\x8d"
"""The first two UTF-8 bytes of U+10D000 to U+10DFFF, the range of carried lone surrogates."""


def to_utf16(offsets: Offsets, data: Bytes) -> tuple[Offsets, Bytes]:
    """Convert UTF-8 ranges to UTF-16LE ranges, restoring carried lone surrogates."""
    if _is_ascii(data):
        wide = np.zeros(2 * len(data), np.uint8)
        wide[::2] = data
        return offsets * 2, wide
    raw = data.tobytes()
    text = raw.decode("utf-8")
    units = _UTF16_UNITS[data]
    if _MAYBE_CARRIER in raw:
        text = freed(text)
        lead = (data[:-2] == 0xF4) & (data[1:-1] == 0x8D) & (data[2:] >= 0xA0)
        units[:-2][lead] = 1
    encoded = text.encode("utf-16-le", errors="surrogatepass")
    return _rescaled(offsets, units) * 2, np.frombuffer(encoded, np.uint8)


def to_code_page(offsets: Offsets, data: Bytes, codec: str) -> tuple[Offsets, Bytes]:
    """Convert UTF-8 ranges to a code page; characters it lacks become question marks.

    SQL Server does the same when it stores a text as varchar, so this only affects values that
    have never been varchar.
    """
    if _is_ascii(data) or (codec == "utf-8" and _MAYBE_CARRIER not in data.tobytes()):
        return offsets, data
    table = code_page_table(codec)
    if table is None:  # a multi-byte code page: cell by cell
        raw = data.tobytes()
        cells = [
            code_pages.encode(raw[start:end].decode("utf-8"), codec)
            for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        ]
        lengths = np.array([0, *map(len, cells)], dtype=np.int64)
        return np.cumsum(lengths), np.frombuffer(b"".join(cells), np.uint8)
    points = np.frombuffer(data.tobytes().decode("utf-8").encode("utf-32-le"), np.uint32)
    encoded = table[np.minimum(points, 0xFFFF)]
    return _rescaled(offsets, _CHARACTERS[data]), encoded


def carry_surrogates(raw: bytes) -> str:
    """Decode UTF-16LE from a client, replacing lone surrogates by their carriers.

    Raises ProtocolError for an odd number of bytes.
    """
    if len(raw) % 2:
        raise ProtocolError("a UTF-16 text has an odd number of bytes")
    return from_utf16(raw)


@functools.lru_cache(maxsize=32)
def code_page_table(codec: str) -> npt.NDArray[np.uint8] | None:
    """Return a lookup table from code points to bytes; None for a multi-byte code page.

    It has 65,536 entries. Code points over U+FFFF share the last one, a question mark.
    """
    decoded = code_pages.characters_of(codec)
    if decoded is None:
        return None
    table = np.full(0x10000, ord("?"), np.uint8)
    for byte, character in enumerate(decoded):
        table[ord(character)] = byte
    table[0xFFFF] = ord("?")
    return table


def _is_ascii(data: Bytes) -> bool:
    return len(data) == 0 or int(data.max()) < 0x80


def _rescaled(offsets: Offsets, widths: Bytes) -> Offsets:
    """Return the offsets after each byte has been replaced by ``widths`` units."""
    totals = np.zeros(len(widths) + 1, np.int64)
    np.cumsum(widths, out=totals[1:])
    rescaled: Offsets = totals[offsets]
    return rescaled


def _widths(supplementary: int) -> Bytes:
    """Return the units that each UTF-8 byte yields: a lead byte those of its whole character."""
    table = np.zeros(256, np.uint8)
    table[:0x80] = 1
    table[0xC0:0xF0] = 1
    table[0xF0:] = supplementary
    table.setflags(write=False)
    return table


_UTF16_UNITS: Final = _widths(2)
_CHARACTERS: Final = _widths(1)
