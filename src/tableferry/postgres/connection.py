"""A connection to PostgreSQL: its transactions, and what is sent with their COMMITs."""

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
from tableferry.postgres.driver_session import open_session
from tableferry.postgres.errors import translated
from tableferry.postgres.messages import COMMIT, Question, Rows, statement, with_head_first
from tableferry.postgres.pending_statements import PendingStatements
from tableferry.postgres.session_settings import BEGIN_READING, begin_statement

_SAVEPOINT: Final = "SAVEPOINT tableferry_block"

OnWait = Callable[[Sequence[int] | None, float], None]


class TargetConnection(PendingStatements):
    """One open connection in autocommit mode; a context manager that closes it.

    ``on_wait`` is called while a lock is not to be had, with the process ids of the sessions that
    hold it and for how many seconds they have been waited for (see ``locks``); at the end of the
    wait, where the lock was granted, with None.

    With ``keep``, a block that ends in order with no transaction open offers it the connection, in
    whose session nothing is left then; ``keep`` returns whether it has taken it.
    """

    def __init__(
        self, settings: TargetSettings, raw: psycopg.Connection[Any], run_id: str = ""
    ) -> None:
        super().__init__(settings, raw, run_id)
        self.on_wait: OnWait = _nothing
        self.keep: Callable[[TargetConnection], bool] | None = None

    def ask(self, *questions: Question) -> Sequence[Rows]:
        """Run several statements in one message; returns the rows of each that returns any.

        In the open transaction; without one they are queries, in a transaction of their own, and
        asked again where the connection turns out to be lost. Raises TableferryError.
        """
        texts = self._bound(*questions)
        if self.in_transaction:
            return self._answers("; ".join(texts)).rows
        with self.transaction():
            return self._answers("; ".join([*texts, COMMIT])).rows

    def rows_and_commit(self, *questions: Question) -> Sequence[Rows]:
        """Run the last statements of the open transaction, and COMMIT, in one message.

        Without one, in a transaction of their own. Returns the rows of each that returns any.
        Raises TableferryError: where the connection was lost, whether it was committed is unknown.
        """
        if not self.in_transaction:
            with self.transaction():
                return self.rows_and_commit(*questions)
        return self._committed("; ".join([*self._bound(*questions), COMMIT]))

    def commit_staged_and_ask(self, *questions: Question) -> Sequence[Rows]:
        """Commit as ``commit_staged`` does, and run statements in a transaction of their own.

        All in one message. Returns the rows of each that returns any. Raises TableferryError.
        """
        first = [COMMIT, begin_statement(self.version)]
        text = "; ".join([*self._bound(*questions), COMMIT])
        try:
            return self._committed(with_head_first(first, text))
        except BaseException:
            self.rollback()
            raise

    def _committed(self, text: str) -> Sequence[Rows]:
        # Not sent again where the connection is lost: it may have been committed.
        found = self._answers(text, again=False)
        if "ROLLBACK" in found.tags or found.tags[-1] != COMMIT:
            raise VerificationError(
                f"{self.settings} rolled back instead of committing",
                hint="The old rows stay. Please report this.",
            )
        return found.rows

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

    def commit(self, *questions: Question) -> Sequence[Rows]:
        """Run the transaction's last statements and commit, with what is deferred, in one message.

        Returns the rows of each that returns any. Raises CommitUnknownError where the answer was
        lost.

        Any error after which the session is closed leaves the outcome unknown: a server that goes
        down over a full disk, say, may have committed before it reported that. Raises
        VerificationError if the server rolled back, which it does without an error after a failed
        statement; and the error of a statement, after which nothing was committed.
        """
        if not questions and not self._has_work():
            return ()
        try:
            return self.rows_and_commit(*questions)
        except TableferryError as error:
            came_before = self._holds_transaction
            if came_before or not (isinstance(error, TransientError) or self.is_closed):
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
        if self._has_work():
            self.rows_and_commit()

    def _has_work(self) -> bool:
        """Whether anything was, or is to be, done in the transaction.

        What is deferred prepares for statements that do not come, and is forgotten.
        """
        if self._owes:
            return True
        was_sent = not self._begin
        self._forget_pending()
        return was_sent

    def rollback(self) -> None:
        """Roll back the open transaction, if any; a lost connection has rolled back already."""
        self._forget_pending()
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
                self._forget_pending()
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
