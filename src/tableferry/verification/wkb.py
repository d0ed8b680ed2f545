"""Shapes in the binary forms of SQL Server and PostGIS, compared by their coordinates.

SQL Server writes WKB with thousands for Z and M (OGC Simple Features, ISO 13249-3), PostGIS EWKB
with bits for them and for an SRID (its manual, "OGC WKB and WKT"). PostGIS leaves out an SRID of 0,
and gives a geography without one 4326.
"""

import struct
from collections.abc import Hashable
from typing import Any, Final

_Z: Final = 0x80000000
_M: Final = 0x40000000
_SRID: Final = 0x20000000

_POINT: Final = 1
_LINES: Final = frozenset({2, 8})
"""Line strings and circular strings: a number of points, then their coordinates."""
_POLYGON: Final = 3
_TRIANGLE: Final = 17

_DEFAULT: Final = frozenset({0, 4326})
"""What no SRID may mean."""


def shape_of(sent: bytes) -> Hashable:
    """Return a shape's coordinates and SRID; of one that cannot be read, the bytes."""
    reader = _Reader(sent)
    try:
        shape = reader.shape()
    except (struct.error, IndexError, RecursionError):
        return sent
    return (0 if reader.srid in _DEFAULT else reader.srid, shape) if reader.ended else sent


class _Reader:
    def __init__(self, sent: bytes) -> None:
        self._sent = sent
        self._place = 0
        self.srid = 0

    @property
    def ended(self) -> bool:
        return self._place == len(self._sent)

    def shape(self) -> tuple[Any, ...]:
        """Return a shape as its kind, its dimensions and what is in it."""
        order = "<" if self._sent[self._place] else ">"
        self._place += 1
        kind = self._number(order)
        if kind & _SRID:
            self.srid = self._number(order)
        thousands = (kind & 0xFFFFFF) // 1000
        has_z = bool(kind & _Z) or thousands in {1, 3}
        has_m = bool(kind & _M) or thousands in {2, 3}
        kind = (kind & 0xFFFFFF) % 1000
        width = 2 + has_z + has_m
        return kind, has_z, has_m, self._body(kind, order, width)

    def _body(self, kind: int, order: str, width: int) -> Any:
        if kind == _POINT:
            return self._coordinates(order, width)
        if kind in _LINES:
            return self._coordinates(order, width * self._number(order))
        if kind in {_POLYGON, _TRIANGLE}:
            rings = range(self._number(order))
            return tuple(self._coordinates(order, width * self._number(order)) for _ in rings)
        return tuple(self.shape() for _ in range(self._number(order)))

    def _number(self, order: str) -> int:
        (number,) = struct.unpack_from(f"{order}I", self._sent, self._place)
        self._place += 4
        return int(number)

    def _coordinates(self, order: str, count: int) -> bytes:
        """Return coordinates as bytes: those of an empty point are NaN, equal to nothing."""
        numbers = struct.unpack_from(f"{order}{count}d", self._sent, self._place)
        self._place += 8 * count
        return struct.pack(f"<{count}d", *numbers)
