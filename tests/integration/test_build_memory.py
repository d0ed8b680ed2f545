"""Indexes are built with more memory than PostgreSQL's own default, where nobody has set it."""

from collections.abc import Iterator

import psycopg
import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.run import sync_tables
from tableferry_sandbox.local_postgres import LocalPostgres
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

HALF, DEFAULT, CHOSEN = "128MB", "64MB", "48MB"

NOTES = """\
CREATE FUNCTION note_memory() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.noted SELECT c.relname, current_setting('maintenance_work_mem')
  FROM pg_event_trigger_ddl_commands() d JOIN pg_class c ON c.oid = d.objid
  WHERE d.object_type = 'index';
END $$"""


@pytest.fixture(scope="module")
def large_postgres() -> Iterator[LocalPostgres]:
    """A server with a buffer of twice ``HALF``."""
    with LocalPostgres(settings={"shared_buffers": "256MB"}) as server:
        yield server


@pytest.fixture
def database(large_postgres: LocalPostgres) -> Iterator[PgDatabase]:
    """A database that notes with how much memory each index is built."""
    server = large_postgres
    server.create_database("noting")
    made = PgDatabase(server.host, server.port, "noting", server.user, server.password)
    made.run(
        "CREATE TABLE noted (name text, memory text)",
        NOTES,
        "CREATE EVENT TRIGGER noting ON ddl_command_end WHEN TAG IN ('CREATE INDEX', "
        "'ALTER TABLE', 'CREATE TABLE') EXECUTE FUNCTION note_memory()",
    )
    yield made
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE noting WITH (FORCE)")


@pytest.fixture
def source(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    running_sandbox.run(
        "CREATE TABLE dbo.Built (ID int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL)"
        "; CREATE INDEX IX_Name ON dbo.Built (Name); INSERT INTO dbo.Built VALUES (1, N'x')"
    )
    yield running_sandbox
    running_sandbox.run("DROP TABLE dbo.Built")


def memories(source: Sandbox, database: PgDatabase, publish: str) -> set[object]:
    """Load the table; returns with how much memory its indexes were built."""
    configured = entry(sql_table="dbo.Built", pg_table="built", publish=publish)
    specs = list(parse_table_configs({"built": configured}).values())
    database.run("TRUNCATE noted")
    outcome = sync_tables(specs, source.settings(database))
    assert outcome.ok, outcome
    found = database.rows("SELECT memory FROM noted WHERE name <> 'noted'")
    return {memory for (memory,) in found}


@pytest.mark.parametrize("publish", ["truncate", "swap"])
def test_half_of_the_servers_buffer_is_used_where_nobody_has_set_the_memory(
    source: Sandbox, database: PgDatabase, publish: str
) -> None:
    """First the table is created, then it is replaced; its indexes are built after its rows."""
    assert HALF in memories(source, database, publish)
    if publish == "swap":
        assert memories(source, database, publish) == {HALF}
    assert database.rows("SHOW maintenance_work_mem") == [(DEFAULT,)]


def test_what_is_set_for_the_role_is_used(source: Sandbox, database: PgDatabase) -> None:
    database.run(
        f"ALTER ROLE CURRENT_USER IN DATABASE noting SET maintenance_work_mem = '{CHOSEN}'"
    )
    assert memories(source, database, "swap") == {CHOSEN}
    assert memories(source, database, "swap") == {CHOSEN}
