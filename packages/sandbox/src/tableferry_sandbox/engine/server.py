"""The databases behind a sandbox, its logins, and how data gets in from Python."""

import hmac
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import pyarrow as pa

from tableferry_sandbox.engine.bulk import load
from tableferry_sandbox.engine.catalog import Database, Table
from tableferry_sandbox.engine.errors import unknown_database
from tableferry_sandbox.engine.principals import Login
from tableferry_sandbox.engine.session import Session
from tableferry_sandbox.engine.store import Store
from tableferry_sandbox.events import LoginRequest, Message, ResultSet, SqlError

FIRST_SESSION: Final = 51
"""The first session id a user gets; lower ones are SQL Server's own."""


class DatabaseHandle:
    """One database, for those who fill it from Python."""

    def __init__(self, server: "Server", database: Database) -> None:
        self._server = server
        self.database = database

    def run(self, sql: str) -> None:
        """Run a T-SQL batch without a login; raises SqlError for any error in it."""
        session = self._server.trusted(self.database)
        try:
            for event in session.execute(sql):
                if isinstance(event, ResultSet):
                    for _ in event.batches:
                        pass
                if isinstance(event, Message) and event.severity > 10:
                    raise SqlError(event.number, event.text, severity=event.severity)
        finally:
            session.close()

    def load(
        self, schema: str, table: str, rows: pa.Table | pa.RecordBatch | Iterable[pa.RecordBatch]
    ) -> int:
        """Append rows in the physical form of ``sqltypes``, matched by column name.

        Columns that are absent get their default, a rowversion column the next values of the
        database; identity values are taken as given. Returns the number of rows. Raises SqlError
        515, 2627 and their like.
        """
        target = self.database.table(schema, table)
        session = self._server.trusted(self.database)
        try:
            return load(session, target, rows)
        finally:
            session.close()


class Server:
    """An in-memory server with ``master`` and the databases made on it."""

    def __init__(self, name: str = "SANDBOX") -> None:
        self.name = name
        self.store = Store()
        self._lock = threading.RLock()
        self._databases: dict[str, Database] = {}
        self._logins: dict[str, Login] = {}
        self._tokens: dict[str, str] = {}
        self._sessions: dict[int, Session] = {}
        for system in ("master", "tempdb", "model", "msdb"):
            self.create_database(system)

    def create_database(self, name: str, collation: str | None = None) -> DatabaseHandle:
        """Create a database; raises 1801 if there is one of this name."""
        with self._lock:
            if name.lower() in self._databases:
                raise SqlError(
                    1801,
                    f"Database '{name}' already exists. Choose a different database name.",
                    state=3,
                )
            used = {d.database_id for d in self._databases.values()}
            number = next(n for n in range(1, 32767) if n not in used)
            database = Database(number, name)
            if collation:
                database.collation = collation
            self._databases[name.lower()] = database
            return DatabaseHandle(self, database)

    def drop_database(self, name: str) -> None:
        """Drop a database; raises 3701 if there is none, 3702 if a session is in it."""
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

    def is_used(self, database: Database, *, but_by: Session | None = None) -> bool:
        """Whether a session, but this one, is in a database."""
        with self._lock:
            return any(s.current is database and s is not but_by for s in self._sessions.values())

    def add_login(
        self, user: str, password: str, default_database: str = "master", *, sysadmin: bool = True
    ) -> None:
        """Add a SQL login, or change its password. One of ``sysadmin`` may do everything."""
        with self._lock:
            self._logins[user.lower()] = Login(user, password, default_database, sysadmin)

    def add_token(self, token: str, user: str) -> None:
        """Let a token of Microsoft Entra stand for a login, as one FROM EXTERNAL PROVIDER does."""
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

    def database(self, name: str) -> DatabaseHandle:
        """Return a database to fill; raises 911."""
        found = self.find_database(name)
        if found is None:
            raise unknown_database(name)
        return DatabaseHandle(self, found)

    def login(self, request: LoginRequest) -> Session:
        """Open a session; raises 18456 (login failed) or 4060 (cannot open database)."""
        if request.token:
            return self._log_in_by_token(request)
        known = self.find_login(request.user)
        login = known or Login(request.user, "")
        matches = hmac.compare_digest(
            login.password.encode(), request.password.encode("utf-8", "replace")
        )
        if known is None or not matches:
            raise SqlError(18456, f"Login failed for user '{request.user}'.", severity=14)
        if login.disabled:
            raise SqlError(
                18470,
                f"Login failed for user '{request.user}'. Reason: The account is disabled.",
                severity=14,
            )
        return self._enter(replace(request, user=login.name), login)

    def _log_in_by_token(self, request: LoginRequest) -> Session:
        with self._lock:
            login = self._logins.get(self._tokens.get(request.token, "").lower())
        if login is None:
            raise SqlError(
                18456, "Login failed for user '<token-identified principal>'.", severity=14
            )
        return self._enter(request, login)

    def _enter(self, request: LoginRequest, login: Login) -> Session:
        wanted = request.database or login.default_database
        database = self.find_database(wanted)
        if database is None or database.security.user_of(login, database.name) is None:
            raise SqlError(
                4060,
                f'Cannot open database "{wanted}" requested by the login. The login failed.',
                severity=11,
            )
        return self._open(request, database, login)

    def trusted(self, database: Database) -> Session:
        """Open a session for the process itself."""
        return self._open(LoginRequest("sa", ""), database, Login("sa", ""))

    def _open(self, request: LoginRequest, database: Database, login: Login) -> Session:
        with self._lock:
            number = next(n for n in range(FIRST_SESSION, 32767) if n not in self._sessions)
            session = Session(self, number, request, database, login)
            self._sessions[number] = session
            return session

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Everybody who is logged in, in the order of their session ids."""
        with self._lock:
            return tuple(session for _, session in sorted(self._sessions.items()))

    def forget(self, session: Session) -> None:
        """Take a closed session off the list."""
        with self._lock:
            self._sessions.pop(session.session_id, None)

    def lowest_open_rowversion(self, database: Database) -> int:
        """Return the lowest rowversion of an open transaction, the next one without any."""
        return self.store.versions.lowest_rowversion(database.name, database.rowversion + 1)

    @staticmethod
    def has(table: Table) -> bool:
        """Tell whether a table is in its database's catalog."""
        return table.database.find(table.schema, table.name) is table

    def count_rows(self, table: Table) -> int:
        """Return how many rows a table has."""
        return self.store.count(table)

    def close(self) -> None:
        """End all sessions and free everything."""
        for session in list(self._sessions.values()):
            session.close()
        self.store.close()
