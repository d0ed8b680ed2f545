"""A ledger of many tables, filled by SQL: as runs leave it, without a source."""

from tableferry import postgres
from tableferry.postgres.ledger import migrate
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

RUNS = """\
INSERT INTO tableferry.runs (run_id, process, version, status, started_at, updated_at, ended_at)
SELECT md5('run' || n)::uuid, 'host pid ' || n, '0.1.0', 'ok',
  now() - interval '1 hour' * n, now() - interval '1 hour' * n,
  now() - interval '1 hour' * n + interval '10 min'
FROM generate_series(1, {runs}) n"""

TABLE_RUNS = """\
INSERT INTO tableferry.table_runs (run_id, table_key, source, target, publish, status,
  started_at, updated_at, ended_at, rows_as_of, rows_read, rows_written)
SELECT r.run_id, 't' || t, 'McTM.dbo.T' || t, 'public.t' || t, 'swap', 'ok',
  r.started_at, r.updated_at, r.started_at + interval '10 s', r.started_at, 1000 * t, 1000 * t
FROM tableferry.runs r CROSS JOIN generate_series(1, {tables}) t"""


def fill(database: PgDatabase, *, tables: int, runs: int = 2) -> None:
    """Make a ledger in which so many tables were loaded by each of so many runs, one an hour."""
    with postgres.connect(settings_of(database)) as connection:
        migrate(connection)
    database.run(RUNS.format(runs=runs), TABLE_RUNS.format(tables=tables))


def failed(target: str, minutes: int, kind: str, message: str, hint: str = "") -> tuple[str, ...]:
    """Return the statements that record a failed run of one table."""
    run = f"md5('failed {target} {minutes}')::uuid"
    at = f"now() - interval '{minutes} min'"
    whole_run = (
        "INSERT INTO tableferry.runs (run_id, process, version, status, started_at, updated_at, "
        f"ended_at) VALUES ({run}, 'host pid 1', '0.1.0', 'failed', {at}, {at}, {at})"
    )
    its_table = (
        "INSERT INTO tableferry.table_runs (run_id, table_key, source, target, status, started_at, "
        "updated_at, ended_at, error_kind, error_code, error_message, error_hint) "
        f"VALUES ({run}, split_part('{target}', '.', 2), 'McTM.dbo.T', '{target}', 'failed', {at}, "
        f"{at}, {at}, '{kind}', '', '{message}', '{hint}')"
    )
    return whole_run, its_table
