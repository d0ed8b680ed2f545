"""An open session of PostgreSQL: what it is, how its end is noticed, and how it is opened again."""

import contextlib
from typing import Any, Final

import psycopg

from tableferry.config import TargetSettings
from tableferry.model.target_database import UTF8
from tableferry.postgres.driver_session import has_news, open_session, shut_down
from tableferry.postgres.errors import translated

CANCEL_SECONDS: Final = 2.0
"""Timeout of a request to the server to cancel a statement."""


class ServerSession:
    """One open session, in autocommit mode; ``raw`` is the driver's, another where it was lost."""

    def __init__(
        self, settings: TargetSettings, raw: psycopg.Connection[Any], run_id: str = ""
    ) -> None:
        self.settings = settings
        self.raw = raw
        self._run_id = run_id
        self._is_shut_down = False

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

    @property
    def is_closed(self) -> bool:
        """Whether the connection was closed or lost."""
        return self.raw.closed

    @property
    def has_ended(self) -> bool:
        """Whether the other end has closed the connection, as far as is known without asking.

        So it looks also after a notice of the server's own, say of a changed setting.
        """
        return self.raw.closed or (not self._holds_transaction and has_news(self.raw))

    @property
    def _holds_transaction(self) -> bool:
        """Whether the server has a transaction open, a failed one included."""
        return (
            not self.raw.closed
            and self.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
        )

    def _reopen(self) -> None:
        self.raw.close()
        self.raw = open_session(self.settings, self._run_id)

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
