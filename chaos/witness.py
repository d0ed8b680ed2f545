"""Who looks on: reads the target all the time and writes down what must never be seen."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import psycopg

from chaos.world import PAIRS, ROWS, WAYS, World, is_torn

PAUSE: Final = 0.003
"""Between two looks at all tables: often enough to find a table that is empty for a moment."""

CLOSELY: Final = 10
"""Every so many looks the rows are read, too: that takes ten times as long as to count them."""

_TABLE: Final = """\
SELECT count(*), {closely}, min(v), max(v), (
  SELECT read_at_one_moment FROM tableferry.table_runs
  WHERE target = 'public.{table}' AND status = 'ok' ORDER BY generation DESC LIMIT 1)
FROM {table}"""
"""The table, and what is written down of the run whose rows it has, at one moment."""

_ROWS: Final = f"count(DISTINCT id), count(*) FILTER (WHERE {is_torn()})"
_KEYS: Final = "count(id), 0"


@dataclass(frozen=True)
class Seen:
    """The oldest and the newest version among a table's rows, and what its run's record claims."""

    low: int = 0
    high: int = 0
    of_one_moment: bool | None = None


NOTHING: Final = Seen()
"""Of a table that is not there yet."""


T = TypeVar("T")


class Witness:
    """Reads every table; ``violations`` are sentences, ``last`` what was seen of each."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.violations: list[str] = []
        self.last = dict.fromkeys(WAYS, NOTHING)
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
        """Write down what must not be."""
        self.violations.append(text)

    def look(self, table: str) -> Seen:
        """Look at one table now."""
        return self.ask(lambda connection: self._look(connection, table, closely=True))

    def ask(self, question: Callable[["psycopg.Connection[Any]"], T]) -> T:
        """Ask the target something, as soon as it answers."""
        while True:
            try:
                with self._world.connect() as connection:
                    return question(connection)
            except psycopg.OperationalError:
                time.sleep(0.1)  # the server is starting again

    def _look_on(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._world.connect() as connection:
                    while not self._stopped.is_set():
                        closely = self.looks % CLOSELY == 0
                        for table in WAYS:
                            self._look(connection, table, closely=closely)
                        for pair in PAIRS:
                            self.look_at_both(connection, pair)
                        self.looks += 1
                        self._stopped.wait(PAUSE)
            except psycopg.OperationalError:
                self._stopped.wait(0.1)

    def _look(self, connection: "psycopg.Connection[Any]", table: str, *, closely: bool) -> Seen:
        # Two that look at once might judge in another order than they saw.
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
                claim = f"and said to be of one moment: {now.of_one_moment}"
                self.violated(f"{table} is of versions {now.low} to {now.high}, {claim}")
        if now.low < before.low or now.high < before.high:
            self.violated(f"{table} went back from {before} to {now}")
        if now.high > self._world.versions[table]:
            self.violated(f"{table} has {now.high}, the source {self._world.versions[table]}")
        self.last[table] = now
        return now

    def look_at_both(self, connection: "psycopg.Connection[Any]", pair: tuple[str, str]) -> None:
        """Two tables that change together differ only where chunks are of several moments."""
        if NOTHING in (self.last[table] for table in pair):
            return
        with connection.transaction():
            connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = [
                connection.execute(_question(table, closely=False)).fetchone() for table in pair
            ]
        left, right = (Seen(*row[3:]) for row in found if row is not None)
        of_several = False in (left.of_one_moment, right.of_one_moment)
        if (left.low, left.high) != (right.low, right.high) and not of_several:
            self.violated(f"{' and '.join(pair)} are seen together as {left} and {right}")


def _question(table: str, *, closely: bool) -> bytes:
    return _TABLE.format(closely=_ROWS if closely else _KEYS, table=table).encode()
