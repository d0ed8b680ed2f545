"""ALTER COLUMN, DROP COLUMN and sp_rename, with SQL Server's effects and refusals."""

import datetime as dt
from decimal import Decimal

import pytest


@pytest.fixture
def table(ask):
    ask(
        "CREATE TABLE t (id int CONSTRAINT pk PRIMARY KEY, n int NOT NULL, s varchar(5),"
        " d datetime2(7), c AS n + 1, CONSTRAINT positive CHECK (n > 0));"
        "CREATE INDEX i ON t (s);"
        "INSERT t VALUES (1, 10, 'ab', '2024-02-29T12:00:00.9999999'), (2, 300, NULL, NULL)"
    )


SHAPE = (
    "SELECT t.name, c.max_length, c.is_nullable FROM sys.columns AS c JOIN sys.types AS t "
    "ON t.user_type_id = c.user_type_id WHERE c.object_id = OBJECT_ID('t') AND c.name = '{}'"
)


def test_a_column_may_be_lengthened_although_an_index_uses_it(ask, table):
    ask("ALTER TABLE t ALTER COLUMN s varchar(9); INSERT t VALUES (3, 1, 'abcdefghi', NULL)")
    assert ask(SHAPE.format("s")).rows == [("varchar", 9, True)]
    assert ask("SELECT s FROM t ORDER BY id").rows == [("ab",), (None,), ("abcdefghi",)]


@pytest.mark.parametrize(
    ("to", "values"),
    [
        ("datetime2(3)", [dt.datetime(2024, 2, 29, 12, 0, 1), None]),
        ("date", [dt.date(2024, 2, 29), None]),
        ("nvarchar(40)", ["2024-02-29 12:00:00.9999999", None]),
        ("char(30)", ["2024-02-29 12:00:00.9999999   ", None]),
    ],
)
def test_the_rows_are_converted_to_the_new_type(ask, table, to, values):
    ask(f"ALTER TABLE t ALTER COLUMN d {to}")
    assert ask("SELECT d FROM t ORDER BY id").types == [to]
    text = ask("SELECT CONVERT(varchar(40), d, 121) FROM t ORDER BY id").rows
    if to in ("date", "datetime2(3)"):
        assert text[0][0].rstrip("0").rstrip(".") == str(values[0])
    else:
        assert ask("SELECT d FROM t ORDER BY id").rows == [(value,) for value in values]


def test_whole_numbers_become_decimals_and_back(ask, refuse):
    ask("CREATE TABLE u (n int NOT NULL); INSERT u VALUES (7), (1234)")
    ask("ALTER TABLE u ALTER COLUMN n decimal(9, 2) NOT NULL")
    assert ask("SELECT n FROM u ORDER BY n").rows == [(Decimal("7.00"),), (Decimal("1234.00"),)]
    assert refuse("ALTER TABLE u ALTER COLUMN n decimal(4, 2)").number == 8115
    assert refuse("ALTER TABLE u ALTER COLUMN n tinyint").number == 8115
    assert ask("SELECT n FROM u ORDER BY n").types == ["decimal(9,2)"]
    ask("ALTER TABLE u ALTER COLUMN n smallint")
    assert ask("SELECT n FROM u ORDER BY n").rows == [(7,), (1234,)]


def test_values_that_do_not_fit_leave_the_table_unchanged(ask, refuse, table):
    ask("CREATE TABLE u (s varchar(9)); INSERT u VALUES ('abcdef'), (NULL)")
    assert refuse("ALTER TABLE u ALTER COLUMN s varchar(3)").number == 2628
    assert refuse("ALTER TABLE u ALTER COLUMN s varchar(9) NOT NULL").number == 515
    assert refuse("ALTER TABLE u ALTER COLUMN s int").number == 245
    assert ask("SELECT s FROM u").types == ["varchar(9)"]


def test_an_altered_column_is_nullable_unless_declared_not_null(ask):
    ask("CREATE TABLE u (s varchar(9) NOT NULL); ALTER TABLE u ALTER COLUMN s varchar(9)")
    assert ask("INSERT u VALUES (NULL); SELECT s FROM u").rows == [(None,)]


@pytest.mark.parametrize(
    ("column", "number"),
    [
        ("id bigint NOT NULL", 5074),
        ("n bigint NOT NULL", 5074),
        ("s nvarchar(9)", 5074),
        ("s varchar(3)", 5074),
        ("c bigint", 4928),
        ("missing int", 4924),
        ("d int", 206),
    ],
)
def test_a_column_that_cannot_be_altered_raises_its_error_number(refuse, table, column, number):
    assert refuse(f"ALTER TABLE t ALTER COLUMN {column}").number == number


def test_a_column_with_a_default_may_be_lengthened_but_not_retyped(ask, refuse):
    ask("CREATE TABLE u (s varchar(3) CONSTRAINT df DEFAULT 'x', n int)")
    assert refuse("ALTER TABLE u ALTER COLUMN s char(3)").number == 5074
    ask("ALTER TABLE u ALTER COLUMN s varchar(30); INSERT u (n) VALUES (1)")
    assert ask("SELECT s FROM u").value == "x"


@pytest.mark.parametrize("column", ["id", "n", "s"])
def test_a_column_in_use_is_not_dropped(refuse, table, column):
    error = refuse(f"ALTER TABLE t DROP COLUMN {column}")
    assert error.number == 5074
    assert f"dependent on column '{column}'" in error.message


def test_a_column_is_renamed(ask, refuse, table):
    answer = ask("EXEC sp_rename 'dbo.t.d', 'seen at', 'COLUMN'; SELECT [seen at] FROM t")
    assert [m.number for m in answer.messages] == [15477]
    assert len(answer.rows) == 2
    assert refuse("SELECT d FROM t").number == 207
    ask("EXEC sp_rename 't.seen at', 'seen', 'COLUMN'; SELECT seen FROM t")


def test_tables_indexes_and_constraints_are_renamed(ask, refuse, table):
    ask("EXEC sp_rename N't.i', N'by_s', N'INDEX'; EXEC sp_rename @objname='pk', @newname='key'")
    ask("EXEC sp_rename 't', 'new]t'")
    assert ask("SELECT COUNT(*) FROM [new]]t]").value == 2
    assert refuse("SELECT * FROM t").number == 208
    names = ask("SELECT name FROM sys.indexes WHERE object_id = OBJECT_ID('[new]]t]')").rows
    assert sorted(names) == [("by_s",), ("key",)]


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        ("'t.missing', 'x', 'COLUMN'", 15248),
        ("'t.missing', 'x', 'INDEX'", 15248),
        ("'missing', 'x'", 15225),
        ("'t.d', 's', 'COLUMN'", 15335),
        ("'t.n', 'x', 'COLUMN'", 15336),
        ("'t', NULL", 15223),
    ],
)
def test_an_invalid_rename_is_refused(refuse, table, arguments, number):
    assert refuse(f"EXEC sp_rename {arguments}").number == number


def test_a_rollback_restores_the_old_name(ask, table):
    ask("BEGIN TRAN; EXEC sp_rename 't.d', 'e', 'COLUMN'; EXEC sp_rename 't', 'u'; ROLLBACK")
    assert len(ask("SELECT d FROM t").rows) == 2
