"""After a swap the planner knows the new table as well as it knew the old one."""

from collections.abc import Callable

import pytest

from tableferry.config import parse_table_configs
from tableferry.postgres.publish import swap as swap_module
from tableferry.runs.run import sync_tables
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.messages import messages_to_the_target
from tests.support.specs import entry

KNOWN = """\
SELECT attname, null_frac, avg_width, n_distinct, most_common_vals::text, most_common_freqs,
  histogram_bounds::text, correlation, most_common_elems::text, range_bounds_histogram::text
FROM pg_stats WHERE schemaname = 'public' AND tablename = 't' ORDER BY 1"""

ROWS = 500


@pytest.fixture(autouse=True)
def _many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """These rows are prepared as many are; ANALYZE of a few is part of their one message."""
    monkeypatch.setattr(swap_module, "AT_ONCE", 0)


@pytest.fixture
def table(table_in: Callable[[str], None], pg_database: PgDatabase) -> PgDatabase:
    """An empty target, and its rows at the source."""
    numbers = ", ".join(f"({n}, N'{'odd' if n % 2 else 'even'}', {n % 7})" for n in range(ROWS))
    table_in(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20), Days int); "
        f"INSERT INTO dbo.T VALUES {numbers}"
    )
    # Autovacuum is on, and must not look by chance while a test runs.
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text, days int) "
        "WITH (autovacuum_analyze_threshold = 1000000)"
    )
    return pg_database


def swap(sandbox: Sandbox, target: PgDatabase) -> bool:
    """Swap the table; return whether its successor was analysed."""
    columns = {"columns": ["ID", "Name", "Days"], "pg_columns": ["id", "name", "days"]}
    given = {"t": entry(sql_table="dbo.T", pg_table="public.t", publish="swap", **columns)}
    with messages_to_the_target() as messages:
        result = sync_tables(list(parse_table_configs(given).values()), sandbox.settings(target))
    assert result.ok, [one.error for one in result.tables]
    return any("ANALYZE" in text for text in messages.texts)


def carries(target: PgDatabase) -> bool:
    """Whether this PostgreSQL can be given statistics."""
    ((version,),) = target.rows("SELECT current_setting('server_version_num')::int")
    return int(str(version)) >= 180000


def test_statistics_that_are_still_true_are_carried_over(
    sandbox: Sandbox, table: PgDatabase
) -> None:
    assert swap(sandbox, table)
    known = table.rows(KNOWN)
    assert len(known) == 3
    assert swap(sandbox, table) is not carries(table)
    assert table.rows(KNOWN) == known
    assert table.rows("SELECT reltuples::int, relpages > 0 FROM pg_class WHERE relname = 't'") == [
        (ROWS, True)
    ]


def test_what_was_carried_over_once_is_gathered_by_the_next_swap(
    sandbox: Sandbox, table: PgDatabase
) -> None:
    assert swap(sandbox, table)
    swap(sandbox, table)
    assert swap(sandbox, table)


NO_STATISTICS_OF_NAME = """\
DELETE FROM pg_statistic s USING pg_attribute a WHERE s.starelid = 't'::regclass
AND a.attrelid = s.starelid AND a.attname = 'name' AND s.staattnum = a.attnum"""


@pytest.mark.parametrize(
    "change",
    [
        "CREATE STATISTICS of_two ON name, days FROM t",
        "CREATE INDEX ON t (lower(name))",
        "ALTER TABLE t SET (autovacuum_enabled = off)",
        NO_STATISTICS_OF_NAME,
    ],
    ids=["of several columns", "of an expression", "autovacuum off", "incomplete"],
)
def test_statistics_that_are_not_known_or_not_true_are_gathered(
    sandbox: Sandbox, table: PgDatabase, change: str
) -> None:
    assert swap(sandbox, table)
    table.run(change)
    assert swap(sandbox, table)


@pytest.mark.parametrize("share", [7, 3], ids=["a seventh less", "a third less"])
def test_a_table_of_another_size_is_analysed(
    sandbox: Sandbox, table: PgDatabase, share: int
) -> None:
    assert swap(sandbox, table)
    sandbox.run(f"DELETE FROM dbo.T WHERE ID % {share} = 0")
    assert swap(sandbox, table)
