"""When values are the same though their bytes are not, by the target's type."""

import struct

import pytest

from tableferry.model.schema import PgType
from tableferry.values.arrow_types import _ARROW
from tableferry.verification.value_rules import value_of


def numeric(count: int, weight: int, sign: int, scale: int, *digits: int) -> bytes:
    return struct.pack(f">hhHh{len(digits)}h", count, weight, sign, scale, *digits)


def array(*elements: bytes | None, dimensions: int = 1) -> bytes:
    head = struct.pack(">iiI", dimensions, int(None in elements), 700)
    head += struct.pack(">ii", len(elements), 1) if dimensions else b""
    return head + b"".join(
        struct.pack(">i", -1) if one is None else struct.pack(">i", len(one)) + one
        for one in elements
    )


def point(srid: int | None, *numbers: float, order: str = "<") -> bytes:
    kind = 1 | (0x80000000 if len(numbers) == 3 else 0) | (0 if srid is None else 0x20000000)
    head = struct.pack(f"{order}I", kind) + (
        b"" if srid is None else struct.pack(f"{order}I", srid)
    )
    return bytes([order == "<"]) + head + struct.pack(f"{order}{len(numbers)}d", *numbers)


ONE_AND_A_HALF = numeric(2, 0, 0, 1, 1, 5000)
NAN = numeric(0, 0, 0xC000, 0)
HALF, TWO = struct.pack(">f", 0.5), struct.pack(">f", 2.0)

SAME = [
    ("numeric", ONE_AND_A_HALF, numeric(2, 0, 0, 4, 1, 5000)),
    ("numeric", numeric(0, 0, 0, 0), numeric(0, 0, 0, 5)),
    ("bpchar", b"ab", b"ab   "),
    ("bpchar", b"", b"  "),
    ("jsonb", b'\x01{"a": 1, "b": 2}', b'\x01{"b":2,"a":1.0}'),
    ("_float4", array(HALF), struct.pack(">iiIii", 1, 1, 700, 1, 7) + b"\0\0\0\4" + HALF),
    ("_float4", array(dimensions=0), struct.pack(">iiIii", 1, 0, 700, 0, 1)),
    ("geometry", point(0, 1.0, 2.0), point(None, 1.0, 2.0)),
    ("geometry", point(25832, 1.0, 2.0), point(25832, 1.0, 2.0, order=">")),
    ("geometry", struct.pack("<BI3d", 1, 1001, 1, 2, 3), point(None, 1.0, 2.0, 3.0)),
    ("geography", point(None, 1.0, 2.0), point(4326, 1.0, 2.0)),
]

OTHER = [
    ("numeric", ONE_AND_A_HALF, numeric(2, 0, 0x4000, 1, 1, 5000)),
    ("numeric", ONE_AND_A_HALF, numeric(2, 0, 0, 4, 1, 5001)),
    ("numeric", NAN, ONE_AND_A_HALF),
    ("bpchar", b"ab", b" ab"),
    ("bpchar", b"ab", b"ab\t"),
    ("jsonb", b"\x011", b"\x01true"),
    ("jsonb", b"\x011", b"\x021"),
    ("_float4", array(HALF, TWO), array(TWO, HALF)),
    ("_float4", array(HALF, None), array(HALF, TWO)),
    ("geometry", point(25832, 1.0, 2.0), point(25833, 1.0, 2.0)),
    ("geometry", point(0, 1.0, 2.0), point(0, 2.0, 1.0)),
    ("geometry", point(0, 0.0, 0.0), point(0, 0.0, -0.0)),
    ("geometry", point(0, 1.0, 2.0), point(0, 1.0, 2.0)[:-1]),
    ("geometry", point(0, 1.0, 2.0), point(0, 1.0, 2.0) + b"\0"),
    ("geometry", b"", point(0, 1.0, 2.0)),
    ("float8", struct.pack(">d", 0.0), struct.pack(">d", -0.0)),
    ("citext", b"Ab", b"AB"),
    ("text", b"a", b"a "),
    ("json", b'{"a":1}', b'{"a": 1}'),
]


@pytest.mark.parametrize(("kind", "source", "target"), SAME)
def test_one_value_may_have_several_forms(kind: str, source: bytes, target: bytes) -> None:
    value = value_of(PgType(kind))
    assert value is not None
    assert value(source) == value(target)
    assert hash(value(source)) == hash(value(target))


@pytest.mark.parametrize(("kind", "source", "target"), OTHER)
def test_other_values_are_not_the_same(kind: str, source: bytes, target: bytes) -> None:
    value = value_of(PgType(kind))
    assert value is not None
    assert value(source) != value(target)


def test_every_type_that_is_loaded_has_a_rule() -> None:
    assert all(value_of(PgType(kind)) for kind in _ARROW)


def test_a_type_that_nothing_is_known_of_has_none() -> None:
    assert value_of(PgType("tsvector")) is None


def shape(*parts: bytes) -> bytes:
    return b"".join(parts)


def test_shapes_within_shapes_are_compared_with_their_own_dimensions() -> None:
    """SQL Server writes 1000s for Z, PostGIS bits, in the parts as in the whole."""
    iso = shape(
        struct.pack("<BII", 1, 1007, 3),
        struct.pack("<BI3d", 1, 1001, 1, 2, 3),
        struct.pack("<BII6d", 1, 1002, 2, 1, 2, 3, 4, 5, 6),
        struct.pack("<BIII9d", 1, 1003, 1, 3, *range(9)),
    )
    bits = 0x80000000
    ewkb = shape(
        struct.pack("<BIII", 1, 7 | bits | 0x20000000, 0, 3),
        struct.pack("<BI3d", 1, 1 | bits, 1, 2, 3),
        struct.pack("<BII6d", 1, 2 | bits, 2, 1, 2, 3, 4, 5, 6),
        struct.pack("<BIII9d", 1, 3 | bits, 1, 3, *range(9)),
    )
    value = value_of(PgType("geometry"))
    assert value is not None
    assert value(iso) == value(ewkb)
    assert value(iso[:-8] + struct.pack("<d", 9.5)) != value(ewkb)
