"""What happens while a comparison reads, and how it ends before its end."""

import pytest

from tableferry import sqlserver
from tableferry.errors import DeadlineError, VerificationError
from tableferry.verification.compare_table import compare_table
from tableferry.verification.sides import Sides
from tests.integration.verify.conftest import ROWS, Pair
from tests.support.comparing import both_sides, summary

pytestmark = pytest.mark.with_ledger


def test_the_target_is_compared_as_it_was_at_one_moment(loaded: Pair) -> None:
    """Rows that are damaged, removed or added while it reads are those of the next one."""
    settings = loaded.source.settings(loaded.target)
    with both_sides(loaded.spec(), settings) as (plan, sides):
        assert sides.into.rows("SELECT count(*) FROM t") == [(ROWS,)]
        loaded.target.run(
            "UPDATE t SET name = 'damaged' WHERE id = 4999",
            "DELETE FROM t WHERE id = 2500",
            "INSERT INTO t VALUES (9999, 'extra', 0)",
        )
        assert compare_table(plan, sides).total == 0
    assert len(loaded.compare().kept) == 3


def test_a_row_that_the_source_changes_meanwhile_is_a_difference_by_its_key(loaded: Pair) -> None:
    """Asking again for such keys is what a verification does afterwards."""
    settings = loaded.source.settings(loaded.target)

    def changed_source() -> sqlserver.SourceConnection:
        loaded.source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID = 4000")
        return sqlserver.connect(settings.sources["mctm"])

    with both_sides(loaded.spec(), settings) as (plan, sides):
        found = compare_table(plan, Sides(changed_source, sides.into, sides.check))
    assert summary(found) == [("different", ("4000",), ("Name",))]


@pytest.mark.parametrize("asked", [1, 3, 6])
def test_it_ends_where_it_is_time_to_and_the_targets_transaction_lives_on(
    loaded: Pair, asked: int
) -> None:
    times = iter(range(1000))

    def check() -> None:
        if next(times) >= asked:
            raise DeadlineError("time is up")

    settings = loaded.source.settings(loaded.target)
    with both_sides(loaded.spec(batch_size=200), settings, check) as (plan, sides):
        before = sides.into.rows("SELECT pg_current_snapshot()::text")
        with pytest.raises(DeadlineError):
            compare_table(plan, sides)
        assert sides.into.rows("SELECT pg_current_snapshot()::text") == before


def test_a_table_that_is_gone_is_an_error_of_the_target(loaded: Pair) -> None:
    settings = loaded.source.settings(loaded.target)
    with both_sides(loaded.spec(), settings) as (plan, sides):
        loaded.target.run("DROP TABLE t")
        with pytest.raises(Exception, match="no longer exists"):
            compare_table(plan, sides)


def test_texts_that_the_driver_may_have_altered_are_read_again_as_bytes(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, N'a'), (2, NCHAR(0xFFFD)), (3, N'я')")
    pair.load()
    assert pair.compare().total == 0
    pair.target.run("UPDATE t SET name = '?' WHERE id = 2")
    assert summary(pair.compare()) == [("different", ("2",), ("Name",))]


def test_a_key_that_is_not_one_is_compared_as_a_set(pair: Pair) -> None:
    """The entry names a key by which the rows do not ascend: there are two of one key, or NULL."""
    pair.source.run("CREATE TABLE dbo.T (ID int, Name nvarchar(20))")
    pair.source.run("INSERT INTO dbo.T VALUES (1, N'a'), (1, N'b'), (2, N'c'), (NULL, N'd')")
    pair.target.run("CREATE TABLE t (id int, name text)")
    changes = {"primary_key": "ID", "publish": "truncate"}
    pair.load(**changes)
    assert pair.compare(**changes).total == 0
    pair.target.run("UPDATE t SET name = 'B' WHERE name = 'b'")
    found = pair.compare(**changes)
    assert found.source_rows == found.target_rows == 4
    assert found.total > 0
    assert {one.key for one in found.kept} == {("1",)}


def test_a_part_of_a_table_that_is_not_sorted_cannot_be_compared_by_itself(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (ID int, Name nvarchar(20))")
    pair.source.run("INSERT INTO dbo.T SELECT value / 2, N'a' FROM GENERATE_SERIES(1, 100)")
    pair.target.run("CREATE TABLE t (id int, name text)")
    changes = {"primary_key": "ID", "publish": "truncate"}
    pair.load(**changes)
    settings = pair.source.settings(pair.target)
    with both_sides(pair.spec(**changes), settings) as (plan, sides):
        with sides.open_source() as connection:
            ranges = sqlserver.split_table(connection, plan, 4).ranges
        assert compare_table(plan, sides, ranges).total == 0
        with pytest.raises(VerificationError, match="cannot be compared by itself"):
            compare_table(plan, sides, ranges[:2])
