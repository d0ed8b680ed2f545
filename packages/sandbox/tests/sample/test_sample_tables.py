"""The sample is deterministic, full of edge cases, and consistent with its declarations."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tableferry_sandbox.sample import (
    SAMPLE_TABLES,
    SampleColumn,
    SampleTable,
    bench_narrow,
    bench_wide,
    sample_table,
    table_configs,
)
from tableferry_sandbox.sample.awkward import LAST_TICK, text_units
from tableferry_sandbox.sample.row_numbers import RowRange
from tableferry_sandbox.sample.tables import parse_type
from tableferry_sandbox.sqltypes import MAX, SqlType

FIRST_BITS = [14400943876904789833, 11922757474363919646]
BOUNDS = {
    "smalldatetime": (dt.datetime(1900, 1, 1), dt.datetime(2079, 6, 6, 23, 59)),
    "datetime": (dt.datetime(1753, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 997_000)),
}
CONFIG_KEYS = {
    "db_type",
    "sql_server_db",
    "sql_table",
    "pg_table",
    "columns",
    "pg_columns",
    "primary_key",
    "order_by",
    "batch_size",
    "description",
}


def every_column() -> Iterator[tuple[SampleTable, SampleColumn]]:
    for table in SAMPLE_TABLES:
        for column in table.loaded_columns:
            yield table, column


def values(key: str, column: str) -> list[Any]:
    found: list[Any] = sample_table(key).rows()[column].to_pylist()
    return found


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return {table.config_key: table.rows() for table in SAMPLE_TABLES}


def test_the_sample_is_the_same_every_time(tables: dict[str, pa.Table]) -> None:
    for table in SAMPLE_TABLES:
        assert table.rows().equals(tables[table.config_key])


def test_a_random_number_of_a_row_never_changes_from_release_to_release() -> None:
    assert [int(bits) for bits in RowRange(0, 2, 7).bits()] == FIRST_BITS
    assert int(RowRange(1, 1, 7).bits()[0]) == FIRST_BITS[1]


def test_the_row_counts_follow_the_scale() -> None:
    counts = {table.config_key: table.rows().num_rows for table in SAMPLE_TABLES}
    assert counts == {
        "customer": 2_000,
        "mctm_module": 300,
        "voipdb_customer": 1_500,
        "voipdb_useragent": 5_000,
    }
    assert [table.rows(0.01).num_rows for table in SAMPLE_TABLES] == [20, 3, 15, 50]


@pytest.mark.parametrize("table", SAMPLE_TABLES, ids=lambda table: table.config_key)
def test_keys_are_unique_and_ascending(table: SampleTable, tables: dict[str, pa.Table]) -> None:
    keys = tables[table.config_key][table.primary_key].to_pylist()
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("table", SAMPLE_TABLES, ids=lambda table: table.config_key)
def test_the_rows_are_valid_and_null_only_where_declared(
    table: SampleTable, tables: dict[str, pa.Table]
) -> None:
    rows = tables[table.config_key]
    rows.validate(full=True)
    for column in table.loaded_columns:
        assert (rows[column.name].null_count > 0) == column.nullable, column.name


def test_texts_fit_their_declared_lengths_and_code_pages(tables: dict[str, pa.Table]) -> None:
    checked = 0
    for table, column in every_column():
        if not pa.types.is_large_string(tables[table.config_key][column.name].type):
            continue
        sql_type = column.type
        for text in tables[table.config_key][column.name].to_pylist():
            if text is None or sql_type.name == "xml":
                continue
            checked += 1
            units = text_units(text, sql_type)
            if sql_type.name in {"char", "nchar"}:
                assert units == sql_type.length, (column.name, text)
            elif sql_type.length != MAX:
                assert units <= sql_type.length, (column.name, text)
    assert checked > 10_000


def test_binaries_fit_their_declared_lengths(tables: dict[str, pa.Table]) -> None:
    hashes = [data for data in tables["mctm_module"]["PackageHash"].to_pylist() if data is not None]
    assert max(map(len, hashes)) == 64
    macs = {len(d) for d in tables["voipdb_useragent"]["MacAddress"].to_pylist() if d is not None}
    assert macs == {6}


def test_points_in_time_stay_in_their_types_ranges_and_precisions(
    tables: dict[str, pa.Table],
) -> None:
    for table, column in every_column():
        array = tables[table.config_key][column.name].combine_chunks().drop_null()
        sql_type = column.type
        if sql_type.name == "datetimeoffset":
            offset_ticks = pc.multiply(array.field("offset").cast(pa.int64()), 600_000_000)
            local = pc.add(array.field("utc"), offset_ticks)
            assert within(local, 0, LAST_TICK)
            array = array.field("utc")
        if sql_type.name in {"datetimeoffset", "datetime2"}:
            assert within(array, 0, LAST_TICK)
            assert all(tick % 10 ** (7 - sql_type.scale) == 0 for tick in array.to_pylist())
        if sql_type.name in BOUNDS:
            low, high = (to_ticks(bound) for bound in BOUNDS[sql_type.name])
            assert within(array, low, high)


def test_a_datetime_lies_on_a_tick_of_its_clock_of_300_a_second() -> None:
    endings = {t % 100_000 for t in values("voipdb_customer", "ActivatedAt") if t is not None}
    assert endings == {0, 33_333, 66_667}


def test_the_extremes_of_the_types_are_in_the_sample() -> None:
    lifetime = values("customer", "LifetimeValue")
    assert Decimal("9" * 28 + "." + "9" * 10) in lifetime
    assert Decimal("-922337203685477.5808") in values("customer", "CreditLimit")
    assert {0, LAST_TICK} <= set(values("customer", "CreatedAt"))
    assert {dt.date(1, 1, 1), dt.date(9999, 12, 31)} <= set(values("customer", "ContractStart"))
    assert 864_000_000_000 - 1 in values("mctm_module", "MaintenanceAt")
    assert {-(2**63), 2**63 - 1} <= set(values("voipdb_useragent", "CallCount"))
    scores = [score for score in values("customer", "RiskScore") if score == 0]
    assert {str(score) for score in scores} == {"0.0", "-0.0"}


@pytest.mark.parametrize(
    "text",
    ["", "\\.", "\\N", "NULL", "tab\there\t", "both\r\nof them\r\n", 'said "hello"', "Привет, мир"],
)
def test_awkward_texts_occur_at_the_beginning_and_in_the_middle(text: str) -> None:
    places = [n for n, name in enumerate(values("customer", "CompanyName")) if name == text]
    assert any(place < 40 for place in places)
    assert any(1_000 <= place < 1_040 for place in places)


def test_postgresql_can_store_every_value_of_the_sample(
    tables: dict[str, pa.Table],
) -> None:
    for table, column in every_column():
        array = tables[table.config_key][column.name]
        if pa.types.is_large_string(array.type):
            assert not pc.any(pc.match_substring(array, "\0")).as_py()
            assert not pc.any(pc.match_substring_regex(array, "[\U0010d800-\U0010dfff]")).as_py()


def test_the_configs_have_exactly_the_documented_form() -> None:
    configs = table_configs()
    assert list(configs) == ["customer", "mctm_module", "voipdb_customer", "voipdb_useragent"]
    for table, entry in zip(SAMPLE_TABLES, configs.values(), strict=True):
        assert set(entry) == CONFIG_KEYS
        assert entry["columns"] == [column.name for column in table.columns]
        assert 8 <= len(entry["columns"]) == len(entry["pg_columns"]) <= 16
        assert len(set(entry["pg_columns"])) == len(entry["pg_columns"])
    customer = configs["customer"]
    assert customer["sql_table"] == "[McTM].[dbo].[Customer]"
    assert customer["db_type"] == "mctm"
    assert customer["pg_columns"][:2] == ["customer_id", "company_name"]
    assert configs["voipdb_useragent"]["pg_columns"][0] == "user_agent_id"


def test_the_configs_are_fresh_each_time() -> None:
    table_configs()["customer"]["columns"].clear()
    assert table_configs()["customer"]["columns"]


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("int IDENTITY(1,1) NOT NULL", SqlType("int")),
        ("decimal(9,4) NULL", SqlType("decimal", precision=9, scale=4)),
        ("datetime2 NULL", SqlType("datetime2", scale=7)),
        ("time(0) NULL", SqlType("time", scale=0)),
        ("varbinary(max) NULL", SqlType("varbinary", length=MAX)),
        ("rowversion NOT NULL", SqlType("timestamp", length=8)),
    ],
)
def test_a_declaration_begins_with_its_type(declaration: str, expected: SqlType) -> None:
    assert parse_type(declaration) == expected


def test_a_benchmark_table_does_not_depend_on_the_batch_size() -> None:
    bench = bench_narrow(1_000)
    whole = pa.Table.from_batches(bench.batches())
    pieces = pa.Table.from_batches(bench.batches(batch_rows=77))
    assert whole.num_rows == 1_000
    assert whole.equals(pieces.combine_chunks())
    assert len(whole.column_names) == 9


def test_the_wide_benchmark_table_has_forty_columns_and_nulls_in_every_other() -> None:
    wide = pa.Table.from_batches(bench_wide(2_000).batches())
    wide.validate(full=True)
    assert wide.num_columns == 40
    assert sum(column.null_count > 0 for column in wide.columns) == 19


def within(array: pa.Array, low: int, high: int) -> bool:
    bounds = pc.min_max(array).as_py()
    return bool(low <= bounds["min"] and bounds["max"] <= high)


def to_ticks(moment: dt.datetime) -> int:
    return (moment - dt.datetime(1, 1, 1)) // dt.timedelta(microseconds=1) * 10
