"""The state of a logged-in session, and the DuckDB connection that its statements run on."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa

from tableferry_sandbox.engine.binding.context import Row
from tableferry_sandbox.engine.database import rights
from tableferry_sandbox.engine.database.catalog_objects import Database, Table, View
from tableferry_sandbox.engine.database.instance import Instance
from tableferry_sandbox.engine.database.other_objects import SchemaObject, Synonym, now_ticks
from tableferry_sandbox.engine.database.principals import Login, Principal
from tableferry_sandbox.engine.database.versions import Transaction
from tableferry_sandbox.engine.errors import cancelled, unknown_database, unsupported
from tableferry_sandbox.engine.execution.session_relations import SessionRelations
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.types.duck_macros import DATE_ORDER
from tableferry_sandbox.engine.types.languages import Language, find_language
from tableferry_sandbox.engine.types.row_errors import translate
from tableferry_sandbox.events import (
    Event,
    LoginRequest,
    Message,
    SqlError,
    TransactionChanged,
)
from tableferry_sandbox.sqltypes import SqlType

_DEFAULTS: Final = {
    "transaction isolation level": "read committed", "lock_timeout": "-1", "nocount": "off",
    "xact_abort": "off", "quoted_identifier": "on", "implicit_transactions": "off",
    "textsize": "-1", "rowcount": "0", "deadlock_priority": "0", "arithabort": "off",
    "arithignore": "off", "ansi_warnings": "on", "ansi_null_dflt_on": "on",
    "ansi_null_dflt_off": "off", "cursor_close_on_commit": "off", "language": "us_english",
    "dateformat": "mdy", "datefirst": "7",
}  # fmt: skip
"""What a session begins with: the defaults of ODBC and OLE DB.

ARITHABORT is off, as for every client but Management Studio."""


class SessionState(ABC):
    """What statements find in a session and change there.

    ``run`` is abstract: EXEC runs a batch inside a statement, so statements depend on batches and
    batches on statements. ``Session`` closes that loop, and statements need not import it.
    """

    def __init__(
        self, server: Instance, session_id: int, request: LoginRequest, database: Database,
        login: Login,
    ) -> None:  # fmt: skip
        self.server = server
        self.login = login
        self.reverts_to: list[Login] = []
        self.session_id = session_id
        self.login_name = request.user
        self.host_name = request.host
        self.application = request.application
        self.read_only_intent = request.read_only_intent
        self.login_time = now_ticks() // 10_000_000 * 10_000_000
        self.encrypted = False
        self.home = database
        self.current = database
        self.options = dict(_DEFAULTS)
        self.set_in_batch: set[str] = set()
        self.forgiven: frozenset[str] = frozenset()
        self.notices: list[Message] = []
        self.row_count = 0
        self.last_error = 0
        self.last_identity: int | None = None
        self.caught: list[object] = []
        self.caught_depth = 0
        self.transaction: Transaction | None = None
        self.transaction_count = 0
        self.variables: dict[str, tuple[SqlType, Any]] = {}
        self.temporary: dict[str, Table] = {}
        self.identity_insert: Table | None = None
        self.writer_number: int | None = None
        self.cursor = server.store.cursor()
        self._stop = threading.Event()
        self._relations = SessionRelations(self.cursor)
        self._querying, self._asking_lock = False, threading.Lock()
        self._defaults = self.options
        if request.language:
            self.speak(find_language(request.language))
            self._defaults = self.options

    @property
    def database(self) -> str:
        """The current database's name."""
        return self.current.name

    @abstractmethod
    def run(self, statements: Sequence[st.Statement]) -> Iterator[Event]:
        """Run a parsed batch, the session's own or one inside it."""

    def find_object(self, parts: tuple[str, ...]) -> Table | View | None:
        """Return a table or view by its one- to four-part name, or by a synonym of it."""
        found = self._find_table(parts)
        if found is None and not parts[-1].startswith(("#", "@")):
            synonym = self.find_other(parts)
            if isinstance(synonym, Synonym):
                # The base of a synonym cannot be a synonym (CREATE SYNONYM).
                return self._find_table(synonym.base)
        return found

    def find_other(
        self, parts: tuple[str, ...], database: Database | None = None
    ) -> SchemaObject | None:
        """Return a synonym, sequence, function, rule or default by its one- to three-part name.

        Without a database in the name, it is looked for in ``database``, the current one if None.
        """
        database = database or self.current
        if len(parts) == 3 and parts[0]:
            database = self.server.find_database(parts[0])
        schema = parts[-2] if len(parts) > 1 and parts[-2] else "dbo"
        return database.others.get(database.path(schema, parts[-1])) if database else None

    def _find_table(self, parts: tuple[str, ...]) -> Table | View | None:
        name = parts[-1]
        if name.startswith(("#", "@")):
            return self.temporary.get(name.lower())
        if len(parts) > 3:
            raise unsupported("linked servers")
        database: Database | None = self.current
        if len(parts) == 3 and parts[0]:
            database = self.server.find_database(parts[0])
            if database is None:
                return None
            rights.user_in(self.login, database)
        schema = parts[-2] if len(parts) > 1 and parts[-2] else "dbo"
        return database.find(schema, name) if database else None

    def find_visible(self, parts: tuple[str, ...]) -> Table | View | None:
        """Return a table or view by name, if the session sees it in the catalog."""
        try:
            found = self.find_object(parts)
        except SqlError as error:
            if error.number == 916:
                return None
            raise
        return found if found is not None and rights.sees(self.login, found) else None

    def catalog_of(self, database: Database) -> Database:
        """Return a database with only the objects that this session may see; raises 916."""
        return rights.visible_catalog(self.login, database)

    def may(self, permission: str, database: Database, item: Table | View | None = None) -> bool:
        """Return whether this session has a permission in a database, or on an object in it."""
        return rights.may(self.login, permission, database, item)

    def require_state(self, view: str) -> None:
        """Raise 262 or 300 if this session may not read a view of the server's state."""
        rights.require_state(self.login, self.current, view)

    @property
    def user(self) -> Principal:
        """The session's user in the current database."""
        return rights.user_in(self.login, self.current)

    def register(self, rows: pa.Table) -> str:
        """Register an Arrow table for the running statement; returns its name in DuckDB."""
        return self._relations.add(rows)

    def register_view(
        self, view: str, rows: list[Row], table: Callable[[list[Row]], pa.Table]
    ) -> str:
        """Register the rows of a catalog view as a table; returns its name in DuckDB."""
        name = self.note_view(view, rows, table)
        self.register_noted()
        return name

    def note_view(self, view: str, rows: list[Row], table: Callable[[list[Row]], pa.Table]) -> str:
        """Return the name in DuckDB that a catalog view's rows have after ``register_noted``."""
        if self.writer_number is not None:
            # What is registered inside a DuckDB transaction ends with it.
            return self.register(table(rows))
        return self._relations.note(view, rows, table)

    def register_noted(self) -> None:
        """Register the rows of catalog views that the running statement reads."""
        self._relations.register_noted()

    def unregister(self) -> None:
        """Unregister what only the statement that ended was to read."""
        self._relations.end_statement()

    def set_option(self, option: str, value: str) -> None:
        """Set an option, as SET does."""
        self.set_in_batch.add(option)
        self.take_options({**self.options, option: value})

    def speak(self, language: Language) -> None:
        """Take a language, with its order of dates and its first day of the week.

        Not those that the same batch has set: they override the language's (SET DATEFORMAT).
        """
        of_language = {
            "dateformat": language.dateformat, "datefirst": str(language.datefirst)
        }  # fmt: skip
        implied = {k: v for k, v in of_language.items() if k not in self.set_in_batch}
        self.take_options({**self.options, "language": language.name, **implied})

    @property
    def language(self) -> str:
        """The name of the session's language."""
        return self.options["language"]

    def take_notices(self) -> Iterator[Event]:
        """Yield the messages that the running statement is to end with."""
        notices, self.notices = self.notices, []
        yield from notices

    @property
    def row_limit(self) -> int:
        """The number of rows after which a statement ends (SET ROWCOUNT), 0 for none."""
        return int(self.options["rowcount"])

    def take_options(self, options: dict[str, str]) -> None:
        """Replace the options; DuckDB reads dates in the order of their DATEFORMAT."""
        if options["dateformat"] != self.options["dateformat"]:
            self.cursor.execute(f"SET VARIABLE {DATE_ORDER} = '{options['dateformat']}'")
        self.options = options

    @property
    def isolation(self) -> str:
        """The isolation level in force."""
        return self.options["transaction isolation level"]

    def stopped(self) -> bool:
        """Return whether the client asked to cancel."""
        return self._stop.is_set()

    def check_stop(self) -> None:
        """Raise if the client asked to cancel."""
        if self.stopped():
            raise cancelled()

    @contextmanager
    def querying(self, *, cancellable: bool = True) -> Iterator[None]:
        """Let a cancel interrupt DuckDB while this block runs a query, and translate its errors.

        Only here: outside a query, an interrupt would also hit the registering and dropping of
        tables.
        """
        with self._asking_lock:
            if cancellable:
                self.check_stop()
            self._querying = cancellable
        try:
            yield
        except SqlError:
            raise
        except Exception as error:
            raise translate(error) from error
        finally:
            with self._asking_lock:
                self._querying = False

    @property
    def lock_timeout(self) -> int:
        """Milliseconds to wait for a lock, -1 to wait forever."""
        return int(self.options["lock_timeout"])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a small query and return its rows as Python values."""
        with self.querying():
            return [tuple(row) for row in self.cursor.execute(sql).fetchall()]

    def run_sql(self, sql: str) -> None:
        """Run a DuckDB statement without rows."""
        with self.querying():
            self.cursor.execute(sql)

    def settle(self, sql: str) -> None:
        """Run DuckDB SQL that opens or closes a statement; a cancel does not interrupt it."""
        with self.querying(cancellable=False):
            self.cursor.execute(sql)

    def use(self, name: str) -> tuple[str, str]:
        """Change the current database; raises 911."""
        found = self.server.find_database(name)
        if found is None:
            raise unknown_database(name)
        rights.user_in(self.login, found)
        old, self.current = self.current, found
        return old.name, found.name

    def begin(self, isolation: str | None = None) -> Iterator[Event]:
        """Begin a transaction."""
        if isolation:
            level = isolation.lower().replace("_", " ")
            self.take_options({**self.options, "transaction isolation level": level})
        self.transaction_count += 1
        if self.transaction is None:
            self.transaction = self.server.store.versions.begin(self.session_id)
            yield TransactionChanged("BEGIN", self.transaction.number)

    def commit(self) -> Iterator[Event]:
        """Commit; an inner COMMIT only counts down. Raises 3902 outside a transaction."""
        if self.transaction is None:
            raise SqlError(
                3902, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION."
            )
        self.transaction_count -= 1
        if self.transaction_count == 0:
            done, self.transaction = self.transaction, None
            self.server.store.commit(done)
            yield TransactionChanged("COMMIT", done.number)

    def rollback(self) -> Iterator[Event]:
        """Roll back all of the transaction. Raises 3903 outside one."""
        if self.transaction is None:
            raise SqlError(
                3903, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION."
            )
        done, self.transaction, self.transaction_count = self.transaction, None, 0
        self.server.store.undo(done)
        yield TransactionChanged("ROLLBACK", done.number)

    def cancel(self) -> None:
        """Stop the running statement; harmless when none runs."""
        self._stop.set()
        with self._asking_lock:
            if self._querying:
                self.cursor.interrupt()

    def reset(self) -> None:
        """Put the session back to its state after login."""
        if self.transaction is not None:
            list(self.rollback())
        self._drop_temporary()
        self.login, *_ = [*self.reverts_to, self.login]
        self.reverts_to.clear()
        self.current = self.home
        self.take_options(self._defaults)
        self.identity_insert, self.last_identity, self.row_count = None, None, 0

    def _drop_temporary(self) -> None:
        for table in self.temporary.values():
            self.server.store.drop(table)
        self.temporary.clear()

    def close(self) -> None:
        """Roll back the open transaction and end the session."""
        if self.transaction is not None:
            list(self.rollback())
        self._drop_temporary()
        self.server.store.versions.set_deadlock_priority(self.session_id, 0)
        self.server.forget(self)
        self.cursor.close()
