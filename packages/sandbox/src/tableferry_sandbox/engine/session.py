"""A logged-in connection: runs batches statement by statement."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from tableferry_sandbox.engine import batch, rights
from tableferry_sandbox.engine import statements as st
from tableferry_sandbox.engine.bind_calls import Binder
from tableferry_sandbox.engine.catalog import Database, Table, View, now_ticks
from tableferry_sandbox.engine.errors import cancelled, unknown_database, unsupported
from tableferry_sandbox.engine.outcome import Outcome
from tableferry_sandbox.engine.parser import parse_batch
from tableferry_sandbox.engine.principals import Login, Principal
from tableferry_sandbox.engine.reading import readable
from tableferry_sandbox.engine.rowerror import translate
from tableferry_sandbox.engine.scope import BoundQuery, Context
from tableferry_sandbox.engine.storage import arrow_schema, to_physical
from tableferry_sandbox.engine.versions import Transaction
from tableferry_sandbox.events import (
    Event,
    LoginRequest,
    OutputValue,
    Parameter,
    ResultSet,
    SqlError,
    TransactionChanged,
)
from tableferry_sandbox.sqltypes import Column, SqlType

if TYPE_CHECKING:
    from tableferry_sandbox.engine.server import Server

BATCH_ROWS: Final = 20_000
"""Rows of a result's record batch: what the wire encodes at a time, some megabytes at most."""

_DEFAULTS: Final = {
    "transaction isolation level": "read committed", "lock_timeout": "-1", "nocount": "off",
    "xact_abort": "off", "quoted_identifier": "on", "implicit_transactions": "off",
    "textsize": "-1", "rowcount": "0",
}  # fmt: skip


class Session:
    """One session; see ``events.Session`` for what its methods promise."""

    def __init__(
        self, server: "Server", session_id: int, request: LoginRequest, database: Database,
        login: Login,
    ) -> None:  # fmt: skip
        self.server = server
        self.login = login
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
        self._registered = 0
        self._asking, self._asking_lock = False, threading.Lock()

    @property
    def database(self) -> str:
        """The current database's name."""
        return self.current.name

    def execute(self, sql: str, parameters: Sequence[Parameter] = ()) -> Iterator[Event]:
        """Run one batch and yield its events in order."""
        self._stop.clear()
        self.variables = {p.name.lower(): (p.type, p.value) for p in parameters if p.name}
        self.caught_depth = 0
        try:
            quoted = self.options["quoted_identifier"] == "on"
            yield from self.run(parse_batch(sql, quoted_identifier=quoted))
            for parameter in parameters:
                if parameter.output:
                    sql_type, value = self.variables[parameter.name.lower()]
                    yield OutputValue(parameter.name, sql_type, value)
        except SqlError as error:
            self.last_error = error.number
            raise
        finally:
            for name in [n for n in self.temporary if n.startswith("@")]:
                self.server.store.drop(self.temporary.pop(name))

    def run(self, statements: Sequence[st.Statement]) -> Iterator[Event]:
        """Run a parsed batch, the session's own or one inside it."""
        yield from batch.run(self, statements)

    def describe(self, sql: str, parameters: Sequence[Parameter] = ()) -> Sequence[Column] | None:
        """Return the columns of the batch's first result set without running it."""
        saved = self.variables
        self.variables = {p.name.lower(): (p.type, p.value) for p in parameters if p.name}
        try:
            quoted = self.options["quoted_identifier"] == "on"
            return self._describe(parse_batch(sql, quoted_identifier=quoted))
        finally:
            self.variables = saved

    def _describe(self, statements: Sequence[st.Statement]) -> Sequence[Column] | None:
        for statement in statements:
            if isinstance(statement, st.Declare):
                kind = self.binder().resolve_type(statement.type)
                self.variables[statement.name.lower()] = (kind, None)
            elif isinstance(statement, st.Block):
                found = self._describe(statement.body)
                if found is not None:
                    return found
            elif isinstance(statement, st.QueryStatement):
                binder = Binder(self.context(lambda _, __: "t0"))
                bound = binder.query(statement.query, None)
                if not any(c.name.startswith("@") for c in bound.columns):
                    return bound.result_columns()
        return None

    def context(self, read: Callable[[Table, frozenset[str]], str] | None = None) -> Context:
        """Return what binding a statement needs."""
        return Context(
            self,
            self.variables,
            self.find_object,
            read or partial(readable, self),
            self.register,
            partial(rights.require, self, "SELECT"),
        )

    def binder(self) -> Binder:
        """Return a binder for one statement."""
        return Binder(self.context())

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep the row versions that an expression may read, while it is worked out."""
        _, release = self.server.store.versions.take()
        try:
            yield
        finally:
            release()
            self.unregister()

    def find_object(self, parts: tuple[str, ...]) -> Table | View | None:
        """Return a table or view by its one- to four-part name."""
        name = parts[-1].lower()
        if name.startswith(("#", "@")):
            return self.temporary.get(name)
        if len(parts) > 3:
            raise unsupported("linked servers")
        database: Database | None = self.current
        if len(parts) == 3 and parts[0]:
            database = self.server.find_database(parts[0])
            if database is None:
                return None
            rights.user_in(self, database)
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
        return found if found is not None and rights.sees(self, found) else None

    def seen(self, database: Database) -> Database:
        """Return a database with what this session sees of it; raises 916."""
        return rights.seen(self, database)

    def may(self, permission: str, database: Database, item: Table | View | None = None) -> bool:
        """Tell whether this session has a permission."""
        return rights.may(self, permission, database, item)

    def require_state(self, view: str) -> None:
        """Raise 262 or 300 where a view of the server's state is not for this session."""
        rights.require_state(self, view)

    @property
    def user(self) -> Principal:
        """Who the session is in the current database."""
        return rights.user_in(self, self.current)

    def register(self, rows: pa.Table) -> str:
        """Make an Arrow table readable for the running statement, return its name."""
        self._registered += 1
        name = f"a{self._registered}"
        self.cursor.register(name, rows)
        return name

    def unregister(self) -> None:
        """Forget the Arrow tables of the statement that ended."""
        for number in range(1, self._registered + 1):
            self.cursor.unregister(f"a{number}")
        self._registered = 0

    @property
    def isolation(self) -> str:
        """The isolation level in force."""
        return self.options["transaction isolation level"]

    def stopped(self) -> bool:
        """Tell whether the client asked to cancel."""
        return self._stop.is_set()

    def check_stop(self) -> None:
        """Raise if the client asked to cancel."""
        if self.stopped():
            raise cancelled()

    @contextmanager
    def asking(self, *, cancellable: bool = True) -> Iterator[None]:
        """Let a cancel reach DuckDB while this block runs a query, and translate what it raises.

        Nowhere else: an interrupt strikes what is registered for a statement or dropped, too.
        """
        with self._asking_lock:
            if cancellable:
                self.check_stop()
            self._asking = cancellable
        try:
            yield
        except SqlError:
            raise
        except Exception as error:
            raise translate(error) from error
        finally:
            with self._asking_lock:
                self._asking = False

    @property
    def lock_timeout(self) -> int:
        """Milliseconds to wait for a lock, -1 for ever."""
        return int(self.options["lock_timeout"])

    def result(
        self, bound: BoundQuery, context: Context, outcome: Outcome, release: Callable[[], None]
    ) -> ResultSet:
        """Return a query's rows as a stream, and what becomes of it in ``outcome``."""
        columns = bound.result_columns()
        schema = arrow_schema(columns)
        key = self._replay_key(bound, context)

        def replayed(rows: int) -> None:
            outcome.rows = rows
            release()

        return ResultSet(columns, self._stream(bound.sql, schema, outcome, release), key, replayed)

    def _replay_key(self, bound: BoundQuery, context: Context) -> str | None:
        if context.volatile or self.transaction is not None:
            return None
        if any(t.versioned or t.temporary for t in context.tables) or not context.tables:
            return None
        seen = sorted({f"{t.physical}:{t.version}" for t in context.tables})
        return f"{bound.sql}|{'|'.join(c.name for c in bound.columns)}|{','.join(seen)}"

    def _stream(
        self, sql: str, schema: pa.Schema, outcome: Outcome, release: Callable[[], None]
    ) -> Iterator[pa.RecordBatch]:
        """Yield a query's batches up to the first error, which is left in ``outcome``.

        The statement raises it after its rows, so that TRY and CATCH see it too.
        """
        reader = None
        try:
            with self.asking():
                reader = self.cursor.sql(sql).to_arrow_reader(BATCH_ROWS)
                release()
                for batch in to_physical(reader, schema):
                    self.check_stop()
                    if batch.num_rows:
                        outcome.rows += batch.num_rows
                        yield batch
        except SqlError as error:
            outcome.error = error
        finally:
            release()
            if reader is not None:
                reader.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a small query and return its rows as Python values."""
        with self.asking():
            return [tuple(row) for row in self.cursor.execute(sql).fetchall()]

    def run_sql(self, sql: str) -> None:
        """Run a DuckDB statement without rows."""
        with self.asking():
            self.cursor.execute(sql)

    def settle(self, sql: str) -> None:
        """Run one that a statement begins or ends with; no cancel strikes it."""
        with self.asking(cancellable=False):
            self.cursor.execute(sql)

    def use(self, name: str) -> tuple[str, str]:
        """Change the current database; raises 911."""
        found = self.server.find_database(name)
        if found is None:
            raise unknown_database(name)
        rights.user_in(self, found)
        old, self.current = self.current, found
        return old.name, found.name

    def begin(self, isolation: str | None = None) -> Iterator[Event]:
        """Begin a transaction."""
        if isolation:
            self.options["transaction isolation level"] = isolation.lower().replace("_", " ")
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
            if self._asking:
                self.cursor.interrupt()

    def reset(self) -> None:
        """Put the session back to its state after login."""
        if self.transaction is not None:
            list(self.rollback())
        self._drop_temporary()
        self.current = self.home
        self.options = dict(_DEFAULTS)
        self.identity_insert, self.last_identity, self.row_count = None, None, 0

    def _drop_temporary(self) -> None:
        for table in self.temporary.values():
            self.server.store.drop(table)
        self.temporary.clear()

    def close(self) -> None:
        """Roll back what is open and forget the session."""
        if self.transaction is not None:
            list(self.rollback())
        self._drop_temporary()
        self.server.forget(self)
        self.cursor.close()
