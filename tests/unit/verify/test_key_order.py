"""Keys as values that sort as both databases sort them; batches are seen to ascend."""

import uuid
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableferry.model.schema import PgType
from tableferry.verification.key_order import Ascending, NotInOrderError, RowOrder

DOCUMENTED = [
    "3aaaaaaa-bbbb-cccc-dddd-1eeeeeeeeeee",
    "2aaaaaaa-bbbb-cccc-dddd-2eeeeeeeeeee",
    "1aaaaaaa-bbbb-cccc-dddd-3eeeeeeeeeee",
]
"""The example of "Comparing GUID and uniqueidentifier Values", in SQL Server's order."""


def order(*kinds: str) -> RowOrder:
    return RowOrder((), (), tuple(map(PgType, kinds)), tuple(range(len(kinds))))


def batch(*columns: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(list(columns), names=[str(n) for n in range(len(columns))])


def guids(texts: list[str]) -> pa.Array:
    return pa.array([uuid.UUID(text).bytes for text in texts], pa.binary(16))


def test_uniqueidentifiers_sort_as_documented() -> None:
    keys = [order("uuid").of((uuid.UUID(text).bytes,)) for text in DOCUMENTED]
    assert keys == sorted(keys)
    Ascending(order("uuid"))(0, batch(guids(DOCUMENTED)))
    with pytest.raises(NotInOrderError):
        Ascending(order("uuid"))(0, batch(guids(DOCUMENTED[::-1])))


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=2, unique=True))
def test_batches_of_uniqueidentifiers_ascend_as_their_keys_do(sent: list[bytes]) -> None:
    ascending = sorted(sent, key=lambda one: order("uuid").of((one,)))
    Ascending(order("uuid"))(0, batch(pa.array(ascending, pa.binary(16))))
    if ascending != sent:
        with pytest.raises(NotInOrderError):
            Ascending(order("uuid"))(0, batch(pa.array(sent, pa.binary(16))))


@pytest.mark.parametrize(
    "columns",
    [
        [[1, 1]],
        [[2, 1]],
        [[1, None]],
        [[1, 1], [2, 2]],
        [[1, 1], [2, 1]],
        [[2, 1], [1, 2]],
        [[1, 2], [1, None]],
    ],
)
def test_keys_that_do_not_ascend_are_noticed(columns: list[list[Any]]) -> None:
    arrays = [pa.array(column, pa.int32()) for column in columns]
    with pytest.raises(NotInOrderError):
        Ascending(order(*["int4"] * len(columns)))(0, batch(*arrays))


def test_the_keys_of_batches_ascend_from_one_to_the_next_within_a_range() -> None:
    ascending = Ascending(order("int4", "int4"))
    for first, second in (([1, 1], [1, 2]), ([1, 2], [3, 0])):
        ascending(0, batch(pa.array(first, pa.int32()), pa.array(second, pa.int32())))
    ascending(0, batch(pa.array([], pa.int32()), pa.array([], pa.int32())))
    ascending(1, batch(pa.array([0], pa.int32()), pa.array([0], pa.int32())))
    with pytest.raises(NotInOrderError):
        ascending(1, batch(pa.array([0], pa.int32()), pa.array([0], pa.int32())))


def test_a_key_with_null_has_no_place() -> None:
    with pytest.raises(NotInOrderError):
        order("int4", "int4").of((b"\0\0\0\1", None))
