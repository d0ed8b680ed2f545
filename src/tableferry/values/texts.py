"""Texts that PostgreSQL cannot store, and the policies that strip, replace or refuse them.

Whole buffers are searched first: a table without such texts pays for that search only (0.25 ns a
byte). Nothing runs per row in Python.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tableferry.config import OnInvalid

NUL: Final = "U+0000"
UNPAIRED_SURROGATE: Final = "an unpaired surrogate"
BLANKS: Final = "trailing blanks"

ACTIONS: Final = {OnInvalid.STRIP: "stripped", OnInvalid.REPLACE: "replaced by U+FFFD"}
"""What a policy did to a text, appended to the reason in the counts."""

_NUL_BYTE: Final = re.compile(b"\0")
_REPLACEMENT: Final = re.compile("\ufffd".encode())


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
    if not _found(_REPLACEMENT, texts):
        return False
    return bool(pc.any(pc.match_substring(texts, "\ufffd")).as_py())


def without_nul(texts: pa.Array, policy: OnInvalid) -> Cleaned:
    """Apply ``policy`` to the texts that hold U+0000; raises InvalidTextError under ``fail``."""
    if not _found(_NUL_BYTE, texts):
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
    if not _found(_NUL_BYTE, texts):
        return []
    positions: list[int] = pc.indices_nonzero(pc.match_substring(texts, "\0")).to_pylist()
    return positions


def without_trailing_blanks(texts: pa.Array) -> Cleaned:
    """Strip the blanks (U+0020 only) that pad a char or nchar."""
    blank = pc.ends_with(texts, " ")
    count = pc.sum(blank).as_py() or 0
    return Cleaned(pc.utf8_rtrim(texts, " ") if count else texts, count)


def _found(pattern: re.Pattern[bytes], texts: pa.Array) -> bool:
    """Search an array's buffer, which may hold more than the array's values, for a pattern."""
    characters = texts.buffers()[2]
    return characters is not None and pattern.search(characters) is not None
