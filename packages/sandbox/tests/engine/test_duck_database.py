"""Each server has a database of its own, though all of a process are in one DuckDB."""

import gc
import threading

import pytest

from sandbox_support.batch_result import run
from tableferry_sandbox.engine import Server
from tableferry_sandbox.engine.database.duck_database import DuckDatabase
from tableferry_sandbox.events import SqlError


def attached() -> set[str]:
    """The names of the databases that this process holds."""
    database = DuckDatabase()
    found = database.connect().execute("SELECT database_name FROM duckdb_databases()").fetchall()
    database.close()
    return {name for (name,) in found}


def test_servers_at_the_same_time_see_nothing_of_each_other():
    servers = [Server(), Server()]
    for place, server in enumerate(servers):
        database = server.create_database("Shop")
        database.run("CREATE TABLE dbo.Thing (ID int, Name varchar(9))")
        database.run(f"INSERT dbo.Thing VALUES ({place}, 'no. {place}')")
    for place, server in enumerate(servers):
        found = (
            server.database("Shop").query("SELECT ID, LEN(Name) AS n FROM dbo.Thing").to_pylist()
        )
        assert found == [{"ID": place, "n": 5}]
    servers[0].close()
    assert servers[1].database("Shop").query("SELECT COUNT(*) AS n FROM dbo.Thing").to_pylist()
    servers[1].close()


def test_a_rollback_and_a_failed_write_of_one_leave_the_others_transaction_open():
    first, second = Server(), Server()
    for server in (first, second):
        server.create_database("Shop").run("CREATE TABLE dbo.Thing (ID int PRIMARY KEY)")
    one = first.trusted(first.database("Shop").database)
    two = second.trusted(second.database("Shop").database)
    for session in (one, two):
        run(session, "BEGIN TRANSACTION; INSERT dbo.Thing VALUES (1)")
    with pytest.raises(SqlError, match="PRIMARY KEY"):
        run(one, "INSERT dbo.Thing VALUES (1)")
    run(one, "ROLLBACK")
    run(two, "INSERT dbo.Thing VALUES (2); COMMIT")
    assert run(one, "SELECT COUNT(*) FROM dbo.Thing").value == 0
    assert run(two, "SELECT COUNT(*) FROM dbo.Thing").value == 2
    first.close()
    second.close()


def test_a_cancelled_query_of_one_goes_on_in_another():
    first, second = Server(), Server()
    one, two = (server.trusted(server.databases()[0]) for server in (first, second))
    timer = threading.Timer(0.1, one.cancel)
    timer.start()
    slow = ", ".join(f"sys.types AS t{number}" for number in range(8))
    with pytest.raises(SqlError):
        run(one, f"SELECT COUNT_BIG(*) FROM {slow}")
    assert run(two, "SELECT COUNT(*) FROM sys.types AS a, sys.types AS b").value > 900
    timer.join()
    first.close()
    second.close()


def test_a_server_that_is_closed_or_forgotten_leaves_nothing_behind():
    closed, forgotten = Server(), Server()
    own = {server.store._database._name for server in (closed, forgotten)}
    for server in (closed, forgotten):
        server.create_database("Shop").run("CREATE TABLE dbo.Thing (ID int)")
    assert own <= attached()
    closed.close()
    closed.close()
    del forgotten, server
    gc.collect()
    assert not own & attached()
