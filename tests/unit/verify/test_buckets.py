"""Sums of hashes tell rows apart, also where a single sum would not."""

import numpy as np
import pytest

from tableferry.verification.buckets import Buckets, Side, buckets_for, groups

SIZES = np.array([10, 10])


def hashes(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.uint64)


def test_equal_rows_in_another_order_leave_no_bucket() -> None:
    buckets = Buckets(16)
    buckets.add(Side.SOURCE, hashes(1, 2**63), hashes(77, 78), SIZES)
    buckets.add(Side.TARGET, hashes(2**63, 1), hashes(78, 77), SIZES)
    assert buckets.differing().tolist() == []
    assert buckets.rows == [2, 2]


def test_the_bucket_of_a_row_that_differs_is_found() -> None:
    buckets = Buckets(16)
    buckets.add(Side.SOURCE, hashes(1, 2**63), hashes(77, 78), SIZES)
    buckets.add(Side.TARGET, hashes(2**63, 1), hashes(79, 77), SIZES)
    (differing,) = buckets.differing()
    chosen = buckets.select(np.array([differing]))
    assert chosen.holds(hashes(1, 2**63)).tolist() == [False, True]
    assert buckets.rows_in(np.array([differing])).tolist() == [[1], [1]]
    assert buckets.sizes_of(np.array([differing])).tolist() == [20]


def test_rows_are_told_apart_though_the_sums_of_their_hashes_are_equal() -> None:
    buckets = Buckets(16)
    buckets.add(Side.SOURCE, hashes(1, 1), hashes(5, 5), SIZES)
    buckets.add(Side.TARGET, hashes(1, 1), hashes(5 + 2**63, 5 + 2**63), SIZES)
    assert len(buckets.differing()) == 1


def test_rows_too_many_are_found_though_their_hashes_are_zero() -> None:
    buckets = Buckets(16)
    buckets.add(Side.SOURCE, hashes(1), hashes(0), SIZES[:1])
    assert len(buckets.differing()) == 1


@pytest.mark.parametrize(
    ("rows", "count"),
    [(0, 2**10), (2**10 * 8, 2**11), (10**6, 2**17), (10**9, 2**19), (None, 2**17)],
)
def test_the_buckets_suit_the_rows_within_bounds(rows: int | None, count: int) -> None:
    assert buckets_for(rows) == count


def test_groups_are_as_large_as_allowed_and_hold_one_at_least() -> None:
    weights = np.array([3, 4, 3, 11, 0, 5, 6])
    parts = [weights[part].tolist() for part in groups(weights, 10)]
    assert parts == [[3, 4, 3], [11], [0, 5], [6]]
    assert list(groups(weights[:0], 10)) == []
