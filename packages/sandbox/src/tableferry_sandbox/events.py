"""The events that a session answers a batch with; the wire writes them as TDS tokens.

The SQL engine produces these and knows nothing of TDS; the wire writes them and knows nothing
of SQL.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from tableferry_sandbox.sqltypes import Column, SqlType


class SqlError(Exception):
    """An error the way SQL Server reports it; numbers and texts are those of ``sys.messages``."""

    def __init__(
        self, number: int, message: str, *, severity: int = 16, state: int = 1, line: int = 1
    ) -> None:
        super().__init__(message)
        self.number = number
        self.message = message
        self.severity = severity
        self.state = state
        self.line = line


@dataclass(frozen=True)
class ResultSet:
    """A result set: its columns, and record batches in the physical form of ``sqltypes``.

    ``replay_key`` is set when the same key always means the same rows (it holds the statement and
    the version of the data it read); the wire may then answer from encoded bytes it kept. It
    then reads no batches and calls ``replayed`` with the number of rows instead.
    """

    columns: Sequence[Column]
    batches: Iterator[pa.RecordBatch]
    replay_key: str | None = None
    replayed: Callable[[int], None] | None = None


@dataclass(frozen=True)
class StatementDone:
    """A statement ended. ``rows`` is its row count, None under NOCOUNT and for DDL."""

    rows: int | None = None
    command: str = ""


@dataclass(frozen=True)
class Message:
    """An informational message (severity 10 or less), or an error that does not end the batch."""

    number: int
    text: str
    severity: int = 10
    state: int = 1
    line: int = 1


@dataclass(frozen=True)
class DatabaseChanged:
    """``USE`` was carried out."""

    old: str
    new: str


@dataclass(frozen=True)
class LanguageChanged:
    """``SET LANGUAGE`` was carried out."""

    language: str


@dataclass(frozen=True)
class TransactionChanged:
    """BEGIN, COMMIT or ROLLBACK changed the session's transaction; ``kind`` is one of these."""

    kind: str
    transaction: int


@dataclass(frozen=True)
class OutputValue:
    """The final value of a Parameter that was passed with ``output=True``; comes after the rows."""

    name: str
    type: SqlType
    value: Any


Event = (
    ResultSet | StatementDone | Message | DatabaseChanged | LanguageChanged | TransactionChanged
    | OutputValue
)  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """A parameter of an RPC: a Python scalar in the physical form of its type, None for NULL."""

    name: str
    type: SqlType
    value: Any
    output: bool = False


@dataclass(frozen=True)
class LoginRequest:
    """What LOGIN7 asked for; a ``token`` of Microsoft Entra stands for user and password.

    ``language`` is empty for the server's default.
    """

    user: str
    password: str
    database: str = ""
    application: str = ""
    host: str = ""
    read_only_intent: bool = False
    token: str = field(default="", repr=False)
    language: str = ""


class Session(Protocol):
    """One logged-in connection.

    ``execute`` raises SqlError for an error that ends the batch; what was yielded before stands.
    """

    session_id: int
    encrypted: bool
    """Whether TLS stays on after the login; set by the wire for ``sys.dm_exec_connections``."""

    @property
    def database(self) -> str:
        """The name of the database the session is in."""
        ...

    @property
    def language(self) -> str:
        """The name of the session's language."""
        ...

    def execute(self, sql: str, parameters: Sequence[Parameter] = ()) -> Iterator[Event]:
        """Run one batch and yield its events in order; result sets are consumed as they come."""
        ...

    def describe(self, sql: str, parameters: Sequence[Parameter] = ()) -> Sequence[Column] | None:
        """Return the columns of the batch's first result set without running it, None for none."""
        ...

    def begin(self, isolation: str | None = None) -> Iterator[Event]:
        """Begin a transaction, as TDS transaction manager requests ask for it."""
        ...

    def commit(self) -> Iterator[Event]:
        """Commit the current transaction."""
        ...

    def rollback(self) -> Iterator[Event]:
        """Roll the current transaction back."""
        ...

    def cancel(self) -> None:
        """Stop the running statement; called from another thread when an attention arrives."""
        ...

    def reset(self) -> None:
        """Put the session back to its state after login (RESETCONNECTION)."""
        ...

    def close(self) -> None:
        """Roll back the open transaction and end the session."""
        ...


class Engine(Protocol):
    """The databases behind a sandbox server."""

    def login(self, request: LoginRequest) -> Session:
        """Open a session; raises SqlError 18456 (login failed) or 4060 (cannot open database)."""
        ...
