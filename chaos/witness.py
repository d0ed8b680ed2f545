"""Reads the target continuously and records every violation of a promise."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import psycopg

from chaos.world import PAIRS, ROWS, TABLES, World, is_torn

PAUSE_SECONDS: Final = 0.003
"""Between two checks of all tables: short enough to catch a table that is briefly empty."""

CLOSE_LOOK_EVERY: Final = 10
"""Every tenth check also reads the rows, which takes ten times as long as counting them."""

_TABLE: Final = """\
SELECT count(*), {closely}, min(v), max(v), (
  SELECT read_at_one_moment FROM tableferry.table_runs
  WHERE target = 'public.{table}' AND status = 'ok' ORDER BY generation DESC LIMIT 1)
FROM {table}"""
"""The table and the ledger's record of the run that published it, in one snapshot."""

_ROWS: Final = f"count(DISTINCT id), count(*) FILTER (WHERE {is_torn()})"
_KEYS: Final = "count(id), 0"


@dataclass(frozen=True)
class Seen:
    """The oldest and newest version among a table's rows.

    ``of_one_moment`` is what the ledger says of the run that published them.
    """

    low: int = 0
    high: int = 0
    of_one_moment: bool | None = None


NOTHING: Final = Seen()
"""A table that does not exist yet."""


T = TypeVar("T")


class Witness:
    """Checks every table; ``violations`` are sentences, ``last`` is what each table last showed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.violations: list[str] = []
        self.last = dict.fromkeys(TABLES, NOTHING)
        self.looks = 0
        self.mixtures = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="witness", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join(30)

    def violated(self, text: str) -> None:
        """Record a violation."""
        self.violations.append(text)

    def look(self, table: str) -> Seen:
        """Check one table now, rows included."""
        return self.ask(lambda connection: self._look(connection, table, closely=True))

    def ask(self, question: Callable[["psycopg.Connection[Any]"], T]) -> T:
        """Query the target, retrying until it is available."""
        while True:
            try:
                with self._world.connect() as connection:
                    return question(connection)
            except psycopg.OperationalError:
                time.sleep(0.1)  # the server is restarting

    def _look_on(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._world.connect() as connection:
                    while not self._stopped.is_set():
                        closely = self.looks % CLOSE_LOOK_EVERY == 0
                        for table in TABLES:
                            self._look(connection, table, closely=closely)
                        for pair in PAIRS:
                            self.look_at_both(connection, pair)
                        self.looks += 1
                        self._stopped.wait(PAUSE_SECONDS)
            except psycopg.OperationalError:
                self._stopped.wait(0.1)

    def _look(self, connection: "psycopg.Connection[Any]", table: str, *, closely: bool) -> Seen:
        # Two threads could otherwise judge their results in another order than they read them.
        with self._lock:
            try:
                row = connection.execute(_question(table, closely=closely)).fetchone()
            except psycopg.errors.UndefinedTable:
                if self.last[table] != NOTHING:
                    self.violated(f"{table} is gone")
                return NOTHING
            count, keys, torn, *rest = row or (0, 0, 0, 0, 0, None)
            if (count, keys, torn) != (ROWS, ROWS, 0):
                self.violated(f"{table} is not whole: {count} rows, {keys} keys, {torn} torn")
                return self.last[table]
            return self._judged(table, Seen(*rest))

    def _judged(self, table: str, now: Seen) -> Seen:
        before = self.last[table]
        if now.low < now.high:
            self.mixtures += 1
            if now.of_one_moment is not False:
                claim = f"with read_at_one_moment = {now.of_one_moment}"
                self.violated(f"{table} has versions {now.low} to {now.high}, {claim}")
        if now.low < before.low or now.high < before.high:
            self.violated(f"{table} went back from {before} to {now}")
        if now.high > self._world.versions[table]:
            source = self._world.versions[table]
            self.violated(f"{table} has version {now.high}, the source only {source}")
        self.last[table] = now
        return now

    def look_at_both(self, connection: "psycopg.Connection[Any]", pair: tuple[str, str]) -> None:
        """Check that two tables published together show the same versions.

        They may differ only if chunks of one were read at different moments.
        """
        if NOTHING in (self.last[table] for table in pair):
            return
        with connection.transaction():
            connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = [
                connection.execute(_question(table, closely=False)).fetchone() for table in pair
            ]
        left, right = (Seen(*row[3:]) for row in found if row is not None)
        mixed = False in (left.of_one_moment, right.of_one_moment)
        if (left.low, left.high) != (right.low, right.high) and not mixed:
            self.violated(f"{' and '.join(pair)} show {left} and {right} in one snapshot")


def _question(table: str, *, closely: bool) -> bytes:
    return _TABLE.format(closely=_ROWS if closely else _KEYS, table=table).encode()
