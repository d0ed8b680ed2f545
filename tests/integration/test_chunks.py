"""A table is cut in the source and read chunk by chunk, over one connection or several."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.config import parse_table_configs
from tableferry.errors import SchemaError, TransientError, VerificationError
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.sqlserver import chunking, table_key
from tableferry_sandbox.faults import CutConnection, EndEarly, SendError
from tests.integration.conftest import Sandbox
from tests.support.specs import entry

TableIn = Callable[[str], None]


@pytest.fixture
def connection(sandbox: Sandbox) -> Iterator[sqlserver.SourceConnection]:
    with sqlserver.connect(sandbox.source()) as opened:
        yield opened


def plan_of(
    connection: sqlserver.SourceConnection, chunks: int = 4, table: str = "dbo.T", **changes: Any
) -> SyncPlan:
    configured = entry(
        sql_table=table,
        **{"columns": None, "pg_columns": None, "order_by": None, "chunks": chunks, **changes},
    )
    spec = parse_table_configs({"t": configured})["t"]
    schema = sqlserver.read_schema(connection, spec.source)
    return plan_table(
        spec,
        schema,
        None,
        strategies=STRATEGIES,
        isolation=sqlserver.read_isolation(connection, "McTM"),
    )


def read(reader: sqlserver.TableReader, cut: sqlserver.Chunking) -> list[list[int]]:
    """Read the first column of every chunk."""
    return [
        [number for batch in reader.batches(keys) for number in batch.column(0).to_pylist()]
        for keys in cut.ranges
    ]


def numbered(table_in: TableIn, rows: int, key: str = "value", more: str = "") -> None:
    table_in(
        f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50) NULL{more});"
        f"INSERT INTO dbo.T (ID, Name) SELECT {key}, N'a' FROM GENERATE_SERIES(1, {rows})"
    )


def test_chunks_are_read_one_after_the_other_over_one_connection(
    connection: sqlserver.SourceConnection, table_in: TableIn
) -> None:
    numbered(table_in, 1000)
    plan = plan_of(connection, batch_size=100)
    reader = sqlserver.TableReader(connection, plan)
    parts = read(reader, sqlserver.split_table(connection, plan))
    assert [len(part) for part in parts] == [250] * 4
    assert sorted(itertools.chain(*parts)) == list(range(1, 1001))
    assert reader.rows == 1000


def test_a_whole_number_key_without_gaps_is_cut_by_its_ends(
    connection: sqlserver.SourceConnection, table_in: TableIn
) -> None:
    numbered(table_in, 1000)
    cut = sqlserver.split_table(connection, plan_of(connection))
    assert cut.method == "even"
    assert [keys.low for keys in cut.ranges] == [None, ("251",), ("501",), ("751",)]
    assert cut.warnings == ()


def test_a_key_with_gaps_is_cut_where_its_rows_are(
    connection: sqlserver.SourceConnection, table_in: TableIn
) -> None:
    numbered(table_in, 1000, "value * value")
    plan = plan_of(connection)
    cut = sqlserver.split_table(connection, plan)
    assert cut.method == "counted"
    assert [len(part) for part in read(sqlserver.TableReader(connection, plan), cut)] == [250] * 4


@pytest.mark.parametrize(("rows", "ranges"), [(0, 1), (1, 1), (2, 2), (3, 3), (5, 4)])
def test_a_table_of_fewer_rows_than_chunks_is_cut_into_as_many_as_it_has(
    connection: sqlserver.SourceConnection, table_in: TableIn, rows: int, ranges: int
) -> None:
    numbered(table_in, 9)
    table_in(f"DELETE FROM dbo.T WHERE ID > {rows}")
    plan = plan_of(connection)
    cut = sqlserver.split_table(connection, plan)
    assert len(cut.ranges) == ranges
    assert sum(map(len, read(sqlserver.TableReader(connection, plan), cut))) == rows


def test_one_chunk_is_the_whole_table_and_asks_nothing(
    connection: sqlserver.SourceConnection, table_in: TableIn
) -> None:
    numbered(table_in, 9)
    plan = plan_of(connection, chunks=1)
    connection.close()
    [keys] = sqlserver.split_table(connection, plan).ranges
    assert plan.chunk(keys) == plan.select


def test_rows_without_a_whole_key_are_in_a_chunk_and_repeated_keys_in_one(
    connection: sqlserver.SourceConnection, table_in: TableIn
) -> None:
    table_in(
        "CREATE TABLE dbo.T (ID int NULL, Name nvarchar(50) NULL);"
        "INSERT INTO dbo.T SELECT value % 3, NULL FROM GENERATE_SERIES(1, 30);"
        "INSERT INTO dbo.T VALUES (NULL, N'a'), (NULL, N'b'), (7, NULL)"
    )
    for key in ("ID", ["ID", "Name"], ["Name", "ID"]):
        plan = plan_of(connection, primary_key=key)
        parts = read(
            sqlserver.TableReader(connection, plan), sqlserver.split_table(connection, plan)
        )
        assert sum(map(len, parts)) == 33
    plan = plan_of(connection, primary_key="ID")
    parts = read(sqlserver.TableReader(connection, plan), sqlserver.split_table(connection, plan))
    assert [sorted(set(part), key=str) for part in parts] == [[None], [0], [1], [2, 7]]


def test_rows_that_where_leaves_out_are_in_no_chunk(
    connection: sqlserver.SourceConnection, table_in: TableIn
) -> None:
    numbered(table_in, 100)
    plan = plan_of(connection, where="ID % 2 = 0 OR ID = 99")
    parts = read(sqlserver.TableReader(connection, plan), sqlserver.split_table(connection, plan))
    assert sorted(itertools.chain(*parts)) == sorted([*range(2, 101, 2), 99])
    assert [len(part) for part in parts] == [13, 13, 13, 12]


def test_uniqueidentifiers_are_cut_in_the_sources_order(
    connection: sqlserver.SourceConnection, table_in: TableIn
) -> None:
    table_in(
        "CREATE TABLE dbo.T (ID uniqueidentifier NOT NULL PRIMARY KEY, Name nvarchar(50) NULL);"
        "INSERT INTO dbo.T SELECT NEWID(), NULL FROM GENERATE_SERIES(1, 400)"
    )
    plan = plan_of(connection)
    parts = read(sqlserver.TableReader(connection, plan), sqlserver.split_table(connection, plan))
    assert [len(part) for part in parts] == [100] * 4
    assert len({guid for part in parts for guid in part}) == 400


def test_a_view_can_be_cut(
    connection: sqlserver.SourceConnection, table_in: TableIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbered(table_in, 100, "value * value")
    monkeypatch.setattr(chunking, "SAMPLED_ROWS", 0)
    table_in("CREATE VIEW dbo.V AS SELECT ID, Name FROM dbo.T")
    try:
        plan = plan_of(connection, table="dbo.V")
        cut = sqlserver.split_table(connection, plan)
        parts = read(sqlserver.TableReader(connection, plan), cut)
    finally:
        table_in("DROP VIEW dbo.V")
    assert cut.method == "counted"
    assert [len(part) for part in parts] == [25] * 4
    assert cut.warnings == ()


@pytest.mark.parametrize("key", ["NONCLUSTERED", "CLUSTERED"])
def test_a_table_that_is_not_stored_in_the_order_of_its_key_is_told(
    connection: sqlserver.SourceConnection, table_in: TableIn, key: str
) -> None:
    table_in(f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY {key}, Name nvarchar(50) NULL)")
    told = sqlserver.split_table(connection, plan_of(connection)).warnings
    assert bool(told) is (key == "NONCLUSTERED")
    assert all("not stored in the order of 'ID'" in text for text in told)


def test_bounds_that_the_source_finds_out_of_order_are_refused_and_repeated_ones_dropped(
    connection: sqlserver.SourceConnection, table_in: TableIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    table_in("CREATE TABLE dbo.T (ID nvarchar(9) NOT NULL PRIMARY KEY, Name nvarchar(50) NULL)")
    monkeypatch.setattr(chunking, "BOUNDS_PER_STATEMENT", 2)
    table = chunking._TableShape(connection, plan_of(connection))
    a, upper, b, c, d = (("0x" + text.encode("utf-16-le").hex().upper(),) for text in "aAbcd")
    assert table.ascending([a, upper, b, c, d, d]) == [a, b, c, d]
    with pytest.raises(VerificationError, match="sorts its keys in another order"):
        table.ascending([a, b, d, c])


def test_a_key_column_of_unknown_collation_is_refused(
    connection: sqlserver.SourceConnection, table_in: TableIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    table_in("CREATE TABLE dbo.T (ID varchar(9) NOT NULL PRIMARY KEY, Name nvarchar(50) NULL)")
    monkeypatch.setattr(table_key, "COLLATIONS", "SELECT 'x' AS column_name, NULL AS collation")
    with pytest.raises(SchemaError, match="the collation of 'ID'"):
        sqlserver.split_table(connection, plan_of(connection))


FROM_T = r"SELECT\s+t\.\[ID\].*FROM \[McTM\]\.\[dbo\]\.\[T\] AS t.*ROWCOUNT"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (EndEarly(after_rows=10), VerificationError),
        (EndEarly(after_rows=10, honest=True), VerificationError),
        (CutConnection(after_rows=10), TransientError),
        (SendError(1205, "Transaction (Process ID 55) was deadlocked on lock", 10), TransientError),
    ],
)
def test_a_fault_in_the_midst_of_a_chunk_is_an_error(
    sandbox: Sandbox,
    connection: sqlserver.SourceConnection,
    table_in: TableIn,
    fault: Any,
    kind: type[Exception],
) -> None:
    numbered(table_in, 1000)
    plan = plan_of(connection)
    first, second, *_ = sqlserver.split_table(connection, plan).ranges
    reader = sqlserver.TableReader(connection, plan)
    assert sum(batch.num_rows for batch in reader.batches(first)) == 250
    sandbox.server.faults.on_statement(FROM_T, fault)
    with pytest.raises(kind):
        list(reader.batches(second))


IN_A_SNAPSHOT = """
import sys
from tableferry import sqlserver
from tests.integration.test_chunks import plan_of, read
from tests.support.specs import source_settings

settings = source_settings(port=int(sys.argv[1]), user=sys.argv[2], password=sys.argv[3])
with sqlserver.connect(settings) as connection, sqlserver.connect(settings) as other:
    plan = plan_of(connection, consistency="snapshot")
    cut = sqlserver.split_table(connection, plan)
    reader = sqlserver.TableReader(connection, plan)
    connection.begin_snapshot()
    first = [row for batch in reader.batches(cut.ranges[0]) for row in batch.column(0).to_pylist()]
    other.execute("DELETE FROM dbo.T WHERE ID > 500; INSERT INTO dbo.T VALUES (2000, N'new')")
    found = [sum(b.num_rows for b in reader.batches(keys)) for keys in cut.ranges[1:]]
    connection.end_snapshot()
    print(len(first), found, sum(b.num_rows for b in reader.batches()))
"""


def test_chunks_in_one_snapshot_are_of_one_moment(
    sandbox: Sandbox, table_in: TableIn, provider: str
) -> None:
    numbered(table_in, 1000)
    sandbox.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    arguments = [str(sandbox.server.port), "sa", sandbox.source().password.get_secret_value()]
    result = subprocess.run(
        [sys.executable, "-c", IN_A_SNAPSHOT, *arguments],
        env={**os.environ, "MSSQL_PYTHON_NATIVE_PROVIDER": provider},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "250 [250, 250, 250] 501"


def test_a_snapshot_that_ended_on_its_own_is_noticed(
    sandbox: Sandbox, connection: sqlserver.SourceConnection, table_in: TableIn
) -> None:
    numbered(table_in, 10)
    sandbox.run("ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON")
    reader = sqlserver.TableReader(connection, plan_of(connection, consistency="snapshot"))
    connection.begin_snapshot()
    list(reader.batches())
    connection.execute("ROLLBACK TRANSACTION")
    with pytest.raises(VerificationError, match="several moments"):
        connection.end_snapshot()
