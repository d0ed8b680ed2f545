"""A PostgreSQL database for a test."""

from dataclasses import dataclass, field, replace

import psycopg
from psycopg.conninfo import make_conninfo


@dataclass(frozen=True, slots=True)
class PgDatabase:
    """A database's address and credentials, with shortcuts for queries."""

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
        """The environment variables that make this database tableferry's target."""
        return {
            "PG_HOST": self.host,
            "PG_PORT": str(self.port),
            "PG_DB": self.name,
            "PG_USER": self.user,
            "PG_PASSWORD": self.password,
        }

    def through(self, host: str, port: int) -> "PgDatabase":
        """Return the same database at another address, such as a proxy's."""
        return replace(self, host=host, port=port)

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection:
        """Open a connection; the caller closes it."""
        return psycopg.connect(self.conninfo, autocommit=autocommit)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query, read over a new connection."""
        with self.connect() as connection:
            return list(connection.execute(query.encode()).fetchall())

    def run(self, *statements: str) -> None:
        """Run statements, each in its own transaction."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())
