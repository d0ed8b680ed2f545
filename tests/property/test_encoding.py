"""An older pgpq encodes every type that the engine sends to the same COPY BINARY bytes."""

import datetime as dt
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tableferry.model.schema import PgType, SourceType
from tableferry.postgres.encoding import Encoder
from tableferry.postgres.numerics import numeric_bytes
from tableferry.values import arrow_types
from tests.property.conftest import encoding_by
from tests.support.specs import planned

Both = Callable[[Sequence[pa.RecordBatch]], tuple[bytes, bytes]]


def encoded(batches: Sequence[pa.RecordBatch]) -> bytes:
    encoder = Encoder(batches[0].schema)
    return encoder.header() + b"".join(map(encoder.batch, batches)) + encoder.finish()


@pytest.fixture(scope="module")
def both(older_pgpq: Any) -> Both:
    """Encode with this machine's pgpq and as Linux on aarch64 does."""

    def encode(batches: Sequence[pa.RecordBatch]) -> tuple[bytes, bytes]:
        here = encoded(batches)
        with encoding_by(older_pgpq):
            return here, encoded(batches)

    return encode


def whole(bits: int) -> SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def decimals(digits: int, scale: int) -> tuple[pa.DataType, SearchStrategy[Decimal]]:
    most = 10**digits - 1
    numbers = st.integers(-most, most) | st.integers(0, digits - 1).map(lambda n: 10**n)
    return pa.decimal128(digits, scale), numbers.map(lambda n: Decimal(f"{n}E-{scale}"))


def singles(values: SearchStrategy[float]) -> SearchStrategy[list[float]]:
    return st.lists(values, max_size=5)


KINDS: list[tuple[pa.DataType, SearchStrategy[Any]]] = [
    (pa.bool_(), st.booleans()),
    (pa.int16(), whole(16)),
    (pa.int32(), whole(32)),
    (pa.int64(), whole(64)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.date32(), st.dates()),
    (pa.time64("us"), st.times()),
    (pa.timestamp("us"), st.datetimes()),
    (pa.timestamp("us", tz="UTC"), st.datetimes().map(lambda m: m.replace(tzinfo=dt.UTC))),
    (pa.large_string(), st.text()),
    (pa.large_binary(), st.binary()),
    (pa.binary(16), st.binary(min_size=16, max_size=16)),
    (pa.list_(pa.float32()), singles(st.floats(width=32))),
    *(decimals(*size) for size in ((1, 0), (5, 5), (18, 4), (19, 4), (20, 1), (38, 0), (38, 38))),
    *(decimals(38, scale) for scale in (2, 3, 17)),
]


def batch_of(values: Sequence[Any], kind: pa.DataType) -> pa.RecordBatch:
    return pa.record_batch({"c": pa.array(values, kind)})


def test_the_cases_cover_every_type_that_the_engine_sends() -> None:
    mapped = {*arrow_types._ARROW.values()}
    assert mapped <= {kind for kind, _ in KINDS}
    number = planned("n", SourceType("decimal", 17, 38, 17), PgType("numeric", (38, 17)))
    assert arrow_types.arrow_type(number) == pa.decimal128(38, 17)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_batches_have_the_same_bytes(both: Both, data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    rows = data.draw(st.integers(0, 12))
    whole_batch = pa.RecordBatch.from_arrays(
        [
            pa.array(data.draw(st.lists(st.none() | v, min_size=rows, max_size=rows)), kind)
            for kind, v in columns
        ],
        names=[f"c{place}" for place in range(len(columns))],
    )
    start = data.draw(st.integers(0, rows))
    here, there = both([whole_batch, whole_batch.slice(start), whole_batch.slice(0, start)])
    assert here == there


@pytest.mark.parametrize(("kind", "_values"), KINDS, ids=lambda case: str(case)[:20])
def test_columns_of_nulls_and_empty_batches_have_the_same_bytes(
    both: Both, kind: pa.DataType, _values: Any
) -> None:
    nulls = pa.record_batch({"c": pa.nulls(9, kind)})
    here, there = both([nulls, nulls.slice(3, 5), nulls.slice(2, 0), batch_of([], kind)])
    assert here == there


def test_every_precision_and_scale_of_a_decimal_has_the_same_bytes(
    both: Both,
) -> None:
    chance = random.Random(20261124)
    for digits in range(1, 39):
        numbers = {0, 1, 10**digits - 1, *(10**power for power in range(digits))}
        numbers |= {chance.randrange(10**power) for power in range(1, digits + 1)}
        for scale in range(digits + 1):
            values = [Decimal(f"{sign * n}E-{scale}") for n in numbers for sign in (1, -1)]
            batch = batch_of([None, *values, None], pa.decimal128(digits, scale))
            here, there = both([batch, batch.slice(2, 5)])
            assert here == there, (digits, scale)


def test_bytes_under_a_null_decimal_do_not_matter(
    both: Both,
) -> None:
    stored = np.full(2 * 16, 0xFF, np.uint8)
    stored[:16] = 0x7F
    validity = pa.py_buffer(b"\x02")
    array = pa.Array.from_buffers(pa.decimal128(9, 2), 2, [validity, pa.py_buffer(stored)])
    here, there = both([pa.record_batch({"c": array})])
    assert here == there
    assert numeric_bytes(array).to_pylist() == [None, bytes.fromhex("0001 ffff 4000 0002 0064")]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.large_binary()], ids=str)
def test_values_of_megabytes_have_the_same_bytes(both: Both, kind: pa.DataType) -> None:
    long = [b"x" * 3_000_000, None, b"", b"y" * 70_000]
    here, there = both([batch_of([*long, b"z"], kind), batch_of(long, kind).slice(1)])
    assert here == there
