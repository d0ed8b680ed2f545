"""How many rows are fetched at once with (max) columns: memory grows with the widest values."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from tableferry import sqlserver
from tableferry.config import parse_table_configs
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.runs.outcome import RunOutcome
from tableferry.runs.run import sync_tables
from tableferry.sqlserver import reader
from tableferry.sqlserver.reader import BATCH_BYTES, DRIVER_BYTES
from tableferry.sqlserver.row_widths import CONVERTED_ROWS, IN_ROW_ROWS, UNBOUNDED_ROWS
from tableferry_sandbox.faults import SendError
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

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


def fill(source: Sandbox, sizes: list[int], kind: str = "") -> None:
    stored = pa.large_binary() if kind == "varbinary(max)" else pa.large_string()
    notes = pa.array(["x" * size for size in sizes], pa.large_string()).cast(stored)
    rows = pa.table({"ID": pa.array(range(len(sizes)), pa.int32()), "Note": notes})
    source.engine.database("McTM").load("dbo", "Wide", rows)


def plan_of(connection: sqlserver.SourceConnection) -> SyncPlan:
    every = entry(sql_table="dbo.Wide", columns=None, pg_columns=None, batch_size=10_000)
    spec = parse_table_configs({"t": every})["t"]
    schema = sqlserver.read_schema(connection, spec.source)
    isolation = sqlserver.read_isolation(connection, "McTM")
    return plan_table(spec, schema, None, strategies=STRATEGIES, isolation=isolation)


def read(source: Sandbox) -> list[str | bytes]:
    """Return the values of the column, in the order of the keys."""
    with sqlserver.connect(source.source()) as connection:
        batches = sqlserver.TableReader(connection, plan_of(connection)).batches()
        return [value for batch in batches for value in batch.column(1).to_pylist()]


def sync(source: Sandbox, database: PgDatabase, **changes: Any) -> RunOutcome:
    pg_columns = ["id", "note"]
    configured = entry(
        sql_table="dbo.Wide",
        pg_table="wide",
        columns=["ID", "Note"],
        pg_columns=pg_columns,
        **changes,
    )
    return sync_tables(
        list(parse_table_configs({"t": configured}).values()), source.settings(database)
    )


def fetches(source: Sandbox) -> list[int]:
    """Read the table; returns the rows of each fetch."""
    noting = Noting()
    with sqlserver.connect(source.source()) as connection:
        batches = sqlserver.TableReader(connection, plan_of(connection), noting).batches()
        assert sum(batch.num_rows for batch in batches) == sum(noting.rows)
    return noting.rows


@pytest.mark.parametrize("kind", ["nvarchar(max)", "varchar(max)", "varbinary(max)"])
def test_columns_are_read_with_a_length_where_the_server_stores_every_value_in_its_row(
    source: Sandbox, kind: str
) -> None:
    """With a length the driver fetches many rows at once, as of any table."""
    create(source, kind)
    fill(source, [20] * ROWS, kind)
    first, most = BATCH_BYTES // 8_004, DRIVER_BYTES // 8_004
    assert fetches(source) == [first, most, ROWS - first - most]


@pytest.mark.parametrize("kind", ["nvarchar(max)", "varchar(max)", "varbinary(max)"])
def test_the_longest_values_that_a_row_stores_arrive_whole(source: Sandbox, kind: str) -> None:
    create(source, kind)
    sizes = [0, 1, 4_000 if kind.startswith("n") else 8_000, 3_999]
    fill(source, sizes, kind)
    assert [len(value) for value in read(source)] == sizes


def test_blanks_at_the_end_and_half_a_pair_of_surrogates_arrive_as_they_are(
    source: Sandbox, pg_database: PgDatabase
) -> None:
    """What the driver cannot decode is read again as bytes, whichever type it was read as."""
    create(source, "nvarchar(max)")
    source.run(
        "INSERT INTO dbo.Wide VALUES (1, N'a  '), (2, N'b' + NCHAR(0xD83D)), (3, N''), (4, NULL)"
    )
    pg_database.run("CREATE TABLE wide (id int PRIMARY KEY, note text)")
    outcome = sync(source, pg_database, on_invalid="replace")
    assert outcome.ok
    assert pg_database.rows("SELECT * FROM wide ORDER BY id") == [
        (1, "a  "),
        (2, "b\ufffd"),
        (3, ""),
        (4, None),
    ]


@pytest.mark.parametrize("kind", ["nvarchar(max)", "varchar(max)", "varbinary(max)"])
def test_a_value_that_grows_after_the_server_was_asked_is_read_whole(
    source: Sandbox, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    create(source, kind)
    fill(source, [20, LONG, 30], kind)
    pg_type = "bytea" if kind == "varbinary(max)" else "text"
    pg_database.run(f"CREATE TABLE wide (id int PRIMARY KEY, note {pg_type})")
    asked: list[object] = []

    def before_it_grew(*about: object) -> bool:
        asked.append(about)
        return True

    monkeypatch.setattr(reader, "is_stored_in_rows", before_it_grew)
    assert sync(source, pg_database).ok
    assert asked
    lengths = pg_database.rows("SELECT octet_length(note) FROM wide ORDER BY id")
    assert lengths == [(20,), (LONG,), (30,)]


def test_rows_of_many_long_columns_are_fetched_in_smaller_numbers_however_short_they_are(
    source: Sandbox,
) -> None:
    """The driver sets a fetch's declared lengths aside, whatever comes."""
    create(source, "nvarchar(4000)", "".join(f", C{n} nvarchar(4000) NULL" for n in range(9)))
    fill(source, [20] * ROWS)
    assert max(fetches(source)) == DRIVER_BYTES // 80_004


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
    create(source, "nvarchar(20)", ", Much AS REPLICATE(CAST(Note AS nvarchar(max)), 10)")
    fill_plain = "INSERT INTO dbo.Wide (ID, Note) VALUES "
    source.run(fill_plain + ", ".join(f"({number}, N'x')" for number in range(100)))
    assert max(fetches(source)) == UNBOUNDED_ROWS


def test_fetches_are_small_where_the_server_lacks_the_catalog_views(source: Sandbox) -> None:
    create(source, "nvarchar(max)")
    fill(source, [20] * ROWS)
    source.server.faults.on_statement("allocation_units", SendError(208, "Invalid object name"))
    assert max(fetches(source)) == UNBOUNDED_ROWS


def test_fetches_are_small_where_another_session_has_locked_the_catalog(source: Sandbox) -> None:
    """The load does not wait for whoever builds an index elsewhere in the database."""
    create(source, "nvarchar(max)")
    fill(source, [20] * ROWS)
    locked = SendError(1222, "Lock request time out period exceeded.")
    source.server.faults.on_statement("allocation_units", locked)
    assert max(fetches(source)) == UNBOUNDED_ROWS


def test_values_that_grow_while_the_table_is_read_make_the_fetches_small_again(
    source: Sandbox,
) -> None:
    """Changes are read with a SELECT of their own. One fetch is too large at the most."""
    create(source, "varchar(max)")
    fill(source, [20])
    noting = Noting()
    with sqlserver.connect(source.source()) as connection:
        plan = plan_of(connection)
        changes = plan.select_where("1 = 1")
        from_changes = sqlserver.TableReader(connection, plan, noting, select=lambda _keys: changes)
        list(from_changes.batches())
        source.run("DELETE FROM dbo.Wide")
        fill(source, [20] * 1_000 + [LONG] * 200 + [20] * 1_000)
        noting.rows.clear()
        list(from_changes.batches())
    assert noting.rows[:2] == [2, IN_ROW_ROWS]
    assert max(noting.rows[3:]) <= UNBOUNDED_ROWS
