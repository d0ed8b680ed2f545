"""``mode: rowversion`` from the stand-in into PostgreSQL, run after run."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytds
import pytest

from tableferry import sqlserver
from tableferry.config import parse_table_configs
from tableferry.inspect.plan_report import plan_tables
from tableferry.model.identifiers import SourceTable
from tableferry.model.key_range import KeyRange
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tests.integration.conftest import PASSWORD, USER, Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

ROWS = 20


@pytest.fixture
def source(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.run(
        "CREATE TABLE dbo.T (ID int PRIMARY KEY, Name nvarchar(20), Active bit NOT NULL DEFAULT 1, "
        "RV rowversion)"
    )
    sandbox.run("CREATE TABLE dbo.Other (ID int PRIMARY KEY, RV rowversion)")
    sandbox.run(
        f"INSERT INTO dbo.T (ID, Name) SELECT value, CONCAT(N'name ', value) "
        f"FROM GENERATE_SERIES(1, {ROWS})"
    )
    yield sandbox
    sandbox.run("DROP VIEW IF EXISTS dbo.V; DROP TABLE dbo.T, dbo.Other")


@pytest.fixture
def sync(source: Sandbox, pg_database: PgDatabase) -> Callable[..., TableOutcome]:
    def syncing(table: SourceTable | None = None, **changes: Any) -> TableOutcome:
        given = {
            "sql_table": "dbo.T", "pg_table": "t", "publish": "auto", "order_by": None,
            "mode": "rowversion", "deletes": "ignore",
            "columns": ["ID", "Name"], "pg_columns": ["id", "name"],
        }  # fmt: skip
        spec = parse_table_configs({"t": entry(**{**given, **changes})})["t"]
        return sync_table(replace(spec, source=table or spec.source), source.settings(pg_database))

    return syncing


@pytest.fixture
def carry(sync: Callable[..., TableOutcome]) -> Callable[..., TableOutcome]:
    def carrying(table: SourceTable | None = None, **changes: Any) -> TableOutcome:
        outcome = sync(table, **changes)
        assert outcome.status is Status.OK, outcome.error
        return outcome

    return carrying


@pytest.fixture
def writer(source: Sandbox) -> Iterator[Callable[[str], None]]:
    """Runs T-SQL in a session of its own, whose transaction stays open until it ends it."""
    with pytds.connect(
        source.server.host, port=source.server.port, user=USER, password=PASSWORD,
        database="McTM", autocommit=True,
    ) as connection:  # fmt: skip

        def write(sql: str) -> None:
            with connection.cursor() as cursor:
                cursor.execute(sql)

        yield write


def kept(target: PgDatabase) -> str:
    """The rowversion up to which everything has been read."""
    [(value,)] = target.rows("SELECT value FROM tableferry.watermarks WHERE kind = 'rowversion'")
    return str(json.loads(str(value))["value"])


def lowest_active(source: Sandbox) -> str:
    [(value,)] = source.rows("SELECT CONVERT(varchar(18), MIN_ACTIVE_ROWVERSION(), 1)")
    return str(value)


NAMES = "SELECT name FROM t WHERE id IN ({}) ORDER BY id"


def names(target: PgDatabase, *ids: int) -> list[object]:
    return [row[0] for row in target.rows(NAMES.format(", ".join(map(str, ids))))]


def test_the_first_load_reads_every_row_and_later_ones_what_changed(
    source: Sandbox, pg_database: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    first = carry()
    assert (first.rows_read, first.created) == (ROWS, True)
    assert kept(pg_database) == lowest_active(source)
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID = 3")
    source.run("INSERT INTO dbo.T (ID, Name) VALUES (21, N'new')")
    later = carry()
    assert (later.rows_read, later.publish) == (2, "merge")
    assert later.changes == {"inserted": 1, "updated": 1, "deleted": 0, "unchanged": 0}
    assert names(pg_database, 3, 21) == ["changed", "new"]
    assert kept(pg_database) == lowest_active(source)


def test_a_run_without_changes_reads_no_row_and_the_watermark_advances(
    source: Sandbox, pg_database: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    carry()
    before = kept(pg_database)
    source.run("INSERT INTO dbo.Other (ID) VALUES (1)")
    assert carry().rows_read == 0
    assert kept(pg_database) > before
    assert pg_database.rows("SELECT count(*) FROM t") == [(ROWS,)]


def test_a_lower_rowversion_that_is_committed_later_is_read_by_the_next_run(
    source: Sandbox,
    pg_database: PgDatabase,
    carry: Callable[..., TableOutcome],
    writer: Callable[[str], None],
) -> None:
    source.run("ALTER DATABASE McTM SET READ_COMMITTED_SNAPSHOT ON")
    try:
        carry()
        writer("BEGIN TRANSACTION; UPDATE dbo.T SET Name = N'late' WHERE ID = 1")
        held = lowest_active(source)
        source.run("INSERT INTO dbo.Other (ID) VALUES (1), (2)")
        assert carry(consistency="read_committed").rows_read == 0
        assert kept(pg_database) == held
        writer("COMMIT")
        assert carry().rows_read == 1
        assert names(pg_database, 1) == ["late"]
        assert kept(pg_database) == lowest_active(source) > held
    finally:
        source.run("ALTER DATABASE McTM SET READ_COMMITTED_SNAPSHOT OFF")


def test_an_open_transaction_keeps_rows_that_are_committed_after_it_for_a_later_run(
    source: Sandbox,
    pg_database: PgDatabase,
    carry: Callable[..., TableOutcome],
    writer: Callable[[str], None],
) -> None:
    carry()
    writer("BEGIN TRANSACTION; INSERT INTO dbo.Other (ID) VALUES (1)")
    source.run("UPDATE dbo.T SET Name = N'above' WHERE ID = 2")
    assert carry().rows_read == 0
    writer("ROLLBACK")
    assert carry().rows_read == 1
    assert names(pg_database, 2) == ["above"]


def test_a_row_that_changes_while_the_first_load_reads_is_read_again(
    source: Sandbox,
    pg_database: PgDatabase,
    carry: Callable[..., TableOutcome],
    writer: Callable[[str], None],
) -> None:
    writer("BEGIN TRANSACTION; INSERT INTO dbo.Other (ID) VALUES (1)")
    source.run("UPDATE dbo.T SET Name = N'above' WHERE ID = 2")
    assert carry().rows_read == ROWS
    writer("COMMIT")
    assert carry().rows_read == 1
    assert names(pg_database, 2) == ["above"]


def test_a_counter_that_went_back_has_every_row_read(
    source: Sandbox, pg_database: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    carry()
    ahead = json.dumps(
        {"column": "RV", "type": "timestamp", "value": f"0x{2**40:016X}", "clock": "", "utc": "",
         "ahead": 0}
    )  # fmt: skip
    pg_database.run(f"UPDATE tableferry.watermarks SET value = '{ahead}'")
    assert carry().rows_read == ROWS
    assert kept(pg_database) == lowest_active(source)


def test_another_database_than_the_connections_counts_by_itself(
    source: Sandbox, pg_database: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    source.run(
        "CREATE TABLE dbo.T (ID int PRIMARY KEY, Name nvarchar(20), RV rowversion)", "VoipDB"
    )
    try:
        source.run("INSERT INTO dbo.T (ID, Name) VALUES (1, N'a'), (2, N'b')", "VoipDB")
        elsewhere = SourceTable("VoipDB", "dbo", "T")
        assert carry(elsewhere).rows_read == 2
        [(there,)] = source.rows(
            "SELECT CONVERT(varchar(18), MIN_ACTIVE_ROWVERSION(), 1)", "VoipDB"
        )
        assert kept(pg_database) == there != lowest_active(source)
        source.run("UPDATE dbo.T SET Name = N'c' WHERE ID = 2", "VoipDB")
        assert carry(elsewhere).rows_read == 1
        assert names(pg_database, 1, 2) == ["a", "c"]
    finally:
        source.run("DROP TABLE dbo.T", "VoipDB")


def test_a_table_without_a_rowversion_column_is_refused_before_anything_is_read(
    source: Sandbox, pg_database: PgDatabase, sync: Callable[..., TableOutcome]
) -> None:
    source.run("ALTER TABLE dbo.T DROP COLUMN RV")
    outcome = sync()
    assert outcome.error
    assert "McTM.dbo.T has no rowversion column" in outcome.error.message
    assert "ALTER TABLE [McTM].[dbo].[T] ADD row_version rowversion" in outcome.error.hint
    assert pg_database.rows("SELECT to_regclass('t')") == [(None,)]


def test_a_view_is_followed_by_its_rowversion_column_and_says_so(
    source: Sandbox, pg_database: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    source.run("CREATE VIEW dbo.V AS SELECT ID, Name, RV FROM dbo.T")
    assert carry(sql_table="dbo.V").rows_read == ROWS
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID = 3")
    outcome = carry(sql_table="dbo.V")
    assert outcome.rows_read == 1
    assert any("McTM.dbo.V is a view" in warning for warning in outcome.warnings)
    assert names(pg_database, 3) == ["changed"]


def test_rows_of_an_outer_join_without_a_rowversion_are_read_in_every_run(
    source: Sandbox, pg_database: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    source.run(
        "CREATE VIEW dbo.V AS SELECT t.ID, t.Name, o.RV FROM dbo.T AS t "
        "LEFT JOIN dbo.Other AS o ON o.ID = t.ID"
    )
    source.run("INSERT INTO dbo.Other (ID) SELECT ID FROM dbo.T WHERE ID > 2")
    assert carry(sql_table="dbo.V").rows_read == ROWS
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID = 1")
    assert carry(sql_table="dbo.V").rows_read == 2
    assert names(pg_database, 1) == ["changed"]


def test_every_outcome_says_that_deletes_are_not_followed(
    source: Sandbox, pg_database: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    followed = "deletes not followed: rows deleted from McTM.dbo.T stay in t"
    assert followed in carry().warnings
    source.run("DELETE FROM dbo.T WHERE ID < 5")
    outcome = carry()
    assert followed in outcome.warnings
    assert pg_database.rows("SELECT count(*) FROM t") == [(ROWS,)]


def test_a_row_that_leaves_where_is_deleted_and_comes_back_when_it_returns(
    source: Sandbox, pg_database: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    active = {"where": "Active = 1", "deletes": "reconcile"}
    assert carry(**active).rows_read == ROWS
    pg_database.run("UPDATE tableferry.watermarks SET reconciled_at = now()")
    source.run("UPDATE dbo.T SET Active = 0 WHERE ID IN (3, 4)")
    outcome = carry(**active)
    assert outcome.changes == {"inserted": 0, "updated": 0, "deleted": 2, "unchanged": 0}
    assert pg_database.rows("SELECT count(*) FROM t WHERE id IN (3, 4)") == [(0,)]
    source.run("UPDATE dbo.T SET Active = 1 WHERE ID = 4")
    assert carry(**active).rows_read == 1
    assert names(pg_database, 3, 4) == ["name 4"]


def test_the_first_load_may_be_read_in_chunks_and_keeps_what_was_asked_before_them(
    source: Sandbox, pg_database: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    before = lowest_active(source)
    assert carry(chunks=4, parallel=2).rows_read == ROWS
    assert kept(pg_database) == before
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID = 3")
    assert carry(chunks=4, parallel=2).rows_read == 1


def test_deleted_rows_go_when_it_is_time_to_compare_the_keys(
    source: Sandbox, pg_database: PgDatabase, carry: Callable[..., TableOutcome]
) -> None:
    compared = {"deletes": "reconcile", "max_delete_share": 100}
    assert carry(**compared).rows_read == ROWS
    carry(**compared)
    source.run("DELETE FROM dbo.T WHERE ID IN (3, 4)")
    carry(**compared)
    assert names(pg_database, 3, 4) == ["name 3", "name 4"]
    pg_database.run(
        "UPDATE tableferry.watermarks SET reconciled_at = now() - interval '86401 seconds'"
    )
    outcome = carry(**compared)
    assert (outcome.rows_read, outcome.changes["deleted"]) == (0, 2)
    assert names(pg_database, 3, 4) == []


def test_the_plan_names_what_the_mode_cannot_see_and_why_it_cannot_be_used(
    source: Sandbox, pg_database: PgDatabase
) -> None:
    given = {
        "sql_table": "dbo.T", "pg_table": "t", "publish": "auto", "order_by": None,
        "mode": "rowversion", "deletes": "ignore",
    }  # fmt: skip
    specs = list(parse_table_configs({"t": entry(**given)}).values())
    [table] = plan_tables(specs, source.settings(pg_database)).tables
    assert table.plan
    assert any(
        "rowversions do not show rows that are deleted" in one for one in table.plan.warnings
    )
    assert any("deletes not followed" in one for one in table.plan.warnings)
    source.run("ALTER TABLE dbo.T DROP COLUMN RV")
    [table] = plan_tables(specs, source.settings(pg_database)).tables
    assert table.error
    assert "has no rowversion column" in table.error.message


def test_a_resumed_load_keeps_what_was_asked_before_its_first_chunk(
    source: Sandbox,
    pg_database: PgDatabase,
    sync: Callable[..., TableOutcome],
    carry: Callable[..., TableOutcome],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches, seen = sqlserver.TableReader.batches, iter(range(1000))

    def cut_off(reader: sqlserver.TableReader, *keys: KeyRange) -> Iterator[Any]:
        if keys and keys[0].condition and next(seen) == 2:
            raise KeyboardInterrupt
        return batches(reader, *keys)

    before = lowest_active(source)
    with monkeypatch.context() as patched:
        patched.setattr(sqlserver.TableReader, "batches", cut_off)
        assert sync(chunks=4).status is Status.CANCELLED
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID = 1")
    assert carry(chunks=4).rows_resumed > 0
    assert kept(pg_database) == before
    assert names(pg_database, 1) == ["name 1"]
    assert carry(chunks=4).rows_read == 1
    assert names(pg_database, 1) == ["changed"]
