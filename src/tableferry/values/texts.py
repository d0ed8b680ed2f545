"""Texts that PostgreSQL cannot store, and the policies that strip, replace or refuse them.

The lowest and the highest byte of all texts are found first: a table without such texts pays for
that only (0.03 ns a byte, where to search for the characters takes 0.6). Nothing runs per row in
Python.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tableferry.config import OnInvalid

NUL: Final = "U+0000"
UNPAIRED_SURROGATE: Final = "an unpaired surrogate"
BLANKS: Final = "trailing blanks"

ACTIONS: Final = {OnInvalid.STRIP: "stripped", OnInvalid.REPLACE: "replaced by U+FFFD"}
"""What a policy did to a text, appended to the reason in the counts."""

_LEAD: Final = "\ufffd".encode()[0]
"""The first byte of U+FFFD in UTF-8; only characters from U+F000 on have it or a higher one."""


class InvalidTextError(Exception):
    """A text cannot be stored and the policy is ``fail``: the reason, and the row."""

    def __init__(self, reason: str, row: int) -> None:
        """Take the reason and the row's position in the array, from 0."""
        super().__init__(reason)
        self.reason = reason
        self.row = row


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An array of texts that PostgreSQL can store, and how many of them were altered."""

    texts: pa.Array
    touched: int = 0


def may_be_altered(texts: pa.Array) -> bool:
    """Whether a text holds U+FFFD, with which the driver replaces what it cannot decode.

    An unpaired surrogate of an nvarchar silently arrives as U+FFFD (seen with mssql-python 1.16,
    both providers), so such a text may differ from the source's.
    """
    if _bytes(texts).max(initial=0) < _LEAD:
        return False
    return bool(pc.any(pc.match_substring(texts, "\ufffd")).as_py())


def without_nul(texts: pa.Array, policy: OnInvalid) -> Cleaned:
    """Apply ``policy`` to the texts that hold U+0000; raises InvalidTextError under ``fail``."""
    if _bytes(texts).min(initial=1):
        return Cleaned(texts)
    holding = pc.match_substring(texts, "\0")
    count = pc.sum(holding).as_py() or 0
    if not count:
        return Cleaned(texts)
    if policy is OnInvalid.FAIL:
        raise InvalidTextError(NUL, pc.index(holding, value=True).as_py())
    instead = "" if policy is OnInvalid.STRIP else "\ufffd"
    return Cleaned(pc.replace_substring(texts, "\0", instead), count)


def positions_of_nul(texts: pa.Array) -> Sequence[int]:
    """Return the positions of the texts that hold U+0000."""
    if _bytes(texts).min(initial=1):
        return []
    positions: list[int] = pc.indices_nonzero(pc.match_substring(texts, "\0")).to_pylist()
    return positions


def without_trailing_blanks(texts: pa.Array) -> Cleaned:
    """Strip the blanks (U+0020 only) that pad a char or nchar."""
    blank = pc.ends_with(texts, " ")
    count = pc.sum(blank).as_py() or 0
    return Cleaned(pc.utf8_rtrim(texts, " ") if count else texts, count)


def _bytes(texts: pa.Array) -> np.ndarray:
    """Return the bytes of an array's values, as uint8, and no others of its buffers."""
    _, offsets, characters = texts.buffers()
    if characters is None or not len(texts):
        return np.zeros(0, np.uint8)
    kind = np.dtype(np.int64 if pa.types.is_large_string(texts.type) else np.int32)
    ends = np.frombuffer(offsets, kind, len(texts) + 1, texts.offset * kind.itemsize)
    start, end = int(ends[0]), int(ends[-1])
    return np.frombuffer(characters, np.uint8, end - start, start)
