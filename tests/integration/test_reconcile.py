"""``deletes: reconcile``: rows whose keys only the target has are deleted, and no others.

The mode is one that only these tests know: it reads what changed, and compares the keys each time.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.config import TableSpec
from tableferry.modes import MODES
from tableferry.postgres.publish import absent_keys
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tableferry.transfer import reconcile
from tests.integration.conftest import Sandbox
from tests.support.compared_mode import Compared, compared_spec
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

ROWS = 200


@dataclass(frozen=True)
class Table:
    """One table on both sides, whose columns are its key, ``Name`` and ``Version``."""

    source: Sandbox
    target: PgDatabase
    key: tuple[str, ...]

    def spec(self, share: int, **changes: Any) -> TableSpec:
        columns = [*self.key, "Name", "Version"]
        given = {
            "sql_table": "dbo.T",
            "pg_table": "t",
            "publish": "merge",
            "order_by": None,
            "primary_key": list(self.key),
            "columns": columns,
            "pg_columns": [name.lower() for name in columns],
        }
        return compared_spec(entry(**{**given, **changes}), share)

    def try_sync(self, share: int = 50, **changes: Any) -> TableOutcome:
        return sync_table(self.spec(share, **changes), self.source.settings(self.target))

    def sync(self, share: int = 50, **changes: Any) -> TableOutcome:
        outcome = self.try_sync(share, **changes)
        assert outcome.status is Status.OK, outcome.error
        return outcome

    def names(self) -> list[Any]:
        """The names in the target, which are unique, in order."""
        return [name for (name,) in self.target.rows("SELECT name FROM t ORDER BY name")]

    def source_names(self) -> list[Any]:
        """Those in the source, by another driver."""
        return sorted(name for (name,) in self.source.rows("SELECT Name FROM dbo.T"))


@pytest.fixture
def make(sandbox: Sandbox, pg_database: PgDatabase, monkeypatch: Any) -> Iterator[Any]:
    monkeypatch.setitem(MODES, "compared", Compared())

    def make(columns: str, key: str, rows: str) -> Table:
        sandbox.run(
            f"CREATE TABLE dbo.T ({columns}, Name nvarchar(20), Version int NOT NULL, "
            f"PRIMARY KEY ({key}))"
        )
        sandbox.run(f"INSERT INTO dbo.T {rows}")
        table = Table(sandbox, pg_database, tuple(key.split(", ")))
        table.sync()
        return table

    yield make
    sandbox.run("DROP TABLE dbo.T")


@pytest.fixture
def table(make: Callable[..., Table]) -> Table:
    return make(
        "ID int NOT NULL",
        "ID",
        f"SELECT value, CONCAT(N'name ', value), 1 FROM GENERATE_SERIES(1, {ROWS})",
    )


CONSISTENCY = pytest.mark.parametrize("consistency", ["snapshot", "read_committed"])


@CONSISTENCY
def test_rows_that_the_source_no_longer_has_are_deleted_with_the_changes(
    table: Table, consistency: str
) -> None:
    table.source.run("DELETE FROM dbo.T WHERE ID IN (1, 7, 8, 200)")
    table.source.run("UPDATE dbo.T SET Name = N'changed', Version = 2 WHERE ID = 9")
    table.source.run("INSERT INTO dbo.T VALUES (201, N'new', 2)")
    outcome = table.sync(consistency=consistency)
    assert outcome.changes == {"inserted": 1, "updated": 1, "deleted": 4, "unchanged": 0}
    assert outcome.reconciled == {"compared": ROWS - 3, "deleted": 4}
    assert outcome.to_dict()["reconciled"] == {"compared": ROWS - 3, "deleted": 4}
    assert table.names() == table.source_names()
    assert table.target.rows("SELECT relname FROM pg_class WHERE relname LIKE 'staging%'") == []


@CONSISTENCY
def test_a_source_that_lost_no_rows_deletes_none(table: Table, consistency: str) -> None:
    outcome = table.sync(consistency=consistency)
    assert outcome.reconciled == {"compared": ROWS, "deleted": 0}
    assert outcome.changes["deleted"] == 0


KEYS = {
    "bigint": ("K bigint NOT NULL", "K", "value * 3000000000"),
    "integers": ("A smallint NOT NULL, B bigint NOT NULL", "A, B", "value % 7, -value"),
    "text": ("K nvarchar(20) NOT NULL", "K", "CONCAT(N'Schlüssel 🔑 ', value)"),
    "padded": ("K char(12) NOT NULL", "K", "CONCAT('k', value)"),
    "guid": ("K uniqueidentifier NOT NULL", "K",
             "CAST(CAST(value AS binary(16)) AS uniqueidentifier)"),
    "moment": ("K datetime2(7) NOT NULL", "K",
               "DATEADD(SECOND, value, CAST('2026-01-01T00:00:00.1234560' AS datetime2(7)))"),
    "money": ("K money NOT NULL", "K", "value / 4.0"),
    "mixed": ("A date NOT NULL, B varchar(9) NOT NULL", "A, B",
              "DATEADD(DAY, value % 5, '2024-02-27'), CONCAT('b', value)"),
}  # fmt: skip


@CONSISTENCY
@pytest.mark.parametrize("key", KEYS)
def test_a_key_of_any_type_is_followed(
    make: Callable[..., Table], key: str, consistency: str
) -> None:
    columns, names, values = KEYS[key]
    table = make(
        columns, names, f"SELECT {values}, CONCAT(N'n', value), 1 FROM GENERATE_SERIES(1, {ROWS})"
    )
    table.source.run("DELETE FROM dbo.T WHERE Name LIKE N'n1_'")
    outcome = table.sync(consistency=consistency)
    assert outcome.reconciled == {"compared": ROWS - 10, "deleted": 10}
    assert table.names() == table.source_names()


def test_a_row_that_where_no_longer_asks_for_is_deleted(table: Table) -> None:
    table.sync(where="Name LIKE N'name%'")
    table.source.run("UPDATE dbo.T SET Name = N'other' WHERE ID = 5")
    outcome = table.sync(where="Name LIKE N'name%'")
    assert outcome.reconciled == {"compared": ROWS - 1, "deleted": 1}
    assert table.target.rows("SELECT FROM t WHERE id = 5") == []


def test_a_row_that_somebody_has_added_to_the_target_is_deleted(table: Table) -> None:
    table.target.run("INSERT INTO t VALUES (9999, 'by hand', 1), (-1, 'by hand', 1)")
    assert table.sync().changes["deleted"] == 2
    assert table.names() == table.source_names()


def test_a_table_without_an_index_on_the_key_is_compared_as_well(table: Table) -> None:
    table.target.run("ALTER TABLE t DROP CONSTRAINT t_pkey")
    table.source.run("DELETE FROM dbo.T WHERE ID > 190")
    assert table.sync().changes["deleted"] == 10
    assert table.names() == table.source_names()


def test_blocks_and_pages_that_do_not_come_out_even_lose_no_key(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absent_keys, "BLOCK_KEYS", 7)
    monkeypatch.setattr(reconcile, "KEYS_AT_ONCE", 5)
    monkeypatch.setattr(sqlserver, "KEYS_PER_SELECT", 2)
    table.source.run("DELETE FROM dbo.T WHERE ID % 9 = 0 OR ID BETWEEN 50 AND 71")
    assert table.sync(consistency="read_committed").reconciled["deleted"] == 42
    assert table.names() == table.source_names()


@CONSISTENCY
def test_more_deletions_than_are_allowed_change_nothing(table: Table, consistency: str) -> None:
    table.source.run("DELETE FROM dbo.T WHERE ID <= 21")
    table.source.run("UPDATE dbo.T SET Name = N'changed', Version = 2 WHERE ID = 22")
    before = table.target.rows("SELECT value FROM tableferry.watermarks")
    outcome = table.try_sync(10, consistency=consistency)
    assert outcome.error
    assert outcome.error.kind == "GuardError"
    assert "21 rows that t has, of 200: more than 'max_delete_share', 10 %" in outcome.error.message
    assert len(table.names()) == ROWS
    assert "changed" not in table.names()
    assert table.target.rows("SELECT value FROM tableferry.watermarks") == before
    assert table.sync(11, consistency=consistency).changes["deleted"] == 21
    assert table.names() == table.source_names()


@CONSISTENCY
def test_a_source_without_rows_is_allowed_by_name_only(table: Table, consistency: str) -> None:
    table.source.run("DELETE FROM dbo.T")
    monkeyed = table.try_sync(99, consistency=consistency)
    assert monkeyed.error
    assert monkeyed.error.kind == "GuardError"
    assert len(table.names()) == ROWS


Between = Callable[[Callable[[], None]], None]


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Runs something after the changes are read and before the keys are, once."""

    def once(work: Callable[[], None]) -> None:
        run = reconcile.Reconciliation.run
        todo = [work]

        def after_work(one: reconcile.Reconciliation) -> reconcile.Reconciled:
            while todo:
                todo.pop()()
            return run(one)

        monkeypatch.setattr(reconcile.Reconciliation, "run", after_work)

    return once


def test_what_happens_between_changes_and_keys_is_followed_by_this_run_or_the_next(
    table: Table, between: Between
) -> None:
    table.source.run("UPDATE dbo.T SET Name = N'read as changed', Version = 2 WHERE ID IN (1, 2)")

    def work() -> None:
        table.source.run("INSERT INTO dbo.T VALUES (201, N'inserted', 3)")
        table.source.run("DELETE FROM dbo.T WHERE ID IN (1, 10, 11)")
        table.source.run("INSERT INTO dbo.T VALUES (11, N'used again', 3)")
        table.source.run("UPDATE dbo.T SET ID = 500, Version = 3 WHERE ID = 20")

    between(work)
    outcome = table.sync()
    assert outcome.reconciled["deleted"] == 3
    ids = {row for (row,) in table.target.rows("SELECT id FROM t")}
    assert ids == set(range(1, ROWS + 1)) - {10, 20}, "a row that was read stays until it is missed"
    table.sync()
    assert table.names() == table.source_names()


def test_a_key_that_the_read_has_missed_is_asked_for_and_stays(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = sqlserver.TableReader.batches

    def missing_some(reader: sqlserver.TableReader, *keys: Any) -> Iterator[Any]:
        for batch in read(reader, *keys):
            # Of the statement that reads every key; a wanted key is asked for by its value.
            is_whole = batch.num_columns == 1 and batch.num_rows > 100
            yield batch.slice(30) if is_whole else batch

    monkeypatch.setattr(sqlserver.TableReader, "batches", missing_some)
    table.source.run("DELETE FROM dbo.T WHERE ID = 3")
    outcome = table.sync(consistency="read_committed")
    assert outcome.reconciled["deleted"] == 1
    assert table.names() == table.source_names()


def test_a_key_that_cannot_be_asked_for_again_is_refused_before_anything_is_read(
    make: Callable[..., Table],
) -> None:
    table = make("K nvarchar(9) NOT NULL", "K", "VALUES (N'a', N'n', 1)")
    table.sync(on_invalid="strip")  # another entry: everything is read
    outcome = table.try_sync(consistency="read_committed", on_invalid="strip")
    assert outcome.error
    assert outcome.error.kind == "SchemaError"
    assert "cannot ask again for a key that it missed: 'K' (nvarchar(9))" in outcome.error.message
    assert "ALLOW_SNAPSHOT_ISOLATION" in outcome.error.hint
    assert outcome.rows_read == 0
    assert table.sync(consistency="snapshot", on_invalid="strip").reconciled["compared"] == 1


def test_a_key_that_is_refused_into_quarantine_is_no_key_of_the_target(
    make: Callable[..., Table],
) -> None:
    table = make("K nvarchar(9) NOT NULL", "K", "VALUES (N'a', N'n', 1), (N'b', N'm', 1)")
    table.sync(on_invalid="quarantine", max_invalid=5)
    table.source.run("INSERT INTO dbo.T VALUES (NCHAR(0), N'nul', 1)")
    table.source.run("DELETE FROM dbo.T WHERE K = N'b'")
    outcome = table.sync(on_invalid="quarantine", max_invalid=5)
    assert outcome.reconciled == {"compared": 2, "deleted": 1}
    assert table.names() == ["n"]


def test_rows_that_are_deleted_and_inserted_all_the_time_converge_and_no_other_goes(
    table: Table,
) -> None:
    stopped, versions = threading.Event(), itertools.count(2)

    def write() -> None:
        random = Random(7)
        while not stopped.is_set():
            key, version = random.randint(101, 300), next(versions)
            table.source.run(f"DELETE FROM dbo.T WHERE ID = {key}")
            if random.random() < 0.7:
                table.source.run(f"INSERT INTO dbo.T VALUES ({key}, N'v{version}', {version})")

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        try:
            for number in range(6):
                table.sync(100, consistency=["read_committed", "snapshot"][number % 2])
                stays = table.target.rows("SELECT count(*) FROM t WHERE id <= 100")
                assert stays == [(100,)]
        finally:
            stopped.set()
        writer.result()
    table.sync(100)
    assert table.names() == table.source_names()
