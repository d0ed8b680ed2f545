"""Dynamic data masking, as its page documents it.

https://learn.microsoft.com/en-us/sql/relational-databases/security/dynamic-data-masking
"""

import datetime as dt
from decimal import Decimal

import pytest

from tableferry_sandbox.events import LoginRequest

BEGIN_OF_1900 = (dt.date(1900, 1, 1) - dt.date(1, 1, 1)).days * 86_400 * 10_000_000
"""In ticks, the physical form."""


@pytest.fixture
def reader(ask, server):
    """A session of a user that may read every table of dbo, and unmask none."""
    ask("CREATE LOGIN reader WITH PASSWORD = N'Reader-pass-1', CHECK_POLICY = OFF")
    ask("CREATE USER reader FOR LOGIN reader; GRANT SELECT ON SCHEMA::dbo TO reader")
    return server.login(LoginRequest("reader", "Reader-pass-1", "Shop"))


@pytest.fixture
def people(ask):
    ask(
        "CREATE TABLE people (id int, name varchar(9) MASKED WITH (FUNCTION = 'default()') NULL,"
        " age int MASKED WITH (FUNCTION = 'default()') NULL)"
    )
    ask("INSERT people VALUES (1, 'Ann', 30), (2, 'Bob', 40), (3, NULL, NULL)")


def test_masked_columns_are_plain_for_who_may_unmask_them(ask, people):
    assert ask("SELECT name FROM people WHERE id = 1").rows == [("Ann",)]
    masked = "SELECT name, is_masked FROM sys.columns WHERE object_id = OBJECT_ID('people')"
    assert ask(masked).rows == [("id", False), ("name", True), ("age", True)]


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("varchar(9)", "'open'", "xxxx"),
        ("varchar(3)", "'ab'", "xxx"),
        ("nvarchar(max)", "N'open'", "xxxx"),
        ("char(2)", "'ab'", "xx"),
        ("text", "'open'", "xxxx"),
        ("bigint", "7", 0),
        ("bit", "1", False),
        ("decimal(9, 2)", "7.25", Decimal("0.00")),
        ("money", "7.25", Decimal("0.0000")),
        ("float", "7.25", 0.0),
        ("date", "'2024-02-29'", dt.date(1900, 1, 1)),
        ("datetime", "'2024-02-29'", BEGIN_OF_1900),
        ("datetime2(7)", "'2024-02-29'", BEGIN_OF_1900),
        ("smalldatetime", "'2024-02-29'", BEGIN_OF_1900),
        ("time(0)", "'12:00'", 0),
        ("varbinary(9)", "0x1234", b"0"),
    ],
)
def test_the_default_mask_depends_on_the_type(ask, reader, kind, value, shown):
    ask(f"CREATE TABLE t (v {kind} MASKED WITH (FUNCTION = 'default()') NULL)")
    ask(f"INSERT t VALUES ({value}), (NULL)")
    assert ask("SELECT v FROM t", reader).rows == [(shown,), (None,)]


@pytest.mark.parametrize(
    ("function", "shown"),
    [
        ("email()", "RXXX@XXXX.com"),
        ('partial(1, "xxxxx", 1)', "Rxxxxxt"),
        ('partial(0,"-",3)', "-net"),
        ('partial(2,"",0)', "Rt"),
        ('partial(9, "gone", 9)', "gone"),
    ],
)
def test_parts_of_texts_are_shown(ask, reader, function, shown):
    ask(f"CREATE TABLE t (v varchar(40) MASKED WITH (FUNCTION = '{function}') NULL)")
    ask("INSERT t VALUES ('Rt@cts.net')")
    assert ask("SELECT v FROM t", reader).rows == [(shown,)]


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("smallint", -3, 3), ("decimal(9, 2)", 1, 2), ("float", 0, 1)]
)
def test_random_numbers_are_in_their_range(ask, reader, kind, low, high):
    ask(f"CREATE TABLE t (v {kind} MASKED WITH (FUNCTION = 'random({low}, {high})') NULL)")
    ask("INSERT t SELECT 99 FROM GENERATE_SERIES(1, 200); INSERT t VALUES (NULL)")
    found = [value for (value,) in ask("SELECT v FROM t", reader).rows]
    assert found[-1] is None
    assert all(low <= value <= high for value in found[:-1])
    assert len(set(found[:-1])) > 3


def test_masks_do_not_hide_values_from_conditions(ask, people, reader):
    """Section "Bypassing masking using inference or brute-force techniques"."""
    found = ask("SELECT id, age FROM people WHERE age > 35 AND name LIKE 'B%'", reader)
    assert found.rows == [(2, 0)]
    joined = "SELECT a.id FROM people AS a JOIN people AS b ON a.name = b.name ORDER BY a.age DESC"
    assert ask(joined, reader).rows == [(2,), (1,)]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT age + 1 FROM people WHERE id = 1", [(0,)]),
        ("SELECT name + '.' FROM people WHERE id = 1", [("xxxx",)]),
        ("SELECT MAX(age), COUNT(age), COUNT(*) FROM people", [(0, 0, 3)]),
        ("SELECT CASE WHEN age > 35 THEN 1 ELSE 2 END FROM people WHERE id = 2", [(0,)]),
        ("SELECT (SELECT name FROM people WHERE id = 1)", [("xxxx",)]),
        ("SELECT d.n FROM (SELECT age * 2 AS n FROM people WHERE id = 1) AS d", [(0,)]),
        ("WITH c AS (SELECT name FROM people WHERE id = 1) SELECT name FROM c", [("xxxx",)]),
        ("SELECT name FROM people WHERE id = 1 UNION SELECT 'y'", [("xxxx",), ("xxxx",)]),
        ("SELECT name FROM people WHERE id < 3 GROUP BY name", [("xxxx",), ("xxxx",)]),
        ("SELECT id FROM people WHERE id = 1", [(1,)]),
    ],
)
def test_expressions_over_masked_columns_have_the_default_mask(ask, people, reader, query, rows):
    """Section "Limitations and restrictions": the resulting expression will always be masked."""
    assert ask(query, reader).rows == rows


def test_a_partial_mask_goes_through_queries_that_only_name_the_column(ask, reader):
    ask("CREATE TABLE t (v varchar(9) MASKED WITH (FUNCTION = 'partial(1,\"-\",0)'))")
    ask("INSERT t VALUES ('open'); EXEC (N'CREATE VIEW w AS SELECT v FROM t')")
    for source in ("t", "w", "(SELECT v FROM t) AS d"):
        assert ask(f"SELECT v FROM {source}", reader).rows == [("o-",)]
    assert ask("SELECT v + '' FROM t", reader).rows == [("xxxx",)]


def test_a_computed_column_over_a_masked_one_is_masked(ask, reader):
    """Section "Limitations and restrictions"."""
    ask("CREATE TABLE t (v int MASKED WITH (FUNCTION = 'default()'), w AS v + 1)")
    ask("INSERT t VALUES (5)")
    assert ask("SELECT w FROM t", reader).rows == [(0,)]
    assert ask("SELECT w FROM t").rows == [(6,)]


def test_copies_hold_the_masks(ask, people, reader):
    """Section "Best practices and common use cases": masked data in the target table."""
    ask("GRANT CREATE TABLE TO reader; GRANT ALTER, INSERT ON SCHEMA::dbo TO reader")
    ask("SELECT id, name INTO copy FROM people WHERE id = 1", reader)
    assert ask("SELECT name FROM copy").rows == [("xxxx",)]
    ask("INSERT copy SELECT id, name FROM people WHERE id = 2", reader)
    ask("INSERT copy VALUES (3, (SELECT name FROM people WHERE id = 1))", reader)
    assert ask("SELECT DISTINCT name FROM copy").rows == [("xxxx",)]
    assigned = "DECLARE @n int; SELECT @n = age FROM people WHERE id = 1; SELECT @n"
    declared = "DECLARE @n int = (SELECT MAX(age) FROM people); SELECT @n"
    assert [ask(sql, reader).value for sql in (assigned, declared)] == [0, 0]


def test_a_mask_does_not_prevent_updates(ask, refuse, people, reader):
    """Section "Best practices and common use cases"."""
    ask("GRANT UPDATE ON people TO reader")
    found = ask("UPDATE people SET age = 50 OUTPUT inserted.age WHERE name = 'Ann'", reader)
    assert found.rows == [(0,)]
    assert ask("SELECT age FROM people WHERE id = 1").value == 50
    assert refuse("UPDATE people SET id = age", reader).number == 50000


@pytest.mark.parametrize("scope", ["", "ON SCHEMA::dbo", "ON people", "ON people (name)"], ids=str)
def test_unmask_is_granted_on_four_levels(ask, people, reader, scope):
    """Section "Granular permissions introduced in SQL Server 2022"."""
    asked = "SELECT name, age FROM people WHERE id = 1"
    ask(f"GRANT UNMASK {scope} TO reader")
    assert ask(asked, reader).rows == [("Ann", 0 if "(" in scope else 30)]
    ask(f"REVOKE UNMASK {scope} TO reader")
    assert ask(asked, reader).rows == [("xxxx", 0)]


def test_control_of_the_database_includes_unmask(ask, people, reader):
    """Section "Permissions"."""
    ask("GRANT CONTROL TO reader")
    assert ask("SELECT name FROM people WHERE id = 1", reader).rows == [("Ann",)]


def test_masks_are_added_changed_and_dropped(ask, refuse, people, reader):
    """Section "Adding or editing a mask on an existing column"."""
    asked = "SELECT name FROM people WHERE id = 1"
    ask("ALTER TABLE people ALTER COLUMN name ADD MASKED WITH (FUNCTION = 'partial(1,\"..\",0)')")
    assert ask(asked, reader).rows == [("A..",)]
    ask("ALTER TABLE people ALTER COLUMN name varchar(99) MASKED WITH (FUNCTION = 'email()')")
    assert ask(asked, reader).rows == [("AXXX@XXXX.com",)]
    ask("ALTER TABLE people ALTER COLUMN name DROP MASKED")
    assert ask(asked, reader).rows == [("Ann",)]
    assert refuse("ALTER TABLE people ALTER COLUMN name DROP MASKED").number == 16007
    ask("GRANT ALTER ON people TO reader")
    assert refuse("ALTER TABLE people ALTER COLUMN id ADD MASKED WITH (FUNCTION = 'default()')",
                  reader).number == 15247  # fmt: skip


def test_masking_functions_are_in_the_catalog(ask):
    """Section "Query for masked columns"."""
    ask(
        "CREATE TABLE t (a varchar(9) MASKED WITH (FUNCTION = 'Partial(1,\"x\",2)'), "
        "b int MASKED WITH (FUNCTION = 'random(1, 5)'), c int)"
    )
    shown = "SELECT name, masking_function FROM sys.masked_columns ORDER BY column_id"
    assert ask(shown).rows == [("a", 'partial(1, "x", 2)'), ("b", "random(1, 5)")]


@pytest.mark.parametrize(
    ("column", "number"),
    [
        ("int MASKED WITH (FUNCTION = 'email()')", 16003),
        ("int MASKED WITH (FUNCTION = 'partial(1,\"x\",1)')", 16003),
        ("varchar(9) MASKED WITH (FUNCTION = 'random(1, 2)')", 16003),
        ("int MASKED WITH (FUNCTION = 'datetime(\"Y\")')", 16003),
        ("int MASKED WITH (FUNCTION = 'hide()')", 16002),
        ("int MASKED WITH (FUNCTION = '')", 16002),
        ("int MASKED WITH (FUNCTION = 'default')", 16006),
        ("int MASKED WITH (FUNCTION = 'default(1)')", 16004),
        ("int MASKED WITH (FUNCTION = 'random(2, 1)')", 16005),
    ],
)
def test_a_function_that_does_not_fit_is_refused(refuse, column, number):
    """https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-13000-to-17999"""
    assert refuse(f"CREATE TABLE t (v {column})").number == number


def test_masks_whose_values_are_not_documented_are_refused(ask, refuse, reader):
    ask("CREATE TABLE t (a xml MASKED WITH (FUNCTION = 'default()') NULL, b int)")
    ask("INSERT t VALUES ('<a/>', 1)")
    assert ask("SELECT b FROM t", reader).rows == [(1,)]
    assert refuse("SELECT a FROM t", reader).number == 50000
