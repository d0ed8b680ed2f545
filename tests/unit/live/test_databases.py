"""Databases of a run: created as a probe asks, emptied between probes, and dropped in the end."""

from collections.abc import Iterator

import pytest

from live.databases import Databases, administer, create, drop, leftovers, sweep
from live.emptying import empty
from live.place import Place
from tableferry import sqlserver
from tableferry.errors import TableferryError
from tableferry_sandbox.faults import SendError
from tableferry_sandbox.testing import SqlServer, sql_server

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
def server() -> Iterator[SqlServer]:
    with sql_server() as made:
        yield made


@pytest.fixture
def place(server: SqlServer) -> Place:
    return Place(server.host, server.port, server.user, server.password)


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
            assert empty(connection, FULL)


def test_databases_are_used_again_by_their_options_and_all_are_dropped(
    place: Place, master: sqlserver.SourceConnection
) -> None:
    databases = Databases(place, master)
    plain, own = databases.take(()), databases.take(("own",))
    databases.give_back(plain, (), ())
    databases.give_back(own, ("own",), ())
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


def test_what_the_statements_do_not_speak_of_is_not_looked_for(
    place: Place, master: sqlserver.SourceConnection, server: SqlServer
) -> None:
    name = create(master)
    server.faults.on_statement("sys.objects", SendError(50000, "It was asked"))
    with sqlserver.connect(place.settings(name)) as connection:
        assert empty(connection, ["SELECT CAST(1 AS int) AS a"])
        with pytest.raises(TableferryError, match="It was asked"):
            empty(connection, ["CREATE TABLE dbo.T (A int NULL)"])


def test_a_database_in_which_something_stays_is_not_used_again(
    place: Place, master: sqlserver.SourceConnection, server: SqlServer
) -> None:
    databases = Databases(place, master)
    name = databases.take(())
    made = "CREATE TABLE dbo.T (A int NULL)"
    with sqlserver.connect(place.settings(name)) as connection:
        connection.execute(made)
    server.faults.on_statement("DROP TABLE", SendError(3701, "Cannot drop the table"), times=99)
    databases.give_back(name, (), [made])
    assert leftovers(master) == []
    assert databases.take(()) != name
    databases.close()


def test_where_the_first_database_of_a_run_is_used_the_others_are_left_alone(
    place: Place, master: sqlserver.SourceConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.databases.PATIENCE", 0)
    databases = Databases(place, master)
    first, own = databases.take(()), databases.take(("own",))
    with administer(place) as other:
        assert sweep(other) == ([], [first, own])
        abandoned = create(other)
        assert sweep(other) == ([abandoned], [first, own])
    databases.close()


def test_a_server_that_knows_neither_collations_nor_options_still_has_a_database(
    master: sqlserver.SourceConnection, server: SqlServer
) -> None:
    unknown = SendError(33557097, "'COLLATE' is not currently supported")
    server.faults.on_statement("^CREATE DATABASE .* COLLATE", unknown)
    unknown = SendError(33557097, "syntax error near SNAPSHOT")
    server.faults.on_statement("ALTER DATABASE .* SET .*SNAPSHOT", unknown, times=2)
    name = create(master)
    assert leftovers(master) == [name]
    server.faults.on_statement("^CREATE DATABASE", SendError(1105, "The disk is full."))
    with pytest.raises(TableferryError, match="disk is full"):
        create(master)


def test_a_database_is_created_again_while_the_model_is_locked(
    master: sqlserver.SourceConnection, server: SqlServer
) -> None:
    locked = SendError(1807, "Could not obtain exclusive lock on database 'model'. Retry it later.")
    server.faults.on_statement("^CREATE DATABASE", locked, times=2)
    name = create(master)
    assert leftovers(master) == [name]
