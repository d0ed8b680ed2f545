"""A large table is not counted again where the ledger says how many rows it holds at the most."""

from collections.abc import Iterator
from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.postgres.publish import old_rows
from tableferry.runs.outcome import TableOutcome
from tableferry.runs.run import sync_tables
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.messages import messages_to_the_target
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

ROWS = 1_000

WAYS = pytest.mark.parametrize("publish", ["swap", "truncate"])


@pytest.fixture(autouse=True)
def _every_table_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page with room for more rows is all that a table of these tests may hide."""
    monkeypatch.setattr(old_rows, "SMALL", 0)
    monkeypatch.setattr(old_rows, "ROOM", 291)


@pytest.fixture
def source(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.run("CREATE TABLE dbo.Guarded (ID int PRIMARY KEY, Name nvarchar(20))")
    fill(sandbox, ROWS)
    yield sandbox
    sandbox.run("DROP TABLE dbo.Guarded")


def fill(source: Sandbox, rows: int) -> None:
    source.run(
        "DELETE FROM dbo.Guarded; INSERT INTO dbo.Guarded SELECT TOP "
        f"({rows}) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)), N'new' "
        "FROM sys.all_columns a CROSS JOIN sys.all_columns b"
    )


def load(
    source: Sandbox, target: PgDatabase, publish: str, **changes: Any
) -> tuple[TableOutcome, bool]:
    """Load the table; returns its outcome, and whether the target's rows were counted."""
    given = {"max_shrink": 50, "sql_table": "dbo.Guarded", "pg_table": "guarded", **changes}
    specs = parse_table_configs({"t": entry(publish=publish, **given)})
    with messages_to_the_target() as messages:
        run = sync_tables(list(specs.values()), source.settings(target))
    counted = "count(*) FROM (SELECT FROM ONLY"
    return run.tables[0], any(
        counted in text and "CASE WHEN pg_relation_size" not in text for text in messages.texts
    )


def published(source: Sandbox, target: PgDatabase, publish: str, **changes: Any) -> bool:
    outcome, was_counted = load(source, target, publish, **changes)
    assert outcome.error is None
    return was_counted


def refused(source: Sandbox, target: PgDatabase, publish: str, **changes: Any) -> str:
    outcome, _ = load(source, target, publish, **changes)
    assert outcome.error
    assert outcome.error.kind == "GuardError"
    return outcome.error.message


@WAYS
def test_what_nobody_has_written_into_since_is_not_counted(
    source: Sandbox, pg_database: PgDatabase, publish: str
) -> None:
    published(source, pg_database, publish)
    assert not published(source, pg_database, publish)
    assert not published(source, pg_database, publish)


@WAYS
def test_rows_that_others_have_inserted_are_counted_and_protected(
    source: Sandbox, pg_database: PgDatabase, publish: str
) -> None:
    published(source, pg_database, publish)
    pg_database.run(
        f"INSERT INTO guarded SELECT n, 'theirs' FROM generate_series({10**4}, 20000) n"
    )
    pg_database.run("SELECT pg_stat_reset()")  # PostgreSQL's own counters say nothing of them
    assert f"guarded has {ROWS + 10_001:,} rows" in refused(source, pg_database, publish)


@WAYS
def test_rows_that_others_have_deleted_are_no_reason_to_refuse_a_load(
    source: Sandbox, pg_database: PgDatabase, publish: str
) -> None:
    published(source, pg_database, publish)
    pg_database.run("DELETE FROM guarded WHERE id > 200")
    fill(source, 150)
    assert published(source, pg_database, publish)
    assert pg_database.rows("SELECT count(*) FROM guarded") == [(150,)]


@WAYS
@pytest.mark.parametrize(
    "replaced",
    [
        (
            "CREATE TABLE other (LIKE guarded INCLUDING ALL)",
            "INSERT INTO other SELECT n, 'old' FROM generate_series(1, 1000) n",
            "DROP TABLE guarded",
            "ALTER TABLE other RENAME TO guarded",
        ),
        (
            "TRUNCATE guarded",
            "INSERT INTO guarded SELECT n, 'old' FROM generate_series(1, 1000) n",
        ),
        ("VACUUM FULL guarded",),
    ],
    ids=["restored", "emptied and filled", "rewritten"],
)
def test_a_table_in_another_file_is_counted(
    source: Sandbox, pg_database: PgDatabase, publish: str, replaced: tuple[str, ...]
) -> None:
    published(source, pg_database, publish)
    pg_database.run(*replaced)
    assert published(source, pg_database, publish)


@WAYS
def test_a_source_that_lacks_too_many_rows_is_refused_with_the_rows_that_are_there(
    source: Sandbox, pg_database: PgDatabase, publish: str
) -> None:
    published(source, pg_database, publish)
    fill(source, 100)
    assert f"guarded has {ROWS:,} rows" in refused(source, pg_database, publish)


@WAYS
def test_a_guard_that_lets_no_row_go_counts(
    source: Sandbox, pg_database: PgDatabase, publish: str
) -> None:
    published(source, pg_database, publish)
    assert published(source, pg_database, publish, max_shrink=0)


def test_after_a_merge_the_ledger_does_not_say(source: Sandbox, pg_database: PgDatabase) -> None:
    published(source, pg_database, "swap")
    published(source, pg_database, "merge")
    assert published(source, pg_database, "swap")
    assert not published(source, pg_database, "swap")


def test_without_a_ledger_the_rows_are_counted(source: Sandbox, pg_database: PgDatabase) -> None:
    published(source, pg_database, "truncate")
    assert published(source, pg_database, "truncate", ledger="off")


def test_a_small_table_is_counted_in_the_message_that_asks_for_its_size(
    source: Sandbox, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(source, pg_database, "swap")
    monkeypatch.setattr(old_rows, "SMALL", 2**20)
    pg_database.run("INSERT INTO guarded SELECT n, 'theirs' FROM generate_series(5000, 9000) n")
    assert f"guarded has {ROWS + 4_001:,} rows" in refused(source, pg_database, "swap")


def test_a_table_of_chunks_is_not_counted_either(source: Sandbox, pg_database: PgDatabase) -> None:
    published(source, pg_database, "swap", chunks=2, order_by=None)
    assert not published(source, pg_database, "swap", chunks=2, order_by=None)
