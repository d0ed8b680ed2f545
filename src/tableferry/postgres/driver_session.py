"""The driver's own connection to PostgreSQL: how it logs in, and how its end is noticed."""

import contextlib
import logging
import os
import selectors
import socket
from typing import Any, Final

import psycopg

from tableferry.config import Login, TargetSettings
from tableferry.postgres.errors import translated, without_texts

# psycopg's log records (an interrupted query, say) go to configured handlers only, not to stderr
# through Python's handler of last resort: the outcome has the error already.
logging.getLogger("psycopg").addHandler(logging.NullHandler())
logging.getLogger("psycopg").addFilter(without_texts)

KEEPALIVES: Final[dict[str, Any]] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Detect a vanished peer after a minute; without these it takes about two hours."""

NAME: Final = "tableferry"
"""How the application names of all sessions begin; the run's id follows."""


def open_session(settings: TargetSettings, run_id: str) -> psycopg.Connection[Any]:
    """Log in; raises ConfigError (login, TLS) or TransientError (network).

    A refused login that comes from a secret store is fetched again, once.
    """
    return settings.with_login(lambda login: _connect(settings, login, run_id))


def _connect(settings: TargetSettings, login: Login, run_id: str) -> psycopg.Connection[Any]:
    with translated(settings, at_login=True):
        raw = psycopg.connect(
            host=settings.host,
            port=settings.port,
            dbname=settings.db,
            user=login.user,
            password=login.password.get_secret_value(),
            sslmode=settings.sslmode.value,
            sslrootcert=settings.sslrootcert or None,
            connect_timeout=settings.connect_timeout,
            application_name=f"{NAME} {run_id}".strip(),
            client_encoding="utf8",
            autocommit=True,
            prepare_threshold=None,  # a pooler gives the next transaction another session
            **KEEPALIVES,
        )
        raw.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    return raw


def has_news(raw: psycopg.Connection[Any]) -> bool:
    """Whether something has come that nothing was asked for: mostly the end of the session."""
    with selectors.DefaultSelector() as selector:
        selector.register(raw.fileno(), selectors.EVENT_READ)
        return bool(selector.select(0))


def shut_down(raw: psycopg.Connection[Any]) -> None:
    """Shut the socket down, so that every call that waits on it ends; a closed one has none."""
    with (
        contextlib.suppress(psycopg.Error, OSError),
        socket.socket(fileno=os.dup(raw.fileno())) as wire,
    ):
        wire.shutdown(socket.SHUT_RDWR)
