"""A real SQL Server, and a real PostgreSQL, in the place of those that tests start for themselves.

``--live`` runs the tests of ``tests/support/live_tests.py`` and no others, on the SQL Server that
``TABLEFERRY_LIVE_MSSQL=HOST:PORT:USER`` names, and with ``TABLEFERRY_LIVE_POSTGRES`` on that
PostgreSQL; the passwords are where ``script/live`` reads them. It sets all of these, and drops what
a run that was killed has left.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from live.databases import administer, create, drop, new_name
from live.place import Place, read_facts
from live.servers import PASSWORD, PG_PASSWORD, CannotRunError, split
from tableferry import sqlserver
from tableferry.config import Settings, SourceSettings
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

MSSQL = "TABLEFERRY_LIVE_MSSQL"
POSTGRES = "TABLEFERRY_LIVE_POSTGRES"
CA_FILE = "TABLEFERRY_LIVE_CA_FILE"

SERIES = re.compile(r"GENERATE_SERIES\((\d+), (\d+)(?:, (\d+))?\)(?! AS)", re.IGNORECASE)
WITH_SERIES = 2022
"""The first version that has GENERATE_SERIES."""


def server_of(variable: str, password: str) -> tuple[str, int, str, str]:
    """The host, port and user that a variable names, and the password that is in another."""
    try:
        return (*split(os.environ.get(variable, "")), os.environ[password])
    except (CannotRunError, KeyError) as error:
        raise pytest.UsageError(f"{variable} and {password}: {error}") from None


def live_place() -> Place:
    """The SQL Server of ``--live``."""
    return Place(*server_of(MSSQL, PASSWORD), os.environ.get(CA_FILE, ""))


@contextlib.contextmanager
def live_database() -> Iterator[SourceSettings]:
    """An empty database on it, in which a session stays until the block ends."""
    place = live_place()
    with administer(place) as master:
        name = create(master)
        try:
            with sqlserver.connect(place.settings(name)):
                yield place.settings(name)
        finally:
            assert drop(master, name)


class LiveSource:
    """What tests use of the sandbox's fixture, on a server on which nothing else can be had.

    Its databases are called otherwise there: statements that name McTM or VoipDB are changed.
    """

    def __init__(self) -> None:
        self._open = contextlib.ExitStack()
        self._databases: dict[str, SourceSettings] = {}
        self._year = 0

    def source(self, name: str = "McTM", **changes: Any) -> SourceSettings:
        """The settings that lead to one of its databases."""
        if name not in self._databases:
            self._databases[name] = self._open.enter_context(live_database())
        given = {"prefix": f"SQL_SERVER_{name.upper()}_", **changes}
        return self._databases[name].model_copy(update=given)

    def settings(self, database: PgDatabase, **changes: Any) -> Settings:
        """The settings of a deployment from here into ``database``; the other source is absent."""
        mctm = self.source(**changes)
        sources = {"mctm": mctm, "voipdb": mctm.model_copy(update={"db": "absent"})}
        if "VoipDB" in self._databases:
            sources["voipdb"] = self.source("VoipDB", **changes)
        return Settings(sources, settings_of(database))

    def run(self, sql_: str, db: str = "McTM") -> None:
        """Run a T-SQL batch."""
        with self._connected(db) as connection:
            connection.execute(self._here(sql_))

    def rows(self, sql_: str, db: str = "McTM") -> list[tuple[Any, ...]]:
        """Ask with the driver alone."""
        with self._connected(db) as connection:
            cursor = connection.stream(self._here(sql_))
            return [tuple(row) for row in cursor.fetchall()]

    def forget_faults(self) -> None:
        """Nothing is done to a real server on purpose."""

    def close(self) -> None:
        self._open.close()

    def _connected(self, db: str) -> sqlserver.SourceConnection:
        connection = sqlserver.connect(self.source(db))
        if not self._year:
            self._year = read_facts(connection).year or WITH_SERIES
        return connection

    def _here(self, text: str) -> str:
        for name, settings in self._databases.items():
            text = re.sub(rf"\b{name}\b", settings.db, text)
        return SERIES.sub(_series, text) if self._year < WITH_SERIES else text


def _series(found: re.Match[str]) -> str:
    first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
    numbers = (
        f"SELECT TOP ({(last - first) // step + 1}) "
        "ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) - 1 AS n "
        "FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b"
    )
    return f"(SELECT CAST(n * {step} + {first} AS int) AS value FROM ({numbers}) AS m) AS series"


@contextlib.contextmanager
def live_source() -> Iterator[LiveSource]:
    """A source of its own, whose databases are dropped when the block ends."""
    made = LiveSource()
    try:
        yield made
    finally:
        made.close()


class LivePostgres:
    """What tests use of the PostgreSQL of a run, on the one of TABLEFERRY_LIVE_POSTGRES."""

    def __init__(self) -> None:
        self.host, self.port, self.user, self.password = server_of(POSTGRES, PG_PASSWORD)

    def conninfo(self, database: str = "postgres") -> str:
        """The connection string of one of its databases, with the password."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
        )

    @contextlib.contextmanager
    def temporary_database(self, template: str = "template0") -> Iterator[str]:
        """A database of our own until the block ends; ``template`` exists on our server only."""
        del template
        name = new_name()
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            made = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
            connection.execute(sql.SQL(made).format(sql.Identifier(name)))
            try:
                # Another run sees by the session that the database is still used.
                with psycopg.connect(self.conninfo(name)):
                    yield name
            finally:
                gone = "DROP DATABASE {} WITH (FORCE)"
                connection.execute(sql.SQL(gone).format(sql.Identifier(name)))
