"""The target as an open psycopg connection: it says where to connect, and is never loaded on."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg.rows import dict_row

import tableferry
from tableferry import ConfigError, Event, Progress
from tableferry.postgres.caller_connection import _require_plain_session, settings_of
from tableferry_sandbox.local_postgres import LocalPostgres
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.integration.support import settings_of as settings_of_database
from tests.support.databases import PgDatabase
from tests.support.urls import source_url


@pytest.fixture
def source(sandbox: Sandbox, table_in: Callable[[str], None]) -> str:
    sandbox.run("CREATE TABLE dbo.T (id int NOT NULL PRIMARY KEY, name nvarchar(20))")
    sandbox.run("INSERT INTO dbo.T VALUES (1, N'a'), (2, N'b')")
    return source_url(sandbox.server.host, sandbox.server.port, USER, PASSWORD)


@pytest.fixture(params=["autocommit", "transactions"])
def connection(
    request: pytest.FixtureRequest, pg_database: PgDatabase
) -> Iterator[psycopg.Connection]:
    with pg_database.connect(autocommit=request.param == "autocommit") as opened:
        yield opened


def test_a_table_crosses_to_where_the_connection_leads(
    source: str, connection: psycopg.Connection
) -> None:
    tableferry.copy_table("dbo.T", "t", source=source, target=connection).raise_for_failure()
    assert connection.execute("SELECT * FROM t ORDER BY id").fetchall() == [(1, "a"), (2, "b")]


def test_the_connection_itself_is_left_as_it_was(
    source: str, connection: psycopg.Connection
) -> None:
    idle = psycopg.pq.TransactionStatus.IDLE
    before = (connection.autocommit, connection.isolation_level, connection.row_factory)
    states = []

    def look(event: Event) -> None:
        if isinstance(event, Progress):
            states.append(connection.info.transaction_status)

    tableferry.copy_table("dbo.T", "t", source=source, target=connection, on_event=look)
    assert states == [idle]
    assert connection.info.transaction_status is idle
    assert before == (connection.autocommit, connection.isolation_level, connection.row_factory)


def test_it_may_be_used_by_its_owner_while_the_load_goes_on(
    source: str, connection: psycopg.Connection
) -> None:
    seen = []

    def work(event: Event) -> None:
        if isinstance(event, Progress):
            seen.append(connection.execute("SELECT 1").fetchall())

    outcome = tableferry.copy_table(
        "dbo.T", "t", source=source, target=connection, on_event=work
    ).raise_for_failure()
    assert seen == [[(1,)]]
    assert outcome.warnings == ()


def test_it_has_any_row_factory(pg_database: PgDatabase) -> None:
    with psycopg.connect(pg_database.conninfo, row_factory=dict_row) as connection:
        found = settings_of(connection)
    assert (found.db, found.user) == (pg_database.name, pg_database.user)
    assert found.password.get_secret_value() == pg_database.password


def refused(connection: object) -> str:
    with pytest.raises(ConfigError) as found:
        settings_of(connection)
    return found.value.message


def test_a_closed_one_is_refused(pg_database: PgDatabase) -> None:
    connection = pg_database.connect()
    connection.close()
    assert "it is closed" in refused(connection)


def test_one_in_a_transaction_is_refused(pg_database: PgDatabase) -> None:
    with pg_database.connect(autocommit=False) as connection:
        connection.execute("CREATE TABLE t (id int)")
        assert "has a transaction open" in refused(connection)
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT 1 / 0")
        assert "has a transaction open" in refused(connection)
        connection.rollback()
        assert settings_of(connection).db == pg_database.name


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SET search_path = pg_temp", "its session has set search_path"),
        ("SET ROLE pg_monitor", "its session has set role"),
        ("SET default_transaction_read_only = on", "set default_transaction_read_only"),
    ],
)
def test_one_whose_session_is_unlike_a_new_one_is_refused(
    pg_database: PgDatabase, statement: str, told: str
) -> None:
    with pg_database.connect() as connection:
        connection.execute(statement.encode())
        assert told in refused(connection)


def test_one_that_acts_as_another_role_as_every_session_of_its_login_does_is_taken(
    pg_database: PgDatabase,
) -> None:
    login = replace(pg_database, user=f"login_{pg_database.name}", password="x")
    pg_database.run(
        f"CREATE ROLE {login.user} LOGIN PASSWORD 'x' IN ROLE pg_monitor",
        f"ALTER ROLE {login.user} SET role = pg_monitor",
    )
    try:
        with login.connect() as connection:
            assert settings_of(connection).user == login.user
    finally:
        pg_database.run(f"DROP ROLE {login.user}")


def test_one_with_parameters_that_cannot_be_repeated_is_refused(pg_database: PgDatabase) -> None:
    with psycopg.connect(pg_database.conninfo, options="-c search_path=pg_temp") as connection:
        assert "it was opened with options" in refused(connection)


def test_one_that_leads_elsewhere_than_its_host_name_is_refused(
    pg_database: PgDatabase, own_postgres: LocalPostgres
) -> None:
    """As through a tunnel: opened by an address that its name does not have."""
    own_postgres.create_database(pg_database.name)
    with psycopg.connect(
        host=pg_database.host,
        port=pg_database.port,
        user=pg_database.user,
        password=pg_database.password,
        dbname=pg_database.name,
    ) as connection:
        other = PgDatabase(
            own_postgres.host,
            own_postgres.port,
            pg_database.name,
            own_postgres.user,
            own_postgres.password,
        )
        elsewhere = settings_of_database(other)
        with pytest.raises(ConfigError, match="leads to another server"):
            _require_plain_session(connection, elsewhere)


def test_one_in_a_pipeline_is_refused(pg_database: PgDatabase) -> None:
    with pg_database.connect() as connection, connection.pipeline():
        assert "it is in pipeline mode" in refused(connection)


@pytest.mark.parametrize("strange", [42, object(), psycopg.AsyncConnection])
def test_what_is_no_connection_of_psycopg_is_refused_by_its_name(strange: object) -> None:
    assert f"The target is a {type(strange).__module__}." in refused(strange)


def test_a_cursor_and_another_drivers_connection_are_refused(pg_database: PgDatabase) -> None:
    import psycopg2

    with pg_database.connect() as connection, connection.cursor() as cursor:
        assert "The target is a psycopg.Cursor" in refused(cursor)
    other = psycopg2.connect(pg_database.conninfo)
    try:
        assert "psycopg2" in refused(other)
    finally:
        other.close()


def test_no_refusal_shows_the_password(pg_database: PgDatabase) -> None:
    with psycopg.connect(pg_database.conninfo, options="-c work_mem=4MB") as connection:
        assert pg_database.password not in refused(connection)
