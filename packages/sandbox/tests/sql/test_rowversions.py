"""Rowversions: when a row gets its value, what holds MIN_ACTIVE_ROWVERSION() back, comparisons.

The pages of learn.microsoft.com: "rowversion (Transact-SQL)", "@@DBTS (Transact-SQL)",
"MIN_ACTIVE_ROWVERSION (Transact-SQL)"; for conversions "CAST and CONVERT (Transact-SQL)".
"""

import pyarrow as pa
import pytest

LEVELS = [
    "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SNAPSHOT", "SERIALIZABLE",
]  # fmt: skip
NEXT = "SELECT MIN_ACTIVE_ROWVERSION()"


@pytest.fixture
def other(connect):
    return connect()


@pytest.fixture
def tables(ask):
    ask("ALTER DATABASE Shop SET ALLOW_SNAPSHOT_ISOLATION ON")
    ask("CREATE TABLE r (id int PRIMARY KEY, rv rowversion)")
    ask("CREATE TABLE s (id int PRIMARY KEY, rv rowversion)")
    ask("CREATE TABLE plain (id int PRIMARY KEY)")


@pytest.fixture
def last(ask):
    """The last rowversion used and the lowest that is active or to come, as numbers."""

    def asking(session=None):
        found = ask("SELECT @@DBTS, MIN_ACTIVE_ROWVERSION()", session)
        return tuple(int.from_bytes(value, "big") for value in found.rows[0])

    return asking


def test_rowversion_grows_with_every_update(ask, tables):
    # "rowversion": incremented for each insert or update, also one that changes no value.
    ask("INSERT r (id) VALUES (1), (2)")
    before = [row[0] for row in ask("SELECT rv FROM r ORDER BY id").rows]
    ask("UPDATE r SET id = 1 WHERE id = 1")
    after = [row[0] for row in ask("SELECT rv FROM r ORDER BY id").rows]
    assert before[0] < before[1] < after[0]
    assert after[1] == before[1]
    assert ask("SELECT @@DBTS").value == after[0]


def test_without_an_open_transaction_the_next_rowversion_is_that_after_the_last(ask, tables, last):
    # "MIN_ACTIVE_ROWVERSION": with no active values it returns the same value as @@DBTS + 1.
    ask("INSERT r (id) VALUES (1)")
    used, following = last()
    assert following == used + 1
    assert ask("SELECT @@DBTS, MIN_ACTIVE_ROWVERSION()").types == ["varbinary(8)", "binary(8)"]


@pytest.mark.parametrize("statement", ["DELETE r", "TRUNCATE TABLE r", "INSERT plain VALUES (1)"])
def test_what_writes_no_rowversion_does_not_advance_it(ask, tables, last, statement):
    # "rowversion": the counter is incremented for inserts and updates of tables with such a column.
    ask("INSERT r (id) VALUES (1)")
    before = last()
    ask(statement)
    assert last() == before


@pytest.mark.parametrize("writer", LEVELS)
@pytest.mark.parametrize("reader", LEVELS)
def test_an_open_transaction_holds_the_lowest_rowversion_back_at_every_level(
    ask, tables, last, other, writer, reader
):
    # "MIN_ACTIVE_ROWVERSION" and "@@DBTS" are not affected by the isolation levels.
    ask(f"SET TRANSACTION ISOLATION LEVEL {writer}; BEGIN TRAN; INSERT r (id) VALUES (1)")
    held = int.from_bytes(ask("SELECT rv FROM r").value, "big")
    ask("INSERT s (id) VALUES (1), (2)", other)
    ask(f"SET TRANSACTION ISOLATION LEVEL {reader}", other)
    assert last(other) == (held + 2, held)
    ask("INSERT r (id) VALUES (2)")
    assert last(other) == (held + 3, held)
    ask("COMMIT")
    assert last(other) == (held + 3, held + 4)


def test_a_value_is_taken_at_the_statement_and_not_at_the_commit(ask, tables, other):
    # "MIN_ACTIVE_ROWVERSION": a value is active while its transaction is not committed.
    ask("BEGIN TRAN; INSERT r (id) VALUES (1)")
    ask("INSERT s (id) VALUES (1)", other)
    ask("COMMIT")
    assert ask("SELECT 1 FROM r, s WHERE r.rv < s.rv").rows == [(1,)]


def test_a_rollback_releases_the_lowest_rowversion_and_gives_no_value_back(
    ask, tables, last, other
):
    # "rowversion": the counter only tracks a relative time, it never goes back.
    used, _ = last()
    ask("BEGIN TRAN; INSERT r (id) VALUES (1), (2)")
    assert last(other) == (used + 2, used + 1)
    ask("ROLLBACK")
    assert last(other) == (used + 2, used + 3)


@pytest.mark.parametrize(
    "statement", ["SELECT id FROM r", "INSERT plain VALUES (1)", "DELETE r WHERE id = 1"]
)
def test_a_transaction_without_a_rowversion_of_its_own_holds_nothing_back(
    ask, tables, last, other, statement
):
    # "MIN_ACTIVE_ROWVERSION": the value has to be used in the transaction.
    ask("INSERT r (id) VALUES (1)")
    ask(f"BEGIN TRAN; {statement}")
    used, following = last(other)
    assert following == used + 1


def test_each_database_counts_by_itself_and_use_says_which_one(ask, server, tables, last, other):
    # "rowversion": each database has a counter. "sp_executesql": a change of the database lasts
    # until the end of its statement.
    server.create_database("Store")
    ask("INSERT r (id) VALUES (1), (2), (3)")
    shop = last()
    ask("USE Store; CREATE TABLE t (id int, rv rowversion); BEGIN TRAN; INSERT t (id) VALUES (1)")
    store = last()
    ask("USE Store", other)
    assert last(other) == store != shop
    ask("USE Shop", other)
    assert last(other) == shop
    asked = ask("EXEC sp_executesql N'USE [Store]; SELECT MIN_ACTIVE_ROWVERSION()'", other)
    assert int.from_bytes(asked.value, "big") == store[1] == store[0]
    assert ask("SELECT DB_NAME()", other).value == "Shop"


def test_rows_of_a_bulk_load_have_rowversions_as_well(ask, server, tables, last):
    used, _ = last()
    server.database("Shop").load("dbo", "r", pa.table({"id": [7, 8]}))
    assert [int.from_bytes(row[0], "big") for row in ask("SELECT rv FROM r ORDER BY id").rows] == [
        used + 1, used + 2,
    ]  # fmt: skip
    assert last() == (used + 2, used + 3)


def test_a_rowversion_has_an_exact_text_and_an_exact_number(ask, tables):
    # "CAST and CONVERT": style 1 writes 0x before the hexadecimal digits; bigint has 8 bytes.
    ask("INSERT r (id) VALUES (1)")
    text, number, raw = ask(
        "SELECT CONVERT(varchar(18), rv, 1), CONVERT(bigint, rv), rv FROM r"
    ).rows[0]
    assert (text, number) == (f"0x{raw.hex().upper()}", int.from_bytes(raw, "big"))
    assert ask(f"SELECT CONVERT(varchar(18), CAST(CAST({number} AS bigint) AS binary(8)), 1)"
               ).value == text  # fmt: skip
    assert ask("SELECT CONVERT(varchar(18), MIN_ACTIVE_ROWVERSION(), 1)").value == (
        f"0x{number + 1:016X}"
    )


def test_rowversions_compare_with_binary_literals_as_unsigned_numbers(ask, tables):
    # "rowversion": a rowversion that is not nullable is semantically equivalent to binary(8).
    ask("INSERT r (id) VALUES (1), (2), (3)")
    first, second, third = (f"0x{row[0].hex()}" for row in ask("SELECT rv FROM r ORDER BY rv").rows)
    ids = "SELECT id FROM r WHERE rv {} ORDER BY rv DESC"
    assert ask(ids.format(f">= {second}")).rows == [(3,), (2,)]
    assert ask(ids.format(f">= {first} AND rv < {third}")).rows == [(2,), (1,)]
    assert ask(ids.format(f"= CAST({second} AS binary(8))")).rows == [(2,)]
    assert ask(ids.format("< 0xFFFFFFFFFFFFFFFF")).rows == [(3,), (2,), (1,)]
    assert ask(ids.format("< MIN_ACTIVE_ROWVERSION() AND rv > 0x00")).rows == [(3,), (2,), (1,)]


def test_a_rowversion_column_that_is_added_gives_every_row_its_own(ask):
    """ "rowversion (Transact-SQL)": each row has a value that no other row of the database has."""
    ask("CREATE TABLE added (id int PRIMARY KEY); INSERT INTO added VALUES (1), (2), (3)")
    before = ask("SELECT @@DBTS").value
    ask("ALTER TABLE added ADD rv rowversion")
    values = [value for (value,) in ask("SELECT rv FROM added").rows]
    assert len(set(values)) == 3
    assert min(values) > before
    ask("UPDATE added SET id = 4 WHERE id = 1")
    assert ask("SELECT rv FROM added WHERE id = 4").value > max(values)
    assert ask("SELECT @@DBTS").value == ask("SELECT MAX(rv) FROM added").value
