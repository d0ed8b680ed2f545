"""The catalog describes what was created."""

import pyarrow as pa
import pytest

TABLE = """
CREATE TABLE dbo.Thing (
    ID int IDENTITY(10, 5) NOT NULL CONSTRAINT PK_Thing PRIMARY KEY,
    Name nvarchar(40) NULL CONSTRAINT DF_Name DEFAULT N'x',
    Price decimal(9, 2) NOT NULL DEFAULT 0,
    Stamp datetime2(3) NULL, Twice AS (ID * 2), RV rowversion, Code char(3) UNIQUE)
"""


@pytest.fixture
def thing(ask):
    ask(TABLE)


def test_sys_columns_has_sql_servers_type_ids(ask, thing):
    answer = ask(
        "SELECT name, system_type_id, max_length, precision, scale, is_nullable, is_identity, "
        "is_computed FROM sys.columns WHERE object_id = OBJECT_ID('dbo.Thing') ORDER BY column_id"
    )
    assert answer.rows == [
        ("ID", 56, 4, 10, 0, False, True, False),
        ("Name", 231, 80, 0, 0, True, False, False),
        ("Price", 106, 5, 9, 2, False, False, False),
        ("Stamp", 42, 7, 23, 3, True, False, False),
        ("Twice", 56, 4, 10, 0, True, False, True),
        ("RV", 189, 8, 0, 0, False, False, False),
        ("Code", 175, 3, 0, 0, True, False, False),
    ]


def test_information_schema_describes_columns(ask, thing):
    answer = ask(
        "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, IS_NULLABLE, COLUMN_DEFAULT "
        "FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'Thing' AND ORDINAL_POSITION < 4"
    )
    assert answer.rows == [
        ("ID", "int", None, "NO", None),
        ("Name", "nvarchar", 40, "YES", "(N'x')"),
        ("Price", "decimal", None, "NO", "((0))"),
    ]


def test_the_primary_key_is_found_by_its_index(ask, thing):
    answer = ask(
        "SELECT i.name, c.name FROM sys.indexes i "
        "JOIN sys.index_columns ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id "
        "JOIN sys.columns c ON c.object_id = ic.object_id AND c.column_id = ic.column_id "
        "WHERE i.is_primary_key = 1 AND i.object_id = OBJECT_ID(N'[dbo].[Thing]')"
    )
    assert answer.rows == [("PK_Thing", "ID")]


def test_identity_starts_at_its_seed_and_steps(ask, thing):
    ask("INSERT Thing (Code) VALUES ('a'), ('b')")
    assert ask("SELECT ID, Twice FROM Thing ORDER BY ID").rows == [(10, 20), (15, 30)]
    assert ask("SELECT IDENT_CURRENT('Thing')").value == 15


def test_row_counts_are_in_partition_stats(ask, thing):
    ask("INSERT Thing (Code) VALUES ('a'), ('b')")
    counted = (
        "SELECT SUM(row_count) FROM sys.dm_db_partition_stats "
        "WHERE object_id = OBJECT_ID('Thing') AND index_id < 2"
    )
    assert ask(counted).value == 2


def test_each_database_has_a_catalog_of_its_own(ask, thing, server):
    server.create_database("Other")
    assert ask("SELECT COUNT(*) FROM Other.sys.tables").value == 0
    assert ask("SELECT COUNT(*) FROM Shop.sys.tables").value == 1
    assert ask("USE Other; SELECT DB_NAME(), OBJECT_ID('Shop.dbo.Thing')").rows[0][0] == "Other"


def test_sys_databases_shows_isolation(ask):
    ask("ALTER DATABASE Shop SET ALLOW_SNAPSHOT_ISOLATION ON")
    answer = ask(
        "SELECT snapshot_isolation_state, is_read_committed_snapshot_on, compatibility_level "
        "FROM sys.databases WHERE name = 'shop'"
    )
    assert answer.rows == [(1, False, 160)]


def test_arrow_rows_load_in_the_physical_form(ask, thing, server):
    rows = pa.table({"ID": pa.array([20, 23], pa.int32()), "Code": ["abc", None]})
    assert server.database("Shop").load("dbo", "Thing", rows) == 2
    answer = ask("SELECT ID, Name, Code FROM Thing ORDER BY ID; INSERT Thing (Code) VALUES ('n')")
    assert answer.rows == [(20, "x", "abc"), (23, "x", None)]
    assert ask("SELECT MAX(ID) FROM Thing").value == 28


def test_describe_names_the_first_result_without_running(session, ask, thing):
    columns = session.describe("DELETE Thing; SELECT ID, Name FROM Thing")
    assert [column.name for column in columns] == ["ID", "Name"]
    assert session.describe("DELETE Thing") is None


def test_a_repeated_select_has_the_same_replay_key_until_the_table_changes(session, ask, thing):
    def key():
        [result] = [e for e in session.execute("SELECT ID FROM Thing") if hasattr(e, "replay_key")]
        return result.replay_key

    first = key()
    assert first is not None
    assert key() == first
    ask("INSERT Thing (Code) VALUES ('a')")
    assert key() != first


def test_a_plain_scan_comes_in_the_order_of_the_clustered_key(ask):
    ask("CREATE TABLE o (id int PRIMARY KEY, v int); INSERT o VALUES (3, 3), (1, 1)")
    ask("INSERT o VALUES (2, 2); UPDATE o SET v = 9 WHERE id = 1")
    assert ask("SELECT id, v FROM o").rows == [(1, 9), (2, 2), (3, 3)]
    assert ask("SELECT TOP 1 id FROM o").rows == [(1,)]


def test_an_identity_of_38_digits_is_reported_exactly(ask):
    ask("CREATE TABLE dbo.Long (ID decimal(38, 0) IDENTITY(1, 1) NOT NULL, A int)")
    ask(
        "SET IDENTITY_INSERT dbo.Long ON; "
        f"INSERT INTO dbo.Long (ID, A) VALUES ({'9' * 38}, 1); "
        "SET IDENTITY_INSERT dbo.Long OFF"
    )
    found = ask(
        "SELECT CAST(c.seed_value AS varchar(40)) AS a, CAST(c.last_value AS varchar(40)) AS b "
        "FROM sys.identity_columns AS c WHERE c.object_id = OBJECT_ID(N'dbo.Long')"
    )
    assert found.rows == [("1", "9" * 38)]


@pytest.mark.parametrize("view", ["indexes", "index_columns", "catalogs"])
def test_there_are_no_full_text_indexes(ask, thing, view):
    """https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-fulltext-indexes-transact-sql

    The views are there without the component.
    """
    assert ask(f"SELECT * FROM sys.fulltext_{view}").rows == []
