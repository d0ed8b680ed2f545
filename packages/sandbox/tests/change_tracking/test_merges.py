"""What MERGE does to a tracked table: CHANGETABLE (Transact-SQL) on learn.microsoft.com."""

import pytest

SOURCE = "(VALUES (1), (9)) AS s (id) ON t.id = s.id "


@pytest.fixture(autouse=True)
def rows(ask):
    ask("INSERT t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)")


def test_each_row_is_tracked_by_what_was_done_to_it(ask, version, changes):
    ask(
        f"MERGE t USING {SOURCE}WHEN MATCHED THEN UPDATE SET v = 5 "
        "WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, 5) "
        "WHEN NOT MATCHED BY SOURCE AND t.id = 3 THEN DELETE;"
    )
    assert version() == 2
    assert changes(1) == [("U", 1), ("D", 3), ("I", 9)]


def test_a_key_that_is_deleted_and_inserted_is_updated(ask, changes):
    ask(
        "MERGE t USING (VALUES (2)) AS s (id) ON 1 = 0 "
        "WHEN NOT MATCHED THEN INSERT VALUES (2, 8, 8) WHEN NOT MATCHED BY SOURCE THEN DELETE;"
    )
    assert changes(1) == [("D", 1), ("U", 2), ("D", 3)]


def test_a_merge_without_rows_draws_no_version(ask, version):
    ask("MERGE t USING (VALUES (8)) AS s (id) ON t.id = s.id WHEN MATCHED THEN DELETE;")
    assert version() == 1


def test_it_may_have_a_context(ask):
    """ "WITH CHANGE_TRACKING_CONTEXT (Transact-SQL)"."""
    ask(
        f"WITH CHANGE_TRACKING_CONTEXT (0xAB) MERGE t USING {SOURCE}"
        "WHEN MATCHED THEN UPDATE SET v = 5;"
    )
    found = ask("SELECT SYS_CHANGE_CONTEXT FROM CHANGETABLE(CHANGES t, 1) AS c")
    assert found.value == b"\xab"


def test_columns_that_clauses_set_differently_are_refused_where_they_are_tracked(ask, refuse):
    ask("CREATE TABLE k (id int PRIMARY KEY, v int, w int)")
    ask("ALTER TABLE k ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    merge = (
        "MERGE k USING (VALUES (1)) AS s (id) ON k.id = s.id "
        "WHEN MATCHED THEN UPDATE SET v = 1 WHEN NOT MATCHED BY SOURCE THEN UPDATE SET {} = 1;"
    )
    assert refuse(merge.format("w")).number == 50000
    ask("INSERT k VALUES (1, 0, 0), (2, 0, 0)")
    ask(merge.format("v"))
    mask = "CHANGE_TRACKING_IS_COLUMN_IN_MASK({}, c.SYS_CHANGE_COLUMNS)"
    found = ask(f"SELECT {mask.format(2)}, {mask.format(3)} FROM CHANGETABLE(CHANGES k, 2) AS c")
    assert found.rows == [(1, 0), (1, 0)]
