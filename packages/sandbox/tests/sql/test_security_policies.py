"""Row-level security, as its page and those of its statements document it.

https://learn.microsoft.com/en-us/sql/relational-databases/security/row-level-security
https://learn.microsoft.com/en-us/sql/t-sql/statements/create-security-policy-transact-sql
"""

import pytest

from tableferry_sandbox.events import LoginRequest


@pytest.fixture
def table(ask):
    """Rows of which a function shows those above zero."""
    ask("CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int NULL, b int NULL)")
    ask("INSERT t VALUES (1, 5, 0), (2, -5, 0), (3, NULL, 0)")
    ask("CREATE FUNCTION dbo.shown(@a int) RETURNS TABLE WITH SCHEMABINDING AS "
        "RETURN SELECT 1 AS ok WHERE @a > 0")  # fmt: skip


@pytest.fixture
def filtered(ask, table):
    ask("CREATE SECURITY POLICY p ADD FILTER PREDICATE dbo.shown(a) ON dbo.t WITH (STATE = ON)")


def test_a_filter_hides_rows_from_reads_updates_and_deletes(ask, filtered):
    assert ask("SELECT id FROM t").rows == [(1,)]
    assert ask("SELECT COUNT(*) FROM t AS x CROSS JOIN t AS y").value == 1
    ask("UPDATE t SET b = 1; DELETE t WHERE id = 2")
    ask("ALTER SECURITY POLICY p WITH (STATE = OFF)")
    assert ask("SELECT id, b FROM t ORDER BY id").rows == [(1, 1), (2, 0), (3, 0)]


def test_a_filter_blocks_no_writes(ask, filtered):
    ask("INSERT t VALUES (4, -1, 0); UPDATE t SET a = -1 WHERE id = 1")
    assert ask("SELECT id FROM t").rows == []


def test_a_filter_is_in_views_and_does_not_hide_keys_from_constraints(ask, refuse, filtered):
    ask("CREATE VIEW w AS SELECT id FROM t")
    assert ask("SELECT id FROM w").rows == [(1,)]
    assert refuse("INSERT t VALUES (2, 1, 0)").number == 2627
    ask("CREATE TABLE u (t int REFERENCES t (id)); INSERT u VALUES (2)")


def test_filtered_rows_keep_their_clustered_order(ask, table):
    """Whatever the plan of the predicate is: here it reads the larger table."""
    ask("CREATE TABLE allowed (a int NOT NULL)")
    ask("WITH n AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM n WHERE a < 3000) "
        "INSERT allowed SELECT n.a FROM n CROSS JOIN n AS o WHERE o.a < 10 "
        "OPTION (MAXRECURSION 0)")  # fmt: skip
    ask("DELETE t; INSERT t SELECT DISTINCT a, a, 0 FROM allowed")
    ask("CREATE FUNCTION dbo.listed(@a int) RETURNS TABLE WITH SCHEMABINDING AS "
        "RETURN SELECT 1 AS ok FROM dbo.allowed WHERE a = @a")  # fmt: skip
    ask("CREATE SECURITY POLICY p ADD FILTER PREDICATE dbo.listed(a) ON dbo.t WITH (STATE = ON)")
    ordered = [(number,) for number in range(1, 3001)]
    queries = ("SELECT id FROM t", "SELECT t.id FROM t CROSS JOIN (SELECT 1 AS one) AS o")
    assert [ask(query).rows == ordered for query in queries] == [True, True]
    ask("UPDATE t SET b = 1 WHERE id < 1500")
    assert [ask(query).rows == ordered for query in queries] == [True, True]


def test_a_filter_may_ask_who_reads(ask, server):
    ask("CREATE TABLE t (owner sysname, v int); INSERT t VALUES ('reader', 1), ('dbo', 2)")
    ask("CREATE FUNCTION mine(@owner sysname) RETURNS TABLE WITH SCHEMABINDING AS "
        "RETURN SELECT 1 AS ok WHERE @owner = USER_NAME()")  # fmt: skip
    ask("CREATE SECURITY POLICY p ADD PREDICATE dbo.mine(owner) ON dbo.t")
    ask("CREATE LOGIN reader WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF")
    ask("CREATE USER reader FOR LOGIN reader; GRANT SELECT ON t TO reader")
    reader = server.login(LoginRequest("reader", "Reader-pass-1", "Shop"))
    assert ask("SELECT v FROM t", reader).rows == [(1,)]
    assert ask("SELECT v FROM t").rows == [(2,)]


def test_a_filter_may_read_other_tables(ask, refuse, server, table):
    """Without SCHEMABINDING the reader needs SELECT on the function."""
    ask("CREATE TABLE allowed (a int); INSERT allowed VALUES (-5)")
    ask("CREATE FUNCTION listed(@a int) RETURNS TABLE WITH SCHEMABINDING AS "
        "RETURN SELECT 1 AS ok FROM dbo.allowed WHERE a = @a")  # fmt: skip
    ask("CREATE SECURITY POLICY p ADD FILTER PREDICATE dbo.listed(a) ON dbo.t")
    ask("CREATE LOGIN reader WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF")
    ask("CREATE USER reader FOR LOGIN reader; GRANT SELECT ON t TO reader")
    reader = server.login(LoginRequest("reader", "Reader-pass-1", "Shop"))
    assert ask("SELECT id FROM t", reader).rows == [(2,)]
    ask("DROP SECURITY POLICY p")
    ask("CREATE SECURITY POLICY p ADD FILTER PREDICATE dbo.listed(a) ON dbo.t "
        "WITH (STATE = ON, SCHEMABINDING = OFF)")  # fmt: skip
    assert refuse("SELECT id FROM t", reader).number == 229


BLOCKED = (
    "The attempted operation failed because the target object 'Shop.dbo.t' has a block predicate "
    "that conflicts with this operation. If the operation is performed on a view, the block "
    "predicate might be enforced on the underlying table. Modify the operation to target only the "
    "rows that are allowed by the block predicate."
)


@pytest.mark.parametrize(
    ("operation", "blocked"),
    [
        ("AFTER INSERT", {"INSERT t VALUES (4, -1, 0)"}),
        ("AFTER UPDATE", {"UPDATE t SET a = -1 WHERE id = 1"}),
        ("BEFORE UPDATE", {"UPDATE t SET a = 1 WHERE id = 2", "UPDATE t SET b = 1 WHERE id = 2"}),
        ("BEFORE DELETE", {"DELETE t WHERE id = 2"}),
        ("", None),
    ],
)
def test_a_block_predicate_refuses_operations(ask, refuse, table, operation, blocked):
    ask(f"CREATE SECURITY POLICY p ADD BLOCK PREDICATE dbo.shown(a) ON dbo.t {operation}")
    statements = {
        "INSERT t VALUES (4, -1, 0)", "UPDATE t SET a = -1 WHERE id = 1",
        "UPDATE t SET a = 1 WHERE id = 2", "UPDATE t SET b = 1 WHERE id = 2",
        "DELETE t WHERE id = 2",
    }  # fmt: skip
    refused = statements if blocked is None else blocked
    for statement in refused:
        error = refuse(statement)
        assert (error.number, error.message) == (33504, BLOCKED)
    assert ask("SELECT COUNT(*) FROM t").value == 3
    ask("INSERT t VALUES (9, 9, 9); UPDATE t SET b = 1 WHERE id = 9; DELETE t WHERE id = 9")
    for statement in sorted(statements - refused):
        ask(f"BEGIN TRAN; {statement}; ROLLBACK")


def test_columns_that_did_not_change_are_not_checked_after_an_update(ask, table):
    """Section "Description", of block predicates."""
    ask("CREATE SECURITY POLICY p ADD BLOCK PREDICATE dbo.shown(a) ON dbo.t AFTER UPDATE")
    ask("UPDATE t SET b = 7 WHERE id = 2")
    assert ask("SELECT b FROM t WHERE id = 2").value == 7


def test_python_loads_are_blocked_as_bulk_inserts_are(ask, server, table):
    import pyarrow as pa

    from tableferry_sandbox.events import SqlError

    ask("CREATE SECURITY POLICY p ADD BLOCK PREDICATE dbo.shown(a) ON dbo.t AFTER INSERT")
    with pytest.raises(SqlError) as caught:
        server.database("Shop").load("dbo", "t", pa.table({"id": [4], "a": [-1]}))
    assert caught.value.number == 33504


def test_a_policy_is_altered_and_dropped(ask, refuse, filtered):
    """https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-security-policy-transact-sql"""
    ask("CREATE FUNCTION small(@a int) RETURNS TABLE WITH SCHEMABINDING AS "
        "RETURN SELECT 1 AS ok WHERE @a < 0")  # fmt: skip
    ask("ALTER SECURITY POLICY p ALTER FILTER PREDICATE dbo.small(a) ON dbo.t")
    assert ask("SELECT id FROM t").rows == [(2,)]
    ask("ALTER SECURITY POLICY p (DROP FILTER PREDICATE ON dbo.t, "
        "ADD BLOCK PREDICATE dbo.shown(a) ON dbo.t AFTER INSERT)")  # fmt: skip
    assert ask("SELECT COUNT(*) FROM t").value == 3
    assert refuse("INSERT t VALUES (4, -1, 0)").number == 33504
    ask("DROP SECURITY POLICY p; INSERT t VALUES (4, -1, 0)")
    assert refuse("DROP SECURITY POLICY p").number == 3701
    ask("DROP SECURITY POLICY IF EXISTS p")


def test_a_rollback_undoes_a_policy(ask, table):
    ask("BEGIN TRAN; CREATE SECURITY POLICY p ADD FILTER PREDICATE dbo.shown(a) ON dbo.t; ROLLBACK")
    assert ask("SELECT COUNT(*) FROM t").value == 3
    ask("CREATE SECURITY POLICY p ADD FILTER PREDICATE dbo.shown(a) ON dbo.t")
    ask("BEGIN TRAN; ALTER SECURITY POLICY p WITH (STATE = OFF); ROLLBACK")
    assert ask("SELECT COUNT(*) FROM t").value == 1
    ask("BEGIN TRAN; DROP SECURITY POLICY p; ROLLBACK")
    assert ask("SELECT COUNT(*) FROM t").value == 1


def test_policies_are_in_the_catalog(ask, server, filtered):
    """https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-security-predicates-transact-sql"""
    ask("ALTER SECURITY POLICY p ADD BLOCK PREDICATE dbo.shown(a) ON dbo.t BEFORE DELETE")
    shown = (
        "SELECT s.name, s.is_enabled, s.is_schema_bound, p.security_predicate_id, "
        "OBJECT_NAME(p.target_object_id), p.predicate_definition, p.predicate_type_desc, "
        "p.operation, p.operation_desc FROM sys.security_policies AS s "
        "JOIN sys.security_predicates AS p ON p.object_id = s.object_id ORDER BY 4"
    )
    assert ask(shown).rows == [
        ("p", True, True, 1, "t", "([dbo].[shown]([a]))", "FILTER", None, None),
        ("p", True, True, 2, "t", "([dbo].[shown]([a]))", "BLOCK", 4, "BEFORE DELETE"),
    ]
    assert ask("SELECT type_desc FROM sys.objects WHERE name = 'p'").value == "SECURITY_POLICY"
    ask("CREATE LOGIN reader WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF")
    ask("CREATE USER reader FOR LOGIN reader; GRANT SELECT ON t TO reader")
    reader = server.login(LoginRequest("reader", "Reader-pass-1", "Shop"))
    assert ask("SELECT COUNT(*) FROM sys.security_policies", reader).value == 0


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("DROP TABLE t", 3729),
        ("DROP FUNCTION shown", 3729),
        ("ALTER FUNCTION shown(@a int) RETURNS TABLE AS RETURN SELECT 1 AS ok", 3729),
        ("ALTER TABLE t DROP COLUMN a", 5074),
        ("ALTER SECURITY POLICY p ADD FILTER PREDICATE dbo.shown(b) ON dbo.t", 33262),
        ("CREATE SECURITY POLICY q ADD FILTER PREDICATE dbo.shown(b) ON dbo.t", 33264),
        ("ALTER SECURITY POLICY p DROP BLOCK PREDICATE ON dbo.t", 33261),
        ("CREATE SECURITY POLICY q ADD FILTER PREDICATE dbo.shown(b) ON dbo.missing", 33268),
        ("CREATE SECURITY POLICY q ADD FILTER PREDICATE dbo.missing(b) ON dbo.t", 33270),
        ("CREATE SECURITY POLICY q ADD FILTER PREDICATE dbo.shown(c) ON dbo.t", 207),
        ("ALTER SECURITY POLICY missing WITH (STATE = OFF)", 33268),
        ("CREATE SECURITY POLICY p ADD FILTER PREDICATE dbo.shown(b) ON dbo.t", 2714),
    ],
)
def test_what_a_policy_forbids_raises_its_error_number(refuse, filtered, sql, number):
    assert refuse(sql).number == number


def test_a_schema_bound_policy_takes_schema_bound_functions(ask, refuse, table):
    ask("CREATE FUNCTION loose(@a int) RETURNS TABLE AS RETURN SELECT 1 AS ok WHERE @a > 0")
    made = "CREATE SECURITY POLICY p ADD FILTER PREDICATE dbo.loose(a) ON dbo.t"
    assert refuse(made).number == 4513
    ask(f"{made} WITH (SCHEMABINDING = OFF)")
    assert ask("SELECT id FROM t").rows == [(1,)]
    ask("ALTER FUNCTION loose(@a int) RETURNS TABLE AS RETURN SELECT 1 AS ok WHERE @a < 0")
    assert ask("SELECT id FROM t").rows == [(2,)]


def test_a_policy_takes_a_permission(ask, refuse, server, table):
    ask("CREATE LOGIN reader WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF")
    ask("CREATE USER reader FOR LOGIN reader; GRANT SELECT ON t TO reader")
    reader = server.login(LoginRequest("reader", "Reader-pass-1", "Shop"))
    made = "CREATE SECURITY POLICY p ADD FILTER PREDICATE dbo.shown(a) ON dbo.t"
    assert refuse(made, reader).number == 15247
