"""Databases of our own on a server: created, emptied, dropped, and found again after a kill.

What marks them is their name: nothing has to be written after CREATE DATABASE, so there is no
moment at which a run could be killed and its database not be known for ours.
"""

import contextlib
import secrets
import time
from collections.abc import Callable
from typing import Final

from live.place import Place
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

CREATION: Final = 600
"""Seconds that one may take: half a second on a machine of one's own, minutes in Azure."""


def administer(place: Place) -> sqlserver.SourceConnection:
    """Open the connection that creates and drops databases; raises TableferryError."""
    return sqlserver.connect(place.settings(), statement_timeout=CREATION)


def new_name() -> str:
    """Return the name of a database that this run creates."""
    return MARK + secrets.token_hex(6)


def create(master: sqlserver.SourceConnection, options: tuple[str, ...] = ()) -> str:
    """Create a database; ``options`` are those of a probe's header. Raises TableferryError."""
    name = new_name()
    collation = next((one.split()[1] for one in options if one.startswith("collation ")), COLLATION)
    master.execute(f"CREATE DATABASE {quote_mssql(name)} COLLATE {collation}")
    named = {one.split()[0] for one in options}
    settings = [
        *(one for one in PLAIN if one.split()[0] not in named),
        *(one for one in options if one != "own" and not one.startswith("collation ")),
    ]
    try:
        for option in settings:
            master.execute(f"ALTER DATABASE {quote_mssql(name)} SET {option}")
    except TableferryError:
        drop(master, name)
        raise
    return name


def drop(
    master: sqlserver.SourceConnection,
    name: str,
    *,
    alone: bool = True,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Drop a database; False where sessions are in it that do not go away.

    ``alone``: end the sessions of others first; without it a run that is still going keeps its own.
    """
    if not name.startswith(MARK):
        raise ValueError(f"{name} is no database of ours")
    deadline = clock() + PATIENCE
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
    """Drop what earlier runs left; returns what was dropped, and what a run still uses."""
    dropped: list[str] = []
    used: list[str] = []
    for name in leftovers(master):
        (dropped if drop(master, name, alone=False) else used).append(name)
    return dropped, used


_OBJECTS: Final = """\
SELECT RTRIM(o.type) AS kind, s.name AS owner, o.name AS name FROM sys.objects AS o
JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.is_ms_shipped = 0 AND o.parent_object_id = 0
AND o.type IN ('U', 'V', 'P', 'FN', 'IF', 'TF', 'SN', 'SO', 'SP')"""

_WORDS: Final = {
    "SP": "SECURITY POLICY", "V": "VIEW", "P": "PROCEDURE", "FN": "FUNCTION", "IF": "FUNCTION",
    "TF": "FUNCTION", "SN": "SYNONYM", "U": "TABLE", "SO": "SEQUENCE",
}  # fmt: skip
"""What sys.objects calls them and DROP does, in an order in which most can be dropped."""

_SYSTEM: Final = "'dbo', 'guest', 'INFORMATION_SCHEMA', 'sys', 'cdc', 'public'"

_BEFORE: Final = {
    """\
SELECT s.name AS owner, t.name AS name FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE t.temporal_type = 2""": (
        "ALTER TABLE {0}.{1} SET (SYSTEM_VERSIONING = OFF)"
    ),
    """\
SELECT s.name AS owner, t.name AS name, f.name AS more FROM sys.foreign_keys AS f
JOIN sys.tables AS t ON t.object_id = f.parent_object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id""": ("ALTER TABLE {0}.{1} DROP CONSTRAINT {2}"),
}
"""What keeps tables from being dropped, and what ends that."""

_AFTER: Final = {
    """\
SELECT s.name AS owner, t.name AS name FROM sys.types AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE t.is_user_defined = 1""": (
        "DROP TYPE {0}.{1}"
    ),
    """\
SELECT s.name AS owner, x.name AS name FROM sys.xml_schema_collections AS x
JOIN sys.schemas AS s ON s.schema_id = x.schema_id WHERE s.name <> 'sys'""": (
        "DROP XML SCHEMA COLLECTION {0}.{1}"
    ),
    "SELECT name FROM sys.partition_schemes": "DROP PARTITION SCHEME {0}",
    "SELECT name FROM sys.partition_functions": "DROP PARTITION FUNCTION {0}",
    f"""\
SELECT name FROM sys.schemas WHERE name NOT IN ({_SYSTEM}) AND name NOT LIKE 'db[_]%'""": (
        "DROP SCHEMA {0}"
    ),
    f"""\
SELECT name FROM sys.database_principals WHERE type = 'S' AND name NOT IN ({_SYSTEM})""": (
        "DROP USER {0}"
    ),
    f"""\
SELECT name FROM sys.database_principals WHERE type = 'R' AND is_fixed_role = 0
AND name NOT IN ({_SYSTEM})""": "DROP ROLE {0}",
}
"""What is left when the objects are gone."""

PASSES: Final = 4
"""Views of views of views need one each."""


def empty(connection: sqlserver.SourceConnection) -> bool:
    """Drop all that is in the connection's database; False where something is left."""
    for query, statement in _BEFORE.items():
        _each(connection, query, statement)
    for _ in range(PASSES):
        found = connection.rows(_OBJECTS, ["kind", "owner", "name"])
        if not found:
            break
        places = list(_WORDS)
        for kind, owner, name in sorted(found, key=lambda row: places.index(row[0])):
            # What others depend on is dropped in the next pass.
            with contextlib.suppress(TableferryError):
                connection.execute(f"DROP {_WORDS[kind]} {quote_mssql(owner)}.{quote_mssql(name)}")
    else:
        return False
    left = [_each(connection, query, statement) for query, statement in _AFTER.items()]
    return all(left)


def _each(connection: sqlserver.SourceConnection, query: str, statement: str) -> bool:
    names = [one.rpartition(" AS ")[2].split(".")[-1].strip() for one in _selected(query)]
    try:
        found = connection.rows(query, names)
    except TableferryError:
        return True  # a server without such a view has no such things
    for row in found:
        try:
            connection.execute(statement.format(*map(quote_mssql, row)))
        except TableferryError:
            return False
    return True


def _selected(query: str) -> list[str]:
    return " ".join(query.split()).removeprefix("SELECT ").partition(" FROM ")[0].split(", ")


class Databases:
    """The databases of a run, one for each set of options.

    A connection stays open in each, so that no other run takes it for one left behind.
    """

    def __init__(self, place: Place, master: sqlserver.SourceConnection) -> None:
        self._place = place
        self._master = master
        self._ready: dict[tuple[str, ...], str] = {}
        self._names: list[str] = []
        self._keepers: dict[str, sqlserver.SourceConnection] = {}

    def take(self, options: tuple[str, ...]) -> str:
        """Return an empty database with these options; raises TableferryError."""
        if options in self._ready:
            return self._ready.pop(options)
        name = create(self._master, options)
        self._names.append(name)
        # Where a probe alters the database itself, SQL Server waits until nobody else is in it.
        if "own" not in options:
            self._keepers[name] = sqlserver.connect(self._place.settings(name))
        return name

    def give_back(self, name: str, options: tuple[str, ...]) -> None:
        """Empty a database for the next probe with the same options, or drop it."""
        is_empty = False
        if "own" not in options and options not in self._ready:
            with contextlib.suppress(TableferryError):
                is_empty = empty(self._keepers[name])
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
