"""A connection to PostgreSQL."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

import psycopg

from tableferry.config import TargetSettings
from tableferry.errors import (
    CommitUnknownError,
    TableferryError,
    TransientError,
    VerificationError,
)
from tableferry.model.identifiers import TargetTable
from tableferry.model.target_database import UTF8
from tableferry.postgres.driver_session import has_news, open_session, shut_down
from tableferry.postgres.errors import replica_error, translated
from tableferry.postgres.messages import (
    Answers,
    Parameters,
    Question,
    Rows,
    answers,
    bound,
    is_bindable,
    statement,
)
from tableferry.postgres.session_settings import BEGIN_READING, READ_ONLY_SERVER, begin_statement

CANCEL_SECONDS: Final = 2.0
"""Timeout of a request to the server to cancel a statement."""

TOO_MANY_CONNECTIONS: Final = "53300"

_SAVEPOINT: Final = "SAVEPOINT tableferry_block"

OnWait = Callable[[Sequence[int] | None, float], None]


class TargetConnection:
    """One open connection in autocommit mode; a context manager that closes it.

    ``on_wait`` is called while a lock is not to be had, with the process ids of the sessions that
    hold it and for how many seconds they have been waited for (see ``locks``); at the end of the
    wait, where the lock was granted, with None.

    A connection that the other end has closed while no transaction was open on it is opened again
    when it is next used: nothing was lost with it.

    What begins a transaction is sent with its first statement, in one message; so is what was
    deferred, with the next one.

    With ``keep``, a block that ends in order with no transaction open offers it the connection, in
    whose session nothing is left then; ``keep`` returns whether it has taken it.
    """

    def __init__(
        self, settings: TargetSettings, raw: psycopg.Connection[Any], run_id: str = ""
    ) -> None:
        self.settings = settings
        self.raw = raw
        self._run_id = run_id
        self._begin = ""  # what begins the transaction that is open, until it is sent
        self._deferred: list[str] = []
        self._may_reopen = True
        self._is_shut_down = False
        self.on_wait: OnWait = _nothing
        self.keep: Callable[[TargetConnection], bool] | None = None

    @property
    def version(self) -> int:
        """The server's ``server_version_num``: 160004 is PostgreSQL 16.4."""
        with translated(self.settings):
            return self.raw.info.server_version

    @property
    def encoding(self) -> str:
        """The database's encoding, by PostgreSQL's name: UTF8, LATIN1, SQL_ASCII."""
        with translated(self.settings):
            return self.raw.info.parameter_status("server_encoding") or UTF8

    @property
    def is_encrypted(self) -> bool:
        """Whether this end of the connection uses TLS."""
        with translated(self.settings):
            return self.raw.pgconn.ssl_in_use

    def execute(self, sql: str, parameters: Parameters = ()) -> None:
        """Run a statement that returns no rows; raises TableferryError."""
        self._run(sql, parameters)

    def rows(self, sql: str, parameters: Parameters = ()) -> Rows:
        """Run a query with a small result set; raises TableferryError."""
        cursor = self._run(sql, parameters)
        with translated(self.settings):
            return cursor.fetchall()

    def _run(self, sql: str, parameters: Parameters) -> psycopg.Cursor[Any]:
        if (self._begin or self._deferred) and (not parameters or is_bindable(sql)):
            cursor = self._send(*self._bound((sql, parameters)))
            with translated(self.settings):
                while cursor.nextset():  # the last is the statement's
                    pass
            return cursor
        self.send_pending()
        self._revive()
        with translated(self.settings):
            return self.raw.execute(statement(sql), parameters or None)

    def defer(self, *statements: str) -> None:
        """Have statements sent before the transaction's next one, in its message, if one comes."""
        self._deferred += statements

    def ask(self, *questions: Question) -> Sequence[Rows]:
        """Run several statements in one message; returns the rows of each that returns any.

        In the open transaction; without one they are queries, in a transaction of their own, and
        asked again where the connection turns out to be lost. Raises TableferryError.
        """
        texts = self._bound(*questions)
        if self.in_transaction:
            return self._answers("; ".join(texts)).rows
        with self.transaction():
            return self._answers("; ".join([*texts, "COMMIT"])).rows

    def rows_and_commit(self, *questions: Question) -> Sequence[Rows]:
        """Run the last statements of the open transaction, and COMMIT, in one message.

        Returns the rows of each that returns any. Raises TableferryError: where the connection was
        lost, whether it was committed is unknown.
        """
        # Not sent again where the connection is lost: it may have been committed.
        text = "; ".join([*self._bound(*questions), "COMMIT"])
        found = self._answers(text, again=False)
        self._require_committed(found.tag)
        return found.rows

    def _answers(self, text: str, *, again: bool = True) -> Answers:
        before = sum(one.startswith("SELECT") for one in self._deferred)
        cursor = self._send(text, again=again)
        with translated(self.settings):
            found = answers(cursor)
        return Answers(found.rows[before:], found.tag)

    def _bound(self, *questions: Question) -> list[str]:
        with translated(self.settings):
            return [bound(self.raw, *question) for question in questions]

    def cursor(self) -> psycopg.Cursor[Any]:
        """Return a cursor for a COPY in the open transaction; raises TableferryError."""
        self.send_pending()
        return self.raw.cursor()

    @property
    def is_closed(self) -> bool:
        """Whether the connection was closed or lost."""
        return self.raw.closed

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, a failed one included."""
        return bool(self._begin) or (
            not self.raw.closed
            and self.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
        )

    @property
    def is_idle(self) -> bool:
        """Whether the connection is open, as far as is known, and in no transaction."""
        return not self.raw.closed and not self.in_transaction

    def begin(self, *, reopen: bool = True, **local: str) -> None:
        """Begin a transaction for writing, or join the one that is open.

        It has the settings of ``session_settings``, and ``local`` ones. Its first statement raises
        ConfigError for a server that only reads, or a pooler without transactions. With
        ``reopen``, a connection that turns out to be lost by then is opened again.
        """
        if self.in_transaction:
            return
        # What was lost in a transaction took its work along: that has to be an error.
        self._may_reopen = reopen and not self.is_closed
        self._begin = begin_statement(self.version, **local)

    def send_pending(self) -> None:
        """Send what begins the open transaction, and what was deferred: a COPY takes none along."""
        if self._begin or self._deferred:
            self._send("")

    def _send(self, text: str, *, again: bool = True) -> psycopg.Cursor[Any]:
        """Send statements, after what begins their transaction if that is not sent yet.

        ``again``: and once more, over a new connection, where this one turns out to be lost.
        """
        begin, self._begin = self._begin, ""
        deferred, self._deferred = self._deferred, []
        whole = "; ".join(one for one in (begin, *deferred, text) if one)
        if not begin:
            with translated(self.settings):
                return self.raw.execute(statement(whole))
        if self._may_reopen and self.has_ended:
            self._reopen()
        try:
            with translated(self.settings):
                return self.raw.execute(statement(whole))
        except TableferryError as error:
            if error.code == READ_ONLY_SERVER and not self.in_transaction:
                raise replica_error(self.settings) from error
            # A pooler without a free connection has waited for one already.
            lost = again and self._may_reopen and self.is_closed and not self._is_shut_down
            if not lost or error.code == TOO_MANY_CONNECTIONS:
                raise
        self._reopen()
        with translated(self.settings):
            return self.raw.execute(statement(whole))

    def begin_reading(self, *held: TargetTable) -> None:
        """Begin a transaction that reads everything as of this moment, and writes nothing.

        Not as of the first thing that is read: what the source is asked meanwhile would be older
        than the target. Tables that are ``held`` are locked first, so that nobody alters them or
        puts others in their place after that moment (PostgreSQL, "Explicit Locking": a lock taken
        later lets the transaction see a table that is no longer there). Raises TableferryError,
        with no transaction open then; TypeError where one was open.
        """
        if self.in_transaction:
            raise TypeError("a transaction is open: what it reads is of other moments")
        self._revive()
        try:
            with translated(self.settings):
                begin = [begin_statement(self.version, begin=BEGIN_READING)]
                if held:  # LOCK takes no snapshot: the first query does
                    tables = ", ".join(table.sql for table in held)
                    begin.append(f"LOCK TABLE {tables} IN ACCESS SHARE MODE")
                self.raw.execute(statement("; ".join([*begin, "SELECT 1"])))
        except TableferryError:
            self.rollback()
            raise

    @property
    def has_ended(self) -> bool:
        """Whether the other end has closed the connection, as far as is known without asking.

        So it looks also after a notice of the server's own, say of a changed setting.
        """
        return self.raw.closed or (self.is_idle and has_news(self.raw))

    def _revive(self) -> None:
        """Open the connection again where its end has come while no transaction was open."""
        if self.is_idle and self.has_ended:
            self._reopen()

    def _reopen(self) -> None:
        self.raw.close()
        self.raw = open_session(self.settings, self._run_id)

    def commit(self) -> None:
        """Commit; raises CommitUnknownError if the answer was lost.

        Any error after which the session is closed leaves the outcome unknown: a server that goes
        down over a full disk, say, may have committed before it reported that. Raises
        VerificationError if the server rolled back, which it does without an error after a failed
        statement.
        """
        try:
            self.commit_staged()
        except TableferryError as error:
            if not (isinstance(error, TransientError) or self.is_closed):
                raise
            raise CommitUnknownError(
                f"{error.message}; whether the load was committed is unknown",
                hint="Readers see all the old rows or all the new ones. Run it again.",
                code=error.code,
            ) from error

    def commit_staged(self) -> None:
        """Commit what only this load uses; raises TransientError if the answer was lost.

        It is unknown then as well whether the commit took effect, but nothing depends on it: the
        next attempt begins with what it finds. Raises VerificationError as ``commit`` does.
        """
        self._deferred = []
        if self._begin:
            self._begin = ""  # nothing was done in it
            return
        with translated(self.settings):
            tag = self.raw.execute("COMMIT").statusmessage
        self._require_committed(tag)

    def _require_committed(self, tag: str | None) -> None:
        if tag != "COMMIT":
            raise VerificationError(
                f"{self.settings} rolled back instead of committing",
                hint="The old rows stay. Please report this.",
            )

    def rollback(self) -> None:
        """Roll back the open transaction, if any; a lost connection has rolled back already."""
        self._begin, self._deferred = "", []
        if self.in_transaction:
            with contextlib.suppress(Exception):
                self.raw.execute("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self, *, reopen: bool = True, **local: str) -> Iterator[None]:
        """Run the block in a transaction, begun as ``begin`` does; in a savepoint if one is open.

        Raises VerificationError where a statement of the block has failed unnoticed.
        """
        if self.in_transaction:
            with self._savepoint():
                yield
            return
        self.begin(reopen=reopen, **local)
        try:
            yield
        except BaseException:
            self.rollback()
            raise
        if self.in_transaction or self.is_closed:  # else it was committed with its last statement
            self.commit_staged()

    @contextlib.contextmanager
    def _savepoint(self) -> Iterator[None]:
        """Run the block after a savepoint of the open transaction; rolled back to if it fails."""
        own = f"{_SAVEPOINT} "  # an object of its own: blocks may be nested
        self.defer(own)
        try:
            yield
        except BaseException:
            places = [place for place, one in enumerate(self._deferred) if one is own]
            if places:  # nothing was sent
                del self._deferred[places[0] :]
            else:
                self._deferred = []
                with contextlib.suppress(TableferryError):  # a lost connection has rolled back
                    self.execute(f"ROLLBACK TO {_SAVEPOINT}; RELEASE {_SAVEPOINT}")
            raise
        self.defer(f"RELEASE {_SAVEPOINT}")

    @contextlib.contextmanager
    def in_one_transaction(self) -> Iterator[None]:
        """Run the block in the open transaction, or in one of its own."""
        if self.in_transaction:
            yield
            return
        with self.transaction():
            yield

    def cancel(self) -> None:
        """Cancel the statement that another thread waits for; does nothing if none is running.

        A server that does not answer the statement may not answer this, either.
        """
        with contextlib.suppress(Exception):
            self.raw.cancel_safe(timeout=CANCEL_SECONDS)

    def shut_down(self) -> None:
        """End what another thread waits for, with a TransientError there."""
        self._is_shut_down = True
        shut_down(self.raw)

    def close(self) -> None:
        """Close the connection; the server rolls back what is open."""
        # Closing a lost connection may fail; nothing is left to close.
        with contextlib.suppress(Exception):
            self.raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        keep, self.keep = self.keep, None
        self.on_wait = _nothing
        if keep is None or kind is not None or not self.is_idle or not keep(self):
            self.close()


def _nothing(_pids: Sequence[int] | None, _seconds: float) -> None:
    """Report no wait."""


def connect(settings: TargetSettings, run_id: str = "") -> TargetConnection:
    """Open a connection; raises ConfigError (login, TLS) or TransientError (network).

    ``run_id`` becomes part of the application name, which identifies a run's sessions. A refused
    login that comes from a secret store is fetched again, once.
    """
    return TargetConnection(settings, open_session(settings, run_id), run_id)
