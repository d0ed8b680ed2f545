"""Column sets of sparse columns, as their page documents them.

https://learn.microsoft.com/en-us/sql/relational-databases/tables/use-column-sets
"""

import pytest


@pytest.fixture
def documents(ask):
    """The table of the page's examples."""
    ask(
        "CREATE TABLE Documents (DocID int PRIMARY KEY, Title varchar(200) NOT NULL, "
        "Specification varchar(20) SPARSE NULL, Location smallint SPARSE NULL, "
        "Special xml COLUMN_SET FOR ALL_SPARSE_COLUMNS)"
    )
    ask("INSERT Documents (DocID, Title, Specification, Location) VALUES (1, 'Tire', 'A<&>Z', 27)")
    ask("INSERT Documents (DocID, Title, Location) VALUES (2, 'Survey', -5), (3, 'None', NULL)")


def test_a_column_set_shows_the_sparse_columns_that_are_not_null(ask, documents):
    found = ask("SELECT Special FROM Documents ORDER BY DocID")
    assert found.types == ["xml"]
    assert found.rows == [
        ("<Specification>A&lt;&amp;&gt;Z</Specification><Location>27</Location>",),
        ("<Location>-5</Location>",),
        (None,),
    ]


def test_a_star_has_the_set_in_place_of_the_columns(ask, documents):
    """Section "Observing the results of a column set when SELECT * is used"."""
    found = ask("SELECT * FROM Documents WHERE Location = -5")
    assert found.rows == [(2, "Survey", "<Location>-5</Location>")]
    assert ask("SELECT Location FROM Documents WHERE DocID = 1").value == 27


def test_the_catalog_knows_the_set(ask, documents):
    """https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-columns-transact-sql"""
    shown = (
        "SELECT name, is_sparse, is_column_set, is_computed FROM sys.columns "
        "WHERE object_id = OBJECT_ID('Documents') AND (is_sparse = 1 OR is_column_set = 1)"
    )
    assert ask(shown).rows == [
        ("Specification", True, False, False),
        ("Location", True, False, False),
        ("Special", False, True, False),
    ]
    asked = "SELECT COLUMNPROPERTY(OBJECT_ID('Documents'), 'Special', 'IsColumnSet')"
    assert ask(asked).value == 1
    assert ask("SELECT COUNT(*) FROM sys.computed_columns").value == 0


def test_sparse_columns_that_come_later_are_in_the_set(ask, documents):
    """Section "Guidelines for using column sets"."""
    ask("ALTER TABLE Documents ADD Day date SPARSE NULL")
    ask("UPDATE Documents SET Day = '2024-02-29' WHERE DocID = 3")
    assert ask("SELECT Special FROM Documents WHERE DocID = 3").value == "<Day>2024-02-29</Day>"
    ask("ALTER TABLE Documents DROP COLUMN Day")
    assert ask("SELECT Special FROM Documents WHERE DocID = 3").rows == [(None,)]


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("CREATE TABLE t (s int SPARSE, a xml {0}, b xml {0})", 1732),
        ("CREATE TABLE t (s int SPARSE, a int {0})", 1733),
        ("CREATE TABLE t (s int SPARSE); ALTER TABLE t ADD a xml {0}", 1734),
        ("CREATE TABLE t (s float SPARSE, a xml {0})", 50000),
    ],
)
def test_sets_that_may_not_be_are_refused(refuse, sql, number):
    """https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999"""
    assert refuse(sql.format("COLUMN_SET FOR ALL_SPARSE_COLUMNS")).number == number


def test_columns_are_written_through_the_set(ask, documents):
    """Sections "Inserting or modifying data in a column set" and "Updating a table"."""
    xml = "<Location>38</Location><Specification>A &amp; B</Specification>"
    ask(f"INSERT Documents (DocID, Title, Special) VALUES (4, 'x', '{xml}')")
    ask("INSERT Documents VALUES (5, 'y', '<Location/>'), (6, 'z', NULL)")
    asked = "SELECT Specification, Location FROM Documents WHERE DocID > 3 ORDER BY DocID"
    assert ask(asked).rows == [("A & B", 38), (None, 0), (None, None)]
    ask("UPDATE Documents SET Special = '<Specification>Z</Specification>' WHERE DocID = 4")
    assert ask(asked).rows[0] == ("Z", None)


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("INSERT Documents (DocID, Title, Special) VALUES (9, '', '<Missing/>')", 1911),
        ("INSERT Documents (DocID, Title, Special) VALUES (9, '', 'text')", 9524),
        ("UPDATE Documents SET Special = '<Location>1</Location><Location>2</Location>'", 9525),
        ("INSERT Documents (DocID, Title, Location, Special) VALUES (9, '', 1, NULL)", 360),
        ("UPDATE Documents SET Location = 1, Special = NULL", 360),
    ],
)
def test_what_does_not_fit_in_the_set_is_refused(refuse, documents, sql, number):
    """https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-9000-to-9999"""
    assert refuse(sql).number == number
