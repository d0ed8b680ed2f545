"""Runs transaction manager requests: BEGIN, COMMIT, ROLLBACK outside SQL (MS-TDS 2.2.6.9)."""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from tableferry_sandbox.events import Event, Session, SqlError
from tableferry_sandbox.tds.byte_reader import ByteReader, skip_all_headers

_ISOLATION: Final = {
    0: None,  # keep the current level
    1: "READ UNCOMMITTED",
    2: "READ COMMITTED",
    3: "REPEATABLE READ",
    4: "SERIALIZABLE",
    5: "SNAPSHOT",
}
_BEGIN_ANOTHER: Final = 0x01


class TransactionRequest(IntEnum):
    """The request types that the sandbox knows; the others are for distributed transactions."""

    BEGIN = 5
    COMMIT = 7
    ROLLBACK = 8
    SAVE = 9


def run_transaction_request(payload: bytes, session: Session) -> Iterator[Event]:
    """Run a request and yield the session's events.

    Raises SqlError for distributed transactions, savepoints and an unknown isolation level.
    """
    reader = ByteReader(payload)
    skip_all_headers(reader)
    kind = reader.u16()
    if kind == TransactionRequest.BEGIN:
        yield from session.begin(_isolation(reader))
    elif kind in {TransactionRequest.COMMIT, TransactionRequest.ROLLBACK}:
        name = reader.take(reader.u8())
        if name and kind == TransactionRequest.ROLLBACK:
            raise SqlError(50000, "The sandbox does not support savepoints.")
        begin_another = reader.u8() & _BEGIN_ANOTHER if reader.more else 0
        yield from session.commit() if kind == TransactionRequest.COMMIT else session.rollback()
        if begin_another:
            yield from session.begin(_isolation(reader))
    elif kind == TransactionRequest.SAVE:
        raise SqlError(50000, "The sandbox does not support savepoints.")
    else:
        raise SqlError(50000, "The sandbox does not support distributed transactions.")


def _isolation(reader: ByteReader) -> str | None:
    level = reader.u8()
    if level not in _ISOLATION:
        raise SqlError(50000, f"Unknown isolation level {level} in a transaction request.")
    return _ISOLATION[level]
