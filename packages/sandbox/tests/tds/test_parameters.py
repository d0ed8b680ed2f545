"""RPC parameters: decoding, declarations, binding and conversion."""

import contextlib
import datetime as dt
import decimal
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableferry_sandbox.events import Parameter, SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType
from tableferry_sandbox.tds.byte_reader import ByteReader
from tableferry_sandbox.tds.conversions import convert
from tableferry_sandbox.tds.declarations import bind, parse_declarations
from tableferry_sandbox.tds.packets import ProtocolError
from tableferry_sandbox.tds.parameters import read_parameter

D = decimal.Decimal
DAY = 864_000_000_000
LATIN1 = b"\x09\x04\xd0\x00\x34"


def u16(text):
    return text.encode("utf-16-le")


PLP_UNKNOWN = b"\xfe" + b"\xff" * 7

SENT = [
    (b"\x26\x01\x01\xff", SqlType("tinyint"), 255),
    (b"\x26\x02\x02\xfe\xff", SqlType("smallint"), -2),
    (b"\x26\x04\x04\xfe\xff\xff\xff", SqlType("int"), -2),
    (b"\x26\x08\x08" + b"\xff" * 8, SqlType("bigint"), -1),
    (b"\x26\x08\x00", SqlType("bigint"), None),
    (b"\x38\x05\0\0\0", SqlType("int"), 5),
    (b"\x68\x01\x01\x01", SqlType("bit"), True),
    (b"\x6d\x04\x04\0\0\xc0\x3f", SqlType("real"), 1.5),
    (b"\x6d\x08\x08\0\0\0\0\0\0\0\xc0", SqlType("float"), -2.0),
    (b"\x6e\x08\x08\x01\0\0\0\0\0\0\0", SqlType("money"), D("429496.7296")),
    (b"\x6e\x04\x04\xff\xff\xff\xff", SqlType("smallmoney"), D("-0.0001")),
    (b"\x6f\x08\x08\x01\0\0\0\x02\0\0\0", SqlType("datetime"), 693_596 * DAY + 70_000),
    (b"\x6f\x04\x04\x01\0\x3d\0", SqlType("smalldatetime"), 693_596 * DAY + 61 * 600_000_000),
    (b"\x6c\x11\x05\x02\x05\x00\x7b\0\0\0", SqlType("numeric", precision=5, scale=2), D("-1.23")),
    (b"\x6a\x11\x26\x00\x00", SqlType("decimal", precision=38, scale=0), None),
    (b"\x24\x10\x10" + bytes(range(16)), SqlType("uniqueidentifier"), bytes(range(16))),
    (b"\x28\x03\xda\xb9\x37", SqlType("date"), dt.date(9999, 12, 31)),
    (b"\x29\x03\x04\x01\0\0\0", SqlType("time", scale=3), 10_000),
    (b"\x2a\x07\x08\x01\0\0\0\0\x01\0\0", SqlType("datetime2", scale=7), DAY + 1),
    (
        b"\x2b\x00\x08\x01\0\0\x01\0\0\x30\xfd",
        SqlType("datetimeoffset", scale=0),
        {"utc": DAY + 10**7, "offset": -720},
    ),
    (b"\xa7\x0a\0" + LATIN1 + b"\x02\0\xe9\x80", SqlType("varchar", 10), "é€"),
    (b"\xaf\x02\0" + LATIN1 + b"\xff\xff", SqlType("char", 2), None),
    (b"\xe7\x0a\0" + LATIN1 + b"\x04\0" + u16("🚀"), SqlType("nvarchar", 5), "🚀"),
    (b"\xe7\x0a\0" + LATIN1 + b"\x02\0\x3d\xd8", SqlType("nvarchar", 5), "\U0010d83d"),
    (
        b"\xe7\xff\xff" + LATIN1 + PLP_UNKNOWN + b"\x02\0\0\0a\0\x02\0\0\0b\0\0\0\0\0",
        SqlType("nvarchar", MAX),
        "ab",
    ),
    (b"\xa5\xff\xff" + b"\xff" * 8, SqlType("varbinary", MAX), None),
    (b"\xad\x02\0\x02\0\x01\x02", SqlType("binary", 2), b"\x01\x02"),
    (b"\x23\xff\xff\xff\x7f" + LATIN1 + b"\x01\0\0\0x", SqlType("text"), "x"),
    (b"\x63\xff\xff\xff\x7f" + LATIN1 + b"\x02\0\0\0x\0", SqlType("ntext"), "x"),
    (b"\x22\xff\xff\xff\x7f\xff\xff\xff\xff", SqlType("image"), None),
    (
        b"\xf1\x00" + struct.pack("<QI", 8, 8) + u16("<a/>") + b"\0\0\0\0",
        SqlType("xml", MAX),
        "<a/>",
    ),
    (b"\x62\x49\x1f\0\0\x06\0\0\0\x38\0\x07\0\0\0", SqlType("sql_variant"), b"\x38\0\x07\0\0\0"),
    (b"\x1f", SqlType("int"), None),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "kind", "value"), SENT)
def test_a_parameter_is_decoded_into_its_physical_form(raw, kind, value):
    reader = ByteReader(b"\x02@\0p\0\x00" + raw)
    assert read_parameter(reader) == Parameter("@p", kind, value)
    assert not reader.more


@pytest.mark.parametrize(
    ("raw", "what"), [(b"\0\0\xf3", "table-valued"), (b"\0\0\xf0", "CLR"), (b"\0\x08", "encrypted")]
)
def test_unsupported_parameters_are_refused_by_what_they_are(raw, what):
    with pytest.raises(SqlError, match=what):
        read_parameter(ByteReader(raw))


TYPE_BYTES = st.sampled_from([raw[:1] for raw, _, _ in SENT])
SIZES = st.sampled_from([b"", b"\x04", b"\x07\x08", b"\xff\xff" + LATIN1, b"\x09\x05\x02\x05"])


@given(
    st.builds(lambda *parts: b"\0\0" + b"".join(parts), TYPE_BYTES, SIZES, st.binary(max_size=40))
)
def test_arbitrary_bytes_are_decoded_or_refused_but_never_crash(raw):
    reader = ByteReader(raw)
    with contextlib.suppress(ProtocolError, SqlError):
        read_parameter(reader)
    assert reader.at <= len(raw)


def test_declarations_are_parsed_with_their_types():
    text = (
        "@P1 int,@P2 nvarchar(4000), @P3 DECIMAL(18, 2) OUTPUT,@P4 varbinary(max),"
        "@P5 datetime2, @P6 time(3),@P7 sysname,@P8 float(24),@P9 [char],@P10 sys.xml"
    )
    declared = parse_declarations(text)
    assert [(d.name, d.type) for d in declared] == [
        ("@P1", SqlType("int")),
        ("@P2", SqlType("nvarchar", 4000)),
        ("@P3", SqlType("decimal", precision=18, scale=2)),
        ("@P4", SqlType("varbinary", MAX)),
        ("@P5", SqlType("datetime2", scale=7)),
        ("@P6", SqlType("time", scale=3)),
        ("@P7", SqlType("nvarchar", 128)),
        ("@P8", SqlType("real")),
        ("@P9", SqlType("char", 1)),
        ("@P10", SqlType("xml", MAX)),
    ]
    assert [d.output for d in declared].index(True) == 2
    assert parse_declarations("  ") == ()


@pytest.mark.parametrize(
    ("text", "number"), [("P1 int", 102), ("@a int @b int", 102), ("@a klingon", 2715)]
)
def test_malformed_declarations_are_refused(text, number):
    with pytest.raises(SqlError) as caught:
        parse_declarations(text)
    assert caught.value.number == number


def test_values_are_bound_by_name_in_any_order():
    declared = parse_declarations("@a int, @b bigint")
    sent = [Parameter("@B", SqlType("int"), 2), Parameter("@a", SqlType("int"), 1)]
    assert [p.value for p in bind(declared, sent, "")] == [1, 2]


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ([], 8178),
        ([Parameter("", SqlType("int"), 1)] * 2, 8144),
        ([Parameter("@z", SqlType("int"), 1)], 8145),
    ],
)
def test_missing_and_surplus_values_are_refused(sent, number):
    with pytest.raises(SqlError) as caught:
        bind(parse_declarations("@a int"), sent, "SELECT @a")
    assert caught.value.number == number


INT, BIGINT = SqlType("int"), SqlType("bigint")


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (5, INT, BIGINT, 5),
        (2, INT, SqlType("bit"), True),
        (5, INT, SqlType("decimal", precision=5, scale=2), D("5.00")),
        (D("1.005"), SqlType("decimal", precision=9, scale=3), SqlType("money"), D("1.0050")),
        (D("1.25"), SqlType("decimal", precision=9, scale=2),
         SqlType("decimal", precision=9, scale=1), D("1.3")),
        (D("-1.25"), SqlType("decimal", precision=9, scale=2),
         SqlType("decimal", precision=9, scale=1), D("-1.3")),
        (0.1, SqlType("float"), SqlType("real"), 0.10000000149011612),
        ("abc", SqlType("nvarchar", 10), SqlType("varchar", 2), "ab"),
        ("a🚀", SqlType("nvarchar", 10), SqlType("nvarchar", 2), "a\U0010d83d"),
        ("a", SqlType("nvarchar", 10), SqlType("char", 3), "a  "),
        ("я", SqlType("nvarchar", 10), SqlType("varchar", 10), "?"),
        (b"abc", SqlType("varbinary", 10), SqlType("binary", 2), b"ab"),
        (b"a", SqlType("varbinary", 10), SqlType("binary", 2), b"a\0"),
        (DAY * 700_000 + 5_555_556, SqlType("datetime2", scale=7), SqlType("datetime2", scale=3),
         DAY * 700_000 + 5_560_000),
        (DAY * 700_000 + 20_000, SqlType("datetime2", scale=7), SqlType("datetime"),
         DAY * 700_000 + 30_000),
        (dt.date(1, 1, 2), SqlType("date"), SqlType("datetime2", scale=7), DAY),
        (DAY - 1, SqlType("time", scale=7), SqlType("time", scale=0), 0),
        (None, SqlType("nvarchar", 1), INT, None),
        (b"x" * 16, SqlType("uniqueidentifier"), SqlType("uniqueidentifier"), b"x" * 16),
    ],
)  # fmt: skip
def test_a_value_becomes_what_its_declared_type_holds(value, source, target, expected):
    assert convert(value, source, target) == expected


@pytest.mark.parametrize(
    ("value", "source", "target", "number"),
    [
        (2**31, BIGINT, INT, 8115),
        (1e300, SqlType("float"), SqlType("real"), 8115),
        (D(1000), SqlType("decimal", precision=4), SqlType("decimal", precision=3), 8115),
        (0, SqlType("datetime2", scale=7), SqlType("datetime"), 8115),
        (3_652_059 * DAY - 1, SqlType("datetime2", scale=7), SqlType("datetime2", scale=0), 8115),
        ("1", SqlType("nvarchar", 1), INT, 8114),
    ],
)
def test_a_value_that_does_not_fit_is_refused(value, source, target, number):
    with pytest.raises(SqlError) as caught:
        convert(value, source, target)
    assert caught.value.number == number
