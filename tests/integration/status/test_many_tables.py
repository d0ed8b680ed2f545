"""The ledger is asked a few times, whatever the number of its tables."""

from typing import Any

import psycopg
import pytest

from tableferry import postgres
from tableferry.config import parse_table_configs
from tableferry.inspect.status import table_status
from tableferry.postgres.ledger import migrate
from tableferry.postgres.ledger.migrate import migrations
from tableferry.postgres.ledger.reading import OLDEST_READABLE
from tableferry.states.words import Word, shell_commands
from tests.integration.status.filled_ledger import RUNS, TABLE_RUNS, failed, fill
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import entry

TABLES = 500


def test_the_status_of_500_tables_takes_five_statements(
    pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(pg_database, tables=TABLES)
    pg_database.run(*failed("public.t7", 1, "SchemaError", "It does not fit"))
    specs = parse_table_configs(
        {
            f"t{number}": entry(sql_table=f"dbo.T{number}", pg_table=f"t{number}")
            for number in range(1, TABLES + 1)
        }
    )
    said: list[str] = []
    execute = psycopg.Connection.execute

    def counted(self: Any, query: str, *rest: Any, **more: Any) -> Any:
        said.append(query)
        return execute(self, query, *rest, **more)

    monkeypatch.setattr(psycopg.Connection, "execute", counted)
    found = table_status(list(specs.values()), settings_of(pg_database), shell_commands())
    asked = [query for query in said if not query.startswith(("BEGIN", "ROLLBACK"))]
    assert len(asked) <= 5
    assert found.count(Word.FRESH) == TABLES - 1
    assert [one.table for one in found.tables if one.word is Word.FAILING] == ["t7"]
    assert found.tables[9].usual_rows_per_second == 1000


def test_a_load_that_outlasts_many_runs_that_found_its_lease_taken_is_still_seen(
    pg_database: PgDatabase,
) -> None:
    fill(pg_database, tables=1, runs=1)
    held = "FROM tableferry.runs WHERE process LIKE 'held%'"
    pg_database.run(
        "INSERT INTO tableferry.runs (run_id, process, version, started_at, updated_at) VALUES "
        "(md5('long')::uuid, 'host pid 2', '0.1.0', now() - interval '50 min', now())",
        "INSERT INTO tableferry.table_runs (run_id, table_key, source, target, started_at) VALUES "
        "(md5('long')::uuid, 't1', 'McTM.dbo.T1', 'public.t1', now() - interval '50 min')",
        "INSERT INTO tableferry.runs (run_id, process, version, status, started_at, ended_at) "
        "SELECT gen_random_uuid(), 'held ' || n, '0.1.0', 'held', now() - interval '1 min' * n, "
        "now() FROM generate_series(1, 40) n",
        "INSERT INTO tableferry.table_runs (run_id, table_key, source, target, status, "
        "started_at, ended_at) SELECT run_id, 't1', 'McTM.dbo.T1', 'public.t1', 'held', "
        f"started_at, now() {held}",
    )
    specs = parse_table_configs({"t1": entry(sql_table="dbo.T1", pg_table="t1")})
    found = table_status(list(specs.values()), settings_of(pg_database), shell_commands())
    assert found.tables[0].word is Word.RUNNING


def test_a_merge_of_every_row_ends_what_an_earlier_verification_has_found(
    pg_database: PgDatabase,
) -> None:
    fill(pg_database, tables=1, runs=1)
    pg_database.run(
        "INSERT INTO tableferry.watermarks (target, kind, value, run_id, advanced_at) "
        "SELECT 'public.t1', 'rowversion', '{}', run_id, started_at FROM tableferry.runs",
        "UPDATE tableferry.table_runs SET publish = 'merge', every_row = false",
        "INSERT INTO tableferry.verifications (id, run_id, table_key, target, verified_at, depth, "
        "verdict, source_rows, target_rows, missing, extra, different, explained, quarantined, "
        "kept, repaired, not_compared, as_of, seconds, reason) SELECT gen_random_uuid(), run_id, "
        "'t1', 'public.t1', started_at, 'rows', 'differs', 1, 1, 0, 0, 1, 0, 0, 0, 0, '{}', 'now', "
        "1, '' FROM tableferry.runs",
    )
    specs = parse_table_configs({"t1": entry(sql_table="dbo.T1", pg_table="t1")})

    def word() -> Word:
        settings = settings_of(pg_database)
        return table_status(list(specs.values()), settings, shell_commands()).tables[0].word

    assert word() is Word.DIFFERS
    pg_database.run("UPDATE tableferry.table_runs SET every_row = true")
    assert word() is Word.FRESH


def test_a_ledger_of_the_oldest_version_that_can_be_read_is_read(pg_database: PgDatabase) -> None:
    with postgres.connect(settings_of(pg_database)) as connection:
        migrate(connection, migrations()[:OLDEST_READABLE])
    pg_database.run(RUNS.format(runs=1), TABLE_RUNS.format(tables=1))
    specs = parse_table_configs({"t1": entry(sql_table="dbo.T1", pg_table="t1")})
    found = table_status(list(specs.values()), settings_of(pg_database), shell_commands())
    assert (found.ledger_version, found.tables[0].word) == (OLDEST_READABLE, Word.FRESH)
