"""Reads the rows of a query with COPY BINARY, block by block.

PostgreSQL sends one message for each row (CopyData, "Message Formats"), so where a row ends is
known without looking into it. The signature comes before the first row, in the same message.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from tableferry.errors import VerificationError
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.encoding import HEADER_BYTES, TRAILER
from tableferry.postgres.errors import translated
from tableferry.postgres.messages import statement

_COUNT_BYTES: Final = 2
"""A tuple begins with the number of its fields."""


@dataclass(frozen=True, slots=True)
class SentRows:
    """Rows as PostgreSQL has sent them: tuples of COPY BINARY, end to end, and where each ends."""

    data: bytes
    ends: list[int]


def copy_out(
    connection: TargetConnection, select: str, columns: int, block_bytes: int
) -> Generator[SentRows, None, None]:
    """Yield the rows of a query with so many columns, about ``block_bytes`` at a time.

    In the open transaction, whose savepoint the caller has to set: closed before its end, the
    COPY is cancelled. Raises TableferryError.
    """
    with (
        translated(connection.settings),
        connection.cursor() as cursor,
        cursor.copy(statement(f"COPY ({select}) TO STDOUT (FORMAT BINARY)")) as copy,
    ):
        messages = iter(copy)
        # Joined at once: a list of messages costs as much as reading them (1.2 us a row).
        block = bytearray(next(messages, b""))[HEADER_BYTES:]
        ends = [len(block)]
        for message in messages:
            if len(block) >= block_bytes:
                yield _sent(block, ends, columns)
                block, ends = bytearray(), []
            block += message
            ends.append(len(block))
        # The last message is no row.
        if not block.endswith(TRAILER) or len(block) - sum(ends[-2:-1]) != len(TRAILER):
            raise _unreadable()
        del block[-len(TRAILER) :], ends[-1]
        if ends:
            yield _sent(block, ends, columns)


def _sent(block: bytearray, ends: list[int], columns: int) -> SentRows:
    if int.from_bytes(block[:_COUNT_BYTES], "big") != columns:
        raise _unreadable()
    return SentRows(bytes(block), ends)


def _unreadable() -> VerificationError:
    return VerificationError(
        "PostgreSQL has sent rows in another form than that of COPY BINARY",
        hint="Nothing was changed. Please report this.",
    )
