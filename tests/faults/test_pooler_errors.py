"""What PgBouncer itself reports, at login and later, is told apart from PostgreSQL's errors."""

from collections.abc import Callable

import psycopg
import pytest

from tableferry import postgres
from tableferry.errors import ConfigError, TableferryError, TransientError
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.pgbouncer import pooled
from tests.support.proxy import TcpProxy

pytestmark = pytest.mark.needs_packages("pgbouncer")


def failure(connect: Callable[[], postgres.TargetConnection], *statements: str) -> TableferryError:
    with pytest.raises(TableferryError) as raised, connect() as connection:
        for sql in statements:
            connection.execute(sql)
    return raised.value


def test_a_pool_without_a_free_connection_is_worth_another_try(pg_database: PgDatabase) -> None:
    limits = {"default_pool_size": 1, "min_pool_size": 0, "query_wait_timeout": 1}
    with pooled(pg_database, **limits) as pooler, psycopg.connect(pooler.conninfo) as holder:
        holder.execute("SELECT 1")  # its transaction keeps the only connection
        error = failure(lambda: postgres.connect(settings_of(pooler)), "SELECT 1")
    assert isinstance(error, TransientError)
    assert (error.code, "query_wait_timeout" in error.message) == ("53300", True)


def test_a_pooler_that_admits_no_more_clients_is_worth_another_try(pg_database: PgDatabase) -> None:
    with pooled(pg_database, max_client_conn=1) as pooler, psycopg.connect(pooler.conninfo):
        error = failure(lambda: postgres.connect(settings_of(pooler)))
    assert isinstance(error, TransientError)
    assert (error.code, "PgBouncer says" in error.message) == ("53300", True)


def test_a_database_that_the_pooler_does_not_have_is_a_matter_of_configuration(
    pg_database: PgDatabase,
) -> None:
    with pooled(pg_database) as pooler:
        settings = settings_of(pooler).model_copy(update={"db": "nope"})
        error = failure(lambda: postgres.connect(settings))
    assert isinstance(error, ConfigError)
    assert "PG_DB" in error.hint
    assert "PgBouncer says: bouncer config error" in error.message


def test_the_poolers_limit_of_a_query_is_named_and_not_tried_again(
    pg_database: PgDatabase,
) -> None:
    with pooled(pg_database, query_timeout=1) as pooler:
        error = failure(lambda: postgres.connect(settings_of(pooler)), "SELECT pg_sleep(5)")
    assert isinstance(error, ConfigError)
    assert "query_timeout" in error.hint


def test_a_link_from_the_pooler_to_postgresql_that_is_cut_is_worth_another_try(
    pg_database: PgDatabase, pg_proxy: TcpProxy
) -> None:
    through = pg_database.through(pg_proxy.host, pg_proxy.port)
    with pooled(through) as pooler, postgres.connect(settings_of(pooler)) as connection:
        connection.begin()
        connection.execute("SELECT 1")
        pg_proxy.cut_all()
        with pytest.raises(TransientError) as raised:
            connection.execute("SELECT 1")
    assert "a column does not accept" not in raised.value.message
