"""Loading creates each database once, and each table before its rows."""

from collections.abc import Iterable

import pyarrow as pa

from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sample import SAMPLE_TABLES, bench_narrow, load_bench, load_sample


class RecordingDatabase:
    """Records the calls made to it."""

    def __init__(self, name: str, calls: list[tuple[str, ...]]) -> None:
        self.name = name
        self.calls = calls
        self.rows: dict[str, int] = {}

    def run(self, sql: str) -> None:
        self.calls.append((self.name, "run", sql.split("(", maxsplit=1)[0].strip()))

    def load(self, schema: str, table: str, data: pa.Table | Iterable[pa.RecordBatch]) -> int:
        self.calls.append((self.name, "load", f"{schema}.{table}"))
        batches = data.to_batches() if isinstance(data, pa.Table) else data
        self.rows[table] = sum(batch.num_rows for batch in batches)
        return self.rows[table]


class RecordingServer:
    """Holds recording databases."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.databases: dict[str, RecordingDatabase] = {}

    def create_database(self, name: str) -> RecordingDatabase:
        self.calls.append((name, "create"))
        self.databases[name] = RecordingDatabase(name, self.calls)
        return self.databases[name]

    def database(self, name: str) -> RecordingDatabase:
        if name not in self.databases:
            raise SqlError(911, f"Database '{name}' does not exist.")
        return self.databases[name]


def test_the_sample_creates_two_databases_and_fills_their_tables() -> None:
    server = RecordingServer()
    counts = load_sample(server, scale=0.1)
    assert server.calls == [
        ("McTM", "create"),
        ("McTM", "run", "CREATE TABLE [dbo].[Customer]"),
        ("McTM", "load", "dbo.Customer"),
        ("McTM", "run", "CREATE TABLE [dbo].[Module]"),
        ("McTM", "load", "dbo.Module"),
        ("VoipDB", "create"),
        ("VoipDB", "run", "CREATE TABLE [dbo].[Customer]"),
        ("VoipDB", "load", "dbo.Customer"),
        ("VoipDB", "run", "CREATE TABLE [dbo].[UserAgent]"),
        ("VoipDB", "load", "dbo.UserAgent"),
        ("McTM", "run", "ALTER DATABASE [McTM] SET ALLOW_SNAPSHOT_ISOLATION ON"),
    ]
    assert counts == {table.config_key: table.row_count(0.1) for table in SAMPLE_TABLES}
    assert server.databases["VoipDB"].rows == {"Customer": 150, "UserAgent": 500}


def test_a_benchmark_table_creates_its_database_only_once() -> None:
    server = RecordingServer()
    load_bench(server, bench_narrow(10))
    load_bench(server, bench_narrow(60_000))
    assert [call for call in server.calls if call[1] == "create"] == [("Bench", "create")]
    assert server.databases["Bench"].rows == {"Narrow": 60_000}
