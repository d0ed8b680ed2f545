"""The idioms of scripts written for old versions of SQL Server."""

import pytest

DROP_IF_THERE = (
    "if exists (select * from sysobjects where id = object_id('dbo.Shops') and sysstat & 0xf = {})"
    " drop {} dbo.Shops"
)


@pytest.mark.parametrize("views", ["sysobjects", "dbo.sysobjects", "sys.sysobjects"])
def test_sysobjects_is_found_without_a_schema_too(ask, views):
    ask("CREATE TABLE Shops (id int CONSTRAINT pk PRIMARY KEY, n int CONSTRAINT df DEFAULT 1)")
    found = ask(f"SELECT name, RTRIM(xtype), RTRIM(type), sysstat & 0xf FROM {views} ORDER BY name")
    assert found.rows == [("df", "D", "D", 6), ("pk", "PK", "K", 0), ("Shops", "U", "U", 3)]


def test_objects_are_dropped_if_their_kind_is_the_expected_one(ask):
    ask("CREATE TABLE Shops (id int)")
    for state, kind in ((2, "view"), (4, "procedure"), (3, "table"), (3, "table")):
        ask(DROP_IF_THERE.format(state, kind))
    assert ask("SELECT count(*) FROM sysobjects").rows == [(0,)]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("DROP PROCEDURE p", "procedure"),
        ("DROP PROC p", "procedure"),
        ("DROP FUNCTION dbo.f", "function"),
        ("DROP TRIGGER t", "trigger"),
        ("DROP RULE r", "rule"),
        ("DROP DEFAULT d", "default"),
        ("DROP SYNONYM s", "synonym"),
        ("DROP SEQUENCE q", "sequence"),
    ],
)
def test_what_is_not_there_cannot_be_dropped(ask, refuse, statement, kind):
    error = refuse(statement)
    assert error.number == 3701
    assert error.message.startswith(f"Cannot drop the {kind} '")
    verb, word, name = statement.split()
    ask(f"{verb} {word} IF EXISTS {name}")


def test_other_compatibility_views_describe_the_same_objects(ask):
    ask("CREATE TABLE Shops (id int IDENTITY PRIMARY KEY, n varchar(9) NOT NULL)")
    ask("INSERT Shops VALUES ('a'), ('b')")
    columns = ask(
        "SELECT name, length, isnullable, status FROM syscolumns WHERE id = OBJECT_ID('Shops')"
    )
    assert columns.rows == [("id", 4, 0, 128), ("n", 9, 0, 0)]
    assert ask("SELECT indid, rows FROM sysindexes WHERE id = OBJECT_ID('Shops')").rows == [(1, 2)]
    assert ask("SELECT count(*) FROM master.dbo.sysdatabases WHERE name = 'Shop'").rows == [(1,)]
    assert ask("SELECT xtype FROM systypes WHERE name = 'int'").rows == [(56,)]


def test_an_alias_type_serves_in_the_batch_that_adds_it(ask, refuse):
    answer = ask(
        "EXEC sp_addtype Code, 'varchar(11)', 'NOT NULL' "
        "EXECUTE sp_addtype N'Flag', 'bit', 'null' "
        "CREATE TABLE t (a Code, b Flag, c Code NULL) "
        "INSERT t VALUES ('x', NULL, NULL) DECLARE @c Code = 'y' SELECT *, @c AS d FROM t"
    )
    assert answer.rows == [("x", None, None, "y")]
    nullable = ask("SELECT name, is_nullable FROM sys.columns WHERE object_id = OBJECT_ID('t')")
    assert nullable.rows == [("a", False), ("b", True), ("c", True)]
    assert refuse("EXEC sp_addtype Code, int").number == 219
    assert refuse("EXEC sp_droptype Code").number == 15180
    ask("DROP TABLE t; EXEC sp_droptype Code")
    assert refuse("CREATE TABLE u (a Code)").number == 2715


def test_a_rule_is_checked_where_it_is_bound(ask, refuse):
    ask("CREATE TABLE t (id int, n int); INSERT t VALUES (1, 0)")
    ask("CREATE RULE positive AS @n > 0")
    ask("EXEC sp_bindrule positive, 't.n'")
    assert refuse("INSERT t VALUES (2, -1)").number == 513
    assert refuse("UPDATE t SET n = -1").number == 513
    assert refuse("DROP RULE positive").number == 3716
    ask("INSERT t VALUES (2, 1), (3, NULL); EXEC sp_unbindrule 't.n'; DROP RULE positive")
    ask("INSERT t VALUES (4, -1)")
    assert ask("SELECT id FROM t ORDER BY id").rows == [(1,), (2,), (3,), (4,)]


def test_a_bound_default_fills_the_columns_it_is_bound_to(ask, refuse):
    ask("CREATE TABLE t (id int, n int, m int DEFAULT 5)")
    ask("CREATE DEFAULT seven AS 7")
    ask("EXEC sp_bindefault 'seven', 't.n'; INSERT t (id) VALUES (1)")
    assert ask("SELECT id, n, m FROM t").rows == [(1, 7, 5)]
    constraints = "SELECT definition FROM sys.default_constraints"
    assert ask(constraints).rows == [("((5))",)]
    assert refuse("EXEC sp_bindefault 'seven', 't.m'").number == 15101
    assert refuse("DROP DEFAULT seven").number == 3716
    ask("EXEC sp_unbindefault 't.n'; DROP DEFAULT seven; INSERT t (id) VALUES (2)")
    assert ask("SELECT n FROM t WHERE id = 2").rows == [(None,)]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("CREATE PROCEDURE p AS SELECT 1; SELECT 2", "CREATE PROCEDURE"),
        ("CREATE TRIGGER g ON t FOR INSERT AS MERGE nonsense", "CREATE TRIGGER"),
        ("ALTER PROC p AS SELECT 1", "ALTER PROC"),
        ("CREATE FUNCTION f() RETURNS @r TABLE (a int) AS BEGIN RETURN END", "table-valued"),
        ("CREATE TYPE y AS TABLE (id int)", "table types"),
        ("BULK INSERT t FROM 'file.csv' WITH (TABLOCK)", "BULK INSERT"),
    ],
)
def test_what_is_refused_is_refused_only_when_it_is_reached(ask, refuse, statement, named):
    assert named in refuse(statement).message
    if not statement.startswith(("CREATE P", "CREATE TR", "ALTER", "CREATE F")):
        ask(f"IF 1 = 2 {statement}")


def test_full_text_is_refused_as_on_an_instance_without_it(refuse):
    assert refuse("CREATE FULLTEXT CATALOG c AS DEFAULT").number == 7609
    assert refuse("SELECT 1; CREATE FULLTEXT INDEX ON t (s) KEY INDEX pk").number == 7609


def test_a_procedure_that_sql_server_no_longer_has_is_unknown(refuse):
    assert refuse("EXEC sp_dboption 'Shop', 'trunc. log on chkpt.', 'true'").number == 2812


def test_storage_clauses_are_accepted(ask):
    ask(
        "CREATE DATABASE Depot ON PRIMARY (NAME = a, FILENAME = 'a.mdf', SIZE = 8MB), "
        "FILEGROUP more (NAME = b, FILENAME = 'b.ndf') LOG ON (NAME = c, FILENAME = 'c.ldf')"
    )
    ask("ALTER DATABASE Depot ADD FILEGROUP extra")
    ask("ALTER DATABASE Depot SET RECOVERY SIMPLE, AUTO_SHRINK OFF")
    ask("CREATE PARTITION FUNCTION by_year (date) AS RANGE RIGHT FOR VALUES ('2023-01-01')")
    ask("CREATE PARTITION SCHEME years AS PARTITION by_year ALL TO ([PRIMARY])")
    ask("CREATE TABLE t (d date, n text) ON years (d) TEXTIMAGE_ON [PRIMARY]")
    ask("CREATE INDEX i ON t (d) WITH FILLFACTOR = 80 ON [PRIMARY]")
    assert ask("SELECT name, fanout FROM sys.partition_functions").rows == [("by_year", 2)]
