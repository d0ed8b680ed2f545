"""SET IMPLICIT_TRANSACTIONS (Transact-SQL), on learn.microsoft.com: what begins a transaction."""

import pytest

COUNT = "SELECT @@TRANCOUNT"


@pytest.fixture
def table(ask):
    ask("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT t VALUES (1, 1)")
    ask("SET IMPLICIT_TRANSACTIONS ON")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM t",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM t)",
        "SELECT name FROM sys.tables",
        "INSERT t VALUES (2, 2)",
        "UPDATE t SET v = 2",
        "DELETE t",
        "MERGE t USING (VALUES (2)) AS s (id) ON t.id = s.id WHEN MATCHED THEN DELETE;",
        "TRUNCATE TABLE t",
        "CREATE TABLE u (id int)",
        "CREATE INDEX i ON t (v)",
        "DROP TABLE t",
        "GRANT SELECT ON t TO public",
    ],
)
def test_it_begins_a_transaction(ask, table, sql):
    ask(sql)
    assert ask(COUNT).value == 1
    ask(f"COMMIT; {COUNT}")
    assert ask(COUNT).value == 0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT GETDATE()",
        "SELECT 1, 'ABC'",
        "WITH c AS (SELECT 1 AS a) SELECT a FROM c",
        "DECLARE @v int = 1; SET @v = 2; PRINT 'x'",
        "SET NOCOUNT ON",
        "USE Shop",
    ],
)
def test_it_begins_none(ask, table, sql):
    """SELECTs that do not select from a table do not start one."""
    ask(sql)
    assert ask(COUNT).value == 0


def test_none_is_begun_inside_another(ask, table):
    """Test B of the page."""
    ask("INSERT t VALUES (21, 1); INSERT t VALUES (22, 1)")
    assert ask(COUNT).value == 1
    ask("COMMIT")
    assert ask(COUNT).value == 0


def test_a_begin_transaction_makes_two(ask, table):
    """Tests C and D of the page: an explicit one still increments @@TRANCOUNT."""
    ask("BEGIN TRANSACTION; INSERT t VALUES (31, 1)")
    assert ask(COUNT).value == 2
    assert ask(f"COMMIT; {COUNT}").value == 1
    assert ask(f"COMMIT; {COUNT}").value == 0
    ask("INSERT t VALUES (41, 1); BEGIN TRANSACTION; INSERT t VALUES (42, 1)")
    assert ask(f"{COUNT}; ROLLBACK").value == 2


def test_what_is_not_committed_is_rolled_back(ask, connect, session, table):
    ask("UPDATE t SET v = 9")
    session.close()
    assert ask("SELECT v FROM t", connect()).value == 1


def test_off_leaves_the_open_transaction_open(ask, table):
    ask("UPDATE t SET v = 9; SET IMPLICIT_TRANSACTIONS OFF")
    assert ask(COUNT).value == 1
    ask("ROLLBACK; UPDATE t SET v = 8")
    assert ask(COUNT).value == 0


def test_the_client_is_told_of_it(session, table):
    """ "ENVCHANGE" 8, Begin Transaction, as for one that is begun by name."""
    events = [type(event).__name__ for event in session.execute("UPDATE t SET v = 2")]
    assert events == ["TransactionChanged", "StatementDone"]
