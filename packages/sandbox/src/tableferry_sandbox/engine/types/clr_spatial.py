"""geography and geometry: text, the bytes of the CLR types, and WKB.

Points, lines and polygons, with Z and M. Other shapes and empty ones are refused. Validity is
not checked: the bytes claim "valid". Formats: MS-SSCLRT 2.1 (the serialised types); OGC 06-103r4
(WKT and WKB, where Z adds 1000 to a type's code and M 2000). A geography has latitude before
longitude in its bytes, the other way round in its text.
"""

import re
import struct
from dataclasses import dataclass
from math import isfinite, isnan, nan
from typing import Final

from tableferry_sandbox.engine.types.row_errors import RowError

KINDS: Final = {"POINT": 1, "LINESTRING": 2, "POLYGON": 3}
_NAMES: Final = {1: "Point", 2: "LineString", 3: "Polygon"}
_SHAPE: Final = re.compile(r"\s*([A-Za-z]+)\s*(?:(EMPTY)|\((.*)\))\s*", re.DOTALL | re.IGNORECASE)
_HAS_Z, _HAS_M, _VALID, _ONE_POINT, _ONE_LINE = 1, 2, 4, 8, 16
_STROKE, _OUTER, _INNER = 1, 2, 0
_LATITUDE: Final = 90.0
_LONGITUDE: Final = 15069.0
_GEOGRAPHY_SRIDS: Final = frozenset({4326, 4269, 4258, 4289, 4322, 4230, 4277, 4267, 4283})
"""Some of sys.spatial_reference_systems: WGS 84, NAD83, ETRS89 and others."""

Point = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """``rings`` are a polygon's rings, else one run of points; a point is x, y, z, m (or nan)."""

    kind: int
    srid: int
    rings: tuple[tuple[Point, ...], ...]

    @property
    def points(self) -> tuple[Point, ...]:
        """All points, ring by ring."""
        return tuple(point for ring in self.rings for point in ring)

    def has(self, axis: int) -> bool:
        """Whether any point has Z (2) or M (3)."""
        return any(not isnan(point[axis]) for point in self.points)


def parse(text: str, srid: int, type_name: str) -> bytes:
    """Return the bytes of well-known text; error 6522 if it is not a shape of this type."""
    match = _SHAPE.fullmatch(text)
    word = match[1].upper() if match else ""
    if match is None:
        raise _error(type_name, "24114: The label in the input well-known text (WKT) is not valid.")
    if word not in KINDS or match[2]:
        raise RowError(50000, f"The sandbox does not support the shape {word} {match[2] or ''}.")
    body = match[3]
    parts = re.findall(r"\(([^()]*)\)", body) if word == "POLYGON" else [body]
    if not parts or (word != "POLYGON" and "(" in body):
        raise _error(type_name, "24111: The well-known text (WKT) input is not valid.")
    rings = tuple(tuple(_point(item, type_name) for item in part.split(",")) for part in parts)
    shape = Shape(KINDS[word], srid, rings)
    _check(shape, type_name)
    return to_bytes(shape, type_name)


def point(first: float, second: float, srid: int, type_name: str) -> bytes:
    """Return the bytes of ``Point``: latitude, longitude of a geography, x, y of a geometry."""
    x, y = (second, first) if type_name == "geography" else (first, second)
    shape = Shape(1, srid, (((x, y, nan, nan),),))
    _check(shape, type_name)
    return to_bytes(shape, type_name)


def to_bytes(shape: Shape, type_name: str) -> bytes:
    """Return the serialised CLR type."""
    points = shape.points
    has_z, has_m = shape.has(2), shape.has(3)
    flags = _VALID | _HAS_Z * has_z | _HAS_M * has_m
    swap = type_name == "geography"
    values = [v for p in points for v in ((p[1], p[0]) if swap else (p[0], p[1]))]
    values += [p[2] for p in points] if has_z else []
    values += [p[3] for p in points] if has_m else []
    packed = struct.pack(f"<{len(values)}d", *values)
    if shape.kind == KINDS["POINT"]:
        return struct.pack("<iBB", shape.srid, 1, flags | _ONE_POINT) + packed
    if shape.kind == KINDS["LINESTRING"] and len(points) == 2:
        return struct.pack("<iBB", shape.srid, 1, flags | _ONE_LINE) + packed
    figures = b""
    start = 0
    for place, ring in enumerate(shape.rings):
        outer = _INNER if place else _OUTER
        attribute = outer if shape.kind == KINDS["POLYGON"] else _STROKE
        figures += struct.pack("<Bi", attribute, start)
        start += len(ring)
    return (
        struct.pack("<iBBi", shape.srid, 1, flags, len(points))
        + packed
        + struct.pack("<i", len(shape.rings))
        + figures
        + struct.pack("<iiiB", 1, -1, 0, shape.kind)
    )


def from_bytes(data: bytes, type_name: str) -> Shape:
    """Read the serialised CLR type; error 6522 for other bytes."""
    try:
        return _read(data, type_name)
    except (struct.error, KeyError, IndexError):
        raise _error(type_name, "24210: the bytes are not an instance of the type.") from None


def _read(data: bytes, type_name: str) -> Shape:
    srid, version, flags = struct.unpack_from("<iBB", data)
    at, count, kind = 6, 2, KINDS["LINESTRING"]
    if version != 1:
        raise RowError(50000, "The sandbox reads version 1 of the spatial types only.")
    if flags & _ONE_POINT:
        count, kind = 1, KINDS["POINT"]
    elif not flags & _ONE_LINE:
        (count,) = struct.unpack_from("<i", data, at)
        at += 4
    axes = [struct.unpack_from(f"<{2 * count}d", data, at)]
    at += 16 * count
    for flag in (_HAS_Z, _HAS_M):
        axes.append(struct.unpack_from(f"<{count}d", data, at) if flags & flag else (nan,) * count)
        at += 8 * count * bool(flags & flag)
    pairs = list(zip(axes[0][::2], axes[0][1::2], strict=True))
    if type_name == "geography":
        pairs = [(second, first) for first, second in pairs]
    points = tuple((x, y, z, m) for (x, y), z, m in zip(pairs, axes[1], axes[2], strict=True))
    starts = [0]
    if not flags & (_ONE_POINT | _ONE_LINE):
        (figures,) = struct.unpack_from("<i", data, at)
        starts = [struct.unpack_from("<i", data, at + 5 + 5 * n)[0] for n in range(figures)]
        shapes, _, _, kind = struct.unpack_from("<iiiB", data, at + 4 + 5 * figures)
        if shapes != 1 or kind not in _NAMES:
            raise RowError(50000, "The sandbox does not support collections of shapes.")
    ends = [*starts[1:], count]
    rings = tuple(points[a:b] for a, b in zip(starts, ends, strict=True))
    return Shape(kind, srid, rings)


def srid(data: bytes) -> int:
    """Return the SRID, which the bytes begin with."""
    return int.from_bytes(data[:4], "little", signed=True)


def wkb(data: bytes, type_name: str, with_zm: bool) -> bytes:
    """Return little-endian WKB, ``STAsBinary()``, with Z and M ``AsBinaryZM()``."""
    shape = from_bytes(data, type_name)
    has_z, has_m = with_zm and shape.has(2), with_zm and shape.has(3)
    code = shape.kind + 1000 * has_z + 2000 * has_m
    out = struct.pack("<BI", 1, code)
    if shape.kind == KINDS["POLYGON"]:
        out += struct.pack("<I", len(shape.rings))
    for ring in shape.rings:
        if shape.kind != KINDS["POINT"]:
            out += struct.pack("<I", len(ring))
        for x, y, z, m in ring:
            values = [x, y, *([z] if has_z else []), *([m] if has_m else [])]
            out += struct.pack(f"<{len(values)}d", *values)
    return out


def text(data: bytes, type_name: str, with_zm: bool) -> str:
    """Return well-known text, ``STAsText()``, with Z and M ``ToString()``."""
    shape = from_bytes(data, type_name)
    rings = [", ".join(_shown(p, with_zm=with_zm) for p in ring) for ring in shape.rings]
    body = ", ".join(f"({r})" for r in rings) if shape.kind == KINDS["POLYGON"] else rings[0]
    return f"{_NAMES[shape.kind].upper()} ({body})"


def kind_name(data: bytes, type_name: str) -> str:
    """Return ``STGeometryType()``."""
    return _NAMES[from_bytes(data, type_name).kind]


def _shown(place: Point, *, with_zm: bool) -> str:
    x, y, z, m = place
    shown = [_number(x), _number(y)]
    if with_zm and not (isnan(z) and isnan(m)):
        shown.append("NULL" if isnan(z) else _number(z))
    if with_zm and not isnan(m):
        shown.append(_number(m))
    return " ".join(shown)


def _number(value: float) -> str:
    if abs(value) >= 1e15 or 0 < abs(value) < 1e-4:
        raise RowError(50000, "The sandbox does not print coordinates with exponents.")
    return repr(value).removesuffix(".0")


def _point(item: str, type_name: str) -> Point:
    values = item.split()
    try:
        numbers = [nan if v.upper() == "NULL" else float(v) for v in values]
    except ValueError:
        numbers = []
    if not 2 <= len(numbers) <= 4 or not all(map(isfinite, numbers[:2])):
        raise _error(type_name, "24141: A number is expected in the well-known text (WKT).")
    x, y, z, m = (*numbers, nan, nan)[:4]
    return x, y, z, m


def _check(shape: Shape, type_name: str) -> None:
    """Raise what SQL Server raises when an invalid shape is created."""
    least = {1: 1, 2: 2, 3: 4}[shape.kind]
    if any(len(ring) < least for ring in shape.rings) or (
        shape.kind == 1 and len(shape.points) > 1
    ):
        raise _error(type_name, "24117: The shape has too few or too many points.")
    if shape.kind == KINDS["POLYGON"] and any(ring[0][:2] != ring[-1][:2] for ring in shape.rings):
        raise _error(type_name, "24119: The ring of a polygon is not closed.")
    if type_name == "geometry":
        if not 0 <= shape.srid <= 999_999:
            raise _error(type_name, "24100: The spatial reference identifier (SRID) is not valid.")
        return
    if shape.srid not in _GEOGRAPHY_SRIDS:
        raise _error(type_name, "24204: The spatial reference identifier (SRID) is not valid.")
    if any(abs(p[1]) > _LATITUDE for p in shape.points):
        raise _error(type_name, "24201: Latitude values must be between -90 and 90 degrees.")
    if any(abs(p[0]) > _LONGITUDE for p in shape.points):
        raise _error(type_name, "24202: Longitude values must be between -15069 and 15069 degrees.")


def _error(type_name: str, message: str) -> RowError:
    return RowError(
        6522,
        "A .NET Framework error occurred during execution of user-defined routine or aggregate "
        f'"{type_name}": System.FormatException: {message}',
    )
