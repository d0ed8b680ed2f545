"""One server instance: its store, databases, logins and open sessions."""

import threading
from typing import Protocol

from tableferry_sandbox.engine.database.catalog_objects import Database, Table
from tableferry_sandbox.engine.database.other_objects import Sequence
from tableferry_sandbox.engine.database.principals import Login
from tableferry_sandbox.engine.database.store import Store
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION


class OpenSession(Protocol):
    """What an instance knows of a session: its login and its current database."""

    session_id: int
    login: Login
    current: Database

    def close(self) -> None:
        """Roll back what is open and end the session."""


class Instance:
    """An in-memory instance with the system databases and those created on it."""

    def __init__(self, name: str = "SANDBOX") -> None:
        self.name = name
        self.store = Store()
        self._lock = threading.RLock()
        self._databases: dict[str, Database] = {}
        self._logins: dict[str, Login] = {}
        self._tokens: dict[str, str] = {}
        self._sessions: dict[int, OpenSession] = {}
        for system in ("master", "tempdb", "model", "msdb"):
            # "master Database" and "msdb Database": SNAPSHOT is allowed in these two.
            self.add_database(system).allow_snapshot = system in {"master", "msdb"}

    def add_database(self, name: str, collation: str | None = None) -> Database:
        """Create a database; raises 1801 if the name is taken."""
        with self._lock:
            if name.lower() in self._databases:
                raise SqlError(
                    1801,
                    f"Database '{name}' already exists. Choose a different database name.",
                    state=3,
                )
            used = {d.database_id for d in self._databases.values()}
            number = next(n for n in range(1, 32767) if n not in used)
            database = Database(number, name, collation or DEFAULT_COLLATION)
            self._databases[name.lower()] = database
            return database

    def drop_database(self, name: str) -> None:
        """Drop a database; raises 3701 if it does not exist, 3702 if a session is in it."""
        with self._lock:
            database = self.find_database(name)
            if database is None:
                raise SqlError(
                    3701,
                    f"Cannot drop the database '{name}', because it does not exist or you do not "
                    "have permission.",
                    severity=11,
                )
            if self.is_used(database):
                raise SqlError(
                    3702, f'Cannot drop database "{name}" because it is currently in use.', state=4
                )
            for table in database.tables():
                self.store.drop(table)
            del self._databases[name.lower()]

    def is_used(self, database: Database, *, except_by: OpenSession | None = None) -> bool:
        """Whether a session other than ``except_by`` is in a database."""
        with self._lock:
            return any(
                s.current is database and s is not except_by for s in self._sessions.values()
            )

    def add_login(
        self, user: str, password: str, default_database: str = "master", *, sysadmin: bool = True
    ) -> None:
        """Add a SQL login, or change its password; a ``sysadmin`` may do everything."""
        with self._lock:
            self._logins[user.lower()] = Login(user, password, default_database, sysadmin)

    def add_token(self, token: str, user: str) -> None:
        """Accept a Microsoft Entra token for a login, as FROM EXTERNAL PROVIDER allows."""
        with self._lock:
            self._tokens[token] = user

    def find_login(self, name: str) -> Login | None:
        """Return a login by name."""
        return self._logins.get(name.lower())

    def logins(self) -> list[Login]:
        """Return all logins."""
        with self._lock:
            return list(self._logins.values())

    def remove_login(self, name: str) -> None:
        """Remove a login; raises 15434 while it is logged in."""
        with self._lock:
            login = self._logins[name.lower()]
            if any(s.login is login for s in self._sessions.values()):
                raise SqlError(
                    15434, f"Could not drop login '{name}' as the user is currently logged in."
                )
            del self._logins[name.lower()]

    def databases(self) -> list[Database]:
        """Return all databases by id."""
        with self._lock:
            return sorted(self._databases.values(), key=lambda d: d.database_id)

    def find_database(self, name: str) -> Database | None:
        """Return a database by name."""
        return self._databases.get(name.lower())

    def find_login_by_token(self, token: str) -> Login | None:
        """Return the login that a Microsoft Entra token stands for."""
        with self._lock:
            return self._logins.get(self._tokens.get(token, "").lower())

    @property
    def sessions(self) -> tuple[OpenSession, ...]:
        """The open sessions, by session id."""
        with self._lock:
            return tuple(session for _, session in sorted(self._sessions.items()))

    def forget(self, session: OpenSession) -> None:
        """Remove a closed session."""
        with self._lock:
            self._sessions.pop(session.session_id, None)

    def lowest_open_rowversion(self, database: Database) -> int:
        """Return the lowest rowversion of an open transaction, the next one without any."""
        return self.store.versions.lowest_rowversion(database.name, database.rowversion + 1)

    @staticmethod
    def has(table: Table) -> bool:
        """Return whether a table is in its database's catalog."""
        return table.database.find(table.schema, table.name) is table

    def last_value(self, sequence: Sequence) -> int:
        """Return the value a sequence gave last, its start before the first."""
        return self.store.last_value(sequence)

    def count_rows(self, table: Table) -> int:
        """Return how many rows a table has."""
        return self.store.count(table)

    def count_large_pages(self, table: Table) -> int | None:
        """Return how many pages of their own its large values have; None: no column has such."""
        return self.store.count_large_pages(table)

    def close(self) -> None:
        """End all sessions and free everything."""
        for session in self.sessions:
            session.close()
        self.store.close()
