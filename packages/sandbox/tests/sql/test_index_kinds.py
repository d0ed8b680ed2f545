"""Indexes that are no B-trees: what the catalog says of them."""

import pytest

SHOWN = (
    "SELECT name, type, type_desc, is_unique FROM sys.indexes "
    "WHERE object_id = OBJECT_ID('t') AND index_id > 0 ORDER BY index_id"
)


@pytest.fixture
def table(ask):
    ask("CREATE TABLE t (id int CONSTRAINT pk PRIMARY KEY, n int, x xml, g geography)")


@pytest.mark.parametrize(
    ("definition", "row"),
    [
        ("CREATE PRIMARY XML INDEX i ON t (x)", ("i", 3, "XML", False)),
        ("CREATE SPATIAL INDEX i ON t (g)", ("i", 4, "SPATIAL", False)),
        ("CREATE COLUMNSTORE INDEX i ON t (n)", ("i", 6, "NONCLUSTERED COLUMNSTORE", False)),
        ("CREATE UNIQUE INDEX i ON t (n DESC) INCLUDE (id)", ("i", 2, "NONCLUSTERED", True)),
        ("CREATE INDEX i ON t (n) WHERE n > 1", ("i", 2, "NONCLUSTERED", False)),
    ],
)
def test_every_kind_of_index_is_in_the_catalog(ask, table, definition, row):
    ask(definition)
    assert ask(SHOWN).rows == [("pk", 1, "CLUSTERED", True), row]
    ask("DROP INDEX i ON t")
    assert ask(SHOWN).rows == [("pk", 1, "CLUSTERED", True)]


def test_a_clustered_columnstore_holds_all_columns(ask):
    ask("CREATE TABLE t (a int, b int, INDEX cci CLUSTERED COLUMNSTORE); INSERT t VALUES (1, 2)")
    assert ask(SHOWN).rows == [("cci", 5, "CLUSTERED COLUMNSTORE", False)]
    columns = "SELECT count(*) FROM sys.index_columns WHERE object_id = OBJECT_ID('t')"
    assert ask(columns).rows == [(2,)]
    assert ask("SELECT a, b FROM t").rows == [(1, 2)]
    ask("UPDATE t SET b = 3")
    assert ask("SELECT a, b FROM t").rows == [(1, 3)]


@pytest.mark.parametrize(
    ("definition", "number"),
    [
        ("CREATE INDEX i ON t (x)", 1919),
        ("CREATE INDEX i ON t (g)", 1919),
        ("CREATE PRIMARY XML INDEX i ON t (n)", 6341),
        ("CREATE CLUSTERED COLUMNSTORE INDEX i ON t", 1902),
    ],
)
def test_unsuitable_columns_are_refused(refuse, table, definition, number):
    assert refuse(definition).number == number


def test_an_index_on_a_schema_bound_view_is_in_the_catalog(ask, refuse, table):
    ask("CREATE VIEW loose AS SELECT id, n FROM dbo.t")
    assert refuse("CREATE UNIQUE CLUSTERED INDEX i ON loose (id)").number == 1939
    ask("CREATE VIEW bound WITH SCHEMABINDING AS SELECT id, n FROM dbo.t")
    assert refuse("CREATE INDEX i ON bound (id)").number == 1940
    ask("CREATE UNIQUE CLUSTERED INDEX i ON bound (id); CREATE INDEX j ON bound (n)")
    named = "SELECT name, index_id FROM sys.indexes WHERE object_id = OBJECT_ID('bound')"
    assert sorted(ask(named).rows) == [("i", 1), ("j", 2)]
    ask("DROP INDEX j ON bound")
    assert ask(named).rows == [("i", 1)]
