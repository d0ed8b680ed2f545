"""If the plan says that a column fits, PostgreSQL returns every boundary value exactly."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tableferry import postgres
from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.copy_out import copy_out
from tableferry.postgres.encoding import encode_rows
from tableferry.postgres.row_sizes import row_ends
from tableferry.typemap import RULES
from tableferry.values import Converter, target_schema
from tableferry.verification.block import Block
from tableferry.verification.compared import Compared
from tableferry.verification.copy_rows import fields_of
from tableferry.verification.differences import Differences
from tableferry.verification.row_pairs import RowPairs
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import planned, sync_plan

UTC = dt.UTC


def decimals(precision: int, scale: int) -> list[Decimal]:
    digits = "9" * precision
    most = f"{digits[: precision - scale] or '0'}.{digits[:scale]}".rstrip(".")
    least = f"0.{'0' * (scale - 1)}1" if scale else "1"
    return [Decimal(text) for text in (most, f"-{most}", least, f"-{least}", "0")]


def money(units: int) -> list[Decimal]:
    return [Decimal(value).scaleb(-4) for value in (-units, units - 1, 1, -1, 0)]


def whole(low: int, high: int) -> list[int]:
    return [low, high, 0, 1]


def decimal_type(precision: int, scale: int) -> tuple[SourceType, pa.DataType, list[Decimal]]:
    return (
        SourceType("decimal", 17, precision, scale),
        pa.decimal128(precision, scale),
        decimals(precision, scale),
    )


TEXTS = ["", " ", "a ", "Ж😀", "\t\n\r\\N\\.\\", "'\"", "x" * 10]
MOMENTS = [
    dt.datetime(1, 1, 1),
    dt.datetime(1969, 12, 31, 23, 59, 59, 999_999),
    dt.datetime(1970, 1, 1),
    dt.datetime(1999, 12, 31, 23, 59, 59, 1),
    dt.datetime(9999, 12, 31, 23, 59, 59, 999_999),
]


def to(moments: list[dt.datetime], microseconds: int) -> list[dt.datetime]:
    return [m.replace(microsecond=m.microsecond // microseconds * microseconds) for m in moments]


CASES: list[tuple[SourceType, pa.DataType, list[Any]]] = [
    (SourceType("bit", 1, 1), pa.bool_(), [True, False]),
    (SourceType("tinyint", 1, 3), pa.uint8(), whole(0, 255)),
    (SourceType("smallint", 2, 5), pa.int16(), whole(-(2**15), 2**15 - 1)),
    (SourceType("int", 4, 10), pa.int32(), whole(-(2**31), 2**31 - 1)),
    (SourceType("bigint", 8, 19), pa.int64(), whole(-(2**63), 2**63 - 1)),
    decimal_type(1, 0),
    decimal_type(4, 0),
    decimal_type(5, 0),
    decimal_type(9, 0),
    decimal_type(10, 0),
    decimal_type(18, 0),
    decimal_type(19, 0),
    decimal_type(38, 0),
    decimal_type(38, 38),
    decimal_type(19, 4),
    decimal_type(10, 4),
    decimal_type(38, 19),
    (SourceType("money", 8, 19, 4), pa.decimal128(19, 4), money(2**63)),
    (SourceType("smallmoney", 4, 10, 4), pa.decimal128(10, 4), money(2**31)),
    (SourceType("real", 4, 24), pa.float32(), [0.0, -1.5, 3.4028234663852886e38, 2.0**-149]),
    (SourceType("float", 8, 53), pa.float64(), [0.1, -0.0, 1.7976931348623157e308, 5e-324]),
    (SourceType("date", 3, 10), pa.date32(), [m.date() for m in MOMENTS]),
    (SourceType("time", 3, 8, 0), pa.time64("ns"), [dt.time(0), dt.time(23, 59, 59)]),
    (SourceType("time", 5, 16, 7), pa.time64("ns"), [m.time() for m in MOMENTS]),
    (SourceType("smalldatetime", 4, 16), pa.timestamp("us"), [dt.datetime(2079, 6, 6, 23, 59)]),
    (SourceType("datetime", 8, 23, 3), pa.timestamp("us"), to(MOMENTS, 1000)),
    (SourceType("datetime2", 6, 19, 0), pa.timestamp("us"), to(MOMENTS, 1_000_000)),
    (SourceType("datetime2", 7, 23, 3), pa.timestamp("us"), to(MOMENTS, 1000)),
    (SourceType("datetime2", 8, 27, 7), pa.timestamp("us"), MOMENTS),
    (
        SourceType("datetimeoffset", 10, 34, 7),
        pa.timestamp("us", tz="UTC"),
        [m.replace(tzinfo=UTC) for m in MOMENTS],
    ),
    (SourceType("char", 10), pa.large_string(), ["x" * 10, "a" + " " * 9]),
    (SourceType("varchar", 10), pa.large_string(), TEXTS),
    (SourceType("nchar", 20), pa.large_string(), ["😀" * 5, "a" + " " * 9]),
    (SourceType("nvarchar", 20), pa.large_string(), [*TEXTS, "😀" * 5, "ж" * 10]),
    (SourceType("nvarchar", UNLIMITED), pa.large_string(), [*TEXTS, "ж" * 100_000]),
    (SourceType("text", 16), pa.large_string(), TEXTS),
    (SourceType("ntext", 16), pa.large_string(), TEXTS),
    (SourceType("xml", UNLIMITED), pa.large_string(), ["<a>я</a>", "<a/><b/>", "text", ""]),
    (SourceType("binary", 4), pa.large_binary(), [b"\0\xff\\x"]),
    (SourceType("varbinary", 10), pa.large_binary(), [b"", b"\0", b"\\x00", bytes(range(250))]),
    (SourceType("image", 16), pa.large_binary(), [b"", b"\0"]),
    (SourceType("timestamp", 8), pa.large_binary(), [b"\0\0\0\0\0\0\x07\xd1"]),
    (SourceType("uniqueidentifier", 16), pa.large_binary(), [uuid.UUID(int=7 << 99)]),
]  # fmt: skip

# Not xml: the PostgreSQL of the tests is built without libxml.
TARGETS = [
    *(PgType(name) for name in ("bool", "int2", "int4", "int8", "float4", "float8", "numeric")),
    *(PgType("numeric", digits) for digits in ((1, 0), (3, 0), (5, 0), (10, 0), (19, 0), (38, 0))),
    *(PgType("numeric", digits) for digits in ((10, 4), (19, 4), (38, 4), (38, 38), (57, 19))),
    *(PgType("numeric", digits) for digits in ((5, 5), (4, 4), (18, 0), (9, 0))),
    *(PgType(name) for name in ("date", "time", "timetz", "timestamp", "timestamptz", "interval")),
    *(PgType(name, (n,)) for name in ("time", "timestamp", "timestamptz") for n in (0, 3, 6)),
    *(PgType(name) for name in ("text", "varchar", "bytea", "uuid", "json", "jsonb")),
    *(PgType("varchar", (n,)) for n in (5, 10, 20, 4000)),
    *(PgType("bpchar", (n,)) for n in (1, 10, 20)),
    *(PgType(name) for name in ("money", "name", "inet", "bit", "oid", "_text", "_int4")),
]


@pytest.fixture(scope="module")
def connection(module_pg_database: PgDatabase) -> Iterator[postgres.TargetConnection]:
    with postgres.connect(settings_of(module_pg_database)) as opened:
        yield opened


def exact(value: Any) -> str:
    """Return a text that is equal for equal values; 1, 1.0, True and Decimal("1.00") are equal.

    The sign of a zero and every digit of a float count.
    """
    match value:
        case bool() | int() | Decimal():
            text = f"{Decimal(value):f}" if value else "0"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case float() if value.is_integer() and str(value) != "-0.0":
            return exact(int(value))
        case dt.date() if not isinstance(value, dt.datetime):
            return repr(dt.datetime.combine(value, dt.time()))
    return repr(value)


def as_sent(value: Any) -> Any:
    return value.bytes_le if isinstance(value, uuid.UUID) else value


@pytest.mark.usefixtures("each_encoder")
@pytest.mark.parametrize(("source", "arrow", "values"), CASES, ids=lambda case: str(case)[:30])
def test_values_of_a_fitting_column_come_back_exactly(
    connection: postgres.TargetConnection,
    module_pg_database: PgDatabase,
    source: SourceType,
    arrow: pa.DataType,
    values: list[Any],
) -> None:
    fitting = [kind for kind in TARGETS if RULES[source.name].fits(source, kind)]
    assert fitting
    columns = [planned(f"c{place}", source, kind) for place, kind in enumerate(fitting)]
    rows = [None, *values]
    array = pa.array([as_sent(value) for value in rows], arrow)
    batch = pa.RecordBatch.from_arrays(
        [array] * len(columns), names=[c.target.name for c in columns]
    )
    lines = ", ".join(f"{c.target.name} {c.target.type}" for c in columns)
    connection.execute("DROP TABLE IF EXISTS t")
    plan = sync_plan(*columns, create=f"CREATE TABLE t ({lines})")
    with postgres.open_load(connection, plan, target_schema(columns)) as refresh:
        refresh.write(Converter(columns)(batch))
        refresh.prepare()
        postgres.publish_all(connection, [refresh])
        connection.commit()
    with module_pg_database.connect() as reader, reader.cursor(binary=True) as cursor:
        for column in columns:
            query = f"SELECT {column.target.name} FROM t ORDER BY ctid".encode()
            found = [row[0] for row in cursor.execute(query, prepare=False).fetchall()]
            sent = rows
            # PostgreSQL pads a char(n) to characters, SQL Server to bytes or code units.
            if column.target.type.name == "bpchar":
                assert "gets more blanks" in column.loss
                found, sent = (
                    [text and text.rstrip(" ") for text in texts] for texts in (found, rows)
                )
            assert list(map(exact, found)) == list(map(exact, sent)), column.target.type
    are_compared_as_equal(connection, replace(plan, create=None), batch)


def are_compared_as_equal(
    connection: postgres.TargetConnection, plan: SyncPlan, batch: pa.RecordBatch
) -> None:
    """See that a verification finds the bytes of both sides equal, or else their values."""
    compared = Compared.of(plan)
    converted = compared.formed(Converter(plan.columns)(batch))
    ends = row_ends(converted)
    source = Block(0, encode_rows(converted), batch.num_rows, lambda: ends).row_list()
    with connection.transaction():
        select = compared.select("t", order_by=["t.ctid"])
        [sent] = copy_out(connection, select, len(plan.columns), 2**30)
    target = Block(0, sent.data, len(sent.ends), lambda: np.array(sent.ends)).row_list()
    found = Differences()
    pairs = RowPairs(compared, found)
    assert [pairs.pair(*both) for both in zip(source, target, strict=True)] == [False] * len(source)
    assert found.not_compared == {}
    for ours, theirs in zip(map(fields_of, source), map(fields_of, target), strict=True):
        for column, one, other in zip(plan.columns, ours, theirs, strict=True):
            into = column.target.type
            if into != PgType("numeric", (57, 19)):  # has more digits than Arrow's decimals
                assert one == other, into
