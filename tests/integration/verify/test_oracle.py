"""Comparisons find what an independent one finds, read as objects by both drivers: all of it."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

import pytest

from tableferry.verification.compare_table import compare_table
from tableferry.verification.independent import ObjectRows
from tableferry.verification.set_comparison import Limits
from tableferry.verification.unordered import compare_unordered
from tests.integration.verify.conftest import Pair
from tests.support.comparing import both_sides

pytestmark = pytest.mark.with_ledger

ROWS: Final = 400

KEYS: Final = {
    "number": ("ID int NOT NULL", "ID", "value * 3"),
    "guid": ("ID uniqueidentifier NOT NULL", "ID", "NEWID()"),
    "text": ("Code nvarchar(30) NOT NULL", "Code", "CONCAT(N'Straße ', value)"),
    "two": (
        "Area varchar(10) NOT NULL, ID int NOT NULL",
        "Area, ID",
        "CONCAT('area ', value % 7), value",
    ),
}

COLUMNS: Final = (
    "Name nvarchar(50), Amount decimal(12, 4), At datetime2(3), Data varbinary(20), Rate float, "
    "Flag bit NOT NULL, Note nvarchar(max)"
)

VALUES: Final = (
    "IIF(value % 5 = 0, NULL, CONCAT(N'name ', value)), value / 7.0, "
    "DATEADD(MINUTE, value, CAST('2024-02-29T12:00:00.125' AS datetime2(3))), "
    "CAST(value AS varbinary(8)), value / 3.0, value % 2, "
    "IIF(value % 3 = 0, NULL, REPLICATE(CAST(N'näh' AS nvarchar(max)), value % 40))"
)

DAMAGE: Final = {
    "Name": ["'x'", "NULL", "coalesce(name, '') || ' '", "upper(name)"],
    "Amount": ["0", "NULL", "amount + 0.0001", "-amount"],
    "At": ["NULL", "at + interval '1 ms'"],
    "Data": ["''::bytea", "data || '\\x00'::bytea"],
    "Rate": ["rate + 1e-12", "NULL"],
    "Flag": ["NOT flag"],
    "Note": ["NULL", "''", "note || 'x'"],
}
"""By column: expressions of the target. Some of them leave some values as they are."""

Found = set[tuple[str, tuple[str, ...], tuple[str, ...]]]


@pytest.fixture(params=KEYS)
def table(request: pytest.FixtureRequest, pair: Pair) -> tuple[Pair, str]:
    columns, key, values = KEYS[request.param]
    pair.source.run(f"CREATE TABLE dbo.T ({columns}, {COLUMNS}, PRIMARY KEY ({key}))")
    pair.source.run(f"INSERT INTO dbo.T SELECT {values}, {VALUES} FROM GENERATE_SERIES(1, {ROWS})")
    pair.load()
    return pair, key.lower()


def damage(pair: Pair, key: str, random: Random) -> None:
    """Delete rows of both sides, and alter some of the target."""
    keys = pair.target.rows(f"SELECT ctid::text FROM t ORDER BY {key}")
    for (row,) in random.sample(keys, 12):
        column = random.choice(list(DAMAGE))
        value = random.choice(DAMAGE[column])
        pair.target.run(f"UPDATE t SET {column.lower()} = {value} WHERE ctid = '{row}'")
    for _ in range(3):
        pair.target.run(
            "DELETE FROM t WHERE ctid = (SELECT ctid FROM t ORDER BY "
            f"hashtext(name || '{random.random()}') LIMIT 1)"
        )
    number = random.randrange(3, 50)
    pair.source.run(f"DELETE FROM dbo.T WHERE Name IN (N'name {number}', N'name {number + 7}')")


def oracle(pair: Pair) -> Found:
    """What differs, by comparing the objects that the drivers return."""
    settings = pair.source.settings(pair.target)
    with both_sides(pair.spec(), settings) as (plan, sides):
        rows = ObjectRows(plan.spec, plan.columns)
        with sides.open_source() as from_:
            source = rows.by_key(rows.of_source(from_))
        target = rows.by_key(rows.of_target(sides.into, "t"))
    found: Found = set()
    for key in source.keys() | target.keys():
        texts = tuple(map(str, key))
        if key not in target:
            found.add(("missing", texts, ()))
        elif key not in source:
            found.add(("extra", texts, ()))
        else:
            [ours], [theirs] = source[key], target[key]
            if columns := _differing(rows.names, ours, theirs):
                found.add(("different", texts, columns))
    return found


def _differing(names: list[str], source: Any, target: Any) -> tuple[str, ...]:
    pairs = zip(names, source, target, strict=True)
    return tuple(name for name, one, other in pairs if one != other)


def unordered_in_little_memory(*given: Any) -> Any:
    return compare_unordered(*given, limits=Limits(kept_bytes=4000, hashed_rows=60, row_reads=100))


@pytest.mark.parametrize("seed", range(2))
def test_comparisons_find_what_the_independent_one_finds(
    table: tuple[Pair, str], seed: int
) -> None:
    pair, key = table
    damage(pair, key, Random(seed))
    expected = oracle(pair)
    assert len(expected) > 5
    settings = pair.source.settings(pair.target)
    compares: list[Callable[..., Any]]
    compares = [compare_table, compare_unordered, unordered_in_little_memory]
    for compare in compares:
        with both_sides(pair.spec(), settings) as (plan, sides):
            found = compare(plan, sides)
        assert {(one.kind.value, one.key, one.columns) for one in found.kept} == expected
        assert found.total == len(expected)


def test_without_damage_none_of_them_finds_any(table: tuple[Pair, str]) -> None:
    pair, _ = table
    assert oracle(pair) == set()
    settings = pair.source.settings(pair.target)
    for compare in (compare_table, compare_unordered):
        with both_sides(pair.spec(), settings) as (plan, sides):
            assert compare(plan, sides).total == 0
