"""Node and edge tables, as "SQL Graph architecture" documents them.

https://learn.microsoft.com/en-us/sql/relational-databases/graphs/sql-graph-architecture
"""

import re

import pytest

NODE = '{"type":"node","schema":"dbo","table":"Person","id":%d}'


@pytest.fixture
def person(ask):
    ask("CREATE TABLE Person (ID int PRIMARY KEY, Name varchar(9)) AS NODE")
    ask("INSERT Person VALUES (1, 'Ann'), (2, 'Bob'); INSERT Person (ID) VALUES (3)")


def test_each_node_has_an_id(ask, person):
    found = ask("SELECT ID, $node_id FROM Person ORDER BY ID")
    assert found.rows == [(1, NODE % 0), (2, NODE % 1), (3, NODE % 2)]
    assert ask("SELECT p.Name FROM Person AS p WHERE p.$node_id LIKE '%:1}'").rows == [("Bob",)]


def test_a_star_begins_with_the_pseudo_column(ask, person):
    found = ask("SELECT * FROM Person WHERE ID = 2")
    assert found.rows == [(NODE % 1, 2, "Bob")]
    assert re.fullmatch(r"\$node_id_[0-9A-F]{32}", found.columns[0].name)


def test_rows_keep_their_ids(ask, person):
    ask("UPDATE Person SET Name = 'x'; DELETE Person WHERE ID = 2; INSERT Person VALUES (4, 'Dan')")
    found = ask("SELECT $node_id FROM Person ORDER BY ID")
    assert found.rows == [(NODE % 0,), (NODE % 2,), (NODE % 3,)]


COLUMNS = (
    "SELECT graph_type, graph_type_desc, is_hidden, is_computed FROM sys.columns "
    "WHERE object_id = OBJECT_ID('{}') AND graph_type IS NOT NULL ORDER BY column_id"
)


def test_the_implicit_columns_are_in_the_catalog(ask, person):
    """https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-columns-transact-sql"""
    assert ask(COLUMNS.format("Person")).rows == [
        (1, "GRAPH_ID", True, False),
        (2, "GRAPH_ID_COMPUTED", False, False),
    ]
    ask("CREATE TABLE Likes AS EDGE")
    assert [row[:3] for row in ask(COLUMNS.format("Likes")).rows] == [
        (1, "GRAPH_ID", True),
        (2, "GRAPH_ID_COMPUTED", False),
        (4, "GRAPH_FROM_OBJ_ID", True),
        (3, "GRAPH_FROM_ID", True),
        (5, "GRAPH_FROM_ID_COMPUTED", False),
        (7, "GRAPH_TO_OBJ_ID", True),
        (6, "GRAPH_TO_ID", True),
        (8, "GRAPH_TO_ID_COMPUTED", False),
    ]
    kinds = "SELECT name, is_node, is_edge FROM sys.tables ORDER BY name"
    assert ask(kinds).rows == [("Likes", False, True), ("Person", True, False)]


def test_the_internal_columns_cannot_be_named(ask, refuse, person):
    name = ask("SELECT name FROM sys.columns WHERE graph_type = 1").value
    assert refuse(f"SELECT {name} FROM Person").number == 13908
    assert refuse(f"INSERT Person (ID, {name}) VALUES (9, 9)").number == 13908
    assert refuse(f"UPDATE Person SET {name} = 9").number == 13908
    assert refuse(f"ALTER TABLE Person DROP COLUMN {name}").number == 13913


def test_an_index_on_the_pseudo_column_is_one_on_the_id(ask):
    indexed = (
        "SELECT i.name, i.is_unique, c.graph_type FROM sys.indexes AS i "
        "JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id "
        "JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id "
        "WHERE i.object_id = OBJECT_ID('{}')"
    )
    ask("CREATE TABLE n (a int, CONSTRAINT u UNIQUE ($node_id)) AS NODE")
    assert ask(indexed.format("n")).rows == [("u", True, 1)]
    ask("CREATE TABLE m (a int) AS NODE")
    ((name, unique, graph),) = ask(indexed.format("m")).rows
    assert (name[:19], unique, graph) == ("GRAPH_UNIQUE_INDEX_", True, 1)


@pytest.fixture
def likes(ask, person):
    ask("CREATE TABLE Likes (Since int) AS EDGE")
    ask(
        "INSERT Likes VALUES ((SELECT $node_id FROM Person WHERE ID = 1), "
        "(SELECT $node_id FROM Person WHERE ID = 2), 1999)"
    )


def test_an_edge_connects_two_nodes(ask, likes):
    """https://learn.microsoft.com/en-us/sql/t-sql/statements/insert-sql-graph"""
    edge = '{"type":"edge","schema":"dbo","table":"Likes","id":0}'
    found = ask("SELECT $edge_id, $from_id, $to_id, Since FROM Likes")
    assert found.rows == [(edge, NODE % 0, NODE % 1, 1999)]
    joined = (
        "SELECT a.Name, b.Name FROM Person AS a JOIN Likes AS l ON l.$from_id = a.$node_id "
        "JOIN Person AS b ON b.$node_id = l.$to_id"
    )
    assert ask(joined).rows == [("Ann", "Bob")]
    ask(
        "INSERT Likes ($from_id, $to_id) "
        "SELECT a.$node_id, b.$node_id FROM Person AS a, Person AS b"
    )
    assert ask("SELECT COUNT(*) FROM Likes").value == 10
    ask("DELETE Likes")


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("INSERT Likes ($from_id, $to_id) VALUES ('x', 'y')", 13921),
        ("INSERT Likes (Since) VALUES (1)", 515),
        ("UPDATE Likes SET $from_id = $to_id", 271),
        ("CREATE TABLE #n (a int) AS NODE", 13914),
    ],
)
def test_what_is_no_edge_or_node_is_refused(refuse, likes, sql, number):
    assert refuse(sql).number == number
