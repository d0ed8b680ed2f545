"""What tests use in the sandbox's place with ``--live``: tried on the sandbox, as on any server."""

import pytest

from live.place import Place
from live.postgres import Target
from live.servers import PASSWORD, PG_PASSWORD, joined
from live.suite import _environment
from tableferry_sandbox.testing import sql_server
from tests.support.live import MSSQL, POSTGRES, live_source, server_of


def test_a_source_on_a_server_has_databases_of_its_own_and_leaves_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with sql_server() as server:
        monkeypatch.setenv(MSSQL, joined(server.host, server.port, server.user))
        monkeypatch.setenv(PASSWORD, server.password)
        with live_source() as source:
            source.run("CREATE TABLE McTM.dbo.T (ID int NOT NULL)")
            source.run("INSERT INTO dbo.T SELECT value FROM GENERATE_SERIES(1, 3)")
            assert source.rows("SELECT COUNT(*) FROM McTM.dbo.T") == [(3,)]
            assert source.rows("SELECT DB_NAME()", "VoipDB") == [(source.source("VoipDB").db,)]
        left = server.query("master", "SELECT name FROM sys.databases")["name"].to_pylist()
        assert left == ["master", "tempdb", "model", "msdb"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:1433:sa", ("127.0.0.1", 1433, "sa", "p:w")),
        ("[::1]:1433:domain\\me:too", ("::1", 1433, "domain\\me:too", "p:w")),
    ],
)
def test_an_address_and_a_password_may_hold_colons(
    monkeypatch: pytest.MonkeyPatch, text: str, found: tuple[str, int, str, str]
) -> None:
    monkeypatch.setenv(MSSQL, text)
    monkeypatch.setenv(PASSWORD, "p:w")
    assert server_of(MSSQL, PASSWORD) == found
    assert joined(*found[:3]) == text


def test_a_server_that_is_not_named_as_it_should_be_is_a_wrong_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(POSTGRES, "db:sa")
    with pytest.raises(pytest.UsageError, match="Name a server as HOST:PORT:USER"):
        server_of(POSTGRES, PASSWORD)


def test_the_tests_are_given_both_servers_and_nothing_that_was_set_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place, target = Place("::1", 1433, "sa", "one:1"), Target("pg", 5432, "postgres", "two:2")
    for name, value in _environment(place, target).items():
        monkeypatch.setenv(name, value)
    assert server_of(MSSQL, PASSWORD) == ("::1", 1433, "sa", "one:1")
    assert server_of(POSTGRES, PG_PASSWORD) == ("pg", 5432, "postgres", "two:2")
    assert POSTGRES not in _environment(place, None)
