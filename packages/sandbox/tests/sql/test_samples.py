"""TABLESAMPLE samples whole pages of a table at random."""

import pytest


@pytest.fixture
def filled(ask):
    ask("CREATE TABLE t (n int NOT NULL PRIMARY KEY)")
    ask("INSERT INTO t SELECT value FROM GENERATE_SERIES(0, 99999)")
    return ask


def test_a_sample_has_about_the_requested_share_in_whole_pages(filled):
    for size in ("20 PERCENT", "20", "20.0", "20000 ROWS"):
        rows = [row[0] for row in filled(f"SELECT n FROM t TABLESAMPLE SYSTEM ({size})").rows]
        assert 10_000 < len(rows) < 30_000
        assert len({n // 100 for n in rows}) * 100 == len(rows)


def test_a_seed_repeats_the_sample(filled):
    sql = "SELECT x.n FROM t AS x TABLESAMPLE (5 PERCENT) REPEATABLE ({}) WITH (NOLOCK) ORDER BY n"
    first = filled(sql.format(7)).rows
    assert filled(sql.format(7)).rows == first
    assert filled(sql.format(8)).rows != first


def test_a_sample_may_be_all_rows_or_none(filled):
    assert filled("SELECT COUNT(*) FROM t TABLESAMPLE (100 PERCENT)").value == 100_000
    assert filled("SELECT COUNT(*) FROM t TABLESAMPLE (0 PERCENT)").value == 0


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("SELECT n FROM v TABLESAMPLE (5 PERCENT)", 494),
        ("SELECT name FROM sys.tables TABLESAMPLE (5 PERCENT)", 494),
        ("SELECT n FROM t TABLESAMPLE (101 PERCENT)", 476),
        ("SELECT n FROM t TABLESAMPLE SYSTEM 5", 102),
        ("SELECT n FROM t FOR SYSTEM_TIME ALL", 50000),
    ],
)
def test_an_invalid_sample_raises_its_error_number(filled, refuse, sql, number):
    filled("CREATE VIEW v AS SELECT n FROM t")
    assert refuse(sql).number == number
