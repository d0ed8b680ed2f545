"""PostgreSQL's binary forms are read as PostgreSQL writes their texts, and sized as it sends."""

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tableferry.model.schema import PgType
from tableferry.postgres.encoding import encode_rows
from tableferry.postgres.row_sizes import row_ends
from tableferry.verification.binary_values import numeric, text_of
from tableferry.verification.block import Block
from tableferry.verification.copy_rows import fields_of
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

ISO = 'YYYY-MM-DD"T"HH24:MI:SS.US'

TEXTS = [
    ("bool", "v::int::text", ["true", "false"]),
    ("int2", "v::text", ["-32768", "0", "32767"]),
    ("int4", "v::text", ["-2147483648", "7"]),
    ("int8", "v::text", ["-9223372036854775808", "9223372036854775807"]),
    ("numeric", "v::text", ["0", "0.00", "-0.00010", "10000", "99990000.5", "1e-30", "12345678.9",
                            "1e40", "-1e20", "NaN", "100000000", "0.0001", "0.00001"]),
    ("float4", "v::text", ["1.5", "-0.1", "3.4028235e38"]),
    ("float8", "v::text", ["0.1", "-1.5", "123456.789"]),
    ("date", "to_char(v, 'YYYY-MM-DD')", ["0001-01-01", "1999-12-31", "9999-12-31", "infinity"]),
    ("time", "v::text", ["00:00:00", "23:59:59.999999", "12:30:00.5", "10:00:00"]),
    ("timestamp", f"to_char(v, '{ISO}')", ["0001-01-01", "1969-12-31 23:59:59.999999",
                                           "9999-12-31 23:59:59", "-infinity"]),
    ("timestamptz", f"to_char(v AT TIME ZONE 'UTC', '{ISO}')", ["2024-02-29 12:00+05:30"]),
    ("uuid", "v::text", ["6f9619ff-8b86-d011-b42d-00c04fc964ff"]),
    ("bytea", "'0x' || upper(encode(v, 'hex'))", ["\\x", "\\x00ff0a"]),
    ("text", "v::text", ["", "a ", "я😀"]),
    ("bpchar", "v::text", ["ab  "]),
    ("jsonb", "v::text", ['{"b": 1, "a": 2}']),
    ("_float4", "v::text", ["{1,-0.25,NULL}", "{}"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "values"), TEXTS, ids=[kind for kind, *_ in TEXTS])
def test_the_text_of_a_value_is_what_the_source_is_asked_for(
    pg_database: PgDatabase, kind: str, text: str, values: list[str]
) -> None:
    send = {"_float4": "array_send", "bool": "boolsend", "bytea": "byteasend", "text": "textsend"}
    sent = send.get(kind, f"{kind}{'_send' if kind in WITH_LINE else 'send'}")
    for value in values:
        [(wanted, raw)] = pg_database.rows(
            f"SELECT {text}, {sent}(v) FROM (SELECT '{value}'::{kind} AS v) AS x"
        )
        assert text_of(PgType(kind), raw) == wanted  # type: ignore[arg-type]


WITH_LINE = {"numeric", "date", "time", "timestamp", "timestamptz", "uuid", "jsonb"}


def test_numerics_of_any_size_are_read_exactly(pg_database: PgDatabase) -> None:
    drawn = random.Random(7)
    texts = [
        f"{drawn.choice(['', '-'])}{drawn.randrange(10 ** drawn.randrange(1, 60))}"
        f"e{drawn.randrange(-40, 40)}"
        for _ in range(500)
    ]
    values = ", ".join(f"('{text}'::numeric)" for text in texts)
    rows = pg_database.rows(f"SELECT numeric_send(v), v::text FROM (VALUES {values}) AS x (v)")
    for raw, text in rows:
        assert isinstance(raw, bytes)
        assert f"{numeric(raw):f}" == text


def day(number: int) -> dt.datetime:
    return dt.datetime(2000, 1, 1) + dt.timedelta(days=number)


COLUMNS: dict[pa.DataType, Callable[[int], object]] = {
    pa.bool_(): lambda n: n % 2 == 0,
    pa.int16(): lambda n: n,
    pa.int32(): lambda n: -n,
    pa.int64(): lambda n: n * 10**12,
    pa.float32(): float,
    pa.float64(): lambda n: n / 3,
    pa.date32(): lambda n: day(n).date(),
    pa.time64("us"): lambda n: dt.time(n % 24, 1, 2, n),
    pa.timestamp("us"): day,
    pa.timestamp("us", tz="UTC"): day,
    pa.large_string(): lambda n: "я" * n,
    pa.large_binary(): lambda n: b"\0" * n,
    pa.binary(16): lambda n: bytes([n]) * 16,
    pa.list_(pa.float32()): lambda n: [0.5] * n,
    pa.decimal128(38, 10): lambda n: Decimal(7) ** n if n % 3 else Decimal(0),
}


@pytest.mark.parametrize("nulls", [0, 3], ids=["without NULL", "with NULL"])
def test_the_ends_of_rows_are_known_without_encoding_them(nulls: int) -> None:
    columns = [
        pa.array([None if nulls and n % nulls == 0 else make(n) for n in range(30)], kind)
        for kind, make in COLUMNS.items()
    ]
    names = [str(kind) for kind in COLUMNS]
    batch = pa.RecordBatch.from_arrays(columns, names=names).slice(2, 25)
    data = encode_rows(batch)
    ends = row_ends(batch)
    assert int(ends[-1]) == len(data)
    assert (np.diff(ends) > 0).all()
    rows = Block(0, data, 25, lambda: ends).row_list()
    assert b"".join(rows) == data
    for place, row in enumerate(rows):
        fields = fields_of(row)
        assert len(fields) == len(COLUMNS)
        assert [one is None for one in fields] == [not column[place].is_valid for column in
                                                   batch.columns]  # fmt: skip
