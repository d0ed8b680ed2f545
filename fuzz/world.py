"""The servers of the fuzz: a source whose names are hostile, and a target database per worker.

The source never changes, so a target table is whole, empty or missing after every case. Every text
value begins with ``VALUE``: a value that any output quotes is found by it.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import pyarrow as pa
from psycopg import sql

from tableferry_sandbox.local_postgres import LocalPostgres
from tableferry_sandbox.testing import SqlServer, sql_server
from tests.support.proxy import TcpProxy

SECRET: Final = "Canary-secret-5e1f"
"""Part of every password."""

VALUE: Final = "Canary-value-c0ffee"
"""Part of every text value of the source."""

DATABASE: Final = "Fuzz"
USER: Final = "fuzz"
ROWS: Final = 300

SOURCE_URL: Final = "<source>"
TARGET_URL: Final = "<target>"
"""Arguments that stand for the URLs of the servers, without passwords."""

NAMES: Final = (
    "Plain",
    "a]b",
    'it\'s "quoted"',
    "red\x1b[31m",
    "two\nlines",
    "right\u202eleft",
    "a[/b]",
    "100%s {0}",
    "\N{GRINNING FACE} \u0421\u0442\u0440\u0430\u043d\u0430",
    "n" * 128,
    " padded",
)
"""Table names that are legal in SQL Server; each table's text column has the same name."""

REFUSED: Final = "Refused"
"""A table whose values PostgreSQL cannot store: U+0000 in a text."""


@dataclass(frozen=True)
class Wires:
    """A worker's own way to both servers, which its cases may cut, and its target database."""

    source: TcpProxy
    target: TcpProxy
    database: str


@dataclass(frozen=True)
class World:
    """The running servers."""

    source: SqlServer
    target: LocalPostgres

    @contextlib.contextmanager
    def wires(self) -> Iterator[Wires]:
        """Open a worker's own proxies and target database."""
        with (
            TcpProxy(self.source.host, self.source.port) as source,
            TcpProxy(self.target.host, self.target.port) as target,
            self.target.temporary_database() as database,
        ):
            yield Wires(source, target, database)

    def environment(self, wires: Wires) -> dict[str, str]:
        """Return the variables with which every command works."""
        return {
            "SQL_SERVER_FUZZ_HOST": wires.source.host,
            "SQL_SERVER_FUZZ_PORT": str(wires.source.port),
            "SQL_SERVER_FUZZ_DB": DATABASE,
            "SQL_SERVER_FUZZ_USER": self.source.user,
            "SQL_SERVER_FUZZ_PASSWORD": self.source.password,
            "PG_HOST": wires.target.host,
            "PG_PORT": str(wires.target.port),
            "PG_DB": wires.database,
            "PG_USER": self.target.user,
            "PG_PASSWORD": self.target.password,
        }

    def urls(self, wires: Wires) -> dict[str, str]:
        """Return the arguments that stand for a URL, and the URLs."""
        source, target = wires.source, wires.target
        return {
            SOURCE_URL: f"mssql://{self.source.user}@{source.host}:{source.port}/{DATABASE}",
            TARGET_URL: (
                f"postgresql://{self.target.user}@{target.host}:{target.port}/{wires.database}"
            ),
        }

    def passwords(self) -> dict[str, str]:
        """Return the variables of the passwords that the URLs do not have."""
        return {
            "SQL_SERVER_PASSWORD": self.source.password,
            "PGPASSWORD": self.target.password,
        }

    def connect(self, wires: Wires) -> "psycopg.Connection[Any]":
        """Connect to a worker's database directly, bypassing its proxy."""
        return psycopg.connect(self.target.conninfo(wires.database), autocommit=True)


def entry(name: str, **changes: Any) -> dict[str, Any]:
    """Return the entry of TABLE_CONFIGS for one of the source's tables."""
    return {
        "db_type": "fuzz",
        "sql_server_db": DATABASE,
        "sql_table": f"dbo.[{name.replace(']', ']]')}]",
        "pg_table": target_name(name),
        **changes,
    }


def target_name(name: str) -> str:
    """Return the target table of a source table: as hostile, and of PostgreSQL's length."""
    return '"' + name.strip()[:50].replace('"', '""') + '"'


@contextlib.contextmanager
def world() -> Iterator[World]:
    """Start both servers and fill the source."""
    with (
        sql_server(DATABASE, user=USER, password=f"{SECRET};{{'}}\"%s") as source,
        LocalPostgres(password=f"{SECRET}'\\\" %s[/b]") as target,
    ):
        for name in (*NAMES, REFUSED):
            _create(source, name, "\x00" if name == REFUSED else "")
        yield World(source, target)


def _create(source: SqlServer, name: str, ending: str) -> None:
    quoted = f"[{name.replace(']', ']]')}]"
    source.run(
        DATABASE,
        f"CREATE TABLE dbo.{quoted} (ID int NOT NULL PRIMARY KEY, {quoted} nvarchar(60) NOT NULL)",
    )
    texts = [f"{VALUE} {number} '\"[/b]\x1b[0m{ending}" for number in range(ROWS)]
    rows = {"ID": pa.array(range(ROWS), pa.int32()), name: pa.array(texts, pa.large_string())}
    source.engine.database(DATABASE).load("dbo", name, pa.table(rows))


def counts(connection: "psycopg.Connection[Any]") -> dict[str, int]:
    """Return how many rows each of a worker's target tables has."""
    tables = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    ).fetchall()
    count = sql.SQL("SELECT count(*) FROM public.{}")
    return {
        name: connection.execute(count.format(sql.Identifier(name))).fetchall()[0][0]
        for (name,) in tables
    }
