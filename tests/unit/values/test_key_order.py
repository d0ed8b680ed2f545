"""Keys of whole numbers: sortable as one value, and two sorted streams compared in one pass."""

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableferry.errors import VerificationError
from tableferry.values.key_order import KeyOrder, comparable_keys, only_in_first

KINDS = {pa.int16(): 15, pa.int32(): 31, pa.int64(): 63}


def order(*kinds: pa.DataType) -> KeyOrder:
    return KeyOrder(pa.schema([(f"k{place}", kind) for place, kind in enumerate(kinds)]))


def batch(by: KeyOrder, keys: list[tuple[int, ...]]) -> pa.RecordBatch:
    columns = [
        pa.array([key[place] for key in keys], kind) for place, kind in enumerate(by.schema.types)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=by.schema)


@st.composite
def some_keys(draw: st.DrawFn) -> tuple[KeyOrder, list[tuple[int, ...]], list[tuple[int, ...]]]:
    """An order, and two sorted lists of keys that have some in common."""
    kinds = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=3))
    key = st.tuples(
        *(
            st.integers(-(2 ** KINDS[kind]), 2 ** KINDS[kind] - 1) | st.integers(-2, 300)
            for kind in kinds
        )
    )
    pool = draw(st.lists(key, min_size=1, max_size=60, unique=True))
    sides = [draw(st.lists(st.sampled_from(pool), unique=True).map(sorted)) for _ in range(2)]
    return order(*kinds), sides[0], sides[1]


def blocks(by: KeyOrder, keys: list[tuple[int, ...]], size: int) -> list[np.ndarray]:
    return [by.of_batch(batch(by, keys[at : at + size])) for at in range(0, len(keys), size)]


@given(some_keys(), st.integers(1, 7), st.integers(1, 7))
def test_exactly_the_keys_that_only_the_first_stream_holds_are_found(
    case: tuple[KeyOrder, list[Any], list[Any]], first_size: int, second_size: int
) -> None:
    by, first, second = case
    found = only_in_first(blocks(by, first, first_size), blocks(by, second, second_size))
    rows = [tuple(row.values()) for one in found for row in by.to_batch(one).to_pylist()]
    assert rows == [key for key in first if key not in set(second)]


@given(some_keys())
def test_keys_sort_as_their_numbers_do_and_come_back_as_they_were(
    case: tuple[KeyOrder, list[Any], list[Any]],
) -> None:
    by, keys, _ = case
    shuffled = batch(by, keys[::-1])
    again = by.to_batch(np.sort(by.of_batch(shuffled)))
    assert [tuple(row.values()) for row in again.to_pylist()] == keys


@given(some_keys())
def test_what_postgresql_sends_is_the_same_key(
    case: tuple[KeyOrder, list[Any], list[Any]],
) -> None:
    by, keys, _ = case
    widths = [2 ** (place + 1) for place in range(3)]
    sent = b"".join(
        number.to_bytes(widths[list(KINDS).index(kind)], "big", signed=True)
        for key in keys
        for number, kind in zip(key, by.schema.types, strict=True)
    )
    assert np.array_equal(by.of_sent(sent), by.of_batch(batch(by, keys)))


def test_a_key_that_the_source_returns_twice_is_there_once() -> None:
    by = order(pa.int32())
    first: list[tuple[int, ...]] = [(1,), (2,), (3,)]
    second: list[tuple[int, ...]] = [(1,), (1,), (3,), (3,)]
    [found] = only_in_first(blocks(by, first, 3), blocks(by, second, 2))
    assert by.to_batch(found).to_pylist() == [{"k0": 2}]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_keys_in_another_order_are_an_error_and_no_missing_keys(size: int) -> None:
    by = order(pa.int64())
    with pytest.raises(VerificationError, match="in another order"):
        list(only_in_first(blocks(by, [(1,), (9,)], 2), blocks(by, [(1,), (9,), (5,)], size)))


def test_a_source_without_rows_holds_none_of_them() -> None:
    by = order(pa.int64(), pa.int64())
    [found] = only_in_first(blocks(by, [(1, 2), (3, 4)], 2), [])
    assert by.to_batch(found).num_rows == 2


@pytest.mark.parametrize(
    ("kinds", "suits"),
    [
        ([pa.int64()], True),
        ([pa.int32(), pa.int16()], True),
        ([pa.large_string()], False),
        ([pa.int64(), pa.date32()], False),
        ([], False),
    ],
)
def test_only_whole_numbers_have_the_same_order_on_both_sides(
    kinds: list[pa.DataType], suits: bool
) -> None:
    schema = pa.schema([(str(place), kind) for place, kind in enumerate(kinds)])
    assert KeyOrder.suits(schema) is suits


NOON = 12 * 3600 * 10**9
SOME_VALUES: dict[pa.DataType, list[Any]] = {
    pa.time64("ns"): [NOON, NOON + 100, NOON + 200],
    pa.time64("us"): [0, 1, 2],
    pa.timestamp("ns"): [0, 100, 200],
    pa.timestamp("us", tz="UTC"): [-(10**16), 0, 1],
    pa.date32(): [-1, 0, 1],
    pa.decimal128(38, 2): [Decimal("-1.00"), Decimal("0.00"), Decimal("1.00")],
    pa.large_string(): ["", "a", "A"],
    pa.binary(16): [bytes(16), bytes(15) + b"\1", b"\1" + bytes(15)],
    pa.bool_(): [False, True],
}


@pytest.mark.parametrize("kind", SOME_VALUES, ids=str)
def test_keys_of_every_type_are_told_apart_and_found_again(kind: pa.DataType) -> None:
    some = SOME_VALUES[kind]
    twice = pa.RecordBatch.from_pydict(
        {"n": pa.array([*some, *some], kind), "x": [None] * 2 * len(some)}
    )
    keys = comparable_keys(twice, ["n"])
    assert keys[: len(some)] == keys[len(some) :]
    assert len(set(keys)) == len(some)
