"""A table of a server that is neither SQL Server nor the sandbox: pysqlbridge, which serves CSV."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from pysqlbridge.catalog import load as load_catalog
from pysqlbridge.logins import load as load_logins
from pysqlbridge.server import start_background

from tableferry.config import Settings, SourceSettings, parse_table_configs
from tableferry.inspect.discover import discover
from tableferry.runs.outcome import Status
from tableferry.runs.run import sync_table
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.specs import entry

ROWS = 2_000


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[SourceSettings]:
    with (tmp_path / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "name", "score"])
        writer.writerows([n, f"Имя {n}" if n % 7 else "", n / 4] for n in range(ROWS))
    config = tmp_path / "bridge.json"
    config.write_text(
        '{"tables": [{"name": "people", "csv": "people.csv"}],'
        ' "logins": [{"user": "reader", "password": "canary-pass"}]}',
        encoding="utf-8",
    )
    server, _ = start_background(
        query_handler=load_catalog(config).answer, logins=load_logins(config)
    )
    host, port = server.address
    yield SourceSettings(
        prefix="SQL_SERVER_BRIDGE_",
        host=host,
        port=port,
        db="pysqlbridge",
        user="reader",
        password="canary-pass",
    )
    server.shutdown()
    server.server_close()


def test_a_table_of_another_server_crosses(
    foreign: SourceSettings, pg_database: PgDatabase
) -> None:
    configured = entry(
        db_type="bridge",
        sql_server_db="pysqlbridge",
        sql_table="dbo.people",
        pg_table="people",
        columns=["id", "name", "score"],
        pg_columns=["id", "name", "score"],
        primary_key="id",
        order_by="id",
    )
    spec = parse_table_configs({"people": configured})["people"]
    outcome = sync_table(spec, Settings({"bridge": foreign}, settings_of(pg_database)))
    assert outcome.status is Status.OK, outcome.error
    found = pg_database.rows("SELECT id, name, score FROM people ORDER BY id")
    assert len(found) == ROWS
    assert found[5] == (5, "Имя 5", 1.25)
    assert found[7][1] in {"", None}, "a CSV does not tell an empty text from none"


def test_its_tables_are_discovered_and_cross_as_they_are_printed(
    foreign: SourceSettings, pg_database: PgDatabase
) -> None:
    found = {entry.key: entry for entry in discover("bridge", foreign, like="peo%")}
    people = found["people"]
    assert people.config["pg_table"] == "bridge_people"
    assert "no primary key was found" in people.notes
    spec = parse_table_configs({"people": people.config})["people"]
    outcome = sync_table(spec, Settings({"bridge": foreign}, settings_of(pg_database)))
    assert outcome.status is Status.OK, outcome.error
    assert pg_database.rows("SELECT count(*) FROM bridge_people") == [(ROWS,)]
