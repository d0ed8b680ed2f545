"""How many messages a table costs the target, round trips each: numbers that may only go down."""

from collections.abc import Sequence

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.run import sync_tables
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.messages import messages_to_the_target
from tests.support.specs import entry

FEW, MANY = 2, 5

NEW = "create"

A_TABLE = {NEW: 9, "truncate": 8, "swap": 11, "merge": 11}
"""Messages of one more table, of two columns and a key, on both connections to the target."""


@pytest.mark.parametrize("publish", list(A_TABLE))
def test_a_table_costs_so_many_messages(
    sandbox: Sandbox, pg_database: PgDatabase, publish: str
) -> None:
    names = [f"{publish}{number}" for number in range(MANY)]
    for name in names:
        sandbox.run(
            f"CREATE TABLE dbo.{name} (ID int PRIMARY KEY, Name nvarchar(20)); "
            f"INSERT INTO dbo.{name} VALUES (1, N'one'), (2, N'two')"
        )
    sent = {}
    for count in (FEW, MANY):
        pg_database.run("DROP SCHEMA IF EXISTS tableferry CASCADE")
        pg_database.run(*(f"DROP TABLE IF EXISTS {name}" for name in names))
        sent[count] = sent_for(sandbox, pg_database, names[:count], publish)
    assert (sent[MANY] - sent[FEW]) / (MANY - FEW) == A_TABLE[publish]


def sent_for(source: Sandbox, target: PgDatabase, names: Sequence[str], publish: str) -> int:
    """How many messages a run of these tables sends, after one that has made them."""
    how = "truncate" if publish == NEW else publish
    given = {
        name: entry(sql_table=f"dbo.{name}", pg_table=f"public.{name}", publish=how)
        for name in names
    }
    specs = list(parse_table_configs(given).values())
    if publish != NEW:
        assert sync_tables(specs, source.settings(target)).ok
    with messages_to_the_target() as messages:
        assert sync_tables(specs, source.settings(target)).ok
    return len(messages.sent)
