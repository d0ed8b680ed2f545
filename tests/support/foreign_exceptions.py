"""Exceptions of every class that the drivers and libraries can throw, with texts to look for.

Each carries a secret and a cell's value in its arguments, its notes, its cause and its context;
``PLACES`` are where foreign code runs, each with what makes it throw there.
"""

import ssl
from collections.abc import Callable
from typing import Any

import mssql_python
import mssql_python.cursor
import psycopg
import pyarrow as pa
import pytest
from psycopg.pq import DiagnosticField

from tableferry.postgres import encoding
from tableferry.values import converter

SECRET, VALUE = "s3cret-of-the-login", "value-of-a-cell"
BOTH = f"{SECRET} {VALUE}"
SQL_SERVER = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]"


def diagnosed(state: str) -> psycopg.Error:
    """An error as PostgreSQL reports it, with the texts in every field that may quote."""
    fields = {
        DiagnosticField.SQLSTATE: state,
        DiagnosticField.MESSAGE_PRIMARY: f"invalid input: {BOTH}",
        DiagnosticField.MESSAGE_DETAIL: BOTH,
        DiagnosticField.CONTEXT: f"COPY t, line 7, column a: {BOTH}",
        DiagnosticField.SOURCE_FUNCTION: "f",
    }
    info = {field: text.encode() for field, text in fields.items()}
    error = psycopg.errors.lookup(state)(BOTH, info=info, encoding="utf-8")
    assert isinstance(error, psycopg.Error)
    return error


def _made(kind: Any, *arguments: Any) -> Callable[[], BaseException]:
    return lambda: kind(*arguments)


ERRORS: dict[str, Callable[[], BaseException]] = {
    **{
        f"mssql_python.{name}": _made(getattr(mssql_python, name), BOTH, BOTH)
        for name in (
            "Error", "Warning", "InterfaceError", "DatabaseError", "DataError", "OperationalError",
            "IntegrityError", "InternalError", "ProgrammingError", "NotSupportedError",
        )
    },
    "mssql_python.ConnectionStringParseError": lambda: mssql_python.ConnectionStringParseError(
        [BOTH]
    ),
    "of SQL Server": lambda: mssql_python.DataError(
        "Numeric value out of range",
        f"{SQL_SERVER}Conversion failed when converting the varchar value '{BOTH}' to int.",
    ),
    "of SQL Server, unknown": lambda: mssql_python.DatabaseError(
        "General error", f"{SQL_SERVER}Something with '{BOTH}' went wrong."
    ),
    **{
        f"psycopg.{name}": _made(getattr(psycopg, name), BOTH)
        for name in (
            "Error", "InterfaceError", "DatabaseError", "DataError", "OperationalError",
            "IntegrityError", "InternalError", "ProgrammingError", "NotSupportedError",
        )
    },
    **{
        f"SQLSTATE {state}": _made(diagnosed, state)
        for state in ("22P02", "23505", "08P01", "25P03", "54000", "XX000", "P0001", "58030")
    },
    "RuntimeError": lambda: RuntimeError(BOTH),
    "TypeError": lambda: TypeError(BOTH),
    "ValueError": lambda: ValueError(BOTH),
    "KeyError": lambda: KeyError(BOTH),
    "OverflowError": lambda: OverflowError(BOTH),
    "MemoryError": lambda: MemoryError(BOTH),
    "AssertionError": lambda: AssertionError(BOTH),
    "UnicodeEncodeError": lambda: UnicodeEncodeError("utf-8", BOTH, 0, 1, BOTH),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", BOTH.encode(), 0, 1, BOTH),
    "OSError": lambda: OSError(5, BOTH),
    "OSError of words": lambda: OSError(BOTH),
    "TimeoutError": lambda: TimeoutError(BOTH),
    "ssl.SSLError": lambda: ssl.SSLError(1, BOTH),
    "pa.ArrowInvalid": lambda: pa.ArrowInvalid(BOTH),
    "pa.ArrowNotImplementedError": lambda: pa.ArrowNotImplementedError(BOTH),
    "pa.ArrowMemoryError": lambda: pa.lib.ArrowMemoryError(BOTH),
}  # fmt: skip


def thrown(name: str) -> BaseException:
    """The exception of this name, with the texts wherever an exception may keep them."""
    error = ERRORS[name]()
    error.add_note(BOTH)
    error.__cause__ = ValueError(BOTH)
    error.__context__ = ValueError(BOTH)
    return error


Thrower = Callable[..., Any]


def always(error: Callable[[], BaseException]) -> Thrower:
    def throw(*_arguments: Any, **_keywords: Any) -> Any:
        raise error()

    return throw


def when(text: str, real: Any, error: Callable[[], BaseException]) -> Thrower:
    """Throw where the statement holds a text, otherwise do what the driver does."""

    def execute(self: Any, sql: Any, *arguments: Any, **keywords: Any) -> Any:
        if text in str(sql):
            raise error()
        return real(self, sql, *arguments, **keywords)

    return execute


def _cursor(text: str) -> Callable[[pytest.MonkeyPatch, Callable[[], BaseException]], None]:
    def patch(monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException]) -> None:
        cursor = mssql_python.cursor.Cursor
        monkeypatch.setattr(cursor, "execute", when(text, cursor.execute, error))

    return patch


def _session(text: str) -> Callable[[pytest.MonkeyPatch, Callable[[], BaseException]], None]:
    def patch(monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException]) -> None:
        session = psycopg.Connection
        monkeypatch.setattr(session, "execute", when(text, session.execute, error))

    return patch


def _attribute(owner: Any, name: str) -> Any:
    def patch(monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException]) -> None:
        monkeypatch.setattr(owner, name, always(error))

    return patch


def _closing(monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException]) -> None:
    real = psycopg.Connection.close

    def close(self: Any) -> None:
        real(self)
        raise error()

    monkeypatch.setattr(psycopg.Connection, "close", close)


PLACES = {
    "connecting to the source": _attribute(mssql_python, "connect"),
    "connecting to the target": _attribute(psycopg, "connect"),
    "asking the source's catalog": _cursor("sys."),
    "asking the target's catalog": _session("pg_"),
    "reading": _attribute(mssql_python.cursor.Cursor, "arrow_batch"),
    "the source's count": _attribute(mssql_python.cursor.Cursor, "nextset"),
    "converting": _attribute(converter, "convert_array"),
    "encoding": _attribute(encoding.Encoder, "batch"),
    "the encoder": _attribute(encoding.pgpq, "ArrowToPostgresBinaryEncoder"),
    "COPY": _attribute(psycopg.Copy, "write"),
    "COMMIT": _session("COMMIT"),
    "the ledger": _session("tableferry.table_runs"),
    "closing": _closing,
}
