"""The SQL engine as a server: logins open sessions, and Python code fills its databases."""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import pyarrow as pa

from tableferry_sandbox.engine.database import backups
from tableferry_sandbox.engine.database.backups import Backup
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.database.instance import Instance
from tableferry_sandbox.engine.database.principals import Login
from tableferry_sandbox.engine.errors import unknown_database
from tableferry_sandbox.engine.execution.bulk_load import load
from tableferry_sandbox.engine.session import Session
from tableferry_sandbox.engine.types.duck_types import arrow_schema
from tableferry_sandbox.engine.types.languages import find_language
from tableferry_sandbox.events import LoginRequest, Message, ResultSet, SqlError

FIRST_SESSION: Final = 51
"""The lowest session id of a user; SQL Server keeps the lower ones for itself."""


class DatabaseHandle:
    """One database, to be filled and queried from Python."""

    def __init__(self, server: "Server", database: Database) -> None:
        self._server = server
        self.database = database

    def run(self, sql: str) -> None:
        """Run a T-SQL batch as sysadmin, without a login; raises SqlError for any error in it."""
        for _ in self._results(sql):
            pass

    def query(self, sql: str) -> pa.Table:
        """Run a batch and return its first result set, in the physical form of ``sqltypes``.

        A batch without one gives a table without columns. Raises SqlError.
        """
        results = list(self._results(sql))
        return results[0] if results else pa.table({})

    def _results(self, sql: str) -> Iterator[pa.Table]:
        session = self._server.trusted(self.database)
        try:
            for event in session.execute(sql):
                if isinstance(event, ResultSet):
                    yield pa.Table.from_batches(event.batches, arrow_schema(event.columns))
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
        515, 2627 and the like.
        """
        target = self.database.table(schema, table)
        session = self._server.trusted(self.database)
        try:
            return load(session, target, rows)
        finally:
            session.close()

    def expire_changes(self, table: str = "", *, up_to: int | None = None) -> None:
        """Remove Change Tracking's changes, as cleanup does when their retention is over.

        Those of ``schema.table`` or of all tables, with versions up to ``up_to``, by default the
        current one. Nothing is ever removed but by this, whatever the retention. Raises 208.
        """
        tracking = self.database.tracking
        version = tracking.version if up_to is None else min(up_to, tracking.version)
        schema, _, name = table.rpartition(".")
        tables = [self.database.table(schema or "dbo", name)] if table else self.database.tables()
        for found in tables:
            self._server.store.remove_changes(found, version)
        if not table:
            tracking.cleaned = max(tracking.cleaned or 0, version)

    def backup(self) -> Backup:
        """Return a backup of what is committed: rows, catalog, versions and tracked changes."""
        return backups.take(self._server.store, self.database)

    def restore(self, backup: Backup) -> None:
        """Put the database back to a backup of it, as RESTORE DATABASE ... WITH REPLACE does.

        The database has the same ``database_guid`` and another ``recovery_fork_guid`` afterwards,
        and msdb.dbo.restorehistory one row more. Sessions stay connected, as though they had
        connected again; sequences go on counting. Raises 3101 while an open transaction has changed
        rows in it.
        """
        backups.restore(self._server.store, self.database, backup)
        name = self.database.name.replace("'", "''")
        self._server.database("msdb").run(
            "INSERT dbo.restorehistory (restore_date, destination_database_name, user_name, "
            "restore_type, replace, recovery, restart, device_count) "
            f"VALUES (GETDATE(), N'{name}', N'sa', 'D', 1, 1, 0, 1)"
        )


_RESTORE_HISTORY: Final = """CREATE TABLE dbo.restorehistory (
    restore_history_id int IDENTITY PRIMARY KEY, restore_date datetime,
    destination_database_name nvarchar(128), user_name nvarchar(128), backup_set_id int,
    restore_type char(1), replace bit, recovery bit, restart bit, stop_at datetime,
    device_count tinyint, stop_at_mark_name nvarchar(128), stop_before bit)"""
"""The table in msdb (restorehistory, SQL Server documentation)."""


class Server(Instance):
    """An in-memory stand-in for a SQL Server instance, behind the wire or used directly."""

    def __init__(self, name: str = "SANDBOX") -> None:
        super().__init__(name)
        self.database("msdb").run(_RESTORE_HISTORY)

    def create_database(self, name: str, collation: str | None = None) -> DatabaseHandle:
        """Create a database; raises 1801 if the name is taken."""
        return DatabaseHandle(self, self.add_database(name, collation))

    def database(self, name: str) -> DatabaseHandle:
        """Return a database to fill; raises 911."""
        found = self.find_database(name)
        if found is None:
            raise unknown_database(name)
        return DatabaseHandle(self, found)

    def login(self, request: LoginRequest) -> Session:
        """Open a session; raises 18456 (login failed), 4060 (cannot open database) or 2740."""
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
        login = self.find_login_by_token(request.token)
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
        if request.language:
            find_language(request.language)
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
