"""Shrinks Linux libraries without a compiler or binutils, with the same result on every machine.

Handles 64-bit little-endian ELF, as on both of Lambda's architectures (System V gABI, chapters 4
and 5). The loader reads only the program headers and the dynamic section; both stay valid.
"""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass

MAGIC = b"\x7fELF\x02\x01"
LOAD, DYNAMIC = 1, 2
NULL, NEEDED, STRTAB = 0, 1, 5
SECTION_TABLE = 40
"""Where the ELF header holds the section table's offset; its count and name index are at 60."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One program header: its type, and its offset, address and size in bytes."""

    kind: int
    offset: int
    address: int
    size: int


def is_library(data: bytes) -> bool:
    """Whether the bytes are those of a 64-bit little-endian ELF file."""
    return data.startswith(MAGIC)


def without_symbols(data: bytes) -> bytes:
    """Return the library without the bytes after its last segment: symbols and section table."""
    end = max(segment.offset + segment.size for segment in _segments(data))
    (sections,) = struct.unpack_from("<Q", data, SECTION_TABLE)
    if sections < end:
        return data
    cut = bytearray(data[:end])
    struct.pack_into("<Q", cut, SECTION_TABLE, 0)
    struct.pack_into("<HH", cut, 60, 0, 0)
    return bytes(cut)


def without_needed(data: bytes, names: Collection[str]) -> bytes:
    """Return the library without its dependencies (DT_NEEDED) on the libraries of these names."""
    edited = bytearray(data)
    for segment in _segments(data):
        if segment.kind == DYNAMIC:
            entries = [*struct.iter_unpack("<qQ", _bytes_of(data, segment))]
            strings = _strings(data, dict(entries))
            kept = [
                entry
                for entry in entries
                if entry[0] != NEEDED or _text_at(data, strings + entry[1]) not in names
            ]
            kept += [(NULL, 0)] * (len(entries) - len(kept))
            packed = b"".join(struct.pack("<qQ", *entry) for entry in kept)
            edited[segment.offset : segment.offset + segment.size] = packed
    return bytes(edited)


def _segments(data: bytes) -> Iterator[Segment]:
    (start,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for number in range(count):
        kind, _, offset, address, _, length, _, _ = struct.unpack_from(
            "<IIQQQQQQ", data, start + number * size
        )
        yield Segment(kind, offset, address, length)


def _bytes_of(data: bytes, segment: Segment) -> bytes:
    return data[segment.offset : segment.offset + segment.size]


def _strings(data: bytes, entries: dict[int, int]) -> int:
    """Return the file offset of the dynamic section's strings, which it gives as an address."""
    address = entries[STRTAB]
    for segment in _segments(data):
        if segment.kind == LOAD and 0 <= address - segment.address < segment.size:
            return address - segment.address + segment.offset
    raise ValueError("the dynamic section's strings lie in no segment")


def _text_at(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode()
