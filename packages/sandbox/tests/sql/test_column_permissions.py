"""Permissions on single columns, as GRANT and DENY Object Permissions document them."""

import pytest

from tableferry_sandbox.events import LoginRequest


@pytest.fixture
def reader(ask, server):
    """A session of a user that may do nothing yet."""
    ask("CREATE TABLE t (a int, b int, c AS b + 1); INSERT t VALUES (1, 2)")
    ask("CREATE LOGIN reader WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF")
    ask("CREATE USER reader FOR LOGIN reader")
    return server.login(LoginRequest("reader", "Reader-pass-1", "Shop"))


DENIED = (
    "The SELECT permission was denied on the column 'b' of the object 't', database 'Shop', "
    "schema 'dbo'."
)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT b FROM t",
        "SELECT x.b FROM t AS x",
        "SELECT * FROM t",
        "SELECT a FROM t WHERE b = 2",
        "SELECT a FROM t ORDER BY b",
        "SELECT MAX(b) FROM t",
        "SELECT x.a FROM t AS x JOIN t AS y ON x.a = y.b",
        "SELECT d.a FROM (SELECT a, b FROM t) AS d",
    ],
)
def test_a_denied_column_is_refused_wherever_it_is_named(ask, refuse, reader, query):
    """https://learn.microsoft.com/en-us/sql/t-sql/statements/deny-object-permissions-transact-sql"""
    ask("GRANT SELECT ON t TO reader; DENY SELECT ON t (b) TO reader")
    error = refuse(query, reader)
    assert (error.number, error.severity, error.message) == (230, 14, DENIED)


def test_the_other_columns_are_read(ask, reader):
    """https://learn.microsoft.com/en-us/sql/t-sql/statements/deny-object-permissions-transact-sql

    A computed column is a column of its own.
    """
    ask("GRANT SELECT ON t TO reader; DENY SELECT ON t (b) TO reader")
    assert ask("SELECT a, c FROM t", reader).rows == [(1, 3)]


def test_a_granted_column_is_read_without_the_table(ask, refuse, reader):
    """https://learn.microsoft.com/en-us/sql/t-sql/statements/grant-object-permissions-transact-sql"""
    assert refuse("SELECT a FROM t", reader).number == 229
    ask("GRANT SELECT (a) ON t TO reader")
    assert ask("SELECT a FROM t", reader).rows == [(1,)]
    assert refuse("SELECT b FROM t", reader).number == 230
    ask("REVOKE SELECT (a) ON t FROM reader")
    assert refuse("SELECT a FROM t", reader).number == 229


def test_rows_without_a_column_take_the_permission_on_all(ask, refuse, reader):
    ask("GRANT SELECT (a) ON t TO reader")
    assert refuse("SELECT COUNT(*) FROM t", reader).number == 230
    assert ask("SELECT COUNT(a) FROM t", reader).value == 1
    ask("GRANT SELECT (b, c) ON t TO reader")
    assert ask("SELECT COUNT(*) FROM t", reader).value == 1


def test_a_column_is_granted_although_the_table_is_denied(ask, reader):
    """https://learn.microsoft.com/en-us/sql/t-sql/statements/deny-object-permissions-transact-sql

    "A table-level DENY does not take precedence over a column-level GRANT."
    """
    ask("DENY SELECT ON t TO reader; GRANT SELECT ON t (a) TO reader")
    assert ask("SELECT a FROM t", reader).rows == [(1,)]


def test_a_later_decision_on_the_table_is_one_on_its_columns(ask, reader):
    ask("DENY SELECT ON t (b) TO reader; GRANT SELECT ON t TO reader")
    assert ask("SELECT b FROM t", reader).rows == [(2,)]


def test_columns_are_updated_by_permission(ask, refuse, reader):
    """https://learn.microsoft.com/en-us/sql/t-sql/queries/update-transact-sql#permissions"""
    ask("GRANT UPDATE (a) ON t TO reader")
    ask("UPDATE t SET a = 5", reader)
    assert ask("SELECT a FROM t").rows == [(5,)]
    assert refuse("UPDATE t SET b = 5", reader).number == 230
    assert refuse("UPDATE t SET a = b", reader).number == 229
    assert refuse("DELETE t", reader).number == 229


def test_what_output_shows_takes_select(ask, refuse, reader):
    """https://learn.microsoft.com/en-us/sql/t-sql/queries/output-clause-transact-sql#permissions"""
    ask("GRANT UPDATE ON t TO reader; GRANT SELECT (a) ON t TO reader")
    assert ask("UPDATE t SET a = 6 OUTPUT inserted.a", reader).rows == [(6,)]
    assert refuse("UPDATE t SET a = 6 OUTPUT inserted.b", reader).number == 230


def test_the_columns_of_a_view_are_its_own(ask, refuse, reader):
    """https://learn.microsoft.com/en-us/sql/t-sql/statements/grant-object-permissions-transact-sql"""
    ask("CREATE VIEW w AS SELECT a, b AS other FROM t")
    ask("GRANT SELECT ON w TO reader; DENY SELECT ON w (other) TO reader")
    ask("DENY SELECT ON t (a) TO reader")
    assert ask("SELECT a FROM w", reader).rows == [(1,)]
    assert refuse("SELECT other FROM w", reader).number == 230
    assert refuse("SELECT * FROM w", reader).number == 230


def test_roles_decide_on_columns(ask, refuse, reader):
    ask("CREATE ROLE ferry; ALTER ROLE ferry ADD MEMBER reader")
    ask("GRANT SELECT ON t TO reader; DENY SELECT ON t (b) TO ferry")
    assert refuse("SELECT b FROM t", reader).number == 230
    ask("ALTER ROLE ferry DROP MEMBER reader")
    assert ask("SELECT b FROM t", reader).rows == [(2,)]
    ask("DENY SELECT ON t (b) TO reader; DROP USER reader")
    assert ask("SELECT COUNT(*) FROM sys.database_permissions WHERE minor_id > 0").value == 1


def test_permissions_on_columns_are_in_the_catalog(ask, reader):
    """https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-database-permissions-transact-sql"""
    ask("GRANT SELECT (a), UPDATE (b) ON t TO reader; DENY UNMASK ON t (a) TO reader")
    shown = (
        "SELECT COL_NAME(major_id, minor_id), permission_name, state_desc, class_desc "
        "FROM sys.database_permissions WHERE major_id = OBJECT_ID('t') ORDER BY permission_name"
    )
    assert ask(shown).rows == [
        ("a", "SELECT", "GRANT", "OBJECT_OR_COLUMN"),
        ("a", "UNMASK", "DENY", "OBJECT_OR_COLUMN"),
        ("b", "UPDATE", "GRANT", "OBJECT_OR_COLUMN"),
    ]
    assert ask("SELECT name FROM sys.tables", reader).rows == [("t",)]


def test_permissions_on_columns_can_be_queried(ask, reader):
    """https://learn.microsoft.com/en-us/sql/t-sql/functions/has-perms-by-name-transact-sql"""
    ask("GRANT SELECT ON t TO reader; DENY SELECT ON t (b) TO reader")
    asked = (
        "SELECT c.name, HAS_PERMS_BY_NAME('dbo.t', 'OBJECT', 'SELECT', c.name, 'COLUMN'), "
        "HAS_PERMS_BY_NAME(n.name, 'OBJECT', 'SELECT', c.name, 'COLUMN') "
        "FROM sys.columns AS c CROSS JOIN (VALUES ('[dbo].[T]')) AS n (name) "
        "WHERE c.object_id = OBJECT_ID('t') ORDER BY c.name"
    )
    assert ask(asked, reader).rows == [("a", 1, 1), ("b", 0, 0), ("c", 1, 1)]
    unknown = "SELECT HAS_PERMS_BY_NAME('t', 'OBJECT', 'SELECT', 'none', 'COLUMN')"
    assert ask(unknown, reader).rows == [(None,)]


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("GRANT INSERT (a) ON t TO reader", 1020),
        ("GRANT SELECT ON SCHEMA::dbo (a) TO reader", 1020),
        ("GRANT SELECT (a) ON t (b) TO reader", 1019),
        ("GRANT SELECT (missing) ON t TO reader", 1911),
    ],
)
def test_lists_of_columns_are_for_objects_alone(refuse, reader, sql, number):
    """https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999"""
    assert refuse(sql).number == number
