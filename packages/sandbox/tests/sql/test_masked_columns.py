"""Masked columns: in the catalog, plain for who may unmask them, refused for others."""

import pytest

from tableferry_sandbox.events import LoginRequest


@pytest.fixture
def reader(ask, server):
    ask("CREATE LOGIN reader WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF")
    ask("CREATE USER reader FOR LOGIN reader")
    return server.login(LoginRequest("reader", "Reader-pass-1", "Shop"))


def test_masked_columns_are_plain_for_who_may_unmask_them(ask):
    ask("CREATE TABLE t (id int, s varchar(9) MASKED WITH (FUNCTION = 'default()') NULL)")
    ask("INSERT t VALUES (1, 'open')")
    masked = "SELECT name, is_masked FROM sys.columns WHERE object_id = OBJECT_ID('t')"
    assert ask(masked).rows == [("id", False), ("s", True)]
    assert ask("SELECT s FROM t").rows == [("open",)]


def test_masked_columns_are_refused_to_others(ask, refuse, reader):
    ask("CREATE TABLE t (id int, s varchar(9) MASKED WITH (FUNCTION = 'default()') NULL)")
    ask("INSERT t VALUES (1, 'open'); GRANT SELECT ON t TO reader")
    assert ask("SELECT id FROM t", reader).rows == [(1,)]
    assert "UNMASK" in refuse("SELECT s FROM t", reader).message
    ask("GRANT UNMASK TO reader")
    assert ask("SELECT s FROM t", reader).rows == [("open",)]


def test_masked_columns_cannot_be_searched_by_others(ask, refuse, reader):
    ask("CREATE TABLE t (id int, s varchar(9) MASKED WITH (FUNCTION = 'partial(1,\"x\",0)'))")
    ask("INSERT t VALUES (1, 'open'); GRANT SELECT ON t TO reader")
    assert "UNMASK" in refuse("SELECT id FROM t WHERE s = 'open'", reader).message
