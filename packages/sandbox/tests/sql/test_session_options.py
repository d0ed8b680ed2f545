"""SET options: what they change, and what drivers send when they connect.

The pages of learn.microsoft.com: "SET Statements (Transact-SQL)" and those of its options;
"Configure the user options Server Configuration Option" for @@OPTIONS.
"""

import pytest


@pytest.fixture
def table(ask):
    ask("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT t VALUES (1, 1), (2, 2), (3, 3)")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM t ORDER BY id",
        "SELECT TOP 3 id FROM t ORDER BY id",
        "SELECT id FROM t UNION ALL SELECT 9 ORDER BY id",
        "WITH c AS (SELECT id FROM t) SELECT id FROM c ORDER BY id",
    ],
)
def test_rowcount_ends_a_select(ask, table, sql):
    """ "SET ROWCOUNT (Transact-SQL)": it overrides TOP if it is the smaller one."""
    found = ask(f"SET ROWCOUNT 2; {sql}; SELECT @@ROWCOUNT")
    assert found.value == 2
    assert ask(sql).rows == [(1,), (2,)]
    assert ask(sql).counts == [2]
    assert len(ask(f"SET ROWCOUNT 0; {sql}").rows) > 2


def test_rowcount_does_not_widen_top_or_reach_into_subqueries(ask, table):
    ask("SET ROWCOUNT 2")
    assert ask("SELECT TOP 1 id FROM t").rows == [(1,)]
    assert ask("SELECT COUNT(*) FROM t").value == 3
    assert ask("SELECT id FROM t WHERE v = (SELECT MAX(v) FROM t)").rows == [(3,)]


def test_rowcount_ends_what_writes_as_well(ask, table):
    """ "SET ROWCOUNT": most statements stop after so many rows, INSERT, UPDATE and DELETE too."""
    ask("SET ROWCOUNT 2")
    assert ask("UPDATE t SET v = 9").counts == [2]
    assert ask("INSERT t VALUES (4, 4), (5, 5), (6, 6)").counts == [2]
    assert ask("INSERT t SELECT id + 10, v FROM t").counts == [2]
    assert ask("DELETE TOP (1) FROM t").counts == [1]
    assert ask("DELETE t").counts == [2]
    assert ask("SELECT id INTO u FROM t").counts == [2]
    assert ask("SET ROWCOUNT 0; SELECT COUNT(*) FROM t").value == 4


def test_rowcount_takes_a_variable_but_no_negative_number(ask, refuse, table):
    assert len(ask("DECLARE @n int = 1; SET ROWCOUNT @n; SELECT id FROM t").rows) == 1
    assert refuse("SET ROWCOUNT -1").number == 102


def test_what_a_dynamic_batch_sets_ends_with_it(ask, table):
    """ "SET Statements": of sp_executesql and EXECUTE, the value is restored afterwards."""
    ask("EXEC ('SET ROWCOUNT 1; SET DATEFORMAT dmy')")
    ask("EXEC sp_executesql N'SET NOCOUNT ON; SET TRANSACTION ISOLATION LEVEL SNAPSHOT'")
    assert len(ask("SELECT id FROM t").rows) == 3
    found = ask(
        "SELECT date_format, transaction_isolation_level, @@OPTIONS & 512 "
        "FROM sys.dm_exec_sessions WHERE session_id = @@SPID"
    )
    assert found.rows == [("mdy", 2, 0)]
    assert ask("SELECT CONVERT(char(10), CAST('01/02/2024' AS datetime), 23)").value == "2024-01-02"


@pytest.mark.parametrize(
    ("option", "bit"),
    [
        ("IMPLICIT_TRANSACTIONS", 2), ("CURSOR_CLOSE_ON_COMMIT", 4), ("ANSI_WARNINGS", 8),
        ("ARITHABORT", 64), ("ARITHIGNORE", 128), ("QUOTED_IDENTIFIER", 256), ("NOCOUNT", 512),
        ("ANSI_NULL_DFLT_ON", 1024), ("ANSI_NULL_DFLT_OFF", 2048), ("XACT_ABORT", 16384),
    ],
)  # fmt: skip
def test_options_has_a_bit_for_each_switch(ask, refuse, option, bit):
    """ "@@OPTIONS (Transact-SQL)"."""
    assert ask(f"SET {option} ON; SELECT @@OPTIONS & {bit}").value == bit
    assert ask(f"SET {option} OFF; SELECT @@OPTIONS & {bit}").value == 0
    assert refuse(f"SET {option} MAYBE").number == 102


def test_ansi_defaults_sets_seven_options(ask, refuse):
    """ "SET ANSI_DEFAULTS (Transact-SQL)"; ODBC sets two of them OFF again."""
    ask("SET QUOTED_IDENTIFIER, ANSI_WARNINGS, ANSI_NULL_DFLT_ON OFF")
    assert ask("SET ANSI_DEFAULTS ON; SELECT @@OPTIONS").value == 5432 + 2 + 4
    ask("SET IMPLICIT_TRANSACTIONS OFF; SET CURSOR_CLOSE_ON_COMMIT OFF")
    assert ask("SELECT @@OPTIONS").value == 5432
    assert refuse("SET ANSI_DEFAULTS OFF").number == 50000


def test_a_column_may_be_null_by_default_where_the_session_says_so(ask):
    """ "SET ANSI_NULL_DFLT_ON (Transact-SQL)": else the database decides."""
    nullable = "SELECT is_nullable FROM sys.columns WHERE object_id = OBJECT_ID('{}')"

    def made(name, setting):
        ask(f"{setting}; CREATE TABLE {name} (v int)")
        return ask(nullable.format(name)).value

    assert made("a", "SET ANSI_NULL_DFLT_ON ON") == 1
    assert made("b", "SET ANSI_NULL_DFLT_ON OFF") == 0
    assert made("c", "SET ANSI_NULL_DFLT_OFF ON") == 0
    assert ask("SET ANSI_NULL_DFLT_ON ON; SELECT @@OPTIONS & 3072").value == 1024
    ask("SET ANSI_NULL_DFLT_ON OFF; ALTER DATABASE Shop SET ANSI_NULL_DEFAULT ON")
    assert made("d", "SET ANSI_NULL_DFLT_OFF OFF") == 1
    assert made("e", "SET ANSI_NULL_DFLT_OFF ON") == 0


LOGINS = {
    "ODBC and OLE DB": "SET ANSI_DEFAULTS ON; SET CURSOR_CLOSE_ON_COMMIT OFF; "
    "SET IMPLICIT_TRANSACTIONS OFF; SET TEXTSIZE 2147483647; SET CONCAT_NULL_YIELDS_NULL ON",
    "JDBC": "set transaction isolation level read committed set implicit_transactions off "
    "set quoted_identifier on set textsize 2147483647 SET LOCK_TIMEOUT -1 SET ROWCOUNT 0",
    "Management Studio": "SET ROWCOUNT 0; SET TEXTSIZE 2147483647; SET NOCOUNT OFF; "
    "SET CONCAT_NULL_YIELDS_NULL ON; SET ARITHABORT ON; SET LOCK_TIMEOUT -1; "
    "SET QUERY_GOVERNOR_COST_LIMIT 0; SET DEADLOCK_PRIORITY NORMAL; SET ANSI_NULLS ON; "
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET ANSI_NULL_DFLT_ON ON; "
    "SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; SET CURSOR_CLOSE_ON_COMMIT OFF; "
    "SET IMPLICIT_TRANSACTIONS OFF; SET QUOTED_IDENTIFIER ON; SET FMTONLY OFF",
    "pymssql": "SET ARITHABORT ON; SET CONCAT_NULL_YIELDS_NULL ON; SET ANSI_NULLS ON; "
    "SET ANSI_NULL_DFLT_ON ON; SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; "
    "SET CURSOR_CLOSE_ON_COMMIT ON; SET QUOTED_IDENTIFIER ON; SET TEXTSIZE 2147483647;",
    "PHP and Ruby": "SET LANGUAGE us_english; SET DATEFORMAT ymd; SET DATEFIRST 7; "
    "SET XACT_ABORT ON; SET ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, QUOTED_IDENTIFIER ON",
}


@pytest.mark.parametrize("driver", LOGINS)
def test_what_a_driver_sets_when_it_connects_is_accepted(ask, table, driver):
    ask(LOGINS[driver])
    assert len(ask("SELECT id FROM t").rows) == 3
    assert ask("SELECT @@TRANCOUNT").value == 0
