"""What a server says in passing (8153: an aggregate met a NULL) is neither an error nor a row."""

from collections.abc import Callable

import pytest

from tableferry.config import parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.inspect.discover import discover
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_table
from tableferry_sandbox.faults import SendMessage
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

ELIMINATED = "Warning: Null value is eliminated by an aggregate or other SET operation."


@pytest.mark.parametrize("at_end", [False, True], ids=["before", "behind"])
def test_every_statement_may_be_answered_with_a_warning(
    sandbox: Sandbox, pg_database: PgDatabase, table_in: Callable[[str], None], *, at_end: bool
) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL)")
    table_in("INSERT dbo.T VALUES (1, N'a'), (2, NULL), (3, N''), (4, N'd'), (9, NULL)")
    settings = sandbox.settings(pg_database)
    spec = parse_table_configs(
        {"t": entry(sql_table="dbo.T", pg_table="t", chunks=3, where="ID < 100")}
    )["t"]
    told = SendMessage(8153, ELIMINATED, at_end=at_end)
    sandbox.server.faults.on_statement("SELECT", told, times=100_000)
    assert check_tables([spec], settings).ok
    assert discover("mctm", settings.sources["mctm"], like="T")
    outcome = sync_table(spec, settings)
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT id, name FROM t ORDER BY id") == [
        (1, "a"), (2, None), (3, ""), (4, "d"), (9, None),
    ]  # fmt: skip
