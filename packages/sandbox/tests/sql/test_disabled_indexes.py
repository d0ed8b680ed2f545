"""Disabled indexes, as their page documents them.

https://learn.microsoft.com/en-us/sql/relational-databases/indexes/disable-indexes-and-constraints
"""

import pytest

DISABLED = "SELECT name FROM sys.indexes WHERE is_disabled = 1 ORDER BY name"


@pytest.fixture
def table(ask):
    ask(
        "CREATE TABLE t (id int CONSTRAINT pk PRIMARY KEY, a int CONSTRAINT uq UNIQUE, b int);"
        "CREATE INDEX i ON t (b); INSERT t VALUES (1, 1, 1), (2, 2, 2);"
        "CREATE TABLE u (a int CONSTRAINT fk REFERENCES t (a))"
    )


def test_a_disabled_index_stays_in_the_catalog(ask, table):
    ask("ALTER INDEX i ON t DISABLE")
    assert ask(DISABLED).rows == [("i",)]
    assert ask("SELECT COUNT(*) FROM t WHERE b = 1").value == 1
    ask("ALTER INDEX i ON dbo.t REBUILD WITH (FILLFACTOR = 80)")
    assert ask(DISABLED).rows == []
    ask("ALTER INDEX i ON t DISABLE; DROP INDEX i ON t")
    assert ask(DISABLED).rows == []


def test_a_disabled_unique_index_checks_nothing(ask, refuse, table):
    """Its constraint and the foreign keys that point to it are disabled as well."""
    answer = ask("ALTER INDEX uq ON t DISABLE")
    (message,) = answer.messages
    assert message.text == (
        "Warning: Foreign key 'fk' on table 'u' referencing table 't' was disabled as a result of "
        "disabling the index 'uq'."
    )
    ask("INSERT t VALUES (3, 1, 3); INSERT u VALUES (99)")
    assert refuse("ALTER INDEX uq ON t REBUILD").number == 1505
    ask("DELETE t WHERE id = 3; ALTER INDEX uq ON t REBUILD")
    assert refuse("INSERT t VALUES (3, 1, 3)").number == 2627
    assert ask("SELECT is_disabled FROM sys.foreign_keys").value is True
    ask("INSERT u VALUES (98); DELETE u; ALTER TABLE u WITH CHECK CHECK CONSTRAINT fk")
    assert refuse("INSERT u VALUES (99)").number == 547


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM t",
        "SELECT COUNT(*) FROM t",
        "INSERT t VALUES (3, 3, 3)",
        "UPDATE t SET b = 3",
        "DELETE t",
    ],
)
def test_rows_under_a_disabled_clustered_index_are_not_accessible(ask, refuse, table, statement):
    ask("ALTER INDEX pk ON t DISABLE")
    error = refuse(statement)
    assert error.number == 8655
    assert error.message == (
        "The query processor is unable to produce a plan because the index 'pk' on table or view "
        "'t' is disabled."
    )
    ask("ALTER INDEX pk ON t REBUILD")
    ask(statement)


def test_a_clustered_index_disables_the_others(ask, refuse, table):
    """They are enabled one by one, or all together with it."""
    answer = ask("ALTER INDEX pk ON t DISABLE")
    assert [m.number for m in answer.messages] == [3750, 3750, 3731]
    assert ask(DISABLED).rows == [("i",), ("pk",), ("uq",)]
    for statement in (
        "ALTER INDEX i ON t REBUILD", "CREATE INDEX j ON t (b)", "ALTER TABLE t ADD c int",
    ):  # fmt: skip
        assert refuse(statement).number == 50000
    ask("ALTER INDEX pk ON t REBUILD")
    assert ask(DISABLED).rows == [("i",), ("uq",)]
    ask("ALTER INDEX ALL ON t REBUILD")
    assert ask(DISABLED).rows == []


def test_all_indexes_are_disabled_and_enabled_together(ask, table):
    ask("ALTER INDEX ALL ON t DISABLE")
    assert len(ask(DISABLED).rows) == 3
    ask("ALTER INDEX ALL ON t REBUILD")
    assert ask("SELECT COUNT(*) FROM t").value == 2


def test_a_rollback_enables_it_again(ask, table):
    ask("BEGIN TRAN; ALTER INDEX ALL ON t DISABLE; ROLLBACK")
    assert ask(DISABLED).rows == []
    assert ask("SELECT is_disabled FROM sys.foreign_keys").value is False


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("ALTER INDEX missing ON t DISABLE", 2727),
        ("ALTER INDEX i ON missing DISABLE", 1088),
        ("CREATE INDEX i ON t (a)", 1913),
        ("ALTER INDEX i ON t VANISH", 102),
    ],
)
def test_wrong_statements_raise_their_error_numbers(ask, refuse, table, sql, number):
    ask("ALTER INDEX i ON t DISABLE")
    assert refuse(sql).number == number


@pytest.mark.parametrize(
    "action",
    ["REORGANIZE", "REBUILD PARTITION = ALL", "SET (FILLFACTOR = 90)", "REORGANIZE PARTITION = 1"],
)
def test_what_changes_only_storage_changes_nothing(ask, table, action):
    """https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-index-transact-sql"""
    assert ask(f"ALTER INDEX i ON t {action} SELECT COUNT(*) FROM t").value == 2
