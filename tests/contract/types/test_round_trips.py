"""Values of every type, written as T-SQL, arrive in PostgreSQL unchanged."""

import random
import re
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from tableferry.runs.outcome import Status
from tableferry.typemap import RULES
from tests.contract.types.cases import CASES, Case
from tests.contract.types.conftest import Types, require_equal

ROWS_IN_A_STATEMENT = 500
"""SQL Server accepts 1000 rows in VALUES; fewer keep the statements short."""

ROWS = 180
ROWS_OF_MANY_COLUMNS = 20
"""Rows of the table that has a column for each type."""


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest, types: Types) -> Case:
    """A case whose source table exists and is empty."""
    chosen: Case = request.param
    types.run("DROP TABLE IF EXISTS dbo.T")
    if chosen.type == "dbo.Phone":
        types.run("DROP TYPE IF EXISTS dbo.Phone", "CREATE TYPE dbo.Phone FROM nvarchar(20)")
    types.run(f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V {chosen.type} NULL)")
    return chosen


def test_every_type_of_the_table_has_a_case_or_tests_of_its_own() -> None:
    """``test_policies`` covers rowversion, json and vector; an alias is its base type."""
    named = {re.match(r"\w+", case.type)[0] for case in CASES}  # type: ignore[index]
    assert set(RULES) - named == {"timestamp", "json", "vector"}
    assert named - set(RULES) == {"sysname", "dbo"}


def written(case: Case, value: Any) -> str:
    return "NULL" if value is None else case.written(value)


def insert(types: Types, case: Case, values: Sequence[Any]) -> None:
    rows = [f"({place}, {written(case, value)})" for place, value in enumerate(values)]
    for start in range(0, len(rows), ROWS_IN_A_STATEMENT):
        part = ", ".join(rows[start : start + ROWS_IN_A_STATEMENT])
        types.run(f"INSERT INTO dbo.T (ID, V) VALUES {part}")


def exact(value: Any) -> Any:
    """Return a float as its bits, which distinguish -0.0 from 0.0."""
    return struct.pack("<d", value) if isinstance(value, float) else value


def crosses(types: Types, case: Case, values: Sequence[Any]) -> None:
    insert(types, case, values)
    overrides = {"type_overrides": {"V": case.override}} if case.override else {}
    outcome = types.sync(**overrides)
    assert outcome.status is Status.OK, outcome.error
    found = types.found(f"v, {case.companion}" if case.companion else "v")
    kept = [None if v is None else case.kept(v) for v in values]
    assert [exact(row[0]) for row in found] == list(map(exact, kept))
    assert [type(row[0]) for row in found] == list(map(type, kept))
    if case.companion:
        second = [None if v is None else case.second(v) for v in values]
        assert [row[1] for row in found] == second
    require_equal(types.verify(**overrides), len(values))


def test_the_edges_of_every_type_arrive(types: Types, case: Case) -> None:
    crosses(types, case, [*case.edges, None])
    found = types.target.rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = 't'::regclass AND attname = 'v'"
    )
    assert found == [(case.becomes,)]


def any_values(case: Case, number: int) -> list[Any]:
    """Draw many distinct values, including NULL and the edges."""
    drawn: list[Any] = [None, *case.edges]

    @seed(number)
    @settings(max_examples=30, deadline=None, database=None, phases=[Phase.generate])
    @given(st.lists(case.values, min_size=10, max_size=20))
    def draw(values: list[Any]) -> None:
        drawn.extend(values)

    draw()
    return list({repr(value): value for value in drawn}.values())[:ROWS]


def together(types: Types, columns: Sequence[tuple[Case, list[Any]]]) -> None:
    """Create dbo.T with a column for each case, filled with its values from the first row on."""
    definitions = ", ".join(f"V{place} {case.type} NULL" for place, (case, _) in enumerate(columns))
    types.run(
        "DROP TABLE IF EXISTS dbo.T",
        "DROP TYPE IF EXISTS dbo.Phone",
        "CREATE TYPE dbo.Phone FROM nvarchar(20)",
        f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, {definitions})",
    )
    rows = []
    for row in range(ROWS):
        cells = [written(case, values[row % len(values)]) for case, values in columns]
        rows.append(f"({row}, {', '.join(cells)})")
    for start in range(0, ROWS, ROWS_OF_MANY_COLUMNS):
        part = ", ".join(rows[start : start + ROWS_OF_MANY_COLUMNS])
        types.run(f"INSERT INTO dbo.T VALUES {part}")


def test_many_values_of_every_type_arrive_side_by_side(types: Types) -> None:
    number = random.randrange(2**32)
    print(f"seed {number}")  # pytest shows it when the test fails
    columns = [(case, any_values(case, number)) for case in CASES]
    together(types, columns)
    names = [f"V{place}" for place in range(len(CASES))]
    entry = {
        "columns": ["ID", *names],
        "pg_columns": ["id", *map(str.lower, names)],
        "type_overrides": {n: c.override for n, c in zip(names, CASES, strict=True) if c.override},
    }
    outcome = types.sync(**entry)
    assert outcome.status is Status.OK, outcome.error
    require_equal(types.verify(**entry), ROWS)
    for name, (case, values) in zip(names, columns, strict=True):
        second = f", {name}{case.companion.removeprefix('v')}" if case.companion else ""
        found = types.found(f"{name}{second}")
        assert len(found) == ROWS
        for row, (value, *more) in enumerate(found):
            sent = values[row % len(values)]
            wanted = None if sent is None else case.kept(sent)
            same = (exact(value), type(value)) == (exact(wanted), type(wanted))
            assert same, f"{case}: {sent!r} became {value!r}"
            assert more == ([None if sent is None else case.second(sent)] if second else [])


def test_a_damaged_value_of_any_type_is_found_by_its_column(types: Types) -> None:
    columns = [(case, [None, *case.edges]) for case in CASES]
    together(types, columns)
    names = [f"V{place}" for place in range(len(CASES))]
    entry = {
        "columns": ["ID", *names],
        "pg_columns": ["id", *map(str.lower, names)],
        "type_overrides": {n: c.override for n, c in zip(names, CASES, strict=True) if c.override},
    }
    assert types.sync(**entry).status is Status.OK
    damaged = types.damage()
    companions = {
        f"v{place}{case.companion.removeprefix('v')}"
        for place, case in enumerate(CASES)
        if case.companion
    }
    assert {column for found in damaged.values() for column in found} == (
        {*map(str.lower, names), *companions}
    )
    verified = types.verify(**entry)
    found = {one.key[0]: {name.lower() for name in one.columns} for one in verified.kept}
    # A companion is of the same source column.
    assert found == {
        row: {column.split("_")[0] for column in damage} for row, damage in damaged.items()
    }


@pytest.mark.parametrize("type_", ["time(7)", "datetime2(7)", "datetimeoffset(7)"])
def test_the_values_that_lose_their_seventh_digit_are_counted(types: Types, type_: str) -> None:
    day = "" if type_.startswith("time") else "9999-12-30 "
    clocks = ["23:59:59.9999999", "00:00:00.0000001", "12:00:00.1234560", "12:00:00", None]
    types.run(
        "DROP TABLE IF EXISTS dbo.T",
        f"CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V {type_} NULL, W {type_} NULL)",
    )
    for place, clock in enumerate(clocks):
        value = "NULL" if clock is None else f"'{day}{clock}'"
        types.run(f"INSERT INTO dbo.T (ID, V, W) VALUES ({place}, {value}, NULL)")
    types.run(f"UPDATE dbo.T SET W = '{day}10:00:00.7654321' WHERE ID = 4")
    outcome = types.sync(columns=["ID", "V", "W"], pg_columns=["id", "v", "w"])
    assert outcome.status is Status.OK, outcome.error
    cut = "seventh digit cut off"
    assert outcome.to_dict()["touched"] == {"V": {cut: 2}, "W": {cut: 1}}
    assert outcome.losses
