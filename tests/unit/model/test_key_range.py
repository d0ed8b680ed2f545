"""Key ranges: their T-SQL, their JSON, and what is refused."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableferry.errors import ConfigError, SchemaError, VerificationError
from tableferry.model.key_range import (
    WHOLE_TABLE,
    KeyColumn,
    KeyRange,
    key_problems,
    ranges_between,
)
from tableferry.model.literals import (
    LITERAL_FORMATS,
    exact_text,
    has_exact_text,
    is_exact_text,
    tsql_literal,
)
from tableferry.model.schema import UNLIMITED, Isolation, SourceColumn, SourceSchema, SourceType
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.sqlserver.chunk_bounds import ChunkBoundsCheck
from tests.support.specs import planned, spec

INT = SourceType("int", 4, 10)
NAME = SourceType("nvarchar", 40)
ID = KeyColumn("ID", INT)
CODE = KeyColumn("Code", NAME, "Latin1_General_CI_AS")
FLOAT = SourceType("float", 8, 53)


def plan(**changes: Any) -> SyncPlan:
    source = SourceSchema((SourceColumn("ID", INT, False), SourceColumn("Name", NAME)))
    return plan_table(
        spec(**changes), source, None, strategies=STRATEGIES, isolation=Isolation(snapshot=True)
    )


def test_one_column_is_compared_with_typed_literals() -> None:
    middle = KeyRange((ID,), ("-7",), ("12",))
    assert middle.condition == "t.[ID] >= CAST(-7 AS int) AND t.[ID] < CAST(12 AS int)"


def test_the_range_open_below_includes_null_keys() -> None:
    assert KeyRange((ID,), None, ("5",)).condition == "(t.[ID] < CAST(5 AS int) OR t.[ID] IS NULL)"
    assert "NULL" not in KeyRange((ID,), ("5",), None).condition
    assert WHOLE_TABLE.condition == ""


def test_a_two_column_range_starts_with_a_condition_that_an_index_can_seek() -> None:
    keys = KeyRange((ID, CODE), ("1", "0x6100"), ("2", "0x6200"))
    a = "CAST(0x6100 AS nvarchar(20)) COLLATE Latin1_General_CI_AS"
    b = "CAST(0x6200 AS nvarchar(20)) COLLATE Latin1_General_CI_AS"
    assert keys.condition == (
        f"t.[ID] >= CAST(1 AS int) AND (t.[ID] > CAST(1 AS int) OR (t.[Code] >= {a})) AND "
        f"t.[ID] <= CAST(2 AS int) AND (t.[ID] < CAST(2 AS int) OR (t.[Code] < {b} OR "
        "t.[Code] IS NULL))"
    )


def test_the_ranges_between_bounds_are_adjacent_and_open_at_both_ends() -> None:
    ranges = ranges_between((ID,), [("1",), ("5",)])
    assert [(r.low, r.high) for r in ranges] == [
        (None, ("1",)),
        (("1",), ("5",)),
        (("5",), None),
    ]
    assert [(r.low, r.high) for r in ranges_between((ID,), [])] == [(None, None)]


@pytest.mark.parametrize(
    ("kind", "text", "sql"),
    [
        (SourceType("bigint", 8, 19), "-9223372036854775808",
         "CAST(-9223372036854775808 AS bigint)"),
        (SourceType("decimal", 17, 38, 10), "1.50", "CAST('1.50' AS decimal(38,10))"),
        (SourceType("datetime2", 8, 27, 7), "2024-02-29T23:59:59.1234567",
         "CAST('2024-02-29T23:59:59.1234567' AS datetime2(7))"),
        (SourceType("varchar", 20), "0xE900",
         "CAST(CAST(0xE900 AS nvarchar(20)) COLLATE X AS varchar(20)) COLLATE X"),
        (SourceType("nchar", 10), "0x", "CAST(0x AS nchar(5)) COLLATE X"),
        (SourceType("varbinary", 6), "0x00FF", "CAST(0x00FF AS varbinary(6))"),
        (SourceType("timestamp", 8), "0x00000000000007D1", "CAST(0x00000000000007D1 AS binary(8))"),
    ],
)  # fmt: skip
def test_a_literal_has_the_columns_own_type(kind: SourceType, text: str, sql: str) -> None:
    assert is_exact_text(kind, text)
    assert tsql_literal(kind, text, "X" if kind.name.endswith("char") else "") == sql
    assert exact_text(kind, "t.[a]").count("t.[a]") == 1


@pytest.mark.parametrize("name", LITERAL_FORMATS)
@pytest.mark.parametrize(
    "text",
    ["", "1'", "1)--", "0x6", "x", "1; DROP TABLE t", "1\n", "\u0661", None, 1, "0x61 OR 1=1"],
)
def test_a_text_that_is_not_exact_never_becomes_sql(name: str, text: object) -> None:
    assert not is_exact_text(SourceType(name, 8), text)


def test_floats_and_texts_of_any_length_have_no_exact_literal() -> None:
    assert not has_exact_text(FLOAT)
    assert not has_exact_text(SourceType("sql_variant", 8016))
    assert not has_exact_text(SourceType("nvarchar", UNLIMITED))
    assert not has_exact_text(SourceType("varchar", 8000))
    assert has_exact_text(SourceType("nvarchar", 8000))


TEXTS = st.text(max_size=5).map(lambda text: "0x" + text.encode("utf-16-le").hex().upper())
BOUNDS = st.none() | st.tuples(st.integers(-(2**31), 2**31 - 1).map(str), TEXTS)


@given(
    low=BOUNDS, high=BOUNDS, name=st.text(min_size=1, max_size=4).filter(lambda n: "\0" not in n)
)
def test_a_range_survives_json(low: Any, high: Any, name: str) -> None:
    keys = KeyRange((KeyColumn(name, INT), CODE), low, high)
    text = keys.to_json()
    assert text.isascii()
    assert KeyRange.from_json(text) == keys
    assert KeyRange.from_dict(json.loads(json.dumps(keys.to_dict()))) == keys


RIGHT: dict[str, Any] = {"key": [["ID", "int", 4, 10, 0, ""]], "low": ["1"], "high": None}


def test_the_json_of_a_whole_table_is_read() -> None:
    assert KeyRange.from_dict(WHOLE_TABLE.to_dict()) == WHOLE_TABLE
    assert KeyRange.from_dict(RIGHT) == KeyRange((ID,), ("1",), None)


@pytest.mark.parametrize(
    "form",
    [
        None,
        [],
        {},
        {"key": [], "low": ["1"], "high": None},
        {**RIGHT, "low": []},
        {**RIGHT, "low": ["1", "2"]},
        {**RIGHT, "low": "1"},
        {**RIGHT, "low": [1]},
        {**RIGHT, "low": ["canary' OR 1=1 --"]},
        {**RIGHT, "key": [["ID", "float", 8, 53, 0, ""]]},
        {**RIGHT, "key": [["ID", "int", 4, 10, ""]]},
        {**RIGHT, "key": [["ID", "int", "4", 10, 0, ""]]},
        {**RIGHT, "key": [["ID", "int", True, 10, 0, ""]]},
        {**RIGHT, "key": [["ID", "decimal", 5, -1, 0, ""]]},
        {**RIGHT, "key": [["", "int", 4, 10, 0, ""]]},
        {**RIGHT, "key": [["ID", "nvarchar", 40, 0, 0, "X; DROP TABLE t"]], "low": ["0x"]},
        {**RIGHT, "key": "ID"},
    ],
)
def test_an_invalid_range_is_refused_without_quoting_it(form: object) -> None:
    with pytest.raises(ConfigError) as raised:
        KeyRange.from_dict(form)
    assert "canary" not in raised.value.message
    with pytest.raises(ConfigError):
        KeyRange.from_json(json.dumps(form))


def test_a_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(ConfigError):
        KeyRange.from_json("canary")


def test_the_select_of_a_chunk_combines_its_range_with_where() -> None:
    planned = plan(where="1 = 1 OR 2 = 2 -- all")
    keys = KeyRange((ID,), ("3",), None)
    assert planned.chunk(keys) == planned.select + " AND (t.[ID] >= CAST(3 AS int))"
    assert planned.chunk(WHOLE_TABLE) == planned.select
    assert "NOLOCK" not in planned.chunk(keys)


def test_a_range_of_another_key_than_the_plans_is_refused() -> None:
    for keys in [(CODE,), (ID, CODE), (KeyColumn("ID", SourceType("bigint", 8, 19)),)]:
        bound = ("0x",) if keys == (CODE,) else ("1", "0x")[: len(keys)]
        with pytest.raises(SchemaError, match="not the one that its chunks were cut along"):
            plan().chunk(KeyRange(keys, bound, None))


def test_chunks_without_a_key_are_refused_in_the_plan() -> None:
    with pytest.raises(SchemaError, match="'chunks' needs a key"):
        plan(primary_key=(), chunks=2)
    assert plan(primary_key=()).key == ()


def test_chunks_along_a_column_without_exact_literals_are_refused_by_name() -> None:
    source = SourceSchema((SourceColumn("ID", FLOAT, False), SourceColumn("Name", NAME)))
    with pytest.raises(SchemaError, match=r"'ID': float\(53\) has no exact literal"):
        plan_table(
            spec(chunks=2), source, None, strategies=STRATEGIES, isolation=Isolation(snapshot=True)
        )
    assert key_problems([SourceColumn("ID", INT)]) == []


def within(keys: KeyRange, *values: int | None, kind: SourceType = INT) -> None:
    """Check a batch of keys, in a column of this type, against a range."""
    column = planned("ID", kind)
    batch = pa.RecordBatch.from_arrays([pa.array(values, pa.int32())], names=["id"])
    ChunkBoundsCheck([planned("Other", NAME), column], keys).check(
        pa.RecordBatch.from_arrays([pa.nulls(len(values)), batch.column(0)], names=["o", "id"])
    )


@pytest.mark.parametrize(
    ("key", "values"),
    [((ID,), (4,)), ((ID,), (5, 9)), ((ID, CODE), (10,)), ((ID, CODE), (4, 6))],
)
def test_rows_of_another_chunk_are_an_error(key: Any, values: tuple[int, ...]) -> None:
    low, high = ("5", "0x")[: len(key)], ("9", "0x")[: len(key)]
    with pytest.raises(VerificationError, match="another chunk"):
        within(KeyRange(key, low, high), *values)


def test_rows_of_the_chunk_pass_and_so_do_those_that_only_the_source_can_compare() -> None:
    within(KeyRange((ID,), ("5",), ("9",)), 5, 8)
    within(KeyRange((ID,), None, ("9",)), None, -8)
    within(KeyRange((ID,), None, ("9",)), None)
    within(KeyRange((ID, CODE), ("5", "0x"), ("9", "0x61")), 5, 9)
    within(KeyRange((CODE, ID), ("0x", "5"), ("0x", "6")), 1)
    within(WHOLE_TABLE, 1)
