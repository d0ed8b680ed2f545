"""Puts the sample into a sandbox's databases."""

from collections.abc import Iterable
from typing import Final, Protocol

import pyarrow as pa

from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sample.bench_tables import BenchTable
from tableferry_sandbox.sample.sample_tables import SAMPLE_TABLES

NO_SUCH_DATABASE: Final = 911


class SampleDatabase(Protocol):
    """What loading asks of one database of the sandbox's SQL engine."""

    def run(self, sql: str, /) -> None:
        """Run a T-SQL batch that returns no rows."""
        ...

    def load(self, schema: str, table: str, rows: pa.Table | Iterable[pa.RecordBatch], /) -> int:
        """Append rows given in the physical form of ``sqltypes``; returns how many."""
        ...


class SampleServer(Protocol):
    """What loading asks of the sandbox's SQL engine."""

    def create_database(self, name: str, /) -> SampleDatabase:
        """Make an empty database and return it."""
        ...

    def database(self, name: str, /) -> SampleDatabase:
        """Return a database; SqlError 911 when there is none of this name."""
        ...


def load_sample(server: SampleServer, scale: float = 1.0) -> dict[str, int]:
    """Make the databases McTM and VoipDB with their tables; returns rows by ``config_key``.

    At scale 1 these are 2,000 customers, 300 modules, 1,500 VoIP customers, 5,000 user agents.
    McTM allows SNAPSHOT isolation, VoipDB does not: one finds both in the field.
    """
    counts = {}
    for name in dict.fromkeys(table.database for table in SAMPLE_TABLES):
        database = server.create_database(name)
        for table in SAMPLE_TABLES:
            if table.database == name:
                database.run(table.ddl)
                rows = table.rows(scale)
                database.load(table.schema, table.name, rows)
                counts[table.config_key] = rows.num_rows
    server.database("McTM").run("ALTER DATABASE [McTM] SET ALLOW_SNAPSHOT_ISOLATION ON")
    return counts


def load_bench(server: SampleServer, bench: BenchTable) -> None:
    """Add a benchmark table, and the database Bench where it is missing, batch by batch."""
    try:
        database = server.database(bench.table.database)
    except SqlError as error:
        if error.number != NO_SUCH_DATABASE:
            raise
        database = server.create_database(bench.table.database)
    database.run(bench.ddl)
    database.load(bench.table.schema, bench.table.name, bench.batches())
