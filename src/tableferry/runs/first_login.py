"""Logins of several threads: the first to each database is tried alone.

Servers lock accounts after some refused logins. So while no login to a database has succeeded in a
run, one thread tries it and the others wait; what refused it for one is not tried by the others.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tableferry.config import LOGIN_REFUSED
from tableferry.errors import ConfigError, TableferryError

T = TypeVar("T")


@dataclass(slots=True)
class _Database:
    turn: threading.Lock = field(default_factory=threading.Lock)
    is_known: bool = False
    refusal: ConfigError | None = None


class FirstLogins:
    """The databases of a run, by any name; all of it may be used by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._databases: dict[str, _Database] = {}

    def connect(self, name: str, connect: Callable[[], T]) -> T:
        """Connect; raises what ``connect`` does, and again what refused an earlier login."""
        with self._lock:
            database = self._databases.setdefault(name, _Database())
        if not database.is_known:
            with database.turn:
                if database.refusal is not None:
                    found = database.refusal
                    raise ConfigError(found.message, hint=found.hint, code=found.code)
                if not database.is_known:
                    return self._first(database, connect)
        return connect()

    def _first(self, database: _Database, connect: Callable[[], T]) -> T:
        try:
            connected = connect()
        except TableferryError as error:
            if isinstance(error, ConfigError) and error.code in LOGIN_REFUSED:
                database.refusal = error
            else:
                # A server that is not there has counted no login: nobody need wait for this one.
                database.is_known = True
            raise
        database.is_known = True
        return connected
