"""MERGE by a login that may not do everything, and of tables that are no ordinary ones.

Its parts need the permissions of INSERT, UPDATE, DELETE and SELECT ("Permissions" of MERGE), and
write as these do.
"""

import pytest

from tableferry_sandbox.events import LoginRequest


@pytest.fixture
def writer(ask, server):
    """A session of a user that may do nothing yet."""
    ask("CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int, b int); INSERT t VALUES (1, 1, 1)")
    ask("CREATE LOGIN writer WITH PASSWORD = N'Writer-pass-1', CHECK_POLICY = OFF")
    ask("CREATE USER writer FOR LOGIN writer")
    return server.login(LoginRequest("writer", "Writer-pass-1", "Shop"))


SOURCE = "MERGE t USING (VALUES (1, 5), (2, 6)) AS s (id, a) ON t.id = s.id "
CHANGE_A = "WHEN MATCHED THEN UPDATE SET a = s.a "
CHANGE_B = "WHEN MATCHED THEN UPDATE SET b = s.a "
ADD = "WHEN NOT MATCHED THEN INSERT (id, a) VALUES (s.id, s.a)"


def test_a_column_that_may_not_be_updated(ask, refuse, writer):
    ask("GRANT SELECT ON t TO writer; GRANT UPDATE ON t (a) TO writer")
    ask(f"{SOURCE}{CHANGE_A};", writer)
    assert ask("SELECT a FROM t").rows == [(5,)]
    assert refuse(f"{SOURCE}{CHANGE_B};", writer).number == 230
    assert refuse(f"{SOURCE}{ADD};", writer).number == 229


def test_a_column_that_may_not_be_read(ask, refuse, writer):
    ask("GRANT SELECT, INSERT, UPDATE ON t TO writer; DENY SELECT ON t (b) TO writer")
    assert refuse(f"{SOURCE}WHEN MATCHED AND t.b = 1 THEN UPDATE SET a = 0;", writer).number == 230
    assert ask(f"{SOURCE}{ADD} OUTPUT inserted.a;", writer).rows == [(6,)]
    for side in ("inserted", "deleted"):
        assert refuse(f"{SOURCE}{CHANGE_A}OUTPUT {side}.b;", writer).number == 230


def test_a_masked_value_is_not_copied(ask, refuse, writer):
    """Whether UPDATE and MERGE would write the mask or the value is not documented."""
    ask("CREATE TABLE m (id int, a int MASKED WITH (FUNCTION = 'default()'))")
    ask("INSERT m VALUES (1, 9), (3, 9)")
    ask("GRANT SELECT, INSERT, UPDATE ON SCHEMA::dbo TO writer")
    merge = "MERGE t USING m AS s ON t.id = s.id "
    for clause in (CHANGE_A, ADD):
        assert refuse(f"{merge}{clause};", writer).number == 50000


def test_the_old_value_of_a_masked_column_is_masked(ask, writer):
    ask("ALTER TABLE t ALTER COLUMN b ADD MASKED WITH (FUNCTION = 'default()')")
    ask("GRANT SELECT, INSERT, UPDATE ON t TO writer")
    shown = ask(f"{SOURCE}{CHANGE_A}{ADD} OUTPUT $action, deleted.b;", writer)
    assert sorted(shown.rows) == [("INSERT", None), ("UPDATE", 0)]


@pytest.fixture
def shown(ask, writer):
    """A function that allows rows with a above zero."""
    ask("INSERT t VALUES (2, -1, 0)")
    ask("CREATE FUNCTION dbo.shown(@a int) RETURNS TABLE WITH SCHEMABINDING AS "
        "RETURN SELECT 1 AS ok WHERE @a > 0")  # fmt: skip


def test_rows_behind_a_filter_do_not_match(ask, refuse, shown):
    ask("CREATE SECURITY POLICY p ADD FILTER PREDICATE dbo.shown(a) ON dbo.t WITH (STATE = ON)")
    ask(f"{SOURCE}{CHANGE_A};")
    assert refuse(f"{SOURCE}{ADD};").number == 2627
    ask("ALTER SECURITY POLICY p WITH (STATE = OFF)")
    assert ask("SELECT id, a FROM t ORDER BY id").rows == [(1, 5), (2, -1)]


@pytest.mark.parametrize(
    ("operation", "rows", "clause"),
    [
        ("AFTER INSERT", "(3, 6)", "WHEN NOT MATCHED THEN INSERT (id, a) VALUES (s.id, -s.a)"),
        ("AFTER UPDATE", "(1, 5)", "WHEN MATCHED THEN UPDATE SET a = -s.a"),
        ("BEFORE UPDATE", "(2, 5)", "WHEN MATCHED THEN UPDATE SET b = 0"),
        ("BEFORE DELETE", "(1, 5)", "WHEN NOT MATCHED BY SOURCE THEN DELETE"),
    ],
)
def test_a_blocked_operation(ask, refuse, shown, operation, rows, clause):
    ask(f"CREATE SECURITY POLICY p ADD BLOCK PREDICATE dbo.shown(a) ON dbo.t {operation}")
    merge = f"MERGE t USING (VALUES {rows}) AS s (id, a) ON t.id = s.id "
    assert refuse(f"{merge}{clause};").number == 33504


def test_a_column_set_is_written(ask, refuse):
    ask("CREATE TABLE d (id int PRIMARY KEY, x int SPARSE NULL, y int SPARSE NULL, "
        "c xml COLUMN_SET FOR ALL_SPARSE_COLUMNS)")  # fmt: skip
    ask("INSERT d (id, x, y) VALUES (1, 1, 1)")
    merge = "MERGE d USING (VALUES (1), (2)) AS s (id) ON d.id = s.id "
    change = "WHEN MATCHED THEN UPDATE SET c = '<y>7</y>'"
    add = " WHEN NOT MATCHED THEN INSERT (id, c) VALUES (s.id, '<x>8</x>')"
    ask(f"{merge}{change}{add};")
    assert ask("SELECT id, x, y FROM d ORDER BY id").rows == [(1, None, 7), (2, 8, None)]
    assert refuse(f"{merge}{change}, x = 1;").number == 360


def test_a_node_table_gives_its_ids(ask):
    ask("CREATE TABLE n (id int) AS NODE; INSERT n VALUES (1)")
    ask("MERGE n USING (VALUES (1), (2), (3)) AS s (id) ON n.id = s.id "
        "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id);")  # fmt: skip
    assert ask("SELECT COUNT(DISTINCT $node_id) FROM n").value == 3


def test_neither_a_read_only_database_nor_a_disabled_index_is_written(ask, refuse, writer):
    ask("CREATE INDEX i ON t (a); ALTER INDEX ALL ON t DISABLE")
    assert refuse(f"{SOURCE}{CHANGE_A};").number == 8655
    ask("ALTER INDEX ALL ON t REBUILD; CREATE DATABASE other; USE other")
    ask("CREATE TABLE t (id int, a int); ALTER DATABASE other SET READ_ONLY")
    assert refuse(f"{SOURCE}{ADD};").number == 3906
