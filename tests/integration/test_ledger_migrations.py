"""The ledger's tables come about once, whoever is first, with no more rights than needed."""

import threading
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tableferry import postgres
from tableferry.errors import ConfigError, TableferryError
from tableferry.postgres.ledger.migrate import Migration, migrate, migrations
from tableferry_sandbox.local_postgres import LocalPostgres
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

WRITER, PASSWORD = "ledger writer", "secret of the ledger's writer"
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'tableferry'::regnamespace"


@pytest.fixture
def writer(pg_database: PgDatabase) -> Iterator[PgDatabase]:
    """The database as a role sees it that may do nothing but connect."""
    role = f"{WRITER} {uuid.uuid4().hex[:8]}"
    name = sql.Identifier(role)
    with pg_database.connect() as admin:
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(PASSWORD))
        )
    yield PgDatabase(pg_database.host, pg_database.port, pg_database.name, role, PASSWORD)
    with pg_database.connect() as admin:
        admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(name))
        admin.execute(sql.SQL("DROP ROLE {}").format(name))


MADE = [(file.version, file.name) for file in migrations()]
NEXT = len(MADE) + 1


def migrate_as(database: PgDatabase, *further: Migration) -> None:
    with postgres.connect(settings_of(database)) as connection:
        migrate(connection, (*migrations(), *further))


def versions(database: PgDatabase) -> list[tuple[object, ...]]:
    return database.rows("SELECT version, name FROM tableferry.migrations ORDER BY 1")


def refused(database: PgDatabase, *further: Migration) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        migrate_as(database, *further)
    assert database.password not in f"{raised.value} {raised.value.hint}"
    return raised.value


def statements_in(hint: str) -> list[str]:
    """The statements that a hint gives, up to the alternatives in brackets."""
    told = hint.split(" runs: ", 1)[1].split("(", 1)[0]
    return [statement for statement in told.split(";") if statement.strip()]


def test_the_files_are_numbered_without_a_gap() -> None:
    assert [file.version for file in migrations()] == list(range(1, len(migrations()) + 1))


def test_the_first_run_makes_the_ledger_and_the_next_one_changes_nothing(
    pg_database: PgDatabase,
) -> None:
    migrate_as(pg_database)
    assert versions(pg_database) == MADE
    before = pg_database.rows("SELECT xmin, relname FROM pg_class ORDER BY oid")
    migrate_as(pg_database)
    assert pg_database.rows("SELECT xmin, relname FROM pg_class ORDER BY oid") == before


@pytest.mark.parametrize("early", [False, True])
def test_a_ledger_of_the_first_version_is_brought_up_to_date(
    early: bool, pg_database: PgDatabase
) -> None:
    with postgres.connect(settings_of(pg_database)) as connection:
        migrate(connection, migrations()[:1])
    if early:  # what the first file held for a while
        pg_database.run("ALTER TABLE tableferry.chunks ADD COLUMN refused jsonb")
    migrate_as(pg_database)
    assert versions(pg_database) == MADE
    assert pg_database.rows("SELECT refused FROM tableferry.chunks") == []


def test_every_table_of_the_ledger_says_what_it_is_for(
    pg_database: PgDatabase,
) -> None:
    migrate_as(pg_database)
    silent = f"{TABLES} AND relkind = 'r' AND obj_description(oid, 'pg_class') IS NULL"
    assert pg_database.rows(silent) == []


def test_runs_that_start_at_once_make_one_ledger(pg_database: PgDatabase) -> None:
    together = threading.Barrier(4)
    failures: list[TableferryError] = []

    def begin() -> None:
        together.wait()
        try:
            migrate_as(pg_database)
        except TableferryError as error:
            failures.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert versions(pg_database) == MADE


def test_a_migration_that_fails_leaves_no_half_of_itself(pg_database: PgDatabase) -> None:
    broken = Migration(NEXT, "broken", "CREATE TABLE tableferry.half (); SELECT 1 / 0")
    with pytest.raises(TableferryError):
        migrate_as(pg_database, broken)
    assert pg_database.rows("SELECT to_regnamespace('tableferry')") == [(None,)]
    migrate_as(pg_database)
    assert versions(pg_database) == MADE


def test_a_ledger_of_a_newer_version_is_refused(pg_database: PgDatabase) -> None:
    migrate_as(pg_database, Migration(NEXT, "of_tomorrow", "SELECT 1"))
    error = refused(pg_database)
    assert f"version {NEXT}" in error.message
    assert "Update tableferry" in error.hint


def test_an_older_ledger_is_brought_up_to_date(pg_database: PgDatabase) -> None:
    migrate_as(pg_database)
    more = Migration(NEXT, "more", "ALTER TABLE tableferry.runs ADD COLUMN more text")
    migrate_as(pg_database, more)
    assert versions(pg_database) == [*MADE, (NEXT, "more")]
    assert pg_database.rows("SELECT more FROM tableferry.runs") == []


def test_a_role_that_may_not_create_a_schema_is_told_the_statement_that_helps(
    pg_database: PgDatabase, writer: PgDatabase
) -> None:
    error = refused(writer)
    assert error.code == "42501"
    assert "'ledger': 'off'" in error.hint
    pg_database.run(*statements_in(error.hint))
    migrate_as(writer)
    assert versions(writer) == MADE


def test_a_role_that_may_create_schemas_needs_no_administrator(
    pg_database: PgDatabase, writer: PgDatabase
) -> None:
    pg_database.run(f'GRANT CREATE ON DATABASE "{writer.name}" TO "{writer.user}"')
    migrate_as(writer)
    pg_database.run(f'REVOKE CREATE ON DATABASE "{writer.name}" FROM "{writer.user}"')
    migrate_as(writer)
    assert versions(writer) == MADE


def test_a_schema_that_the_role_may_not_create_tables_in_is_told(
    pg_database: PgDatabase, writer: PgDatabase
) -> None:
    pg_database.run("CREATE SCHEMA tableferry")
    pg_database.run(*statements_in(refused(writer).hint))
    migrate_as(writer)
    assert versions(writer) == MADE


def test_anothers_ledger_is_used_with_rights_to_its_tables_only(
    pg_database: PgDatabase, writer: PgDatabase
) -> None:
    migrate_as(pg_database)
    error = refused(writer)
    assert error.code == "42501"
    pg_database.run(*statements_in(error.hint))
    migrate_as(writer)
    with writer.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE tableferry.mine ()")


def test_one_right_that_lacks_on_one_table_is_told_before_a_run_begins(
    pg_database: PgDatabase, writer: PgDatabase
) -> None:
    migrate_as(pg_database)
    pg_database.run(*statements_in(refused(writer).hint))
    pg_database.run(f'REVOKE DELETE ON tableferry.chunks FROM "{writer.user}"')
    assert "GRANT SELECT, INSERT, UPDATE, DELETE" in refused(writer).hint


def test_only_the_owner_of_the_ledger_brings_it_up_to_date(
    pg_database: PgDatabase, writer: PgDatabase
) -> None:
    migrate_as(pg_database)
    pg_database.run(*statements_in(refused(writer).hint))
    error = refused(writer, Migration(NEXT, "more", "SELECT 1"))
    assert f"its owner {pg_database.user}" in error.message
    assert versions(pg_database) == MADE


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_what_isolation_the_database_has_by_default_is_the_same_to_the_ledger(
    pg_database: PgDatabase, isolation: str
) -> None:
    pg_database.run(
        f"ALTER DATABASE {pg_database.name} SET default_transaction_isolation = '{isolation}'"
    )
    test_runs_that_start_at_once_make_one_ledger(pg_database)


def test_the_files_are_in_the_wheel(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    [wheel] = WheelBuilder(str(Path(__file__).parents[2])).build(
        directory=str(tmp_path), versions=["standard"]
    )
    names = zipfile.ZipFile(wheel).namelist()
    for file in migrations():
        assert f"tableferry/postgres/ledger/migrations/{file.version:04}_{file.name}.sql" in names


@pytest.mark.with_ledger
def test_the_tests_database_with_a_ledger_has_what_a_first_run_creates_and_no_run(
    postgres: LocalPostgres, pg_database: PgDatabase
) -> None:
    with postgres.temporary_database() as name:
        fresh = replace(pg_database, name=name)
        migrate_as(fresh)
        assert described(pg_database) == described(fresh)
        assert versions(pg_database) == MADE
    assert pg_database.rows("SELECT count(*) FROM tableferry.runs") == [(0,)]


def described(database: PgDatabase) -> list[tuple[object, ...]]:
    """All relations of the ledger, with their columns and constraints."""
    return database.rows(
        "SELECT c.relname, c.relkind, "
        "ARRAY(SELECT format('%s %s %s', attname, atttypid::regtype, attnotnull) FROM pg_attribute "
        "WHERE attrelid = c.oid AND attnum > 0 ORDER BY attnum), "
        "ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.conrelid = c.oid "
        "ORDER BY 1) "
        "FROM pg_class c WHERE relnamespace = 'tableferry'::regnamespace ORDER BY 1"
    )


def test_the_tests_database_has_no_ledger_where_nothing_is_said(pg_database: PgDatabase) -> None:
    assert pg_database.rows("SELECT to_regnamespace('tableferry')") == [(None,)]
