"""Targets that a publication sends to subscribers: after a load they are published as before."""

from collections.abc import Iterator

import pytest

from tableferry import postgres
from tableferry.config import Publish
from tableferry.errors import SchemaError
from tableferry.postgres import TargetConnection
from tests.integration.loads import load, planned_load
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

PUBLISHED = """
SELECT p.pubname, l.tablename, l.attnames, l.rowfilter
FROM pg_publication_tables l JOIN pg_publication p USING (pubname)
WHERE l.tablename NOT LIKE 'staging%' ORDER BY 1, 2
"""
NEW = [(3, "new")]

PUBLICATIONS = [
    "TABLE t",
    "TABLE t (id)",
    "TABLE t WHERE (id > 0)",
    "TABLE t WITH (publish = 'insert')",
    "TABLES IN SCHEMA public",
]


@pytest.fixture
def connection(pg_database: PgDatabase) -> Iterator[TargetConnection]:
    pg_database.run(
        "CREATE SCHEMA tableferry",
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "INSERT INTO t VALUES (1, 'old')",
    )
    with postgres.connect(settings_of(pg_database)) as opened:
        yield opened


@pytest.mark.parametrize("publication", PUBLICATIONS)
@pytest.mark.parametrize("publish", [Publish.TRUNCATE, Publish.SWAP, Publish.MERGE])
def test_a_published_table_is_published_as_before(
    connection: TargetConnection, pg_database: PgDatabase, publication: str, publish: Publish
) -> None:
    pg_database.run(f"CREATE PUBLICATION feed FOR {publication}")
    before = pg_database.rows(PUBLISHED)
    plan = planned_load(connection, publish)
    load(connection, plan, NEW)
    assert pg_database.rows("SELECT * FROM t") == NEW
    assert pg_database.rows(PUBLISHED) == before
    refreshed = any("REFRESH PUBLICATION" in warning for warning in plan.warnings)
    assert refreshed == (publish is Publish.SWAP)


def test_a_publication_of_all_tables_keeps_a_table_from_being_swapped_only(
    connection: TargetConnection, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE PUBLICATION feed FOR ALL TABLES")
    with pytest.raises(SchemaError, match="would be sent to the subscribers of feed"):
        planned_load(connection, Publish.SWAP)
    for publish in (Publish.TRUNCATE, Publish.MERGE):
        load(connection, planned_load(connection, publish), NEW)
    assert pg_database.rows("SELECT * FROM t") == NEW
