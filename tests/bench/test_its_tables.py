"""The benchmark's tables."""

from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import tables
from bench.errors import NotInstalledError
from bench.tables import lineitem, made, numbered
from bench.workload import Workload
from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.sample import load_bench

OWN = [name for name in tables.MAKERS if name != "LineItem"]


@pytest.mark.parametrize("name", OWN)
def test_a_table_can_be_made_by_its_name_and_served(name: str) -> None:
    bench = made(name, 30)
    assert bench.table.name == name
    with closing(Server()) as engine:
        load_bench(engine, bench)
        found = engine.database("Bench").query(f"SELECT * FROM dbo.{name}")
    assert found.num_rows == 30


def test_a_number_makes_a_table_of_its_own_with_the_same_rows() -> None:
    second = numbered(made("Small", 5), 2)
    again = made("Small_2", 5)
    for one in (second, again):
        assert (one.table.name, one.table.pg_table) == ("Small_2", "bench_small_2")
        assert list(one.batches()) == list(made("Small", 5).batches())


def test_short_values_are_the_same_in_bounded_columns_and_in_max_columns() -> None:
    bounded, unlimited = made("BoundedTexts", 50), made("ShortMaxTexts", 50)
    assert [batch.to_pydict() for batch in bounded.batches()] == [
        batch.to_pydict() for batch in unlimited.batches()
    ]
    assert all("(200)" in one.declaration for one in bounded.table.columns[1:])
    assert all("(max)" in one.declaration for one in unlimited.table.columns[1:])


@pytest.mark.parametrize(("name", "size"), [("Lob10k", 10_000), ("Lob1m", 1_000_000)])
def test_a_large_value_has_the_size_that_its_table_says(name: str, size: int) -> None:
    (batch,) = made(name, 1).batches()
    (row,) = batch.to_pylist()
    assert 2 * len(row["Body"]) + len(row["Image"]) == size


def test_lineitem_has_the_first_rows_of_the_generators_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generator is replaced by one that writes as it does: texts as views, not padded."""
    one = {
        "bigint": pa.array([1, 2, 3], pa.int64()),
        "int": pa.array([1, 2, 3], pa.int32()),
        "decimal(15,2)": pa.array([1, 2, 3], pa.decimal128(15, 2)),
        "date": pa.array([1, 2, 3], pa.date32()),
    }
    text = pa.array(["A", "B", "b"], pa.string_view())
    columns = {name: one.get(declaration, text) for name, declaration in lineitem._COLUMNS.items()}
    file = tmp_path / "lineitem.parquet"
    pq.write_table(pa.table(columns), file)
    monkeypatch.setattr(lineitem, "_generated", lambda *_: file)
    bench = made("LineItem", 2)
    (batch,) = bench.batches()
    assert batch.num_rows == 2
    assert batch["l_shipmode"].to_pylist() == ["A         ", "B         "]
    assert batch["l_comment"].to_pylist() == ["A", "B"]
    with closing(Server()) as engine:
        load_bench(engine, bench)
        assert engine.database("Bench").query("SELECT * FROM dbo.LineItem").num_rows == 2


def test_the_key_of_lineitem_has_both_of_its_columns() -> None:
    entry = Workload.of(made("LineItem", 1), {}, {})
    assert entry.spec.primary_key == ("l_orderkey", "l_linenumber")


def test_without_the_generator_lineitem_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(NotInstalledError, match="pip install tpchgen-cli"):
        list(made("LineItem", 1).batches())
