"""The hashes of rows and keys are taken from COPY BINARY as it is sent."""

import struct
from collections.abc import Sequence

import numpy as np

from tableferry.verification.block import Block
from tableferry.verification.buckets import Side
from tableferry.verification.row_hashes import RowHasher
from tableferry.verification.set_comparison import HashedBlock

Fields = tuple[bytes | None, ...]


def sent(fields: Fields) -> bytes:
    """A tuple of COPY BINARY."""
    lengths = (-1 if field is None else len(field) for field in fields)
    parts = (struct.pack(">i", n) + (f or b"") for n, f in zip(lengths, fields, strict=True))
    return struct.pack(">h", len(fields)) + b"".join(parts)


def hashed(key: Sequence[int], *rows: Fields) -> HashedBlock:
    data = [sent(row) for row in rows]
    ends = np.cumsum([len(row) for row in data], dtype=np.int64)
    return RowHasher(key)(Side.SOURCE, Block(0, b"".join(data), len(rows), lambda: ends))


def test_rows_are_handed_out_with_their_sizes() -> None:
    found = hashed([0], (b"a", None), (b"bc", b"d"))
    assert [found.row(0), found.row(1)] == [sent((b"a", None)), sent((b"bc", b"d"))]
    assert found.sizes.tolist() == [len(found.row(0)), len(found.row(1))]


def test_equal_keys_have_equal_hashes_whatever_else_is_in_the_row() -> None:
    for key in ([0, 1], [1, 0], [0], [1]):
        found = hashed(key, (b"a", b"b", b"x"), (b"a", b"b", None), (b"other", b"key", b"x"))
        assert found.keys[0] == found.keys[1] != found.keys[2]
        assert len(set(found.rows.tolist())) == 3


def test_the_fields_of_a_key_are_told_apart() -> None:
    rows: list[Fields] = [(b"", b"ab"), (b"a", b"b"), (b"ab", b""), (b"ab", None), (None, b"ab")]
    for key in ([0, 1], [1, 0]):
        assert len(set(hashed(key, *rows).keys.tolist())) == len(rows)


def test_fields_of_any_length_are_found() -> None:
    long = b"x" * 70_000
    found = hashed([2], (long, None, b"key", b"1"), (b"", long, b"key", b"2"))
    assert found.keys[0] == found.keys[1]


def test_without_a_key_the_whole_row_is_the_key() -> None:
    found = hashed([], (b"a", None), (b"a", b""))
    assert found.keys.tolist() == found.rows.tolist()


def test_a_block_may_be_empty() -> None:
    assert len(hashed([0]).rows) == 0
