"""What the target is sent while a block runs: every message, one round trip each.

A statement, or several in one text, is one message; a COPY is two, its beginning and its end. How
often a heartbeat beats depends on the time, so its messages are left out.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

HEARTBEAT = "tableferry-ledger"


@dataclass(slots=True)
class Messages:
    """The texts in their order, with the application name of the session that sent each."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    logins: int = 0

    @property
    def texts(self) -> list[str]:
        """The texts alone."""
        return [text for _, text in self.sent]


@contextlib.contextmanager
def messages_to_the_target() -> Iterator[Messages]:
    """Note what psycopg sends from here on, from any thread."""
    noted = Messages()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(psycopg.Cursor, "execute", _noting(noted, psycopg.Cursor.execute))
        patched.setattr(psycopg.Cursor, "copy", _noting(noted, psycopg.Cursor.copy))
        patched.setattr(psycopg, "connect", _counting(noted, psycopg.connect))
        yield noted


def _noting(noted: Messages, method: Callable[..., Any]) -> Callable[..., Any]:
    def noting(cursor: Any, query: Any, *more: Any, **named: Any) -> Any:
        if threading.current_thread().name == HEARTBEAT:
            return method(cursor, query, *more, **named)
        session = cursor.connection.info.parameter_status("application_name") or ""
        text = query.decode() if isinstance(query, bytes) else str(query)
        noted.sent += [(session, text)] * (2 if method.__name__ == "copy" else 1)
        return method(cursor, query, *more, **named)

    return noting


def _counting(noted: Messages, method: Callable[..., Any]) -> Callable[..., Any]:
    def counting(*given: Any, **named: Any) -> Any:
        noted.logins += 1
        return method(*given, **named)

    return counting
