"""Statements that wait for the next one, to be sent with it: a round trip less for each.

What begins a transaction is sent with its first statement, and what was deferred with the next.
"""

from typing import Any, Final

import psycopg

from tableferry.config import TargetSettings
from tableferry.errors import TableferryError
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
    with_head_first,
)
from tableferry.postgres.server_session import ServerSession
from tableferry.postgres.session_settings import READ_ONLY_SERVER, begin_statement

TOO_MANY_CONNECTIONS: Final = "53300"


class PendingStatements(ServerSession):
    """A session, and what is to be sent with its next message.

    A session that the other end has closed while no transaction was open on it is opened again when
    it is next used: nothing was lost with it.
    """

    def __init__(
        self, settings: TargetSettings, raw: psycopg.Connection[Any], run_id: str = ""
    ) -> None:
        super().__init__(settings, raw, run_id)
        self._begin = ""  # what begins the transaction that is open, until it is sent
        self._deferred: list[str] = []
        self._owes = False
        self._may_reopen = True

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

    def owe(self, *statements: str) -> None:
        """Have statements sent with the transaction's next one, or with its COMMIT."""
        self._deferred += statements
        self._owes = True

    def send_owed(self) -> None:
        """Send what is owed, with what was deferred before it."""
        if self._owes:
            self._send("")

    def _forget_pending(self) -> None:
        """Forget what only prepares for a statement that does not come."""
        self._begin, self._deferred, self._owes = "", [], False

    def _answers(self, text: str, *, again: bool = True) -> Answers:
        before = sum(one.startswith("SELECT") for one in self._deferred)
        cursor = self._send(text, again=again)
        with translated(self.settings):
            found = answers(cursor)
        return Answers(found.rows[before:], found.tags)

    def _bound(self, *questions: Question) -> list[str]:
        with translated(self.settings):
            return [bound(self.raw, *question) for question in questions]

    def cursor(self) -> psycopg.Cursor[Any]:
        """Return a cursor for a COPY in the open transaction; raises TableferryError."""
        self.send_pending()
        return self.raw.cursor()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, a failed one included."""
        return bool(self._begin) or self._holds_transaction

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
        deferred, self._deferred, self._owes = self._deferred, [], False
        whole = with_head_first([one for one in (begin, *deferred) if one], text)
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

    def _revive(self) -> None:
        """Open the connection again where its end has come while no transaction was open."""
        if self.is_idle and self.has_ended:
            self._reopen()
