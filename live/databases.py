"""Databases of our own on a server: created, emptied, dropped, and found again after a kill.

What marks them is their name: nothing has to be written after CREATE DATABASE, so there is no
moment at which a run could be killed and its database not be known for ours.
"""

import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Final

from live.answers import refused_login
from live.emptying import empty
from live.place import Place
from live.refusals import is_refusal
from tableferry import sqlserver
from tableferry.errors import TableferryError
from tableferry.model.identifiers import quote_mssql

MARK: Final = "tableferry_live_b3c1f0a87d5e4c26a1d98e40f7365b2c_"
"""What the name of each begins with: 128 random bits, drawn once, which no other name holds."""

COLLATION: Final = "SQL_Latin1_General_CP1_CI_AS"
"""SQL Server's default where it is installed in English."""

PLAIN: Final = ("ALLOW_SNAPSHOT_ISOLATION OFF", "READ_COMMITTED_SNAPSHOT OFF")
"""What a database is where a probe asks for nothing: Azure has both on."""

PATIENCE: Final = 20
"""Seconds in which sessions of a run that was killed are gone from the server."""

MODEL_LOCKED: Final = "exclusive lock on database"
"""What SQL Server says (1807) while somebody else creates a database."""

CREATION: Final = 600
"""Seconds that one may take: half a second on a machine of one's own, minutes in Azure."""


def administer(place: Place) -> sqlserver.SourceConnection:
    """Open the connection that creates and drops databases; raises TableferryError."""
    return sqlserver.connect(place.settings(), statement_timeout=CREATION)


RUN_DIGITS: Final = 6
"""Of a name, after the mark: those that are the run's own."""


def new_name() -> str:
    """Return the name of a database that no other run creates."""
    return MARK + secrets.token_hex(6)


def create(
    master: sqlserver.SourceConnection, options: tuple[str, ...] = (), name: str = ""
) -> str:
    """Create a database; ``options`` are those of a probe's header. Raises TableferryError."""
    name = name or new_name()
    asked = next((one.split()[1] for one in options if one.startswith("collation ")), "")
    made = f"CREATE DATABASE {quote_mssql(name)}"
    if asked:
        _create(master, f"{made} COLLATE {asked}")
    elif not _is_known(master, f"{made} COLLATE {COLLATION}", _create):
        _create(master, made)
    named = {one.split()[0] for one in options}
    changed = f"ALTER DATABASE {quote_mssql(name)} SET"
    try:
        for option in PLAIN:
            if option.split()[0] not in named:
                _is_known(master, f"{changed} {option}")
        for option in options:
            if option != "own" and not option.startswith("collation "):
                master.execute(f"{changed} {option}")
    except TableferryError:
        drop(master, name)
        raise
    return name


def _create(master: sqlserver.SourceConnection, sql: str) -> None:
    """Run CREATE DATABASE, again while another is being created: that locks the model (1807)."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            master.execute(sql)
        except TableferryError as error:
            if MODEL_LOCKED not in error.message or time.monotonic() >= deadline:
                raise
            time.sleep(0.5)
        else:
            return


def _is_known(
    master: sqlserver.SourceConnection,
    sql: str,
    execute: Callable[[sqlserver.SourceConnection, str], None] = sqlserver.SourceConnection.execute,
) -> bool:
    """Run a statement; False where the server does not support it: not every one has to."""
    try:
        execute(master, sql)
    except TableferryError as error:
        answer = refused_login(error, master.settings)
        if not is_refusal(answer.number, answer.text):
            raise
        return False
    return True


def drop(
    master: sqlserver.SourceConnection,
    name: str,
    *,
    alone: bool = True,
    patience: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Drop a database; False where sessions are in it that do not go away.

    ``alone``: end the sessions of others first; without it a run that is still going keeps its own.
    """
    if not name.startswith(MARK):
        raise ValueError(f"{name} is no database of ours")
    deadline = clock() + (PATIENCE if patience is None else patience)
    while True:
        if alone:
            # Not every server can; then the sessions have to end by themselves.
            with contextlib.suppress(TableferryError):
                master.execute(
                    f"ALTER DATABASE {quote_mssql(name)} SET SINGLE_USER WITH ROLLBACK IMMEDIATE"
                )
        try:
            master.execute(f"DROP DATABASE {quote_mssql(name)}")
        except TableferryError:
            if name not in leftovers(master):
                return True
            if clock() >= deadline:
                return False
            sleep(0.5)
        else:
            return True


def leftovers(master: sqlserver.SourceConnection) -> list[str]:
    """Return the names of all databases that are ours, of whichever run."""
    names = [str(name) for (name,) in master.rows("SELECT name FROM sys.databases", ["name"])]
    return sorted(name for name in names if name.startswith(MARK))


def sweep(master: sqlserver.SourceConnection) -> tuple[list[str], list[str]]:
    """Drop what earlier runs left; returns what was dropped, and what a run still uses.

    Where the first database of a run is used, the others are as well: some have no session in them
    for a moment. Sessions of a run that was killed are waited for once.
    """
    dropped: list[str] = []
    used: list[str] = []
    for name in leftovers(master):
        is_used = any(_run_of(other) == _run_of(name) for other in used)
        if is_used or not drop(master, name, alone=False, patience=0 if used else None):
            used.append(name)
        else:
            dropped.append(name)
    return dropped, used


def _run_of(name: str) -> str:
    return name[: len(MARK) + RUN_DIGITS]


class Databases:
    """The databases of a run, one for each set of options.

    A connection stays open in each, so that no other run takes it for one left behind. Their names
    begin with the run's digits and have numbers, so that the first is looked at first.
    """

    def __init__(self, place: Place, master: sqlserver.SourceConnection) -> None:
        self._place = place
        self._master = master
        self._run = new_name()[: len(MARK) + RUN_DIGITS]
        self._count = 0
        self._ready: dict[tuple[str, ...], str] = {}
        self._names: list[str] = []
        self._keepers: dict[str, sqlserver.SourceConnection] = {}

    def take(self, options: tuple[str, ...]) -> str:
        """Return an empty database with these options; raises TableferryError."""
        if options in self._ready:
            return self._ready.pop(options)
        name = create(self._master, options, f"{self._run}{self._count:06x}")
        self._count += 1
        self._names.append(name)
        # Where a probe alters the database itself, SQL Server waits until nobody else is in it.
        if "own" not in options:
            self._keepers[name] = sqlserver.connect(self._place.settings(name))
        return name

    def give_back(self, name: str, options: tuple[str, ...], statements: Sequence[str]) -> None:
        """Empty a database for the next probe with the same options, or drop it.

        ``statements`` are those that were run in it.
        """
        is_empty = False
        if "own" not in options and options not in self._ready:
            with contextlib.suppress(TableferryError):
                is_empty = empty(self._keepers[name], statements)
        if is_empty:
            self._ready[options] = name
        else:
            self._drop(name)

    def _drop(self, name: str) -> None:
        if name in self._keepers:
            self._keepers.pop(name).close()
        drop(self._master, name)
        self._names.remove(name)

    def close(self) -> None:
        """Drop them all; raises TableferryError where the server cannot be reached."""
        for name in list(self._names):
            self._drop(name)
