"""Rows as bytes: each type's cell as MS-TDS 2.2.5.5 writes it, and how cells make rows."""

import datetime as dt
import decimal
import struct
import uuid

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tableferry_sandbox.events import SqlError
from tableferry_sandbox.physical import physical_type
from tableferry_sandbox.sqltypes import MAX, Column, SqlType
from tableferry_sandbox.surrogates import carried, freed
from tableferry_sandbox.tds.column_encoder import encode_scalar
from tableferry_sandbox.tds.row_encoder import SLICE_BYTES, SLICE_ROWS, RowEncoder, slices

D = decimal.Decimal
DAY = 864_000_000_000


def u16(text):
    return text.encode("utf-16-le")


def plp(raw):
    body = struct.pack("<I", len(raw)) + raw if raw else b""
    return struct.pack("<Q", len(raw)) + body + b"\0\0\0\0"


CELLS = [
    (SqlType("bit"), True, b"\x01\x01"),
    (SqlType("tinyint"), 255, b"\x01\xff"),
    (SqlType("smallint"), -2, b"\x02\xfe\xff"),
    (SqlType("int"), 2**31 - 1, b"\x04\xff\xff\xff\x7f"),
    (SqlType("bigint"), -(2**63), b"\x08\0\0\0\0\0\0\0\x80"),
    (SqlType("real"), 1.5, b"\x04\0\0\xc0\x3f"),
    (SqlType("float"), -2.0, b"\x08\0\0\0\0\0\0\0\xc0"),
    (SqlType("decimal", precision=9, scale=2), D("1.23"), b"\x05\x01\x7b\0\0\0"),
    (SqlType("decimal", precision=10, scale=0), D(-1), b"\x09\x00\x01" + b"\0" * 7),
    (SqlType("numeric", precision=20, scale=0), D(0), b"\x0d\x01" + b"\0" * 12),
    (SqlType("numeric", precision=38, scale=38), D("-1e-38"), b"\x11\x00\x01" + b"\0" * 15),
    (
        SqlType("decimal", precision=38, scale=0),
        D(-(10**38 - 1)),
        b"\x11\x00" + (10**38 - 1).to_bytes(16, "little"),
    ),
    # The high half comes first: 2**32 units of 1/10000 are (1, 0).
    (SqlType("money"), D("429496.7296"), b"\x08\x01\0\0\0\0\0\0\0"),
    (SqlType("money"), D("-0.0001"), b"\x08" + b"\xff" * 8),
    (SqlType("smallmoney"), D("-214748.3648"), b"\x04\0\0\0\x80"),
    (SqlType("date"), dt.date(1, 1, 1), b"\x03\0\0\0"),
    (SqlType("date"), dt.date(9999, 12, 31), b"\x03\xda\xb9\x37"),
    (SqlType("time", scale=0), DAY - 10**7, b"\x03\x7f\x51\x01"),
    (SqlType("time", scale=3), 10_000, b"\x04\x01\0\0\0"),
    (SqlType("time", scale=7), DAY - 1, b"\x05\xff\xbf\x69\x2a\xc9"),
    (SqlType("datetime2", scale=7), DAY + 1, b"\x08\x01\0\0\0\0\x01\0\0"),
    (SqlType("datetime2", scale=0), 2 * DAY + 10**7, b"\x06\x01\0\0\x02\0\0"),
    (
        SqlType("datetimeoffset", scale=7),
        {"utc": DAY, "offset": -720},
        b"\x0a\0\0\0\0\0\x01\0\0\x30\xfd",
    ),
    # 1900-01-02 00:00:00.003 is one tick of 1/300 s after day 1.
    (SqlType("datetime"), 693_596 * DAY + 30_000, b"\x08\x01\0\0\0\x01\0\0\0"),
    (SqlType("datetime"), 693_596 * DAY + 33_333, b"\x08\x01\0\0\0\x01\0\0\0"),
    (SqlType("datetime"), 693_594 * DAY, b"\x08\xff\xff\xff\xff\0\0\0\0"),
    (SqlType("datetime"), 693_596 * DAY - 10_000, b"\x08\x01\0\0\0\0\0\0\0"),
    (SqlType("smalldatetime"), 693_596 * DAY + 61 * 600_000_000, b"\x04\x01\0\x3d\0"),
    (SqlType("char", 3), "a", b"\x03\0a  "),
    (SqlType("varchar", 10), "é€", b"\x02\0\xe9\x80"),
    (SqlType("varchar", 10), "я", b"\x01\0?"),
    (SqlType("varchar", 10, collation="Cyrillic_General_CI_AS"), "я", b"\x01\0\xff"),
    (SqlType("varchar", 10, collation="Japanese_CI_AS"), "あa", b"\x03\0\x82\xa0a"),
    (SqlType("varchar", 10, collation="Latin1_General_100_CI_AS_SC_UTF8"), "я", b"\x02\0\xd1\x8f"),
    (SqlType("varchar", MAX), "é", plp(b"\xe9")),
    (SqlType("varchar", MAX), "", plp(b"")),
    (SqlType("nchar", 2), "я", b"\x04\0" + u16("я ")),
    (SqlType("nvarchar", 10), "", b"\0\0"),
    (SqlType("nvarchar", 10), "x\0я🚀", b"\x0a\0" + u16("x\0я🚀")),
    (SqlType("nvarchar", 10), "a\U0010d83db", b"\x06\0" + b"a\0\x3d\xd8b\0"),
    (SqlType("nvarchar", MAX), "🚀", plp(u16("🚀"))),
    (SqlType("xml", MAX), "<a/>", plp(u16("<a/>"))),
    (SqlType("binary", 3), b"\x01", b"\x03\0\x01\0\0"),
    (SqlType("varbinary", 3), b"", b"\0\0"),
    (SqlType("varbinary", MAX), b"\xff", plp(b"\xff")),
    (SqlType("timestamp"), b"\0" * 7 + b"\x01", b"\x08\0" + b"\0" * 7 + b"\x01"),
    (SqlType("rowversion"), b"\0" * 7 + b"\x01", b"\x08\0" + b"\0" * 7 + b"\x01"),
    (SqlType("uniqueidentifier"), uuid.UUID(int=5).bytes_le, b"\x10" + b"\0" * 15 + b"\x05"),
    (SqlType("sql_variant"), b"\x38\0\x07\0\0\0", b"\x06\0\0\0\x38\0\x07\0\0\0"),
    (SqlType("hierarchyid"), b"\x58", plp(b"\x58")),
]


@pytest.mark.parametrize(("kind", "value", "expected"), CELLS)
def test_a_cell_has_the_bytes_of_the_specification(kind, value, expected):
    assert encode_scalar(Column("c", kind), value) == expected


@pytest.mark.parametrize("name", ["text", "ntext", "image"])
def test_long_types_carry_a_text_pointer_of_sixteen_bytes_and_a_length(name):
    value = b"ab" if name == "image" else "ab"
    cell = encode_scalar(Column("c", SqlType(name)), value)
    assert cell[0] == 16
    raw = u16("ab") if name == "ntext" else b"ab"
    assert cell[25:] == struct.pack("<I", len(raw)) + raw


def row_of(columns, values, *, null_bitmaps=True):
    arrays = [
        pa.array([v], type=physical_type(c.type)) for c, v in zip(columns, values, strict=True)
    ]
    batch = pa.RecordBatch.from_arrays(arrays, [c.name for c in columns])
    return bytes(RowEncoder(columns, null_bitmaps=null_bitmaps).encode(batch))


@pytest.mark.parametrize(
    ("kind", "marker"),
    [
        (SqlType("int"), b"\0"),
        (SqlType("decimal", precision=9), b"\0"),
        (SqlType("datetimeoffset", scale=7), b"\0"),
        (SqlType("uniqueidentifier"), b"\0"),
        (SqlType("varchar", 5), b"\xff\xff"),
        (SqlType("nchar", 5), b"\xff\xff"),
        (SqlType("binary", 5), b"\xff\xff"),
        (SqlType("varchar", MAX), b"\xff" * 8),
        (SqlType("xml", MAX), b"\xff" * 8),
        (SqlType("geography"), b"\xff" * 8),
        (SqlType("ntext"), b"\0"),
        (SqlType("sql_variant"), b"\0\0\0\0"),
    ],
)
def test_null_has_its_types_marker_for_clients_without_null_bitmaps(kind, marker):
    assert row_of([Column("c", kind)], [None], null_bitmaps=False) == b"\xd1" + marker
    assert row_of([Column("c", kind)], [None]) == b"\xd2\x01"


def test_a_long_value_is_sent_in_chunks_that_microsofts_driver_accepts():
    value = bytes(range(256)) * (2**12 * 2) + b"end"
    sent = row_of([Column("c", SqlType("varbinary", MAX))], [value])
    assert sent[:9] == b"\xd1" + struct.pack("<Q", len(value))
    found, place = [], 9
    while length := struct.unpack_from("<I", sent, place)[0]:
        found.append(sent[place + 4 : place + 4 + length])
        place += 4 + length
    assert (b"".join(found), place + 4) == (value, len(sent))
    assert [len(chunk) for chunk in found] == [2**20, 2**20, 3]


def test_a_null_bitmap_has_one_bit_per_column_and_omits_the_cells():
    columns = [Column(f"c{i}", SqlType("tinyint")) for i in range(10)]
    values = [None, 1, 2, 3, 4, 5, 6, 7, 8, None]
    cells = b"".join(bytes([1, v]) for v in values[1:-1])
    assert row_of(columns, values) == b"\xd2\x01\x02" + cells


def test_a_not_null_number_has_no_length_byte():
    columns = [Column("a", SqlType("int"), nullable=False), Column("b", SqlType("bit"))]
    assert row_of(columns, [1, False]) == b"\xd1\x01\0\0\0\x01\0"


@pytest.mark.parametrize(
    ("column", "array"),
    [
        (Column("c", SqlType("int"), nullable=False), pa.array([None], pa.int32())),
        (Column("c", SqlType("varchar", 2)), pa.array(["abc"], pa.large_string())),
        (Column("c", SqlType("nvarchar", 1)), pa.array(["🚀"], pa.large_string())),
        (Column("c", SqlType("binary", 1)), pa.array([b"ab"], pa.large_binary())),
        (Column("c", SqlType("date")), pa.array([2**31 - 1], pa.int32()).view(pa.date32())),
        (Column("c", SqlType("time", scale=7)), pa.array([DAY], pa.int64())),
        (Column("c", SqlType("datetime2", scale=7)), pa.array([-1], pa.int64())),
        (Column("c", SqlType("datetime")), pa.array([0], pa.int64())),
        (Column("c", SqlType("smalldatetime")), pa.array([0], pa.int64())),
        (Column("c", SqlType("tinyint")), pa.array([256], pa.int64())),
        (Column("c", SqlType("decimal", precision=3)), pa.array([D(1000)], pa.decimal128(9, 0))),
        (Column("c", SqlType("json")), pa.array(["{}"], pa.large_string())),
        (Column("c", SqlType("varchar", 9, collation="Klingon_CI_AS")), pa.array(["a"])),
    ],
)
def test_values_that_do_not_fit_their_column_are_refused(column, array):
    batch = pa.RecordBatch.from_arrays([array], ["c"])
    with pytest.raises(SqlError):
        RowEncoder([column], null_bitmaps=True).encode(batch)


def test_a_slice_of_datetimeoffsets_with_nulls_is_encoded_from_its_own_first_row():
    kind = SqlType("datetimeoffset", scale=0)
    values = [{"utc": day * DAY, "offset": day} for day in range(6)]
    array = pa.array([*values[:4], None, values[5]], type=physical_type(kind)).slice(3)
    batch = pa.RecordBatch.from_arrays([array], ["c"])
    encoded = bytes(RowEncoder([Column("c", kind)], null_bitmaps=True).encode(batch))
    cells = [b"\x08\0\0\0" + bytes([day, 0, 0, day, 0]) for day in (3, 5)]
    assert encoded == b"\xd1" + cells[0] + b"\xd2\x01" + b"\xd1" + cells[1]


def test_a_batch_with_another_number_of_columns_is_refused():
    batch = pa.RecordBatch.from_arrays([pa.array([1], pa.int32())] * 2, ["a", "b"])
    with pytest.raises(SqlError, match="2 columns where 1"):
        RowEncoder([Column("a", SqlType("int"))], null_bitmaps=True).encode(batch)


def test_slices_have_few_rows_and_few_bytes():
    narrow = pa.RecordBatch.from_arrays([pa.array(range(40_000))], ["a"])
    assert [s.num_rows for s in slices(narrow)] == [SLICE_ROWS, SLICE_ROWS, 40_000 - 2 * SLICE_ROWS]
    wide = pa.RecordBatch.from_arrays([pa.array(["x" * SLICE_BYTES] * 3)], ["a"])
    assert [s.num_rows for s in slices(wide)] == [1, 1, 1]
    assert list(slices(narrow.slice(0, 0))) == []


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(carried)
MIXED = [
    (Column("a", SqlType("bigint")), st.integers(-(2**63), 2**63 - 1)),
    (Column("b", SqlType("nvarchar", 40)), TEXT),
    (Column("c", SqlType("varchar", MAX, collation="Latin1_General_100_BIN2_UTF8")), TEXT),
    (Column("d", SqlType("uniqueidentifier")), st.binary(min_size=16, max_size=16)),
    (
        Column("e", SqlType("decimal", precision=38, scale=0)),
        st.integers(-(10**38) + 1, 10**38 - 1).map(D),
    ),
    (Column("f", SqlType("varbinary", MAX)), st.binary(max_size=20)),
    (Column("g", SqlType("datetime2", scale=7)), st.integers(0, 3_652_059 * DAY - 1)),
    (Column("h", SqlType("nvarchar", MAX)), TEXT),
    (Column("i", SqlType("bit")), st.booleans()),
    (Column("j", SqlType("varbinary", 30)), st.binary(max_size=20)),
]
ROWS = st.lists(st.tuples(*(st.none() | values for _, values in MIXED)), min_size=1, max_size=12)


def counted(raw):
    return struct.pack("<H", len(raw)) + raw


def whole(text):
    return freed(text).encode("utf-16-le", "surrogatepass").decode("utf-16-le")


REFERENCE = {
    "a": lambda v: b"\x08" + v.to_bytes(8, "little", signed=True),
    "b": lambda v: counted(u16(whole(v))),
    "c": lambda v: plp(whole(v).encode()),
    "d": lambda v: b"\x10" + v,
    "e": lambda v: b"\x11" + bytes([v >= 0]) + abs(int(v)).to_bytes(16, "little"),
    "f": plp,
    "g": lambda v: b"\x08" + (v % DAY).to_bytes(5, "little") + (v // DAY).to_bytes(3, "little"),
    "h": lambda v: plp(u16(whole(v))),
    "i": lambda v: bytes([1, v]),
    "j": counted,
}
"""A slow, obvious encoder for each column of MIXED."""


def reference_row(columns, row):
    cells = b"".join(
        REFERENCE[c.name](v) for c, v in zip(columns, row, strict=True) if v is not None
    )
    if None not in row:
        return b"\xd1" + cells
    bits = sum(1 << i for i, v in enumerate(row) if v is None)
    return b"\xd2" + bits.to_bytes((len(columns) + 7) // 8, "little") + cells


@settings(deadline=None, max_examples=150)
@given(ROWS, st.integers(0, 3))
def test_rows_encoded_together_are_the_rows_encoded_one_by_one(rows, skip):
    columns = [column for column, _ in MIXED]
    arrays = [
        pa.array([row[i] for row in rows], type=physical_type(column.type))
        for i, column in enumerate(columns)
    ]
    batch = pa.RecordBatch.from_arrays(arrays, [column.name for column in columns])
    encoder = RowEncoder(columns, null_bitmaps=True)
    expected = b"".join(reference_row(columns, row) for row in rows[skip:])
    assert bytes(encoder.encode(batch.slice(skip))) == expected
