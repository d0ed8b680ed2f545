"""How many rows are fetched at once with (max) columns: memory grows with the widest values."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from tableferry import sqlserver
from tableferry.config import parse_table_configs
from tableferry.model.key_range import WHOLE_TABLE
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.sqlserver.row_widths import (
    CONVERTED_ROWS,
    IN_ROW_ROWS,
    UNBOUNDED_ROWS,
    most_unbounded_rows,
)
from tableferry_sandbox.faults import SendError
from tests.integration.conftest import Sandbox
from tests.support.specs import entry

ROWS = 3_000
LONG = 30_000


class Noting(sqlserver.RateLimit):
    """Notes the rows of each fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []

    def fetched(self, rows: int, seconds: float, *, first: bool = False) -> None:
        del seconds, first
        self.rows.append(rows)


@pytest.fixture
def source(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    yield running_sandbox
    running_sandbox.server.faults.clear()
    running_sandbox.run("DROP TABLE IF EXISTS dbo.Wide")


def create(source: Sandbox, kind: str, more: str = "") -> None:
    source.run(f"CREATE TABLE dbo.Wide (ID int NOT NULL PRIMARY KEY, Note {kind} NULL{more})")


def fill(source: Sandbox, sizes: list[int]) -> None:
    notes = pa.array(["x" * size for size in sizes], pa.large_string())
    rows = pa.table({"ID": pa.array(range(len(sizes)), pa.int32()), "Note": notes})
    source.engine.database("McTM").load("dbo", "Wide", rows)


def plan_of(connection: sqlserver.SourceConnection) -> SyncPlan:
    every = entry(sql_table="dbo.Wide", columns=None, pg_columns=None, batch_size=10_000)
    spec = parse_table_configs({"t": every})["t"]
    schema = sqlserver.read_schema(connection, spec.source)
    isolation = sqlserver.read_isolation(connection, "McTM")
    return plan_table(spec, schema, None, strategies=STRATEGIES, isolation=isolation)


def fetches(source: Sandbox) -> list[int]:
    """Read the table; returns the rows of each fetch."""
    noting = Noting()
    with sqlserver.connect(source.source()) as connection:
        reader = sqlserver.TableReader(connection, plan_of(connection), noting)
        read = sum(batch.num_rows for batch in reader.batches())
    assert read == sum(noting.rows)
    return noting.rows


@pytest.mark.parametrize("kind", ["nvarchar(max)", "varchar(max)"])
def test_many_rows_are_fetched_at_once_where_the_server_stores_every_value_in_its_row(
    source: Sandbox, kind: str
) -> None:
    create(source, kind)
    fill(source, [20] * ROWS)
    assert fetches(source) == [2, IN_ROW_ROWS, IN_ROW_ROWS, ROWS - 2 * IN_ROW_ROWS - 2]


def test_fewer_rows_are_fetched_at_once_where_the_server_makes_text_of_what_it_stores(
    source: Sandbox,
) -> None:
    create(source, "xml")
    source.run(
        "INSERT INTO dbo.Wide SELECT n.number, '<a>x</a>' FROM (SELECT TOP (700) ROW_NUMBER() "
        "OVER (ORDER BY a.object_id) AS number FROM sys.columns AS a CROSS JOIN sys.columns AS b)"
        " AS n"
    )
    assert fetches(source) == [2, CONVERTED_ROWS, CONVERTED_ROWS, 700 - 2 * CONVERTED_ROWS - 2]


def test_one_long_value_anywhere_makes_every_fetch_small(source: Sandbox) -> None:
    """The table has pages for large values: more of them may follow any row."""
    create(source, "nvarchar(max)")
    fill(source, [20] * ROWS + [LONG])
    assert max(fetches(source)) == UNBOUNDED_ROWS


def test_fetches_are_small_where_the_values_are_made_as_they_are_read(source: Sandbox) -> None:
    create(source, "nvarchar(200)", ", Much AS REPLICATE(CAST(Note AS nvarchar(max)), 10)")
    source.run("INSERT INTO dbo.Wide (ID, Note) VALUES (1, N'x'), (2, N'y'), (3, N'z')")
    with sqlserver.connect(source.source()) as connection:
        plan = plan_of(connection)
        assert plan.is_unbounded
        assert most_unbounded_rows(connection, plan) == UNBOUNDED_ROWS


def test_fetches_are_small_where_the_server_lacks_the_catalog_views(source: Sandbox) -> None:
    create(source, "nvarchar(max)")
    fill(source, [20] * ROWS)
    source.server.faults.on_statement("allocation_units", SendError(208, "Invalid object name"))
    assert max(fetches(source)) == UNBOUNDED_ROWS


def test_values_that_grow_while_the_table_is_read_make_the_fetches_small_again(
    source: Sandbox,
) -> None:
    """Of what was asked once, one fetch is wrong at the most."""
    create(source, "varchar(max)")
    fill(source, [20])
    noting = Noting()
    with sqlserver.connect(source.source()) as connection:
        reader = sqlserver.TableReader(connection, plan_of(connection), noting)
        list(reader.batches(WHOLE_TABLE))
        source.run("DELETE FROM dbo.Wide")
        fill(source, [20] * 1_000 + [LONG] * 200 + [20] * 1_000)
        noting.rows.clear()
        list(reader.batches(WHOLE_TABLE))
    assert noting.rows[:2] == [2, IN_ROW_ROWS]
    assert max(noting.rows[3:]) <= UNBOUNDED_ROWS
