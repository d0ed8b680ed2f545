"""System-versioned temporal tables: generated periods, hidden columns, history."""

import pytest

PERIOD = (
    "ValidFrom datetime2 GENERATED ALWAYS AS ROW START{0} NOT NULL, "
    "ValidTo datetime2 GENERATED ALWAYS AS ROW END{0} NOT NULL, "
    "PERIOD FOR SYSTEM_TIME (ValidFrom, ValidTo)"
)
FOREVER = 3_155_378_975_999_999_999


@pytest.fixture
def prices(ask):
    ask(
        f"CREATE TABLE Prices (id int PRIMARY KEY, price int, {PERIOD.format(' HIDDEN')}) "
        "WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.OldPrices, DATA_CONSISTENCY_CHECK = ON))"
    )
    ask("INSERT Prices VALUES (1, 10), (2, 20)")


def test_hidden_columns_are_read_only_by_name(ask, prices):
    assert [c.name for c in ask("SELECT * FROM Prices").columns] == ["id", "price"]
    row = ask("SELECT p.*, ValidTo FROM Prices AS p WHERE id = 1").rows
    assert row == [(1, 10, FOREVER)]
    inside = ask("SELECT * FROM (SELECT id, ValidFrom FROM Prices) AS q")
    assert [c.name for c in inside.columns] == ["id", "ValidFrom"]
    assert len(ask("SELECT * FROM OldPrices").columns) == 4


def test_old_rows_go_to_the_history_table(ask, prices):
    ask("UPDATE Prices SET price = 11 WHERE id = 1; DELETE Prices WHERE id = 2")
    assert ask("SELECT id, price FROM Prices").rows == [(1, 11)]
    assert ask("SELECT id, price FROM OldPrices ORDER BY id").rows == [(1, 10), (2, 20)]
    gaps = (
        "SELECT count(*) FROM OldPrices AS o JOIN Prices AS p ON p.id = o.id "
        "AND p.ValidFrom = o.ValidTo AND o.ValidFrom <= o.ValidTo"
    )
    assert ask(gaps).rows == [(1,)]


def test_a_rolled_back_change_leaves_no_history(ask, prices):
    ask("BEGIN TRANSACTION; UPDATE Prices SET price = 0; DELETE Prices; ROLLBACK")
    assert ask("SELECT count(*) FROM OldPrices").rows == [(0,)]
    assert ask("SELECT id, price FROM Prices ORDER BY id").rows == [(1, 10), (2, 20)]


def test_a_transaction_s_changes_begin_when_it_began(ask, prices):
    ask(
        "BEGIN TRANSACTION; UPDATE Prices SET price = 1 WHERE id = 1; "
        "WAITFOR DELAY '00:00:00.02'; UPDATE Prices SET price = 2 WHERE id = 2; COMMIT"
    )
    assert ask("SELECT count(DISTINCT ValidFrom) FROM Prices").rows == [(1,)]


def test_temporal_tables_are_in_the_catalog(ask, prices):
    tables = ask(
        "SELECT t.name, t.temporal_type_desc, h.name FROM sys.tables AS t "
        "LEFT JOIN sys.tables AS h ON h.object_id = t.history_table_id ORDER BY t.name"
    )
    assert tables.rows == [
        ("OldPrices", "HISTORY_TABLE", None),
        ("Prices", "SYSTEM_VERSIONED_TEMPORAL_TABLE", "OldPrices"),
    ]
    columns = ask(
        "SELECT name, generated_always_type_desc, is_hidden FROM sys.columns "
        "WHERE object_id = OBJECT_ID('Prices') AND generated_always_type > 0"
    )
    assert columns.rows == [("ValidFrom", "AS_ROW_START", True), ("ValidTo", "AS_ROW_END", True)]
    period = ask("SELECT name, start_column_id, end_column_id FROM sys.periods").rows
    assert period == [("SYSTEM_TIME", 3, 4)]


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("INSERT Prices (id, ValidFrom) VALUES (3, '2024-01-01')", 13536),
        ("UPDATE Prices SET ValidTo = '2024-01-01'", 13537),
        ("TRUNCATE TABLE Prices", 13545),
        ("TRUNCATE TABLE OldPrices", 13545),
        ("DROP TABLE Prices", 13552),
        ("DROP TABLE OldPrices", 13552),
        ("INSERT OldPrices (id) VALUES (1)", 13559),
        ("DELETE OldPrices", 13560),
        ("UPDATE OldPrices SET price = 0", 13561),
        ("ALTER TABLE Prices DROP PERIOD FOR SYSTEM_TIME", 13591),
    ],
)
def test_the_history_cannot_be_falsified(refuse, prices, statement, number):
    assert refuse(statement).number == number


def test_versioning_is_switched_off_and_on(ask, prices):
    ask("ALTER TABLE Prices SET (SYSTEM_VERSIONING = OFF)")
    ask("UPDATE Prices SET price = 5; DELETE OldPrices")
    assert ask("SELECT count(*) FROM OldPrices").rows == [(0,)]
    ask("ALTER TABLE Prices SET (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.OldPrices))")
    ask("UPDATE Prices SET price = 6")
    assert ask("SELECT count(*) FROM OldPrices").rows == [(2,)]
    ask("ALTER TABLE Prices SET (SYSTEM_VERSIONING = OFF); DROP TABLE Prices; DROP TABLE OldPrices")


def test_visible_period_columns_take_only_default(ask, refuse):
    ask(f"CREATE TABLE t (id int PRIMARY KEY, {PERIOD.format('')}) WITH (SYSTEM_VERSIONING = ON)")
    ask("INSERT t VALUES (1, DEFAULT, DEFAULT); INSERT t (id) VALUES (2)")
    assert len(ask("SELECT * FROM t").columns) == 3
    assert refuse("INSERT t SELECT 3, SYSDATETIME(), SYSDATETIME()").number == 13536
    ask("ALTER TABLE t ALTER COLUMN ValidTo ADD HIDDEN")
    assert len(ask("SELECT * FROM t").columns) == 2
    named = "SELECT h.name FROM sys.tables AS h WHERE h.temporal_type = 1"
    object_id = ask("SELECT OBJECT_ID('t')").value
    assert ask(named).rows == [(f"MSSQL_TemporalHistoryFor_{object_id}",)]


def test_versioning_is_found_among_other_options_of_a_table(ask):
    ask(
        f"CREATE TABLE t (id int, {PERIOD.format('')}, PRIMARY KEY NONCLUSTERED HASH (id) WITH "
        "(BUCKET_COUNT = 8), INDEX h HASH (id) WITH (BUCKET_COUNT = 8)) WITH "
        "(MEMORY_OPTIMIZED = ON, DURABILITY = SCHEMA_AND_DATA, SYSTEM_VERSIONING = ON "
        "(HISTORY_RETENTION_PERIOD = 1 YEAR, HISTORY_TABLE = dbo.h))"
    )
    shown = "SELECT name, temporal_type FROM sys.tables ORDER BY name"
    assert ask(shown).rows == [("h", 1), ("t", 2)]
    kinds = "SELECT type, type_desc FROM sys.indexes WHERE name = 'h'"
    assert ask(kinds).rows == [(7, "NONCLUSTERED HASH")]


@pytest.mark.parametrize(
    ("definition", "number"),
    [
        ("(id int) WITH (SYSTEM_VERSIONING = ON)", 13510),
        (f"(id int, {PERIOD.format('')}) WITH (SYSTEM_VERSIONING = ON)", 13553),
        ("(id int, f datetime2 GENERATED ALWAYS AS ROW START NOT NULL)", 13509),
        ("(a int NOT NULL, b datetime2 NOT NULL, PERIOD FOR SYSTEM_TIME (a, b))", 13501),
    ],
)
def test_impossible_temporal_tables_are_refused(ask, refuse, definition, number):
    assert refuse(f"CREATE TABLE t {definition}").number == number
