"""Identifiers are compared by the database's collation: case-sensitive, binary and Turkish ones.

Source: "Collation and Unicode support", "Database identifiers" (Microsoft Learn).
"""

# ruff: noqa: RUF001 - the dotless i is what some of this is about

import pytest

EXACT = ("Latin1_General_CS_AS", "Latin1_General_100_CS_AI", "Latin1_General_BIN2",
         "SQL_Latin1_General_CP1_CS_AS")  # fmt: skip


@pytest.fixture(params=EXACT)
def exact(request, server, session, ask):
    """The session, in a database whose collation tells cases apart."""
    server.create_database("Exact", request.param)
    ask("USE Exact")
    return session


@pytest.mark.usefixtures("exact")
def test_names_that_differ_by_case_are_two(ask):
    ask("CREATE TABLE dbo.T (ID int PRIMARY KEY, Name nvarchar(9), name nvarchar(9))")
    ask("CREATE TABLE dbo.t (id int PRIMARY KEY)")
    ask("INSERT INTO dbo.T (ID, name, Name) VALUES (1, N'small', N'Large')")
    ask("INSERT INTO dbo.t VALUES (7), (8)")
    assert ask("SELECT * FROM dbo.T").rows == [(1, "Large", "small")]
    assert ask("SELECT name, Name FROM dbo.T WHERE Name = N'Large'").rows == [("small", "Large")]
    assert ask("SELECT id FROM dbo.t ORDER BY id DESC").rows == [(8,), (7,)]
    assert ask("SELECT T.ID, t.id FROM T CROSS JOIN t ORDER BY t.id").rows == [(1, 7), (1, 8)]
    ask("UPDATE dbo.T SET name = N'new' WHERE name = N'small'")
    ask("DELETE FROM dbo.t WHERE id = 8")
    assert ask("SELECT Name, name FROM dbo.T").rows == [("Large", "new")]
    assert ask("SELECT id FROM dbo.t").rows == [(7,)]
    ask("ALTER TABLE dbo.T DROP COLUMN Name")
    ask("ALTER TABLE dbo.T ADD NAME int")
    assert ask("SELECT * FROM dbo.T").rows == [(1, "new", None)]
    ask("DROP TABLE dbo.T")
    assert ask("SELECT name FROM sys.tables").rows == [("t",)]


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("SELECT id FROM dbo.Rows", 207),
        ("SELECT ID FROM dbo.rows", 208),
        ("SELECT ID FROM DBO.Rows", 208),
        ("SELECT r.ID FROM dbo.Rows R", 4104),
        ("SELECT * FROM dbo.Rows ORDER BY Id", 207),
        ("INSERT INTO dbo.Rows (Id) VALUES (2)", 207),
        ("INSERT INTO dbo.ROWS VALUES (2)", 208),
        ("UPDATE dbo.Rows SET n = 1", 207),
        ("DELETE FROM dbo.Rows WHERE n = 1", 207),
        ("DELETE FROM dbo.ROWS", 208),
        ("TRUNCATE TABLE dbo.ROWS", 4701),
        ("DROP TABLE dbo.ROWS", 3701),
        ("DROP INDEX ix ON dbo.Rows", 3701),
        ("ALTER TABLE dbo.ROWS ADD X int", 4902),
        ("ALTER TABLE dbo.Rows ALTER COLUMN n bigint", 4924),
        ("ALTER TABLE dbo.Rows DROP CONSTRAINT pk", 3728),
        ("CREATE INDEX Other ON dbo.Rows (n)", 1911),
        ("CREATE TABLE DBO.Other (ID int)", 2760),
        ("CREATE TABLE dbo.Other (ID int REFERENCES dbo.ROWS (ID))", 1767),
        ("WITH Q AS (SELECT 1 AS a) SELECT a FROM q", 208),
        ("SELECT D.a FROM (SELECT 1 AS A) D", 207),
        ("SELECT * FROM SYS.tables", 208),
        ("SELECT * FROM sys.TABLES", 208),
        ("SELECT NAME FROM sys.tables", 207),
        ("SELECT * FROM information_schema.tables", 208),
        ("SELECT table_name FROM INFORMATION_SCHEMA.TABLES", 207),
        ("SELECT dbo.ONE()", 4121),
    ],
)
def test_another_case_is_another_name(ask, refuse, sql, number):
    ask("CREATE TABLE dbo.Rows (ID int CONSTRAINT PK PRIMARY KEY, N int)")
    ask("CREATE INDEX IX ON dbo.Rows (N)")
    ask("CREATE FUNCTION dbo.One() RETURNS int AS BEGIN RETURN 1 END")
    assert refuse(sql).number == number


@pytest.mark.usefixtures("exact")
def test_every_kind_of_object_may_differ_by_case_only(ask):
    ask("CREATE SCHEMA Dbo")
    ask("CREATE TABLE Dbo.T (ID int CONSTRAINT PK PRIMARY KEY, N int CONSTRAINT DF DEFAULT 1)")
    ask("CREATE TABLE dbo.T (ID int CONSTRAINT PK PRIMARY KEY, N int CONSTRAINT df DEFAULT 2)")
    ask("CREATE INDEX ix ON dbo.T (N)")
    ask("CREATE INDEX IX ON dbo.T (ID)")
    ask("CREATE VIEW dbo.V AS SELECT ID AS a, N AS A FROM dbo.T")
    ask("CREATE VIEW dbo.v AS SELECT N FROM Dbo.T")
    ask("CREATE SEQUENCE dbo.S START WITH 5")
    ask("CREATE SYNONYM dbo.s FOR Dbo.T")
    ask("CREATE FUNCTION dbo.F() RETURNS int AS BEGIN RETURN 1 END")
    ask("CREATE FUNCTION dbo.f() RETURNS int AS BEGIN RETURN 2 END")
    ask("CREATE TYPE dbo.Short FROM varchar(3)")
    ask("CREATE TYPE dbo.short FROM varchar(5)")
    ask("CREATE TABLE dbo.Texts (A Short, B dbo.short, C INT)")
    ask("INSERT INTO dbo.T (ID) VALUES (1)")
    ask("INSERT INTO s (ID) VALUES (9)")
    assert ask("SELECT A, a FROM dbo.V").rows == [(2, 1)]
    assert ask("SELECT N FROM dbo.v").rows == [(1,)]
    assert ask("SELECT dbo.F(), dbo.f(), NEXT VALUE FOR dbo.S").rows == [(1, 2, 5)]
    assert ask("SELECT max_length FROM sys.columns WHERE name IN ('A', 'B') "
               "AND object_id = OBJECT_ID('dbo.Texts')").rows == [(3,), (5,)]  # fmt: skip
    indexes = "SELECT name FROM sys.indexes WHERE object_id = OBJECT_ID('dbo.T') ORDER BY index_id"
    assert ask(indexes).rows == [("PK",), ("ix",), ("IX",)]
    ask("EXEC sp_rename 'dbo.T.IX', 'Ix', 'INDEX'")
    ask("DROP INDEX ix ON dbo.T")
    assert ask(indexes).rows == [("PK",), ("Ix",)]


@pytest.mark.usefixtures("exact")
def test_functions_about_the_catalog_take_names_exactly(ask):
    ask("CREATE TABLE dbo.T (ID int IDENTITY PRIMARY KEY, id int)")
    assert ask(
        "SELECT OBJECT_ID('dbo.t'), OBJECT_ID('DBO.T'), SCHEMA_ID('DBO'), "
        "COLUMNPROPERTY(OBJECT_ID('dbo.T'), 'Id', 'IsIdentity'), COL_LENGTH('dbo.T', 'iD')"
    ).rows == [(None,) * 5]
    assert ask(
        "SELECT COUNT(OBJECT_ID('dbo.T')), SCHEMA_ID('dbo'), "
        "COLUMNPROPERTY(OBJECT_ID('dbo.T'), 'ID', 'IsIdentity'), "
        "COLUMNPROPERTY(OBJECT_ID('dbo.T'), 'id', 'isidentity')"
    ).rows == [(1, 1, 1, 0)]
    assert ask("SELECT name FROM sys.columns WHERE name = 'id'").rows == [("id",)]


@pytest.mark.usefixtures("exact")
def test_words_variables_and_temporary_tables_have_no_case_of_their_own(ask):
    """Keywords never do; the others have the collation of the instance, or of tempdb."""
    ask("create TABLE #Temp (ID INT)")
    ask("Insert #TEMP Values (3)")
    assert ask("DECLARE @Low int = 1; Select @LOW + id, LEN('ab') FROM #temp").rows == [(4, 2)]
    assert ask("SELECT Name FROM SHOP.SYS.TABLES").rows == []


@pytest.mark.usefixtures("exact")
def test_constants_compare_by_the_database(ask):
    assert ask("SELECT 1 WHERE 'a' = 'A'").rows == []
    assert ask("SELECT 1 WHERE 'a' LIKE 'A%'").rows == []
    assert ask("SELECT CHARINDEX('B', 'ab'), REPLACE('ab', 'B', '-')").rows == [(0, "ab")]
    assert ask("SELECT 1 WHERE 'a' = 'A' COLLATE Latin1_General_CI_AS").rows == [(1,)]


def test_a_database_takes_its_collation_from_create_database(ask, refuse):
    ask("CREATE DATABASE Made COLLATE Latin1_General_CS_AS; USE Made")
    ask("CREATE TABLE dbo.T (Name int, name int)")
    assert refuse("SELECT NAME FROM dbo.T").number == 207


@pytest.fixture
def turkish(server, session, ask):
    server.create_database("Kent", "Turkish_CI_AS")
    ask("USE Kent")
    return session


@pytest.mark.usefixtures("turkish")
def test_turkish_folds_each_i_with_its_own_capital(ask, refuse):
    ask("CREATE TABLE dbo.İl (ID int PRIMARY KEY, Isı nvarchar(9), isi nvarchar(9))")
    ask("INSERT INTO dbo.il VALUES (1, N'IĞDIR', N'İzmir')")
    assert ask("SELECT ISI, İSİ FROM dbo.İL WHERE ISI = N'ığdır'").rows == [("IĞDIR", "İzmir")]
    assert ask("SELECT ID FROM dbo.İl WHERE isi LIKE N'i%' AND Isı NOT LIKE N'i%'").rows == [(1,)]
    assert ask("SELECT UPPER(N'iı'), LOWER(N'Iİ')").rows == [("İI", "ıi")]
    assert ask("SELECT 1 FROM dbo.il WHERE Isı >= N'ığdır' AND Isı <= N'ığdır'").rows == [(1,)]
    assert refuse("SELECT * FROM dbo.Il").number == 208
    assert refuse("SELECT id FROM dbo.İl").number == 207
    assert refuse("SELECT * FROM information_schema.tables").number == 208
    assert refuse("SELECT * FROM SYS.INDEXES").number == 208
    assert ask("SELECT name FROM SYS.TABLES").rows == [("İl",)]
    assert ask("SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES").rows == [("İl",)]
    assert ask("SELECT COUNT(OBJECT_ID('dbo.il')), COUNT(OBJECT_ID('dbo.IL'))").rows == [(1, 0)]
