"""Text from Arrow's UTF-8 into UTF-16 and code pages, a whole batch at a time."""

import functools
from typing import Final

import numpy as np
import numpy.typing as npt

from tableferry_sandbox.surrogates import carried, freed, from_utf16
from tableferry_sandbox.tds.cells import Bytes, Offsets
from tableferry_sandbox.tds.packets import ProtocolError

_MAYBE_LONE: Final = b"\xf4\x8d"
"""The first bytes of U+10D000 to U+10DFFF in UTF-8: where carried lone surrogates lie."""


def to_utf16(offsets: Offsets, data: Bytes) -> tuple[Offsets, Bytes]:
    """Turn UTF-8 ranges into UTF-16LE ranges, with carried lone surrogates set free."""
    if _is_ascii(data):
        wide = np.zeros(2 * len(data), np.uint8)
        wide[::2] = data
        return offsets * 2, wide
    raw = data.tobytes()
    text = raw.decode("utf-8")
    units = _UTF16_UNITS[data]
    if _MAYBE_LONE in raw:
        text = freed(text)
        lead = (data[:-2] == 0xF4) & (data[1:-1] == 0x8D) & (data[2:] >= 0xA0)
        units[:-2][lead] = 1
    encoded = text.encode("utf-16-le", errors="surrogatepass")
    return _moved(offsets, units) * 2, np.frombuffer(encoded, np.uint8)


def to_code_page(offsets: Offsets, data: Bytes, codec: str) -> tuple[Offsets, Bytes]:
    """Turn UTF-8 ranges into ranges of a code page; what it lacks becomes a question mark.

    SQL Server does the same when a text is stored as varchar, so here it meets only values that
    never were varchar.
    """
    if _is_ascii(data) or (codec == "utf-8" and _MAYBE_LONE not in data.tobytes()):
        return offsets, data
    table = code_page_table(codec)
    if table is None:  # more than one byte a character: cell by cell
        raw = data.tobytes()
        cells = [
            _joined(raw[start:end].decode("utf-8")).encode(codec, errors="replace")
            for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        ]
        lengths = np.array([0, *map(len, cells)], dtype=np.int64)
        return np.cumsum(lengths), np.frombuffer(b"".join(cells), np.uint8)
    points = np.frombuffer(data.tobytes().decode("utf-8").encode("utf-32-le"), np.uint32)
    encoded = table[np.minimum(points, 0xFFFF)]
    return _moved(offsets, _CHARACTERS[data]), encoded


def _joined(text: str) -> str:
    """Return a text whose carriers are the characters again that their pairs make."""
    return freed(text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def carry_surrogates(raw: bytes) -> str:
    """Decode UTF-16LE from a client; lone surrogates become the characters that carry them.

    Raises ProtocolError for an odd number of bytes.
    """
    if len(raw) % 2:
        raise ProtocolError("an odd number of bytes in a UTF-16 text")
    return from_utf16(raw)


def decode_code_page(raw: bytes, codec: str) -> str:
    """Decode a client's char data the way Windows does: bytes without a meaning stay controls."""
    decoded = _decoding(codec)
    if decoded is None:
        return carried(raw.decode(codec, errors="replace"))
    return "".join(decoded[byte] for byte in raw)


@functools.lru_cache(maxsize=32)
def code_page_table(codec: str) -> npt.NDArray[np.uint8] | None:
    """Return a table from code points up to U+FFFF to bytes, None for multi-byte code pages."""
    decoded = _decoding(codec)
    if decoded is None:
        return None
    table = np.full(0x10000, ord("?"), np.uint8)
    for byte, character in enumerate(decoded):
        table[ord(character)] = byte
    table[0xFFFF] = ord("?")
    return table


@functools.lru_cache(maxsize=32)
def _decoding(codec: str) -> tuple[str, ...] | None:
    """Return the character of each byte; 0x81 in cp1252, say, is U+0081 as Windows has it."""
    if codec in {"utf-8", "gbk", "cp932", "cp949", "cp950"}:
        return None
    return tuple(bytes([byte]).decode(codec, errors="ignore") or chr(byte) for byte in range(256))


def _is_ascii(data: Bytes) -> bool:
    return len(data) == 0 or int(data.max()) < 0x80


def _moved(offsets: Offsets, widths: Bytes) -> Offsets:
    """Return where the offsets lie after every byte became ``widths`` units."""
    totals = np.zeros(len(widths) + 1, np.int64)
    np.cumsum(widths, out=totals[1:])
    moved: Offsets = totals[offsets]
    return moved


def _widths(supplementary: int) -> Bytes:
    table = np.zeros(256, np.uint8)
    table[:0x80] = 1
    table[0xC0:0xF0] = 1
    table[0xF0:] = supplementary
    table.setflags(write=False)
    return table


_UTF16_UNITS: Final = _widths(2)
_CHARACTERS: Final = _widths(1)
