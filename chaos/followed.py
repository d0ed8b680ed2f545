"""The tables in the modes rowversion and watermark, and when each of their rows was which.

Such a table is of no single moment, so it is judged row by row: by a list of every row that was
ever committed, in the order of the commits. A restore and a truncation are commits like others.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from chaos.writer import KEYS, Limits
from tableferry_sandbox.engine.server import Server

DATABASE: Final = "Followed"

OVERLAP_SECONDS: Final = 8
"""Twice what a transaction may take, since the last statement of one takes its time, too."""

OVERLAP_NUMBERS: Final = 400

LIMITS: Final = Limits(OVERLAP_SECONDS / 2, OVERLAP_NUMBERS * 3 / 4)

_COMPARED: Final = {"deletes": "reconcile", "reconcile_every": 0, "max_delete_share": 100}
_BY_NUMBER: Final = {"mode": "watermark", "watermark": "V", "overlap": OVERLAP_NUMBERS}
_BY_TIME: Final = {"mode": "watermark", "watermark": "ChangedAt", "overlap": OVERLAP_SECONDS}
_CHUNKS: Final = {"chunks": 4, "parallel": 2}

FOLLOWED: Final[dict[str, dict[str, Any]]] = {
    "rv_compared": {"mode": "rowversion", "publish": "merge", **_COMPARED},
    "rv_moving": {
        "mode": "rowversion",
        "publish": "swap",
        "consistency": "read_committed",
        **_COMPARED,
        **_CHUNKS,
    },
    "rv_kept": {"mode": "rowversion", "publish": "merge", "deletes": "ignore"},
    "wm_number": {**_BY_NUMBER, "publish": "swap", **_COMPARED, **_CHUNKS},
    "wm_kept": {**_BY_NUMBER, "publish": "merge", "deletes": "ignore", **_CHUNKS},
    "wm_left": {**_BY_TIME, "publish": "merge", **_COMPARED, "reconcile_every": 5},
    "rv_right": {"mode": "rowversion", "publish": "truncate", **_COMPARED},
}
"""The tables, each with its mode, what becomes of deleted rows, and its publishing strategy."""

FOLLOWED_PAIR: Final = ("wm_left", "rv_right")

FOLLOWED_GROUPS: Final = (
    *((name,) for name in FOLLOWED if name not in FOLLOWED_PAIR),
    FOLLOWED_PAIR,
)

Row = tuple[int, int, int | None]
"""ID, V and Extra. No two commits leave the same one, but for a restore."""


class Shown(dict[int, Row]):
    """The rows of a target table, by key."""

    def __repr__(self) -> str:
        return f"{len(self)} rows"


class Version(NamedTuple):
    """A committed row; ``since`` counts the commits, ``rowversion`` is its own."""

    row: Row
    since: int
    rowversion: int


@dataclass(frozen=True)
class Wanted:
    """What a run that begins now must arrive at: what is committed, as far as it can see it.

    ``lowest`` is the lowest rowversion that an open transaction holds: rows with it or a higher one
    may be a later run's.
    """

    commit: int
    lowest: int
    rows: dict[str, dict[int, Version]] = field(repr=False)


@dataclass
class _Past:
    """One table: its rows ``now``, when each row was committed, and when each key went.

    ``first`` and ``last``: a row can only be committed twice by a restore.
    """

    now: dict[int, Version] = field(default_factory=dict)
    first: dict[Row, int] = field(default_factory=dict)
    last: dict[Row, int] = field(default_factory=dict)
    gone: dict[int, int] = field(default_factory=dict)

    def note(self, found: Mapping[int, tuple[Row, int]], commit: int) -> None:
        for key, (row, rowversion) in found.items():
            if key not in self.now or self.now[key].row != row:
                self.now[key] = Version(row, commit, rowversion)
                self.first.setdefault(row, commit)
                self.last[row] = commit
        for key in self.now.keys() - found.keys():
            del self.now[key]
            self.gone[key] = commit


@dataclass
class Followed:
    """The source's side; ``lock`` is held while it changes."""

    engine: Server
    lock: threading.RLock = field(default_factory=threading.RLock)
    database: str = DATABASE
    tables: tuple[str, ...] = tuple(FOLLOWED)
    pair: tuple[str, ...] = FOLLOWED_PAIR
    limits: Limits = LIMITS
    sets: str = ", ChangedAt = SYSDATETIME()"
    _pasts: dict[str, _Past] = field(default_factory=dict)
    _commits: int = 0

    @classmethod
    def create(cls, engine: Server) -> "Followed":
        """Create the database and its tables."""
        database = engine.create_database(DATABASE)
        database.run(f"ALTER DATABASE {DATABASE} SET ALLOW_SNAPSHOT_ISOLATION ON")
        for name in FOLLOWED:
            database.run(
                f"CREATE TABLE dbo.{name} (ID int NOT NULL PRIMARY KEY, V int NOT NULL, "
                "Extra int NULL, RV rowversion, "
                "ChangedAt datetime2 NOT NULL DEFAULT SYSDATETIME(), Spare int NULL)"
            )
            database.run(
                f"INSERT INTO dbo.{name} (ID, V, Extra) SELECT value, 0, value FROM "
                f"GENERATE_SERIES(0, {KEYS - 1}) WHERE value % 3 <> 0"
            )
        found = cls(engine, _pasts={name: _Past() for name in FOLLOWED})
        found.committed(FOLLOWED)
        return found

    def now(self, tables: Iterable[str]) -> Wanted:
        """Return what a run of these tables must arrive at."""
        with self.lock:
            asked = self.engine.database(DATABASE).query(
                "SELECT CAST(MIN_ACTIVE_ROWVERSION() AS bigint) AS lowest"
            )
            rows = {table: dict(self._pasts[table].now) for table in tables}
            return Wanted(self._commits, int(asked["lowest"][0].as_py()), rows)

    def never_held(self, table: str, shown: Shown) -> list[Row]:
        """Return the rows that were never committed. Waits for a change that is being made."""
        with self.lock:
            return [row for row in shown.values() if row not in self._pasts[table].first]

    def older(self, table: str, shown: Shown, before: Shown) -> list[Row]:
        """Return the rows that were replaced in the source before those shown earlier were made."""
        with self.lock:
            past = self._pasts[table]
            return [
                row
                for key, row in shown.items()
                if key in before and past.last.get(row, 0) < past.first.get(before[key], 0)
            ]

    def missing(self, table: str, shown: Shown, wanted: Wanted) -> list[Row]:
        """Return the rows of ``wanted`` that are not there, and neither is a later one."""
        with self.lock:
            past, found = self._pasts[table], []
            for key, version in wanted.rows[table].items():
                if version.rowversion >= wanted.lowest and self._by_rowversion(table):
                    continue
                if key in shown:
                    is_there = past.last.get(shown[key], 0) >= version.since
                else:
                    is_there = past.gone.get(key, 0) > wanted.commit
                if not is_there:
                    found.append(version.row)
            return found

    def left_over(self, table: str, shown: Shown, wanted: Wanted) -> list[Row]:
        """Return the rows whose keys the source did not have then, nor later."""
        with self.lock:
            last = self._pasts[table].last
            return [
                row
                for key, row in shown.items()
                if key not in wanted.rows[table] and last.get(row, 0) <= wanted.commit
            ]

    def committed(self, tables: Iterable[str]) -> None:
        """Note what a transaction has left in these tables."""
        self._commits += 1
        for table in tables:
            found = self.engine.database(DATABASE).query(
                f"SELECT ID, V, Extra, CAST(RV AS bigint) AS RV FROM dbo.{table}"
            )
            rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
            now = {key: ((key, v, extra), rowversion) for key, v, extra, rowversion in rows}
            self._pasts[table].note(now, self._commits)

    def replaced(self, table: str) -> None:
        """Note what a table holds since it was truncated or altered."""
        self.committed([table])

    def whole_table(self, table: str, unseen: str) -> tuple[list[str], ...]:  # noqa: ARG002
        """Return the changes of a whole table: neither mode is to lose a row for them."""
        return (
            [f"TRUNCATE TABLE {table}"],
            [f"ALTER TABLE {table} DROP COLUMN Spare", f"ALTER TABLE {table} ADD Spare int NULL"],
        )

    def lose(self) -> None:
        """Lose nothing: there are no changes that could expire."""

    def remember(self) -> None:
        """Return nothing: what was restored is read."""

    def restored(self, kept: Any) -> None:  # noqa: ARG002
        """Note what all tables hold after a restore."""
        self.committed(FOLLOWED)

    @staticmethod
    def _by_rowversion(table: str) -> bool:
        return FOLLOWED[table]["mode"] == "rowversion"
