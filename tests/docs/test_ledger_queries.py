"""The queries of docs/ledger.md work on a ledger with something in it."""

import re
import uuid
from pathlib import Path

import pytest

from tableferry.postgres.ledger import RecordedVerification
from tests.support.databases import PgDatabase
from tests.support.ledger import T, a_run

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.split("\n")[0][:40])
def test_a_query_of_the_page_answers(pg_database: PgDatabase, query: str) -> None:
    pg_database.run("CREATE TABLE t (id int)")
    with a_run(pg_database) as run, a_run(pg_database, key="again") as again:
        lease = run.acquire()
        run.ledger.stage(lease, "t_staging")
        pg_database.run("CREATE TABLE tableferry.t_staging ()")
        again.ledger.end_table(again.table, "failed")
        ok = run.ledger.begin_table("first", "", T)
        pg_database.run(
            "UPDATE tableferry.table_runs SET status = 'ok', ended_at = clock_timestamp() "
            f"WHERE table_key = '{ok.table_key}'"
        )
        run.ledger.verified(
            RecordedVerification(uuid.uuid4(), run.ledger.run_id, "t", T, "rows", "equal")
        )
        assert len(pg_database.rows(query)) == 1


def test_the_page_names_every_table(pg_database: PgDatabase) -> None:
    with a_run(pg_database):
        tables = pg_database.rows(
            "SELECT relname FROM pg_class "
            "WHERE relnamespace = 'tableferry'::regnamespace AND relkind = 'r'"
        )
    assert [name for (name,) in tables if f"| `{name}` |" not in PAGE] == []
