"""Databases that were set READ_ONLY.

https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-database-transact-sql-set-options
https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-3906-database-engine-error
"""

import pyarrow as pa
import pytest

from tableferry_sandbox.events import SqlError

STATE = (
    "SELECT d.is_read_only, CONVERT(varchar(30), DATABASEPROPERTYEX(d.name, 'Updateability')) "
    "FROM sys.databases AS d WHERE d.name = 'Shop'"
)


@pytest.fixture
def read_only(ask):
    ask("CREATE TABLE t (a int); INSERT t VALUES (1); CREATE INDEX i ON t (a)")
    ask("CREATE VIEW w AS SELECT a FROM t; CREATE USER someone WITHOUT LOGIN")
    ask("ALTER DATABASE Shop SET READ_ONLY WITH NO_WAIT")


def test_a_read_only_database_says_so(ask, read_only):
    """https://learn.microsoft.com/en-us/sql/t-sql/functions/databasepropertyex-transact-sql"""
    assert ask(STATE).rows == [(True, "READ_ONLY")]
    ask("ALTER DATABASE CURRENT SET READ_WRITE")
    assert ask(STATE).rows == [(False, "READ_WRITE")]
    ask("INSERT t VALUES (2)")


def test_it_can_be_read(ask, read_only):
    assert ask("SELECT a FROM t").rows == [(1,)]
    ask("SELECT a INTO #copy FROM t; UPDATE #copy SET a = 2; CREATE TABLE #other (a int)")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT t VALUES (2)",
        "UPDATE t SET a = 2",
        "DELETE t",
        "TRUNCATE TABLE t",
        "SELECT a INTO copy FROM t",
        "CREATE TABLE u (a int)",
        "CREATE INDEX j ON t (a)",
        "CREATE VIEW v AS SELECT 1 AS a",
        "CREATE SCHEMA s",
        "CREATE TYPE y FROM int",
        "CREATE SYNONYM s FOR t",
        "CREATE SEQUENCE q",
        "CREATE FUNCTION f() RETURNS int AS BEGIN RETURN 1 END",
        "CREATE PARTITION FUNCTION p (int) AS RANGE LEFT FOR VALUES (1)",
        "ALTER TABLE t ADD b int",
        "ALTER INDEX i ON t DISABLE",
        "DROP TABLE t",
        "DROP VIEW w",
        "DROP INDEX i ON t",
        "CREATE ROLE r",
        "DROP USER someone",
        "GRANT SELECT ON t TO someone",
        "EXEC sp_rename 't', 'u'",
        "EXEC sp_addextendedproperty N'MS_Description', N'x'",
        "USE master; INSERT Shop.dbo.t VALUES (2)",
        "USE master; CREATE TABLE Shop.dbo.u (a int)",
    ],
)
def test_whatever_writes_to_it_fails(ask, refuse, read_only, statement):
    error = refuse(statement)
    assert (error.number, error.message) == (
        3906, 'Failed to update database "Shop" because the database is read-only.'
    )  # fmt: skip
    ask("USE Shop")
    assert ask("SELECT a FROM t").rows == [(1,)]


def test_loads_from_python_fail_as_well(server, read_only):
    with pytest.raises(SqlError) as caught:
        server.database("Shop").load("dbo", "t", pa.table({"a": [2]}))
    assert caught.value.number == 3906


def test_a_database_that_others_use_is_not_switched(ask, refuse, connect):
    """It would wait for exclusive access, or end their sessions."""
    connect()
    assert refuse("ALTER DATABASE Shop SET READ_ONLY").number == 50000
