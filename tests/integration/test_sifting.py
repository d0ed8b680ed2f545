"""Rows that PostgreSQL refuses are searched for only where it has refused one."""

from collections.abc import Callable, Sequence

import pytest

from tableferry.config import parse_table_configs
from tableferry.postgres.copy_bisection import SAVEPOINT
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.messages import messages_to_the_target
from tests.support.specs import entry

TableIn = Callable[[str], None]

QUARANTINE = {"on_invalid": "quarantine", "max_invalid": 9}


@pytest.fixture
def people(table_in: TableIn) -> None:
    table_in(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20)); "
        "INSERT INTO dbo.T VALUES (1, N'one'), (2, N'two'), (3, N'three')"
    )


def sync(sandbox: Sandbox, target: PgDatabase, **keys: object) -> list[str]:
    """Sync the table once, which has to succeed; return the texts of all messages."""
    given = {"t": entry(sql_table="dbo.T", pg_table="public.t", **QUARANTINE, **keys)}
    with messages_to_the_target() as messages:
        result = sync_tables(list(parse_table_configs(given).values()), sandbox.settings(target))
    assert result.ok, [outcome.error for outcome in result.tables]
    return messages.texts


def copies(texts: Sequence[str]) -> list[str]:
    """How each COPY of rows began: of every two messages the first."""
    return [text for text in texts if "FROM STDIN" in text][::2]


def searches(texts: Sequence[str]) -> bool:
    return any(SAVEPOINT in text for text in texts)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("publish", ["swap", "truncate", "merge"])
def test_a_quarantine_that_stays_empty_costs_nothing(
    sandbox: Sandbox, pg_database: PgDatabase, publish: str
) -> None:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text)")
    sync(sandbox, pg_database, publish=publish)
    texts = sync(sandbox, pg_database, publish=publish)
    assert len(copies(texts)) == 1
    assert not searches(texts)
    assert pg_database.rows("SELECT count(*) FROM t") == [(3,)]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("publish", ["swap", "truncate", "merge"])
@pytest.mark.parametrize(
    "column",
    [
        "name text CHECK (name <> 'two')",
        "name text CHECK (name <> 'two'), EXCLUDE (id WITH =)",
        "name text CHECK (name <> 'two'), UNIQUE (name)",
    ],
)
def test_a_refused_row_has_the_table_read_a_second_time_and_the_next_run_remembers(
    sandbox: Sandbox, pg_database: PgDatabase, publish: str, column: str
) -> None:
    pg_database.run(f"CREATE TABLE t (id int PRIMARY KEY, {column})")
    first, second = (sync(sandbox, pg_database, publish=publish) for _ in range(2))
    assert searches(first)
    assert SAVEPOINT not in first[first.index(copies(first)[0]) - 1]
    begun = second[: second.index(copies(second)[0])]
    assert searches(begun)
    assert pg_database.rows("SELECT id FROM t ORDER BY id") == [(1,), (3,)]
    assert pg_database.rows(
        "SELECT row_key->>'ID', sqlstate, count(*) FROM tableferry.quarantine GROUP BY 1, 2"
    ) == [("2", "23514", 2)]


@pytest.mark.usefixtures("people")
def test_when_the_row_is_mended_the_search_ends_with_the_run_after(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text CHECK (name <> 'two'))")
    sync(sandbox, pg_database)
    sandbox.run("UPDATE dbo.T SET Name = N'mended' WHERE ID = 2")
    assert searches(sync(sandbox, pg_database))
    assert not searches(sync(sandbox, pg_database))


@pytest.mark.usefixtures("people")
def test_a_constraint_that_is_checked_at_commit_is_searched_for_as_well(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "CREATE TABLE names (name text PRIMARY KEY)",
        "INSERT INTO names VALUES ('one'), ('three')",
        "CREATE TABLE t (id int PRIMARY KEY, "
        "name text REFERENCES names DEFERRABLE INITIALLY DEFERRED)",
    )
    sync(sandbox, pg_database, publish="truncate")
    assert pg_database.rows("SELECT id FROM t ORDER BY id") == [(1,), (3,)]
    assert pg_database.rows("SELECT sqlstate FROM tableferry.quarantine") == [("23503",)]


@pytest.mark.usefixtures("people")
def test_a_key_that_is_refused_when_it_is_built_is_searched_for_as_well(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    sandbox.run("ALTER TABLE dbo.T ADD Same int NOT NULL DEFAULT 7")
    pg_database.run("CREATE TABLE t (id int, name text, same int PRIMARY KEY)")
    columns = {"columns": ["ID", "Name", "Same"], "pg_columns": ["id", "name", "same"]}
    sync(sandbox, pg_database, publish="swap", **columns)
    assert pg_database.rows("SELECT count(*) FROM t") == [(1,)]
    assert pg_database.rows("SELECT count(*) FROM tableferry.quarantine") == [(2,)]


@pytest.mark.usefixtures("people")
def test_tables_that_are_published_together_are_all_read_again(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    sandbox.run(
        "CREATE TABLE dbo.Other (ID int PRIMARY KEY, Name nvarchar(20)); "
        "INSERT INTO dbo.Other VALUES (1, N'one')"
    )
    pg_database.run(
        "CREATE TABLE names (name text PRIMARY KEY)",
        "INSERT INTO names VALUES ('one'), ('three')",
        "CREATE TABLE other (id int PRIMARY KEY, name text)",
        "CREATE TABLE t (id int PRIMARY KEY, "
        "name text REFERENCES names DEFERRABLE INITIALLY DEFERRED)",
    )
    given = {
        name.lower(): entry(
            sql_table=f"dbo.{name}",
            pg_table=f"public.{name.lower()}",
            publish="truncate",
            **QUARANTINE,
        )
        for name in ("Other", "T")
    }
    result = sync_tables(
        list(parse_table_configs(given).values()),
        sandbox.settings(pg_database),
        options=RunOptions(together=True),
    )
    assert [outcome.status for outcome in result.tables] == [Status.OK, Status.OK]
    assert pg_database.rows("SELECT id FROM t ORDER BY id") == [(1,), (3,)]
    assert pg_database.rows("SELECT id FROM other") == [(1,)]


@pytest.mark.usefixtures("people")
def test_too_many_refused_rows_still_fail_the_load(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (id int PRIMARY KEY, name text CHECK (name = 'one'))")
    keys = {**QUARANTINE, "max_invalid": 1}
    given = {"t": entry(sql_table="dbo.T", pg_table="public.t", **keys)}
    result = sync_tables(list(parse_table_configs(given).values()), sandbox.settings(pg_database))
    (outcome,) = result.tables
    assert outcome.status is Status.FAILED
    assert "max_invalid" in str(outcome.error)
    assert pg_database.rows("SELECT count(*) FROM t") == [(0,)]
