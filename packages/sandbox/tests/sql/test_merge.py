"""MERGE (Transact-SQL), on learn.microsoft.com."""

import pytest


@pytest.fixture
def table(ask):
    ask("CREATE TABLE t (id int PRIMARY KEY, v int, w int DEFAULT 7)")
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)")


ROWS = "SELECT id, v, w FROM t ORDER BY id"
SOURCE = "(VALUES (1, 10), (9, 90)) AS s (id, v) ON t.id = s.id "


def test_rows_are_updated_inserted_and_deleted(ask, table):
    found = ask(
        f"MERGE INTO t USING {SOURCE}"
        "WHEN MATCHED THEN UPDATE SET v = s.v, w = t.w + s.v "
        "WHEN NOT MATCHED BY TARGET THEN INSERT (id, v) VALUES (s.id, s.v) "
        "WHEN NOT MATCHED BY SOURCE AND t.id = 3 THEN DELETE; SELECT @@ROWCOUNT"
    )
    assert found.counts[0] == 3
    assert found.value == 3
    assert ask(ROWS).rows == [(1, 10, 11), (2, 2, 2), (9, 90, 7)]


def test_the_first_clause_whose_condition_holds_applies(ask, table):
    """Two WHEN MATCHED clauses: the second is only applied if the first is not."""
    ask(
        "MERGE t USING (VALUES (1), (2)) AS s (id) ON t.id = s.id "
        "WHEN MATCHED AND t.v = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET v = 0;"
    )
    assert ask(ROWS).rows == [(2, 0, 2), (3, 3, 3)]


def test_a_condition_and_a_value_may_hold_a_query(ask, table):
    ask(
        f"MERGE t USING {SOURCE}"
        "WHEN MATCHED AND EXISTS (SELECT 1 FROM t AS o WHERE o.v > t.v) "
        "THEN UPDATE SET v = (SELECT MAX(o.v) FROM t AS o) + s.v "
        "WHEN NOT MATCHED AND s.id IN (SELECT 9) THEN INSERT (id, v) VALUES (s.id, 0);"
    )
    assert ask(ROWS).rows == [(1, 13, 1), (2, 2, 2), (3, 3, 3), (9, 0, 7)]


def test_rows_without_a_match_in_the_source_may_be_updated_and_deleted(ask, table):
    ask(
        f"MERGE t USING {SOURCE}"
        "WHEN NOT MATCHED BY SOURCE AND v = 2 THEN UPDATE SET v = 22 "
        "WHEN NOT MATCHED BY SOURCE THEN DELETE;"
    )
    assert ask(ROWS).rows == [(1, 1, 1), (2, 22, 2)]


def test_a_source_may_be_a_table_a_join_or_a_common_table(ask, table):
    ask("CREATE TABLE u (id int, v int); INSERT u VALUES (2, 20), (4, 40)")
    ask("MERGE t AS a USING u AS b ON a.id = b.id WHEN MATCHED THEN UPDATE SET a.v = b.v;")
    ask(
        "WITH c AS (SELECT id + 1 AS id FROM u) "
        "MERGE t USING c JOIN u ON u.id = c.id - 1 ON t.id = c.id "
        "WHEN NOT MATCHED THEN INSERT VALUES (c.id, u.v, DEFAULT);"
    )
    assert ask(ROWS).rows == [(1, 1, 1), (2, 20, 2), (3, 3, 3), (5, 40, 7)]


def test_default_values_fill_every_column(ask):
    ask("CREATE TABLE d (a int DEFAULT 5, b int IDENTITY(10, 1))")
    ask("MERGE d USING (VALUES (1), (2)) AS s (x) ON 1 = 0 "
        "WHEN NOT MATCHED THEN INSERT DEFAULT VALUES;")  # fmt: skip
    assert ask("SELECT a, b FROM d ORDER BY b").rows == [(5, 10), (5, 11)]


def test_output_shows_each_row_with_its_action(ask, table):
    """``$action`` is nvarchar(10): INSERT, UPDATE or DELETE."""
    found = ask(
        f"MERGE t USING {SOURCE}"
        "WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v, 0) "
        "WHEN NOT MATCHED BY SOURCE THEN DELETE "
        "OUTPUT $action, inserted.id, inserted.v, deleted.id AS old, deleted.v;"
    )
    assert sorted(found.rows, key=str) == [
        ("DELETE", None, None, 2, 2),
        ("DELETE", None, None, 3, 3),
        ("INSERT", 9, 90, None, None),
        ("UPDATE", 1, 10, 1, 1),
    ]
    assert [c.name for c in found.columns] == ["$action", "id", "v", "old", "v"]
    assert found.types[0] == "nvarchar(10)"
    assert found.counts == [4]


def test_output_of_a_merge_that_changes_nothing_has_no_rows(ask, table):
    found = ask(
        "MERGE t USING (VALUES (8)) AS s (id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 0 "
        "OUTPUT $action AS done, inserted.*;"
    )
    assert (found.rows, found.results, found.counts) == ([], 1, [0])


def test_columns_of_the_source_in_its_output_are_refused(ask, refuse, table):
    merge = f"MERGE t USING {SOURCE}WHEN MATCHED THEN UPDATE SET v = 0 OUTPUT s.v;"
    assert refuse(merge).number == 50000
    assert ask(ROWS).rows[0] == (1, 1, 1)


def test_a_row_is_not_updated_twice(ask, refuse, table):
    """Error 8672 where more than one row of the source matches; DELETE alone does not mind."""
    twice = "MERGE t USING (VALUES (1, 5), (1, 6)) AS s (id, v) ON t.id = s.id "
    error = refuse(twice + "WHEN MATCHED THEN UPDATE SET v = s.v;")
    assert error.number == 8672
    assert "attempted to UPDATE or DELETE the same row more than once" in error.message
    mixed = "WHEN MATCHED AND s.v = 5 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v;"
    assert refuse(twice + mixed).number == 8672
    assert ask(ROWS).rows[0] == (1, 1, 1)
    assert ask(twice + "WHEN MATCHED AND s.v = 6 THEN UPDATE SET v = s.v;").counts == [1]
    assert ask(twice + "WHEN MATCHED THEN DELETE;").counts == [1]


@pytest.mark.parametrize(
    ("clauses", "number"),
    [
        ("WHEN MATCHED THEN DELETE", 10713),
        ("WHEN MATCHED THEN INSERT VALUES (1, 1, 1);", 10711),
        ("WHEN NOT MATCHED THEN DELETE;", 10710),
        ("WHEN NOT MATCHED BY SOURCE THEN INSERT VALUES (1, 1, 1);", 10711),
        ("WHEN MATCHED AND t.v = 1 THEN DELETE WHEN MATCHED THEN DELETE;", 10714),
        ("WHEN MATCHED THEN DELETE WHEN MATCHED AND t.v = 1 THEN UPDATE SET v = 1;", 5324),
        ("WHEN NOT MATCHED BY SOURCE THEN UPDATE SET v = s.v;", 207),
        ("WHEN NOT MATCHED BY SOURCE AND s.v = 1 THEN DELETE;", 207),
        ("WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id);", 109),
        (";", 102),
    ],
)
def test_a_clause_that_makes_no_sense_is_refused(refuse, table, clauses, number):
    assert refuse(f"MERGE t USING {SOURCE}{clauses}").number == number


def test_keys_may_be_exchanged_and_used_again(ask, table):
    ask(
        "MERGE t USING (VALUES (1, 2), (2, 1)) AS s (id, new) ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET id = s.new;"
    )
    assert ask(ROWS).rows == [(1, 2, 2), (2, 1, 1), (3, 3, 3)]
    ask(
        "MERGE t USING (VALUES (3)) AS s (id) ON 1 = 0 "
        "WHEN NOT MATCHED THEN INSERT VALUES (3, 33, 33) WHEN NOT MATCHED BY SOURCE THEN DELETE;"
    )
    assert ask(ROWS).rows == [(3, 33, 33)]


def test_columns_that_the_server_fills_are_filled(ask):
    ask(
        "CREATE TABLE r (id int IDENTITY PRIMARY KEY, code varchar(5) UNIQUE, n int NOT NULL, "
        "rv rowversion, twice AS n * 2 PERSISTED); INSERT r (code, n) VALUES ('a', 1), ('b', 2)"
    )
    before = ask("SELECT MAX(rv) FROM r").value
    ask(
        "MERGE r USING (VALUES ('A', 5), ('c', 6)) AS s (code, n) ON r.code = s.code "
        "WHEN MATCHED THEN UPDATE SET n = s.n "
        "WHEN NOT MATCHED THEN INSERT (code, n) VALUES (s.code, s.n);"
    )
    found = ask("SELECT id, code, twice FROM r ORDER BY id")
    assert found.rows == [(1, "a", 10), (2, "b", 4), (3, "c", 12)]
    assert [row[0] > before for row in ask("SELECT rv FROM r ORDER BY id").rows] == [
        True, False, True,
    ]  # fmt: skip
    assert ask("SELECT SCOPE_IDENTITY()").value == 3


def test_constraints_hold(ask, refuse, table):
    ask("ALTER TABLE t ADD CONSTRAINT positive CHECK (v > 0)")
    negative = f"MERGE t USING {SOURCE}WHEN MATCHED THEN UPDATE SET v = -1;"
    error = refuse(negative)
    assert error.number == 547
    assert error.message.startswith('The MERGE statement conflicted with the CHECK constraint "po')
    repeated = f"MERGE t USING {SOURCE}WHEN NOT MATCHED THEN INSERT VALUES (1, 1, 1);"
    assert refuse(repeated).number == 2627
    assert ask("SELECT COUNT(*) FROM t").value == 3


def test_a_merge_is_part_of_its_transaction(ask, table):
    ask(f"BEGIN TRAN; MERGE t USING {SOURCE}WHEN MATCHED THEN DELETE "
        "WHEN NOT MATCHED THEN INSERT VALUES (9, 9, 9); ROLLBACK")  # fmt: skip
    assert [row[0] for row in ask(ROWS).rows] == [1, 2, 3]


def test_top_and_rowcount_cut_it(ask, table):
    """TOP applies after the join; SET ROWCOUNT is the smaller of both."""
    delete = "MERGE TOP (2) t USING (VALUES (1)) AS s (x) ON 1 = 1 WHEN MATCHED THEN DELETE;"
    assert ask(delete).counts == [2]
    ask("INSERT t (id) VALUES (4), (5)")
    assert ask("SET ROWCOUNT 1; " + delete).counts[-1] == 1


def test_it_needs_the_rights_of_its_actions(ask, refuse, server, table):
    """ "Permissions": SELECT on the source, INSERT, UPDATE or DELETE on the target."""
    ask("CREATE USER reader WITHOUT LOGIN; GRANT SELECT, UPDATE ON t TO reader")
    ask("EXECUTE AS USER = 'reader'")
    merge = f"MERGE t USING {SOURCE}"
    ask(merge + "WHEN MATCHED THEN UPDATE SET v = 5;")
    assert refuse(merge + "WHEN MATCHED THEN DELETE;").number == 229
