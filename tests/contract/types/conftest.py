"""Tables of every type, and the database that they are copied to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tableferry import postgres, sqlserver
from tableferry.config import Settings, SourceSettings, TableSpec, parse_table_configs
from tableferry.runs.outcome import TableOutcome
from tableferry.runs.run import sync_table
from tableferry.verification.differences import Differences
from tableferry.verification.independent import Comparison, compare_rows
from tests.contract.types.damage import TYPES_OF, damage_sql
from tests.integration.support import settings_of
from tests.support.comparing import compare
from tests.support.databases import PgDatabase


@dataclass(frozen=True)
class Types:
    """A source database for tables of every type, and the target database."""

    source: SourceSettings
    target: PgDatabase
    connection: sqlserver.SourceConnection = field(repr=False)

    @property
    def settings(self) -> Settings:
        return Settings({"types": self.source}, settings_of(self.target))

    def run(self, *batches: str) -> None:
        for batch in batches:
            self.connection.execute(batch)

    def sync(self, *, keep: bool = False, **changes: Any) -> TableOutcome:
        """Carry dbo.T (ID, V) into a new t (id, v), or with ``keep`` into the existing one."""
        if not keep:
            self.target.run("DROP TABLE IF EXISTS t")
        return sync_table(self.spec(**changes), self.settings)

    def compare(self, **changes: Any) -> Comparison:
        """Compare dbo.T with t, as a sync with the same keys left it."""
        with postgres.connect(settings_of(self.target)) as into:
            return compare_rows(self.spec(**changes), self.connection, into)

    def verify(self, **changes: Any) -> Differences:
        """Compare the same two tables as a verification does, by their bytes."""
        return compare(self.spec(**changes), self.settings)

    def damage(self) -> dict[str, set[str]]:
        """Alter one value in each column of t but the key; returns the columns by the row's id."""
        damaged: dict[str, set[str]] = {}
        with self.target.connect() as connection:
            for column, type_name in connection.execute(TYPES_OF).fetchall():
                statement = damage_sql(column, type_name)
                for (row,) in connection.execute(statement.encode()).fetchall():
                    damaged.setdefault(str(row), set()).add(column)
        return damaged

    def spec(self, **changes: Any) -> TableSpec:
        """The specification of dbo.T (ID, V) into t (id, v), with changes."""
        configured = {
            "db_type": "types",
            "sql_server_db": self.source.db,
            "sql_table": "dbo.T",
            "pg_table": "t",
            "columns": ["ID", "V"],
            "pg_columns": ["id", "v"],
            "primary_key": "ID",
            "order_by": "ID",
            **changes,
        }
        return parse_table_configs({"t": configured})["t"]

    def found(self, columns: str = "v") -> list[tuple[Any, ...]]:
        """Return the rows of t in PostgreSQL, read in binary format."""
        with self.target.connect() as reader, reader.cursor(binary=True) as cursor:
            cursor.execute("SET timezone = 'UTC'")
            cursor.execute(f"SELECT {columns} FROM t ORDER BY id".encode())
            return list(cursor.fetchall())


def require_equal(verified: Differences, rows: int) -> None:
    """See that a verification compared every value, and found none that differs."""
    assert (verified.source_rows, verified.target_rows) == (rows, rows)
    assert verified.kept == []
    assert verified.total == 0
    assert verified.not_compared == {}


@pytest.fixture(scope="module")
def types(database: SourceSettings, module_pg_database: PgDatabase) -> Iterator[Types]:
    with sqlserver.connect(database) as connection:
        yield Types(database, module_pg_database, connection)
