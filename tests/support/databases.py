"""A database as a test sees it."""

from dataclasses import dataclass, field, replace

import psycopg
from psycopg.conninfo import make_conninfo


@dataclass(frozen=True, slots=True)
class PgDatabase:
    """Where a PostgreSQL database is, and how to get in."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)

    @property
    def conninfo(self) -> str:
        """The libpq connection string, password included."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=self.name,
            user=self.user,
            password=self.password,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name this database as tableferry's target."""
        return {
            "PG_HOST": self.host,
            "PG_PORT": str(self.port),
            "PG_DB": self.name,
            "PG_USER": self.user,
            "PG_PASSWORD": self.password,
        }

    def through(self, host: str, port: int) -> "PgDatabase":
        """Return the same database by way of another address, a proxy's for instance."""
        return replace(self, host=host, port=port)

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection:
        """Open a connection; the caller closes it."""
        return psycopg.connect(self.conninfo, autocommit=autocommit)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query, read on a connection of its own."""
        with self.connect() as connection:
            return list(connection.execute(query.encode()).fetchall())

    def run(self, *statements: str) -> None:
        """Run statements, each committed by itself."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())
