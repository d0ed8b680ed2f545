"""The sandbox returns the sample exactly as it was loaded, in the physical form."""

import math
from typing import Any

import pyarrow as pa
import pytest

from tableferry_sandbox.events import LoginRequest, ResultSet
from tableferry_sandbox.sample import (
    SAMPLE_TABLES,
    SampleTable,
    bench_narrow,
    bench_wide,
    load_bench,
)
from tableferry_sandbox.testing import SqlServer


def read(sandbox: SqlServer, table: SampleTable) -> tuple[list[Any], pa.Table]:
    """Return the columns and the rows of a table, in key order."""
    session = sandbox.engine.login(LoginRequest(sandbox.user, sandbox.password, table.database))
    query = f"SELECT * FROM [dbo].[{table.name}] ORDER BY [{table.primary_key}]"
    try:
        for event in session.execute(query):
            if isinstance(event, ResultSet):
                return list(event.columns), pa.Table.from_batches(list(event.batches))
    finally:
        session.close()
    raise AssertionError("the query gave no result set")


def same(left: Any, right: Any) -> bool:
    """Return whether two values are equal, the sign of a zero included."""
    if isinstance(left, float) and isinstance(right, float):
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    return bool(left == right)


@pytest.mark.parametrize("table", SAMPLE_TABLES, ids=lambda table: table.config_key)
def test_every_value_comes_back_as_it_was_loaded(
    sample_sandbox: SqlServer, table: SampleTable
) -> None:
    loaded = table.rows()
    _, served = read(sample_sandbox, table)
    assert served.num_rows == loaded.num_rows
    for name in loaded.column_names:
        pairs = zip(loaded[name].to_pylist(), served[name].to_pylist(), strict=True)
        different = [(row, *pair) for row, pair in enumerate(pairs) if not same(*pair)]
        assert different == [], name


@pytest.mark.parametrize("table", SAMPLE_TABLES, ids=lambda table: table.config_key)
def test_the_columns_come_back_with_their_declared_types(
    sample_sandbox: SqlServer, table: SampleTable
) -> None:
    columns, _ = read(sample_sandbox, table)
    assert [column.name for column in columns] == [column.name for column in table.columns]
    for column, declared in zip(columns, table.columns, strict=True):
        assert column.type.name == declared.type.name
        assert column.nullable == declared.nullable
        if column.type.name in {"char", "varchar", "nchar", "nvarchar", "binary", "varbinary"}:
            assert column.type.length == declared.type.length
        if column.type.name in {"decimal", "time", "datetime2", "datetimeoffset"}:
            assert column.type.scale == declared.type.scale


def test_rowversions_are_eight_bytes_and_unique(sample_sandbox: SqlServer) -> None:
    _, customers = read(sample_sandbox, SAMPLE_TABLES[0])
    versions = customers["RowVer"].to_pylist()
    assert {len(version) for version in versions} == {8}
    assert len(set(versions)) == 2_000


@pytest.mark.parametrize("bench", [bench_narrow(3_000), bench_wide(3_000)], ids=["narrow", "wide"])
def test_a_benchmark_table_is_served_as_it_was_made(sandbox: SqlServer, bench: Any) -> None:
    load_bench(sandbox.engine, bench)
    _, served = read(sandbox, bench.table)
    made = pa.Table.from_batches(bench.batches())
    assert served.to_pylist() == made.to_pylist()
