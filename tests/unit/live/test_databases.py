"""Databases of a run: created as a probe asks, emptied between probes, and dropped in the end."""

from collections.abc import Iterator

import pytest

from live.databases import Databases, administer, create, drop, empty, leftovers
from live.place import Place
from tableferry import sqlserver
from tableferry.errors import TableferryError
from tableferry_sandbox.testing import sql_server

FULL = [
    "CREATE SCHEMA more",
    "CREATE TYPE dbo.Phone FROM nvarchar(20)",
    "CREATE TABLE more.T (ID int NOT NULL PRIMARY KEY, P dbo.Phone)",
    "CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY, T int REFERENCES more.T (ID))",
    "CREATE VIEW dbo.V AS SELECT ID FROM more.T",
    "CREATE VIEW dbo.A AS SELECT ID FROM dbo.V",
    "CREATE SYNONYM dbo.S FOR more.T",
    "CREATE USER nobody WITHOUT LOGIN",
    "GRANT SELECT ON more.T TO nobody",
]


@pytest.fixture
def place() -> Iterator[Place]:
    with sql_server() as server:
        yield Place(server.host, server.port, server.user, server.password)


@pytest.fixture
def master(place: Place) -> Iterator[sqlserver.SourceConnection]:
    with administer(place) as opened:
        yield opened


def test_a_database_has_the_collation_and_the_options_that_were_asked_for(
    place: Place, master: sqlserver.SourceConnection
) -> None:
    name = create(master, ("collation Latin1_General_BIN2", "ALLOW_SNAPSHOT_ISOLATION ON", "own"))
    found = master.rows(
        "SELECT collation_name, snapshot_isolation_state, is_read_committed_snapshot_on "
        f"FROM sys.databases WHERE name = '{name}'",
        ["collation_name", "snapshot_isolation_state", "is_read_committed_snapshot_on"],
    )
    assert found == [("Latin1_General_BIN2", 1, False)]


def test_a_database_that_is_emptied_can_be_filled_again_in_the_same_way(
    place: Place, master: sqlserver.SourceConnection
) -> None:
    name = create(master)
    with sqlserver.connect(place.settings(name)) as connection:
        for _ in range(2):
            for statement in FULL:
                connection.execute(statement)
            assert empty(connection)


def test_databases_are_used_again_by_their_options_and_all_are_dropped(
    place: Place, master: sqlserver.SourceConnection
) -> None:
    databases = Databases(place, master)
    plain, own = databases.take(()), databases.take(("own",))
    databases.give_back(plain, ())
    databases.give_back(own, ("own",))
    assert leftovers(master) == [plain]
    assert databases.take(()) == plain
    assert databases.take(()) != plain
    databases.close()
    assert leftovers(master) == []


def test_a_database_whose_options_are_refused_is_not_left_behind(
    master: sqlserver.SourceConnection,
) -> None:
    with pytest.raises(TableferryError):
        create(master, ("NO_SUCH_OPTION ON",))
    assert leftovers(master) == []


def test_a_database_that_is_not_ours_cannot_be_dropped(master: sqlserver.SourceConnection) -> None:
    with pytest.raises(ValueError, match="tableferry_live_other is no database of ours"):
        drop(master, "tableferry_live_other")
