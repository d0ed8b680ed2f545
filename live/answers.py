"""Runs a batch as the engine's driver does, and returns what came back: rows, an error, nothing.

Of the driver (mssql-python 1.16): its exceptions have no numbers, but the diagnostic records of a
statement do. They are gone once it resets a cursor, which it does as soon as ``execute`` fails.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from mssql_python import ddbc_bindings

from live.written import written, written_column
from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry.errors import TableferryError
from tableferry.sqlserver.errors import translate

TIMEOUT: Final = 60
"""Seconds for one batch: what no probe needs on a server that is not overloaded."""

WIRE_ROWS: Final = 10_000
"""Rows of one Arrow batch: more than a probe has."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The first result set of a batch that succeeded; without one there are no columns."""

    columns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """An error: the server's number (0: unknown) and text, and the code that the engine gives it.

    ``code`` is "" where the engine does not know the error.
    """

    number: int
    text: str
    code: str


Answer = Answered | Failed


def ask(connection: sqlserver.SourceConnection, sql: str, *, wire: bool) -> Answer:
    """Run a batch to its end; ``wire``: read the rows as Arrow. What fails is an answer as well."""
    connection._raw.timeout = TIMEOUT  # noqa: SLF001 - stream() sets none
    with contextlib.closing(connection._raw.cursor()) as cursor:  # noqa: SLF001
        records: list[tuple[str, str]] = []
        _keep_records(cursor, records)
        try:
            cursor.execute(sql)
            return _read(cursor, wire=wire)
        except TableferryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a driver raises is the answer
            with contextlib.suppress(Exception):
                records += ddbc_bindings.DDBCSQLGetAllDiagRecords(cursor.hstmt)
            return _failed(error, records, connection.settings)


def refused_login(error: TableferryError, settings: SourceSettings) -> Failed:
    """Return what the engine says about a connection that was not opened."""
    text = error.message.removeprefix(f"{settings}: ").removesuffix(f" ({error.code})")
    number = int(error.code) if error.code and error.code.isdigit() else 0
    return Failed(number, f"{text.rstrip('.')}.", error.code or "")


def _keep_records(cursor: Any, records: list[tuple[str, str]]) -> None:
    reset = cursor._reset_cursor  # noqa: SLF001 - nothing public is called before it

    def keep_and_reset() -> None:
        with contextlib.suppress(Exception):
            records.extend(ddbc_bindings.DDBCSQLGetAllDiagRecords(cursor.hstmt))
        reset()

    cursor._reset_cursor = keep_and_reset  # noqa: SLF001


def _read(cursor: Any, *, wire: bool) -> Answered:
    answer: Answered | None = None
    while True:
        if cursor.description:
            read = _wire(cursor) if wire and answer is None else _rows(cursor)
            answer = answer or read
        if not cursor.nextset():
            return answer or Answered()


def _rows(cursor: Any) -> Answered:
    columns = tuple(str(entry[0]) for entry in cursor.description)
    rows = tuple(tuple(written(value) for value in row) for row in cursor.fetchall())
    return Answered(columns, (), rows)


def _wire(cursor: Any) -> Answered:
    batch = cursor.arrow_batch(WIRE_ROWS)
    columns = [written_column(column) for column in batch.columns]
    return Answered(
        tuple(batch.schema.names),
        tuple(str(one.type) for one in batch.schema),
        tuple(zip(*columns, strict=True)),
    )


def _failed(error: Exception, records: list[tuple[str, str]], settings: SourceSettings) -> Failed:
    code = translate(error, settings).code or ""
    for state, text in _errors(records):
        found = re.search(r"\((\d+)\)", state)
        if found and "[SQL Server]" in text:
            return Failed(int(found[1]), text.rpartition("[SQL Server]")[2], code)
    text = str(getattr(error, "ddbc_error", "") or error)
    text = text.rpartition("[SQL Server]")[2] or text
    return Failed(int(code) if code.isdigit() else 0, text, code)


def _errors(records: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the records that are errors: warnings have SQLSTATE 01000 and the like."""
    for state, text in records:
        if not state.startswith("[01"):
            yield state, text
