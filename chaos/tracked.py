"""The tables in mode change_tracking, and what each of them held at each version of their source.

They are in a database of their own, since a restore puts back all of it. Only the writer changes
them, so it is known what a table held at each version. A version is counted anew after a restore,
and its watermark says in which recovery fork it is.
"""

import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from chaos.writer import KEYS, UNLIMITED, Limits
from tableferry_sandbox.engine.server import Server

DATABASE: Final = "Tracked"

_CHUNKS: Final = {"chunks": 4, "parallel": 2}

TRACKED: Final[dict[str, dict[str, Any]]] = {
    "ct_truncated": {"publish": "truncate"},
    "ct_swapped": {"publish": "swap"},
    "ct_merged": {"publish": "merge"},
    "ct_swapped_in_chunks": {"publish": "swap", **_CHUNKS},
    "ct_merged_in_chunks": {"publish": "merge", **_CHUNKS},
    "ct_left": {"publish": "swap"},
    "ct_right": {"publish": "merge", **_CHUNKS},
}
"""The tables, each with its publishing strategy for complete loads."""

TRACKED_PAIR: Final = ("ct_left", "ct_right")

TRACKED_GROUPS: Final = (
    *((name,) for name in TRACKED if name not in TRACKED_PAIR),
    TRACKED_PAIR,
)


class Moment(NamedTuple):
    """A version of the source database; ``era`` counts the restores before it."""

    era: int
    version: int


@dataclass
class _Contents:
    """What a table held, from one version to another; ``last`` is None for what it holds now."""

    digest: str
    first: int
    last: int | None = None

    def was_at(self, version: int) -> bool:
        return self.first <= version and (self.last is None or version <= self.last)


@dataclass
class _Era:
    fork: str
    held: dict[str, list[_Contents]]

    def copy(self, fork: str) -> "_Era":
        """Return the era in another fork, in which what the tables hold now goes on."""
        held = {
            name: [*contents[:-1], _Contents(contents[-1].digest, contents[-1].first)]
            for name, contents in self.held.items()
        }
        return _Era(fork, held)


@dataclass
class Tracked:
    """The source's side: ``eras`` has what each table held; ``lock`` is held while that changes."""

    engine: Server
    eras: list[_Era] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    database: str = DATABASE
    tables: tuple[str, ...] = tuple(TRACKED)
    pair: tuple[str, ...] = TRACKED_PAIR
    limits: Limits = UNLIMITED
    sets: str = ""
    _noted: int = -1

    @classmethod
    def create(cls, engine: Server) -> "Tracked":
        """Create the database and its tables."""
        database = engine.create_database(DATABASE)
        database.run(f"ALTER DATABASE {DATABASE} SET ALLOW_SNAPSHOT_ISOLATION ON")
        database.run(f"ALTER DATABASE {DATABASE} SET CHANGE_TRACKING = ON")
        found = cls(engine)
        found.eras.append(_Era(found.fork(), {}))
        for name in TRACKED:
            database.run(
                f"CREATE TABLE dbo.{name} (ID int NOT NULL PRIMARY KEY, V int NOT NULL, "
                "Extra int NULL)"
            )
            database.run(f"ALTER TABLE dbo.{name} ENABLE CHANGE_TRACKING")
            database.run(
                f"INSERT INTO dbo.{name} SELECT value, 0, value FROM "
                f"GENERATE_SERIES(0, {KEYS - 1}) WHERE value % 3 <> 0"
            )
            found.committed([name])
        return found

    def fork(self) -> str:
        """Return the recovery fork that the database is in, as a watermark has it."""
        asked = self.engine.database(DATABASE).query(
            "SELECT CONVERT(varchar(36), recovery_fork_guid) AS f FROM "
            f"sys.database_recovery_status WHERE database_id = DB_ID('{DATABASE}')"
        )
        return str(asked["f"][0].as_py())

    def version(self) -> int:
        """Return the current version."""
        asked = self.engine.database(DATABASE).query(
            "SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v"
        )
        return int(asked["v"][0].as_py())

    def now(self) -> Moment:
        """Return the moment in which the source is."""
        with self.lock:
            return Moment(len(self.eras) - 1, self.version())

    def moment(self, watermark: dict[str, Any]) -> Moment:
        """Return the moment of a watermark."""
        with self.lock:
            forks = [era.fork for era in self.eras]
        return Moment(
            forks.index(watermark["identity"]["recovery_fork_guid"]), watermark["version"]
        )

    def held(self, table: str, moment: Moment, digest: str) -> bool:
        """Whether a table held these rows at a moment. Waits for a change that is being made."""
        with self.lock:
            return any(
                contents.digest == digest and contents.was_at(moment.version)
                for contents in self.eras[moment.era].held[table]
            )

    def committed(self, tables: Iterable[str]) -> None:
        """Note what a transaction has left in these tables; one that changed nothing is no news."""
        if (version := self.version()) > self._noted:
            self._note(tables, version, last=version - 1)

    def replaced(self, table: str) -> None:
        """Note what a table holds since it was truncated or altered: that has no version."""
        version = self.version()
        self._note([table], version, last=version)

    def whole_table(self, table: str, unseen: str) -> tuple[list[str], ...]:
        """Return the changes of a whole table that Change Tracking does not list."""
        return (
            [f"TRUNCATE TABLE {table}"],
            [
                f"ALTER TABLE {table} DROP COLUMN Extra",
                f"ALTER TABLE {table} ADD Extra int NULL",
            ],
            [
                f"ALTER TABLE {table} DISABLE CHANGE_TRACKING",
                unseen,
                f"ALTER TABLE {table} ENABLE CHANGE_TRACKING",
            ],
        )

    def lose(self) -> None:
        """Let the changes expire."""
        self.engine.database(DATABASE).expire_changes()

    def remember(self) -> _Era:
        """Return what belongs to a backup."""
        return self.eras[-1].copy("")

    def restored(self, kept: Any) -> None:
        """Go on from what a backup held, in another fork."""
        self.eras.append(kept.copy(self.fork()))
        self._noted = self.version()

    def _note(self, tables: Iterable[str], version: int, *, last: int) -> None:
        for table in tables:
            found = self.engine.database(DATABASE).query(
                f"SELECT ID, V, Extra FROM dbo.{table} ORDER BY ID"
            )
            rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
            contents = self.eras[-1].held.setdefault(table, [])
            if contents:
                contents[-1].last = last
            contents.append(_Contents(digest_of(rows), version))
        self._noted = version


def digest_of(rows: Iterable[tuple[Any, ...]]) -> str:
    """Return a hash of rows in the order of their keys; ``SHOWN_DIGEST`` is PostgreSQL's."""
    lines = ("/".join("-" if value is None else str(value) for value in row) for row in rows)
    return hashlib.md5(",".join(lines).encode(), usedforsecurity=False).hexdigest()


SHOWN_DIGEST: Final = """\
md5(coalesce(string_agg(
  concat(id, '/', v, '/', coalesce(extra::text, '-')), ',' ORDER BY id), ''))"""
