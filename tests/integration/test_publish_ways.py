"""Each way of publishing on the whole way, from a TDS connection, with the ledger."""

from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import Publish, parse_table_configs
from tableferry.postgres import STRATEGIES
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

Make = Callable[[str], None]
WAYS = [Publish(name) for name in STRATEGIES]


def sync(sandbox: Sandbox, database: PgDatabase, publish: Publish, **changes: Any) -> TableOutcome:
    wanted = entry(**{"sql_table": "dbo.T", "pg_table": "t", "publish": publish.value, **changes})
    return sync_table(parse_table_configs({"t": wanted})["t"], sandbox.settings(database))


@pytest.mark.parametrize("publish", WAYS)
def test_a_table_is_created_then_follows_its_source(
    sandbox: Sandbox, table_in: Make, pg_database: PgDatabase, publish: Publish
) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50) NULL)")
    table_in("INSERT INTO dbo.T VALUES (1, N'one'), (2, N'two'), (3, NULL)")
    outcome = sync(sandbox, pg_database, publish)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.created
    table_in("DELETE FROM dbo.T WHERE ID = 1")
    table_in("UPDATE dbo.T SET Name = N'zwei' WHERE ID = 2")
    table_in("INSERT INTO dbo.T VALUES (4, N'four')")
    outcome = sync(sandbox, pg_database, publish)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.rows_written == 3
    assert pg_database.rows("SELECT * FROM t ORDER BY 1") == [(2, "zwei"), (3, None), (4, "four")]
    assert pg_database.rows("SELECT status FROM tableferry.table_runs") == [("ok",)] * 2
    assert pg_database.rows("SELECT relname FROM pg_class WHERE relname LIKE 'staging%'") == []


@pytest.mark.parametrize("publish", WAYS)
def test_a_source_that_came_back_empty_keeps_the_old_rows(
    sandbox: Sandbox, table_in: Make, pg_database: PgDatabase, publish: Publish
) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50) NULL)")
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)", "INSERT INTO t VALUES (1, 'old')"
    )
    outcome = sync(sandbox, pg_database, publish)
    assert outcome.error
    assert outcome.error.kind == "GuardError"
    assert pg_database.rows("SELECT * FROM t") == [(1, "old")]
    assert sync(sandbox, pg_database, publish, max_shrink=100).status is Status.OK
    assert pg_database.rows("SELECT * FROM t") == []
