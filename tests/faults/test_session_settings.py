"""What ALTER ROLE and ALTER DATABASE have set for every session: a load sets what it relies on."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tableferry.config import Settings, parse_table_configs
from tableferry.errors import LeaseHeldError
from tableferry.inspect.check import check_tables
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.faults import Stall
from tableferry_sandbox.local_postgres import LocalPostgres
from tests.faults.hostile_settings import FORMATS, LONGER, TIMEOUTS
from tests.faults.support import FROM_T, QUICK, ROWS, sync
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.ledger import a_run
from tests.support.specs import entry

WAYS: dict[str, dict[str, Any]] = {
    "truncate": {"publish": "truncate"},
    "swap": {"publish": "swap"},
    "merge": {"publish": "merge"},
    "swap in chunks": {"publish": "swap", "chunks": 4, "parallel": 2},
    "merge in chunks": {"publish": "merge", "chunks": 4, "parallel": 2},
    "quarantine": {"publish": "merge", "on_invalid": "quarantine", "max_invalid": 1},
    "create": {"publish": "swap", "pg_table": "made"},
}


@pytest.fixture
def loader(old_rows: PgDatabase) -> Iterator[PgDatabase]:
    """The database with old rows, by way of a role that owns them and is nothing else."""
    role = f"loader_{old_rows.name}"
    old_rows.run(
        f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
        f"GRANT CREATE ON DATABASE {old_rows.name} TO {role}",
        f"GRANT CREATE ON SCHEMA public TO {role}",
        f"ALTER TABLE t OWNER TO {role}",
    )
    yield PgDatabase(old_rows.host, old_rows.port, old_rows.name, role, "x")
    old_rows.run(
        "SET default_transaction_read_only = off",
        f"REASSIGN OWNED BY {role} TO {old_rows.user}",
        f"DROP OWNED BY {role}",
        f"DROP ROLE {role}",
    )


def set_for(loader: PgDatabase, where: str, admin: PgDatabase, **settings: str) -> None:
    """Set it for every new session of the role, or in the database."""
    name = f"ROLE {loader.user}" if where == "role" else f"DATABASE {loader.name}"
    admin.run(*(f"ALTER {name} SET {key} = '{value}'" for key, value in settings.items()))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("where", ["role", "database"])
def test_timeouts_of_a_role_or_a_database_do_not_end_a_load(
    source: Sandbox, old_rows: PgDatabase, loader: PgDatabase, where: str, way: str
) -> None:
    set_for(loader, where, old_rows, **TIMEOUTS)
    source.server.faults.on_statement(FROM_T, Stall(LONGER, after_rows=100))
    outcome = sync(source, loader, options=QUICK, **WAYS[way])
    assert outcome.status is Status.OK, outcome.error
    assert (outcome.attempts, outcome.warnings) == (1, outcome.warnings)
    table = WAYS[way].get("pg_table", "t")
    assert loader.rows(f"SELECT count(*) FROM {table}") == [(ROWS,)]


@pytest.mark.parametrize("way", ["truncate", "swap in chunks", "create"])
def test_a_target_that_ends_idle_sessions_is_connected_to_again_when_the_first_row_is_here(
    source: Sandbox, old_rows: PgDatabase, loader: PgDatabase, way: str
) -> None:
    set_for(loader, "role", old_rows, idle_session_timeout="300ms")
    source.server.faults.on_statement(FROM_T, Stall(LONGER))
    outcome = sync(source, loader, options=QUICK, **WAYS[way])
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == 1


def test_tables_that_are_published_together_outlast_timeouts_of_the_role(
    source: Sandbox, old_rows: PgDatabase, loader: PgDatabase
) -> None:
    set_for(loader, "role", old_rows, **TIMEOUTS)
    source.server.faults.on_statement(FROM_T, Stall(LONGER, after_rows=100))
    source.server.faults.on_statement(FROM_T, Stall(LONGER))
    names = {"t": "t", "u": "u"}
    specs = parse_table_configs(
        {key: entry(sql_table="dbo.T", pg_table=name) for key, name in names.items()}
    )
    settings = Settings({"mctm": source.source()}, settings_of(loader))
    options = RunOptions(retries=QUICK.retries, together=True)
    run = sync_tables(list(specs.values()), settings, options=options)
    assert [outcome.status for outcome in run.tables] == [Status.OK] * 2, run.tables
    assert [outcome.attempts for outcome in run.tables] == [1, 1]
    assert loader.rows("SELECT count(*) FROM u") == [(ROWS,)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("where", ["role", "database"])
def test_how_a_role_or_a_database_writes_values_does_not_matter(
    source: Sandbox, old_rows: PgDatabase, loader: PgDatabase, where: str, way: str
) -> None:
    set_for(loader, where, old_rows, **FORMATS)
    outcome = sync(source, loader, options=QUICK, **WAYS[way])
    assert outcome.status is Status.OK, outcome.error
    table = WAYS[way].get("pg_table", "t")
    assert loader.rows(f"SELECT count(*), min(name) FROM {table}") == [(ROWS, "new" * 30)]


DEFINED = """
SELECT pg_get_indexdef('by_part'::regclass), pg_get_constraintdef(k.oid),
  pg_get_expr(d.adbin, d.adrelid)
FROM pg_constraint k, pg_attrdef d
WHERE k.conname = 'since' AND k.conrelid = 't'::regclass AND d.adrelid = 't'::regclass
"""


def test_a_swap_keeps_definitions_to_the_last_digit_however_a_role_writes_values(
    source: Sandbox, old_rows: PgDatabase, loader: PgDatabase
) -> None:
    loader.run(
        "ALTER TABLE t ADD part float8, ADD day timestamptz, "
        "ADD wait interval DEFAULT '-1 day +02:03:04.000005'",
        "CREATE INDEX by_part ON t (id) WHERE part > float8 '0.1234567890123456'",
        "ALTER TABLE t ADD CONSTRAINT since "
        "CHECK (day > timestamptz '2026-02-01 12:34:56.789012+05:45')",
    )
    before = old_rows.rows(DEFINED)
    set_for(loader, "role", old_rows, **FORMATS)
    outcome = sync(source, loader, publish="swap", drift="ignore")
    assert outcome.status is Status.OK, outcome.error
    assert outcome.publish == "swap"
    assert old_rows.rows(DEFINED) == before


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("where", ["role", "database"])
def test_transactions_that_are_read_only_by_default_are_begun_for_writing(
    source: Sandbox, old_rows: PgDatabase, loader: PgDatabase, where: str, way: str
) -> None:
    set_for(loader, where, old_rows, default_transaction_read_only="on")
    outcome = sync(source, loader, options=QUICK, **WAYS[way])
    assert outcome.status is Status.OK, outcome.error
    table = WAYS[way].get("pg_table", "t")
    assert loader.rows(f"SELECT count(*) FROM {table}") == [(ROWS,)]


def checked(source: Sandbox, target: PgDatabase, **changes: Any) -> Any:
    configured = entry(**{"sql_table": "dbo.T", "pg_table": "t", **changes})
    specs = parse_table_configs({"t": configured})
    settings = Settings({"mctm": source.source()}, settings_of(target))
    return check_tables(list(specs.values()), settings)


def test_the_check_names_the_settings_that_a_load_cannot_make_up_for(
    source: Sandbox, old_rows: PgDatabase, loader: PgDatabase
) -> None:
    assert checked(source, loader).databases[-1].warnings == ()
    set_for(loader, "role", old_rows, default_transaction_read_only="on")
    set_for(loader, "database", old_rows, session_replication_role="replica")
    report = checked(source, loader)
    assert report.ok
    assert report.databases[-1].encoding == "UTF8"
    read_only, replica = report.databases[-1].warnings
    assert read_only.startswith("default_transaction_read_only is on")
    assert f"ALTER ROLE {loader.user} RESET session_replication_role" in replica
    assert report.to_dict()["databases"][-1]["warnings"] == [read_only, replica]


def test_the_check_names_the_databases_encoding(source: Sandbox, postgres: LocalPostgres) -> None:
    admin = PgDatabase(postgres.host, postgres.port, "postgres", postgres.user, postgres.password)
    admin.run("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        report = checked(source, replace(admin, name="narrow"))
    finally:
        postgres.drop_database("narrow")
    assert report.databases[-1].encoding == "LATIN1"
    assert "LATIN1" in str(report.tables[0].warnings)


@pytest.mark.parametrize("limit", ["ROLE {0.user}", "DATABASE {0.name}"])
def test_the_check_says_where_fewer_sessions_are_free_than_a_load_may_open(
    source: Sandbox, old_rows: PgDatabase, loader: PgDatabase, limit: str
) -> None:
    old_rows.run(f"ALTER {limit.format(loader)} CONNECTION LIMIT 3")
    few = checked(source, loader, **WAYS["swap in chunks"])
    old_rows.run(f"ALTER {limit.format(loader)} CONNECTION LIMIT 30")
    enough = checked(source, loader, **WAYS["swap in chunks"])
    [warning] = few.databases[-1].warnings
    assert "may open 4 sessions" in warning
    assert "free at this moment: " in warning
    assert enough.databases[-1].warnings == ()


@pytest.mark.parametrize("way", ["truncate", "swap in chunks", "create"])
def test_a_role_that_acts_as_another_one_loads_as_that_one(
    source: Sandbox, old_rows: PgDatabase, loader: PgDatabase, way: str
) -> None:
    """ALTER ROLE ... SET role: whom the login acts as is the operator's choice."""
    login = replace(loader, user=f"login_{loader.name}")
    old_rows.run(
        f"CREATE ROLE {login.user} LOGIN PASSWORD 'x' NOINHERIT IN ROLE {loader.user}",
        f"ALTER ROLE {login.user} SET role = {loader.user}",
    )
    try:
        outcome = sync(source, login, options=QUICK, **WAYS[way])
        again = sync(source, login, options=QUICK, **WAYS[way])
    finally:
        old_rows.run(f"DROP ROLE {login.user}")
    assert outcome.status is Status.OK, outcome.error
    assert again.status is Status.OK, again.error
    table = WAYS[way].get("pg_table", "t")
    assert loader.rows(f"SELECT tableowner FROM pg_tables WHERE tablename = '{table}'") == [
        (loader.user,)
    ]


def test_another_runs_lease_is_told_of_however_a_role_writes_times(
    old_rows: PgDatabase, loader: PgDatabase
) -> None:
    set_for(loader, "role", old_rows, **FORMATS)
    with a_run(loader) as first, a_run(loader) as second:
        first.acquire()
        with pytest.raises(LeaseHeldError, match=r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"):
            second.acquire()
