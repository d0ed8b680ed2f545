"""Rows that only one side has are told from the hashes of all."""

from random import Random

import numpy as np

from tableferry.verification.buckets import Side
from tableferry.verification.surplus import HashedRows, Surplus

Row = tuple[Side, int, int]


def surplus_of(rows: list[Row], at_once: int = 3) -> Surplus:
    gathered = HashedRows(at_once)
    for side, key, row in rows:
        numbers = (np.array([number], np.uint64) for number in (key, row))
        gathered.add(side, *numbers, np.array([100]))
    return gathered.surplus()


def found(rows: list[Row]) -> list[tuple[int, int, int, int]]:
    """Each key with the rows that the source and the target have too many, and their bytes."""
    surplus = surplus_of(rows)
    columns = (surplus.keys, surplus.source, surplus.target, surplus.sizes)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_equal_rows_leave_nothing_in_any_order() -> None:
    rows = [(side, key, key * 7) for side in Side for key in range(20)]
    assert found(Random(1).sample(rows, len(rows))) == []
    assert found([]) == []


def test_a_row_with_another_value_is_there_on_both_sides_under_its_key() -> None:
    rows = [(Side.SOURCE, 5, 50), (Side.TARGET, 5, 51), (Side.SOURCE, 6, 60), (Side.TARGET, 6, 60)]
    assert found(rows) == [(5, 1, 1, 200)]
    assert surplus_of(rows).different == 1


def test_rows_that_one_side_has_more_often_are_counted() -> None:
    rows = [(Side.SOURCE, 5, 50)] * 9 + [(Side.TARGET, 5, 50)] * 4 + [(Side.TARGET, 7, 70)]
    assert found(Random(2).sample(rows, len(rows))) == [(5, 5, 0, 500), (7, 0, 1, 100)]
    assert surplus_of(rows).different == 0
