"""Tables and columns that are legal in SQL Server, and that careless copies trip over."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase

pytestmark = pytest.mark.with_ledger

Sync = Callable[..., TableOutcome]


@pytest.fixture
def sync(sandbox: Sandbox, pg_database: PgDatabase) -> Sync:
    """Carries a table of McTM into t, by the least that an entry may say."""

    def run(table: str = "dbo.T", **changes: Any) -> TableOutcome:
        configured = {
            "db_type": "mctm", "sql_server_db": "McTM", "sql_table": table, "pg_table": "t",
            **changes,
        }  # fmt: skip
        return sync_table(
            parse_table_configs({"t": configured})["t"], sandbox.settings(pg_database)
        )

    return run


@pytest.fixture
def view(sandbox: Sandbox, table_in: Callable[[str], None]) -> Iterator[None]:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Price money NULL)")
    sandbox.run("INSERT INTO dbo.T VALUES (1, 922337203685477.5807), (2, -0.0001), (3, NULL)")
    sandbox.run("CREATE VIEW dbo.V AS SELECT ID, Price, Price * 2 AS Twice FROM dbo.T WHERE ID > 1")
    yield
    sandbox.run("DROP VIEW dbo.V")


def test_a_view_is_read_like_a_table(view: None, sync: Sync, pg_database: PgDatabase) -> None:
    outcome = sync("dbo.V", primary_key="ID")
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT id, price, twice FROM t ORDER BY id") == [
        (2, Decimal("-0.0001"), Decimal("-0.0002")),
        (3, None, None),
    ]


def test_a_heap_without_a_key_keeps_its_equal_rows(
    table_in: Callable[[str], None], sync: Sync, pg_database: PgDatabase
) -> None:
    table_in("CREATE TABLE dbo.T (A int NULL, B nvarchar(10) NULL)")
    table_in("INSERT INTO dbo.T VALUES (1, N'x'), (1, N'x'), (NULL, NULL), (NULL, NULL), (2, N'')")
    outcome = sync()
    assert outcome.status is Status.OK, outcome.error
    assert any("gets no primary key" in warning for warning in outcome.warnings)
    assert pg_database.rows("SELECT a, b, count(*) FROM t GROUP BY a, b ORDER BY 1, 2") == [
        (1, "x", 2),
        (2, "", 1),
        (None, None, 2),
    ]


def test_texts_full_of_emoji_arrive_to_the_last_unit(
    table_in: Callable[[str], None], sync: Sync, pg_database: PgDatabase
) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, A nvarchar(4000), B nvarchar(max))")
    table_in(
        "INSERT INTO dbo.T VALUES (1, REPLICATE(N'😀', 2000), "
        "REPLICATE(CAST(N'👩‍👩‍👧' AS nvarchar(max)), 5000))"
    )
    outcome = sync()
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT a, b FROM t") == [("😀" * 2000, "👩‍👩‍👧" * 5000)]


def test_values_of_twenty_million_bytes_arrive_beside_empty_ones(
    table_in: Callable[[str], None], sync: Sync, pg_database: PgDatabase
) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, A nvarchar(max), B varbinary(max))")
    table_in(
        "INSERT INTO dbo.T VALUES (1, REPLICATE(CAST(N'ж😀' AS nvarchar(max)), 3500000), "
        "CAST(REPLICATE(CAST('ab' AS varchar(max)), 10000000) AS varbinary(max))), (2, N'', 0x), "
        "(3, NULL, NULL)"
    )
    outcome = sync()
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows(
        "SELECT id, a = repeat('ж😀', 3500000), b = convert_to(repeat('ab', 10000000), 'UTF8'), "
        "length(a), length(b) FROM t ORDER BY id"
    ) == [
        (1, True, True, 7_000_000, 20_000_000),
        (2, False, False, 0, 0),
        (3, None, None, None, None),
    ]


def test_sparse_columns_and_hundreds_of_columns_arrive(
    table_in: Callable[[str], None], sync: Sync, pg_database: PgDatabase
) -> None:
    columns = ", ".join(f"C{number} int SPARSE NULL" for number in range(300))
    table_in(f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, {columns})")
    table_in("INSERT INTO dbo.T (ID, C0, C150, C299) VALUES (1, 7, 8, 9)")
    outcome = sync()
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT c0, c1, c150, c299 FROM t") == [(7, None, 8, 9)]


@pytest.mark.parametrize("publish", ["truncate", "merge"])
def test_keys_that_become_equal_when_their_half_pairs_are_replaced_are_refused(
    table_in: Callable[[str], None], sync: Sync, pg_database: PgDatabase, publish: str
) -> None:
    table_in(
        "CREATE TABLE dbo.T (Code nvarchar(9) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY)"
    )
    table_in("INSERT INTO dbo.T VALUES (N'a' + NCHAR(0xD800)), (N'a' + NCHAR(0xD801)), (N'b')")
    pg_database.run("CREATE TABLE t (code text PRIMARY KEY)", "INSERT INTO t VALUES ('old')")
    outcome = sync(publish=publish, on_invalid="replace")
    assert outcome.error is not None
    assert outcome.error.code == "23505"
    assert pg_database.rows("SELECT code FROM t") == [("old",)]
    outcome = sync(publish=publish, on_invalid="quarantine", max_invalid=2)
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT code FROM t") == [("b",)]
    assert pg_database.rows("SELECT row_key->>'Code' FROM tableferry.quarantine ORDER BY 1") == [
        ("0x610000d8",),
        ("0x610001d8",),
    ]


def test_names_that_only_the_source_can_tell_apart_are_refused_before_anything_is_touched(
    table_in: Callable[[str], None], sync: Sync, pg_database: PgDatabase
) -> None:
    table_in("CREATE TABLE dbo.T ([Order No] int NOT NULL, [OrderNo] int, [order_no] int)")
    outcome = sync()
    assert outcome.error is not None
    assert "order_no" in outcome.error.message
    assert pg_database.rows("SELECT to_regclass('t')") == [(None,)]


def test_a_column_of_every_name_that_hurts_arrives(
    table_in: Callable[[str], None], sync: Sync, pg_database: PgDatabase
) -> None:
    names = ["select", "a]b", 'q"uote', "semi;--", "new\nline", "кирилица", "x" * 128, "ctid "]
    columns = ", ".join(f"[{name.replace(']', ']]')}] int NULL" for name in names)
    table_in(f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, {columns})")
    table_in(f"INSERT INTO dbo.T VALUES (0, {', '.join(map(str, range(1, len(names) + 1)))})")
    outcome = sync()
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT * FROM t") == [tuple(range(len(names) + 1))]
