"""Changes the incremental tables all the time: rows, whole tables, and their database.

All of it is random, but for what the tables' ``History`` says: it notes what each change has left.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Protocol

from tableferry_sandbox.engine.database.backups import Backup
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.engine.session import Session
from tableferry_sandbox.events import Message, SqlError

KEYS: Final = 900
"""Two thirds of them are there: keys go, come back and are moved to."""

PAUSE_SECONDS: Final = (0.03, 0.25)


@dataclass(frozen=True)
class Limits:
    """How long a transaction may stay open: in seconds, and in writes of all tables meanwhile."""

    seconds: float = inf
    writes: float = inf


UNLIMITED: Final = Limits()


@dataclass(frozen=True)
class _Change:
    """A change of some rows of a table: ``number`` rises with each, and becomes their V.

    ``many`` is a condition for ``one`` key and those after it; ``sets`` as in ``History``.
    """

    table: str
    number: int
    one: int
    other: int
    many: str
    sets: str


class History(Protocol):
    """The tables of one database, and what is known of their past; ``lock`` is held to change them.

    ``pair``: two that also change in one transaction. ``sets``: further columns of an UPDATE.
    ``unseen`` is a statement that changes some rows.
    """

    engine: Server
    database: str
    tables: tuple[str, ...]
    pair: tuple[str, ...]
    limits: Limits
    sets: str
    lock: threading.RLock

    def committed(self, tables: Iterable[str]) -> None: ...
    def replaced(self, table: str) -> None: ...
    def whole_table(self, table: str, unseen: str) -> tuple[list[str], ...]: ...
    def lose(self) -> None: ...
    def remember(self) -> Any: ...
    def restored(self, kept: Any) -> None: ...


@dataclass
class _Open:
    session: Session
    since: float
    first_write: int


class Writer(threading.Thread):
    """Changes the tables of one history until ``stopped``."""

    def __init__(self, history: History, chance: random.Random) -> None:
        super().__init__(name=f"writer of {history.database}", daemon=True)
        self._history = history
        self._chance = chance
        self._open: dict[str, _Open] = {}
        self._backup: tuple[Backup, Any] | None = None
        self._writes = 0
        self.stopped = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stopped.wait(self._chance.uniform(*PAUSE_SECONDS)):
                with self._history.lock:
                    self._step()
            with self._history.lock:
                self._end_all(commit=True)
        except BaseException as failure:  # noqa: BLE001 - the storm reports it
            self.failure = failure

    def stop(self) -> None:
        """Stop; what is open is committed. Raises what the writer has failed with."""
        self.stopped.set()
        self.join()
        if self.failure is not None:
            raise self.failure

    def _step(self) -> None:
        for table in [name for name in self._open if self._is_over(name, 2)]:
            self._end_one(table, commit=True)
        (step,) = self._chance.choices(
            (self._write, self._begin, self._end, self._pair, self._whole_table, self._database),
            (60, 8, 12, 10, 3, 1),
        )
        step()

    def _write(self) -> None:
        table = self._chance.choice(self._history.tables)
        if table in self._open:
            run(self._open[table].session, self._change(table))
        else:
            self._commit([table], "ROLLBACK" if self._chance.random() < 0.1 else "COMMIT")

    def _pair(self) -> None:
        if not set(self._history.pair) & set(self._open):
            self._commit(self._history.pair, "COMMIT")

    def _commit(self, tables: Sequence[str], end: str) -> None:
        changes = "; ".join(self._change(table) for table in tables)
        self._run(f"BEGIN TRANSACTION; {changes}; {end}")
        self._history.committed(tables)

    def _begin(self) -> None:
        table = self._chance.choice(self._history.tables)
        if table not in self._open:
            engine = self._history.engine
            session = engine.trusted(engine.database(self._history.database).database)
            self._open[table] = _Open(session, time.monotonic(), self._writes + 1)
            run(session, "BEGIN TRANSACTION")
            run(session, self._change(table))

    def _end(self) -> None:
        if self._open:
            self._end_one(self._chance.choice(list(self._open)), commit=self._chance.random() < 0.8)

    def _end_one(self, table: str, *, commit: bool) -> None:
        session = self._open[table].session
        run(session, "COMMIT" if commit and not self._is_over(table) else "ROLLBACK")
        session.close()
        del self._open[table]
        self._history.committed([table])

    def _is_over(self, table: str, part: int = 1) -> bool:
        """Whether a transaction has been open for this part of the time that it may."""
        one, limits = self._open[table], self._history.limits
        seconds, writes = time.monotonic() - one.since, self._writes - one.first_write
        return seconds > limits.seconds / part or writes > limits.writes / part

    def _end_all(self, *, commit: bool) -> None:
        for table in list(self._open):
            self._end_one(table, commit=commit)

    def _whole_table(self) -> None:
        name = self._chance.choice(self._history.tables)
        if name in self._open:
            self._end_one(name, commit=True)
        changes = self._history.whole_table(f"dbo.{name}", self._change(name))
        for statement in self._chance.choice(changes):
            self._run(statement)
        self._history.replaced(name)

    def _database(self) -> None:
        """Back up, go back to a backup, or lose what a database need not keep."""
        handle = self._history.engine.database(self._history.database)
        what = self._chance.choice(("backup", "restore", "lose"))
        if what == "lose":
            self._history.lose()
        elif what == "backup" or self._backup is None:
            self._backup = (handle.backup(), self._history.remember())
        else:
            self._end_all(commit=False)
            backup, kept = self._backup
            handle.restore(backup)
            self._history.restored(kept)

    def _run(self, sql: str) -> None:
        self._history.engine.database(self._history.database).run(sql)

    def _change(self, table: str) -> str:
        """Return a random change of some rows of a table."""
        self._writes += 1
        one = self._chance.randrange(KEYS)
        many = f"ID BETWEEN {one} AND {one + self._chance.choice((0, 0, 3, 40))}"
        other = self._chance.randrange(KEYS)
        change = _Change(f"dbo.{table}", self._writes, one, other, many, self._history.sets)
        return self._chance.choice(_CHANGES)(change)


def _update(change: _Change) -> str:
    return (
        f"UPDATE {change.table} SET V = {change.number}, Extra = {change.other}{change.sets} "
        f"WHERE {change.many}"
    )


def _delete(change: _Change) -> str:
    return f"DELETE FROM {change.table} WHERE {change.many}"


def _is_free(change: _Change, key: object) -> str:
    return f"NOT EXISTS (SELECT 1 AS x FROM {change.table} AS o WHERE o.ID = {key})"


def _insert(change: _Change) -> str:
    last = min(change.one + 20, KEYS - 1)
    return (
        f"INSERT INTO {change.table} (ID, V, Extra) "
        f"SELECT s.value, {change.number}, {change.other} "
        f"FROM GENERATE_SERIES({change.one}, {last}) AS s WHERE {_is_free(change, 's.value')}"
    )


def _move(change: _Change) -> str:
    return (
        f"UPDATE {change.table} SET ID = {change.other}, V = {change.number}{change.sets} "
        f"WHERE ID = {change.one} AND {_is_free(change, change.other)}"
    )


def _replace(change: _Change) -> str:
    return (
        f"DELETE FROM {change.table} WHERE ID = {change.one}; "
        f"INSERT INTO {change.table} (ID, V, Extra) VALUES ({change.one}, {change.number}, NULL)"
    )


_CHANGES: Final[tuple[Callable[[_Change], str], ...]] = (_update, _delete, _insert, _move, _replace)


def run(session: Session, sql: str) -> None:
    """Run a batch in an engine's session to its end; raises SqlError for any error in it."""
    for event in session.execute(sql):
        if isinstance(event, Message) and event.severity > 10:
            raise SqlError(event.number, event.text, severity=event.severity)
