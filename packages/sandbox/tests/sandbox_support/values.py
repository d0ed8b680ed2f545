"""Values of every SQL Server type, in the physical form of ``sqltypes``."""

import datetime as dt
import decimal
import uuid

import pyarrow as pa

from tableferry_sandbox.events import ResultSet, SqlError
from tableferry_sandbox.sqltypes import MAX, Column, SqlType

D = decimal.Decimal
DAY = 864_000_000_000


def ticks(text):
    """Return an ISO timestamp of up to seven fractional digits in ticks since 0001-01-01."""
    moment, _, fraction = text.partition(".")
    delta = dt.datetime.fromisoformat(moment) - dt.datetime(1, 1, 1)
    return (delta.days * 86400 + delta.seconds) * 10**7 + int((fraction + "0000000")[:7])


def int_variant(value):
    """Return the sql_variant payload of an int: base type, no properties, the value."""
    return b"\x38\x00" + value.to_bytes(4, "little", signed=True)


GUID = uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")

# name, type, physical Arrow type, values
ALL_TYPES = [
    ("c_bit", SqlType("bit"), pa.bool_(), [True, False, None]),
    ("c_tinyint", SqlType("tinyint"), pa.uint8(), [0, 255, None]),
    ("c_smallint", SqlType("smallint"), pa.int16(), [-32768, 32767, None]),
    ("c_int", SqlType("int"), pa.int32(), [-(2**31), 2**31 - 1, None]),
    ("c_bigint", SqlType("bigint"), pa.int64(), [-(2**63), 2**63 - 1, None]),
    (
        "c_decimal",
        SqlType("decimal", precision=38, scale=10),
        pa.decimal128(38, 10),
        [D("-9999999999999999999999999999.9999999999"), D("0.0000000001"), None],
    ),
    ("c_numeric", SqlType("numeric", precision=9, scale=2), pa.decimal128(9, 2),
     [D("-1234567.89"), D("0.00"), None]),
    ("c_money", SqlType("money"), pa.decimal128(19, 4),
     [D("-922337203685477.5808"), D("922337203685477.5807"), None]),
    ("c_smallmoney", SqlType("smallmoney"), pa.decimal128(10, 4),
     [D("-214748.3648"), D("214748.3647"), None]),
    ("c_real", SqlType("real"), pa.float32(), [1.5, -0.25, None]),
    ("c_float", SqlType("float"), pa.float64(), [1.7976931348623157e308, 5e-324, None]),
    ("c_date", SqlType("date"), pa.date32(),
     [dt.date(1, 1, 1), dt.date(9999, 12, 31), None]),
    ("c_time", SqlType("time", scale=6), pa.int64(), [0, DAY - 10, None]),
    ("c_time0", SqlType("time", scale=0), pa.int64(), [0, DAY - 10**7, None]),
    ("c_smalldatetime", SqlType("smalldatetime"), pa.int64(),
     [ticks("1900-01-01 00:00:00"), ticks("2079-06-06 23:59:00"), None]),
    ("c_datetime", SqlType("datetime"), pa.int64(),
     [ticks("1753-01-01 00:00:00"), ticks("9999-12-31 23:59:59.997"), None]),
    ("c_datetime2", SqlType("datetime2", scale=7), pa.int64(),
     [ticks("0001-01-01 00:00:00"), ticks("9999-12-31 23:59:59.9999990"), None]),
    ("c_datetime2_3", SqlType("datetime2", scale=3), pa.int64(),
     [ticks("2024-02-29 12:34:56.789"), ticks("1999-12-31 23:59:59.999"), None]),
    (
        "c_datetimeoffset",
        SqlType("datetimeoffset", scale=6),
        pa.struct([("utc", pa.int64()), ("offset", pa.int16())]),
        [{"utc": ticks("2024-05-06 07:08:09.123456"), "offset": 330},
         {"utc": ticks("2000-01-01 00:00:00"), "offset": -720}, None],
    ),
    ("c_char", SqlType("char", 5), pa.large_string(), ["ab", "é€xyz", None]),
    ("c_varchar", SqlType("varchar", 50), pa.large_string(), ["", "naïve €", None]),
    ("c_varchar_utf8", SqlType("varchar", 50, collation="Latin1_General_100_CI_AS_SC_UTF8"),
     pa.large_string(), ["Привет 🚀", "ascii", None]),
    ("c_varchar_max", SqlType("varchar", MAX), pa.large_string(), ["", "v" * 20_000, None]),
    ("c_nchar", SqlType("nchar", 6), pa.large_string(), ["я", "abcdef", None]),
    ("c_nvarchar", SqlType("nvarchar", 40), pa.large_string(), ["", "Привет 🚀\t'\"\\\n", None]),
    ("c_nvarchar_max", SqlType("nvarchar", MAX), pa.large_string(), ["🚀" * 9000, "", None]),
    ("c_text", SqlType("text"), pa.large_string(), ["long é", "", None]),
    ("c_ntext", SqlType("ntext"), pa.large_string(), ["long я", "", None]),
    ("c_xml", SqlType("xml", MAX), pa.large_string(), ["<a>я</a>", "", None]),
    ("c_binary", SqlType("binary", 4), pa.large_binary(), [b"\x00\x01", b"\xff" * 4, None]),
    ("c_varbinary", SqlType("varbinary", 20), pa.large_binary(), [b"", b"\x00\xff", None]),
    ("c_varbinary_max", SqlType("varbinary", MAX), pa.large_binary(),
     [b"\x00\x01" * 50_000, b"", None]),
    ("c_image", SqlType("image"), pa.large_binary(), [b"\x01\x02", b"", None]),
    ("c_rowversion", SqlType("timestamp"), pa.large_binary(),
     [b"\0\0\0\0\0\0\x07\xd1", b"\xff" * 8, None]),
    ("c_guid", SqlType("uniqueidentifier"), pa.binary(16), [GUID.bytes_le, b"\0" * 16, None]),
    ("c_variant", SqlType("sql_variant"), pa.large_binary(),
     [int_variant(42), int_variant(-1), None]),
    ("c_hierarchyid", SqlType("hierarchyid"), pa.large_binary(), [b"\x58", b"", None]),
]  # fmt: skip


def table_of(entries, *, nullable=True):
    columns = [Column(name, kind, nullable=nullable) for name, kind, _, _ in entries]
    arrays = [
        pa.array(values if nullable else values[:2], type=arrow) for _, _, arrow, values in entries
    ]
    names = [name for name, _, _, _ in entries]
    return columns, pa.RecordBatch.from_arrays(arrays, names)


def numbers_result(count, batch_rows=10_000, *, broken_after=None, key=None, gate=None):
    columns = [Column("n", SqlType("bigint"), nullable=False), Column("t", SqlType("nvarchar", 20))]

    def batches():
        for start in range(0, count, batch_rows):
            if gate is not None:
                gate(start)
            if broken_after is not None and start >= broken_after:
                raise SqlError(8134, "Divide by zero error encountered.", line=3)
            values = list(range(start, min(count, start + batch_rows)))
            yield pa.RecordBatch.from_arrays(
                [
                    pa.array(values, pa.int64()),
                    pa.array([f"row {v}" for v in values], "large_string"),
                ],
                ["n", "t"],
            )

    return ResultSet(columns, batches(), key)
