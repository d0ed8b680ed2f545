"""Reads the target continuously and records every violation of a promise."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import psycopg

from chaos.followed import FOLLOWED, Shown
from chaos.tracked import SHOWN_DIGEST, TRACKED, TRACKED_PAIR, Moment
from chaos.world import PAIRS, ROWS, TABLES, World, is_torn


@dataclass(frozen=True)
class Pace:
    """Seconds between two checks of all tables; one of so many also reads the rows."""

    pause: float
    close_look_every: int


BUSY: Final = Pace(0.003, 10)
"""Often enough to catch a table that is briefly empty. Reading the rows takes ten times as long."""

EASY: Final = Pace(0.1, 4)
"""Leaves the processors to the runs: for tables whose rows have to be read anyway."""

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


_TRACKED: Final = f"""\
SELECT (SELECT value FROM tableferry.watermarks WHERE target = 'public.{{table}}'),
  {SHOWN_DIGEST} FROM {{table}}"""
"""The watermark of an incremental table and a hash of its rows, in one snapshot."""


@dataclass(frozen=True)
class SeenAt:
    """The moment in an incremental table's watermark, and a hash of its rows."""

    moment: Moment
    digest: str


T = TypeVar("T")


class Witness:
    """Checks every table; ``violations`` are sentences, ``last`` is what each table last showed."""

    def __init__(self, world: World, pace: Pace = BUSY) -> None:
        self._world = world
        self._pace = pace
        self.violations: list[str] = []
        self.last = dict.fromkeys(TABLES, NOTHING)
        self.last_tracked: dict[str, SeenAt | None] = dict.fromkeys(TRACKED)
        self.last_followed: dict[str, Shown] = {table: Shown() for table in FOLLOWED}
        self.moments = 0
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

    def look_at_tracked(self, table: str) -> SeenAt | None:
        """Check one incremental table now; None while it does not exist."""
        return self.ask(lambda connection: self.look_at_tracked_over(connection, table))

    def look_at_followed(self, table: str) -> Shown | None:
        """Check one table of rowversion or watermark now; None while it does not exist."""
        return self.ask(lambda connection: self.look_at_followed_over(connection, table))

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
                        closely = self.looks % self._pace.close_look_every == 0
                        for table in TABLES:
                            self._look(connection, table, closely=closely)
                        for pair in PAIRS:
                            self.look_at_both(connection, pair)
                        if closely:
                            for table in TRACKED:
                                self.look_at_tracked_over(connection, table)
                            self.look_at_both_watermarks(connection)
                            for table in FOLLOWED:
                                self.look_at_followed_over(connection, table)
                        self.looks += 1
                        self._stopped.wait(self._pace.pause)
            except psycopg.OperationalError:
                self._stopped.wait(0.1)
            except Exception as error:
                self.violated(f"the witness failed: {error!r}")
                raise

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

    def look_at_tracked_over(
        self, connection: "psycopg.Connection[Any]", table: str
    ) -> SeenAt | None:
        """Check that the rows are those that the source had at the watermark's moment."""
        with self._lock:
            before = self.last_tracked[table]
            try:
                row = connection.execute(_TRACKED.format(table=table).encode()).fetchone()
            except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
                if before is not None:
                    self.violated(f"{table} is gone")
                return None
            value, digest = row or (None, "")
            if value is None:
                self.violated(f"{table} has rows without a watermark")
                return before
            tracked = self._world.tracked
            now = SeenAt(tracked.moment(json.loads(value)), digest)
            if not tracked.held(table, now.moment, digest):
                self.violated(f"{table} shows what its source did not hold at {now.moment}")
            if before is not None and now.moment < before.moment:
                self.violated(f"{table} went back from {before.moment} to {now.moment}")
            if before is not None and now.moment > before.moment:
                self.moments += 1
            self.last_tracked[table] = now
            return now

    def look_at_followed_over(
        self, connection: "psycopg.Connection[Any]", table: str
    ) -> Shown | None:
        """Check that each row is one that was committed, and no row is older than it was."""
        with self._lock:
            before, followed = self.last_followed[table], self._world.followed
            try:
                rows = connection.execute(f"SELECT id, v, extra FROM {table}".encode()).fetchall()
            except psycopg.errors.UndefinedTable:
                if before:
                    self.violated(f"{table} is gone")
                return None
            now = Shown((row[0], row) for row in rows)
            if len(now) < len(rows):
                self.violated(f"{table} shows {len(rows) - len(now)} keys twice")
            if strange := followed.never_held(table, now):
                self.violated(f"{table} shows rows that were never committed, like {strange[0]}")
            if older := followed.older(table, now, before):
                self.violated(f"{table} went back to older rows, like {older[0]}")
            self.moments += any(before.get(key) != row for key, row in now.items())
            # What a key once showed counts, also while it is gone.
            self.last_followed[table] = Shown({**before, **now})
            return now

    def look_at_both_watermarks(self, connection: "psycopg.Connection[Any]") -> None:
        """Check that two incremental tables published together are of one moment."""
        if any(self.last_tracked[table] is None for table in TRACKED_PAIR):
            return
        targets = [f"public.{table}" for table in TRACKED_PAIR]
        asked = b"SELECT value FROM tableferry.watermarks WHERE target = ANY(%s)"
        found = [json.loads(row[0]) for row in connection.execute(asked, (targets,)).fetchall()]
        moments = {self._world.tracked.moment(value) for value in found}
        if len(moments) != 1:
            self.violated(f"{' and '.join(TRACKED_PAIR)} are of {moments} in one snapshot")

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
