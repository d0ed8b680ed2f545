"""Creates and fills the sample databases in a sandbox."""

from collections.abc import Iterable
from typing import Final, Protocol

import pyarrow as pa

from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sample.bench_tables import BenchTable
from tableferry_sandbox.sample.sample_tables import SAMPLE_TABLES

NO_SUCH_DATABASE: Final = 911


class SampleDatabase(Protocol):
    """The operations that loading needs of one database of the sandbox's engine."""

    def run(self, sql: str, /) -> None:
        """Run a T-SQL batch that returns no rows."""
        ...

    def load(self, schema: str, table: str, rows: pa.Table | Iterable[pa.RecordBatch], /) -> int:
        """Append rows in the physical form of ``sqltypes``; returns their number."""
        ...


class SampleServer(Protocol):
    """The operations that loading needs of the sandbox's engine."""

    def create_database(self, name: str, /) -> SampleDatabase:
        """Create an empty database and return it."""
        ...

    def database(self, name: str, /) -> SampleDatabase:
        """Return a database. Raises SqlError 911 when it does not exist."""
        ...


def load_sample(server: SampleServer, scale: float = 1.0) -> dict[str, int]:
    """Create the databases McTM and VoipDB with their tables; returns row counts by config key.

    At scale 1: 2,000 customers, 300 modules, 1,500 VoIP customers and 5,000 user agents. McTM
    allows SNAPSHOT isolation and VoipDB does not: both are common in production.
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
    """Create and fill a benchmark table batch by batch, creating its database if missing."""
    try:
        database = server.database(bench.table.database)
    except SqlError as error:
        if error.number != NO_SUCH_DATABASE:
            raise
        database = server.create_database(bench.table.database)
    database.run(bench.ddl)
    database.load(bench.table.schema, bench.table.name, bench.batches())
