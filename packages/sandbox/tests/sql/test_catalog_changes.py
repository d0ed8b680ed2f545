"""The catalog shows each change at once, to every session, and no longer when it is undone."""

import pytest

NAMES = "SELECT name FROM sys.tables ORDER BY name"
COUNTED = (
    "SELECT t.name, SUM(p.rows) FROM sys.tables t JOIN sys.partitions p "
    "ON p.object_id = t.object_id AND p.index_id IN (0, 1) GROUP BY t.name ORDER BY t.name"
)


def test_ddl_is_in_the_catalog_at_once_and_gone_with_its_transaction(ask):
    ask("CREATE TABLE dbo.A (ID int)")
    assert ask(NAMES).rows == [("A",)]
    columns = "SELECT name FROM sys.columns WHERE object_id = OBJECT_ID('A')"
    assert ask(columns).rows == [("ID",)]
    ask("BEGIN TRANSACTION; CREATE TABLE dbo.B (ID int); EXEC sp_rename 'dbo.A.ID', 'No', 'COLUMN'")
    assert ask(NAMES).rows == [("A",), ("B",)]
    assert ask(columns).rows == [("No",)]
    ask("ROLLBACK")
    assert ask(NAMES).rows == [("A",)]
    assert ask(columns).rows == [("ID",)]


def test_every_session_sees_what_another_one_changed(ask, connect):
    other = connect()
    ask("CREATE TABLE dbo.A (ID int)")
    assert ask(NAMES, other).rows == [("A",)]
    ask("EXEC sp_rename 'dbo.A', 'Z'", other)
    assert ask(NAMES).rows == [("Z",)]
    ask("DROP TABLE dbo.Z")
    assert ask(NAMES, other).rows == []
    ask("CREATE TABLE dbo.Z (ID int)", other)
    assert ask(NAMES).rows == [("Z",)]


def test_a_dropped_database_and_its_successor_are_two(ask, server):
    for table in ("Old", "New"):
        server.create_database("Passing")
        ask(f"CREATE TABLE Passing.dbo.{table} (ID int)")
        assert ask("SELECT name FROM Passing.sys.tables").rows == [(table,)]
        ask("DROP DATABASE Passing")


def test_partitions_count_the_rows_after_every_way_of_writing(ask, connect):
    ask("CREATE TABLE dbo.A (ID int PRIMARY KEY); CREATE TABLE dbo.B (ID int)")
    assert ask(COUNTED).rows == [("A", 0), ("B", 0)]
    ask("INSERT dbo.A VALUES (1), (2), (3)")
    assert ask(COUNTED).rows == [("A", 3), ("B", 0)]
    ask("INSERT dbo.B SELECT ID FROM dbo.A; DELETE dbo.A WHERE ID = 1")
    assert ask(COUNTED).rows == [("A", 2), ("B", 3)]
    ask("BEGIN TRANSACTION; INSERT dbo.A VALUES (4); DELETE dbo.B")
    assert ask(COUNTED).rows == ask(COUNTED, connect()).rows == [("A", 3), ("B", 0)]
    ask("ROLLBACK")
    assert ask(COUNTED).rows == [("A", 2), ("B", 3)]
    ask("TRUNCATE TABLE dbo.B")
    assert ask(COUNTED).rows == [("A", 2), ("B", 0)]


def test_a_statement_that_writes_may_read_the_catalog_and_fail(ask, refuse):
    ask("CREATE TABLE dbo.A (ID int PRIMARY KEY, Name nvarchar(128) NOT NULL)")
    ask("INSERT dbo.A SELECT object_id, name FROM sys.tables")
    assert ask("SELECT Name FROM dbo.A").rows == [("A",)]
    spoil = "UPDATE a SET Name = {} FROM dbo.A a JOIN sys.tables t ON t.object_id = a.ID"
    assert refuse(spoil.format("NULLIF(t.name, 'A')")).number == 515
    assert ask(NAMES).rows == [("A",)]
    ask(spoil.format("t.name + 'x'"))
    assert ask("SELECT Name FROM dbo.A").rows == [("Ax",)]
    assert ask(NAMES).rows == [("A",)]


def test_a_view_that_is_read_twice_is_joined_to_itself(ask):
    ask("CREATE TABLE dbo.A (ID int); CREATE TABLE dbo.B (ID int)")
    pairs = "SELECT a.name, b.name FROM sys.tables a JOIN sys.tables b ON a.name < b.name"
    assert ask(pairs).rows == [("A", "B")]
    ask("DROP TABLE dbo.A")
    assert ask(pairs).rows == []


@pytest.mark.parametrize(
    "value",
    [
        "CAST(-1.50 AS decimal(38, 2))",
        "CAST(922337203685477.5807 AS money)",
        "CAST(1E308 AS float)",
        "CAST(3 AS tinyint)",
        "CAST(1 AS bit)",
        "CAST('9999-12-31' AS date)",
        "CAST('0001-01-01T23:59:59.9999999' AS datetime2)",
        "CAST('2024-02-29T12:00:00+05:30' AS datetimeoffset)",
        "CAST('12:34:56.789' AS time(3))",
        "CAST(0x00FF AS varbinary(8))",
        "CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier)",
        "CAST(N'x' AS sql_variant)",
        "N'\U0001f600'",
        "CAST(NULL AS int)",
        "NULL",
    ],
)
def test_values_of_every_type_come_beside_the_catalog_as_they_come_alone(ask, value):
    alone = ask(f"SELECT {value} AS v")
    beside = ask(f"SELECT {value} AS v, name FROM sys.schemas WHERE name = 'dbo'")
    assert [row[:1] for row in beside.rows] == alone.rows
    assert beside.columns[0].type == alone.columns[0].type
