"""Columns whose type or place is not the one that the load has made."""

from typing import Any

import pytest

from tableferry.errors import SchemaError
from tests.integration.verify.conftest import Pair
from tests.support.comparing import summary

pytestmark = pytest.mark.with_ledger

TABLE = (
    "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, A nvarchar(20), B nvarchar(20), "
    "N decimal(9,2), M int, D datetime2(3), U uniqueidentifier, J nvarchar(max))"
)
ROWS = (
    "INSERT INTO dbo.T VALUES "
    "(1, N'one', N'eins', 1.5, 7, '2024-01-01', NEWID(), N'{\"b\": 1, \"a\": 1.50}'), "
    "(2, N'two', N'zwei', -2.25, 8, '2024-01-02 03:04:05.678', NEWID(), N'[]'), "
    "(3, NULL, N'', NULL, NULL, NULL, NULL, NULL)"
)


@pytest.fixture
def table(pair: Pair) -> Pair:
    pair.source.run(TABLE)
    pair.source.run(ROWS)
    return pair


def test_swapped_columns_differ_in_both(table: Pair) -> None:
    table.load()
    table.target.run(
        "ALTER TABLE t RENAME COLUMN a TO x", "ALTER TABLE t RENAME COLUMN b TO a",
        "ALTER TABLE t RENAME COLUMN x TO b",
    )  # fmt: skip
    found = table.compare()
    assert found.by_column == {"A": 3, "B": 3}


RETYPED = {
    "numeric(20,6)": "n",
    "numeric": "n",
    "numeric(38,30)": "n",
    "numeric(60,40)": "n",
    "bigint": "m",
    "numeric(13,3)": "m",
    "double precision": "m",
    "timestamp(6)": "d",
    "varchar(20)": "a",
    "varchar(200)": "b",
}


@pytest.mark.parametrize(("type_", "column"), RETYPED.items(), ids=list(RETYPED))
def test_a_retyped_column_is_compared_by_value(table: Pair, type_: str, column: str) -> None:
    table.load()
    table.target.run(f"ALTER TABLE t ALTER COLUMN {column} TYPE {type_}")
    found = table.compare()
    assert (found.total, found.not_compared) == (0, {})
    damaged = f"'x' || {column}" if column in "ab" else f"{column} + {_step(column)}"
    table.target.run(f"UPDATE t SET {column} = {damaged} WHERE id = 2")
    assert summary(table.compare()) == [("different", ("2",), (column.upper(),))]


def _step(column: str) -> str:
    return "interval '1 ms'" if column == "d" else "1"


def test_a_number_that_was_written_with_another_scale_is_the_same(table: Pair) -> None:
    table.load()
    table.target.run(
        "ALTER TABLE t ALTER COLUMN n TYPE numeric", "UPDATE t SET n = 1.500000 WHERE id = 1"
    )
    assert table.compare().total == 0
    table.target.run("UPDATE t SET n = 1.500001 WHERE id = 1")
    assert summary(table.compare()) == [("different", ("1",), ("N",))]
    table.target.run("UPDATE t SET n = 'NaN' WHERE id = 1")
    assert summary(table.compare()) == [("different", ("1",), ("N",))]


def test_a_column_of_a_type_that_holds_not_every_value_is_refused_by_name(table: Pair) -> None:
    table.load()
    table.target.run("ALTER TABLE t ALTER COLUMN n TYPE real")
    with pytest.raises(SchemaError, match="'N'"):
        table.compare()


def test_json_is_compared_by_value_with_exact_numbers(table: Pair) -> None:
    changes: dict[str, Any] = {"type_overrides": {"J": "jsonb"}}
    table.load(**changes)
    assert table.compare(**changes).total == 0
    table.target.run("""UPDATE t SET j = '{"a": 1.500, "b": 1.0}' WHERE id = 1""")
    assert table.compare(**changes).total == 0
    table.target.run("""UPDATE t SET j = '{"a": 1.5000000000000000000001, "b": 1}' WHERE id = 1""")
    assert summary(table.compare(**changes)) == [("different", ("1",), ("J",))]


def test_a_column_that_the_target_does_not_have_yet_is_named_as_not_compared(table: Pair) -> None:
    table.load()
    table.source.run("ALTER TABLE dbo.T ADD Later int NULL")
    found = table.compare(drift="add_columns")
    assert found.not_compared == {"Later": "the target has no such column yet"}
    assert found.total == 0


def test_domains_enums_and_generated_columns_are_compared_as_what_they_are_made_of(
    pair: Pair,
) -> None:
    pair.source.run(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Mood varchar(9), Price money, "
        "Twice AS (ID * 2), Code varchar(9))"
    )
    pair.source.run("INSERT INTO dbo.T (ID, Mood, Price, Code) VALUES (1, 'sad', 1.5, 'x'), "
                    "(2, 'glad', -2, 'y'), (3, NULL, NULL, NULL)")  # fmt: skip
    pair.target.run(
        "CREATE TYPE mood AS ENUM ('sad', 'glad')",
        "CREATE DOMAIN price AS numeric(19,4) CHECK (VALUE > -100)",
        "CREATE DOMAIN code AS text",
        "CREATE TABLE t (id int PRIMARY KEY, mood mood, price price, twice int, code code, "
        "shouted text GENERATED ALWAYS AS (upper(code)) STORED)",
    )
    changes: dict[str, Any] = {"type_overrides": {"Mood": "enum"}, "publish": "truncate"}
    changes["drift"] = "ignore"
    pair.load(**changes)
    found = pair.compare(**changes)
    assert (found.total, found.not_compared) == (0, {})
    pair.target.run(
        "UPDATE t SET mood = 'glad' WHERE id = 1", "UPDATE t SET price = 7 WHERE id = 2",
        "UPDATE t SET twice = 7 WHERE id = 3", "UPDATE t SET code = 'X' WHERE id = 1",
    )  # fmt: skip
    assert summary(pair.compare(**changes)) == [
        ("different", ("1",), ("Mood", "Code")),
        ("different", ("2",), ("Price",)),
        ("different", ("3",), ("Twice",)),
    ]
