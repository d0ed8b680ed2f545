"""What would leave the target wrong without a word: each is followed, refused, or read again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tableferry import sqlserver
from tableferry.model.key_range import KeyRange
from tableferry.modes import change_tracking, tracking
from tableferry.runs.outcome import Status
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import Sync, rows, source_rows
from tests.integration.incremental.test_hand_off import IN_CHUNKS, before_chunk
from tests.support.databases import PgDatabase

__all__ = ["before_chunk"]

pytestmark = pytest.mark.with_ledger

OF_R: dict[str, Any] = {
    "sql_table": "dbo.R", "columns": ["ID", "Name"], "pg_columns": ["id", "name"],
    "mode": "rowversion", "deletes": "reconcile", "publish": "swap", **IN_CHUNKS,
}  # fmt: skip

OF_C: dict[str, Any] = {
    "sql_table": "dbo.C", "pg_table": "c", "primary_key": None,
    "columns": ["Code", "Number"], "pg_columns": ["code", "number"],
}  # fmt: skip


@pytest.fixture
def codes(source: Sandbox, target: PgDatabase) -> Callable[[str, str, str], None]:
    """Make dbo.C with a key of this type, and its target with that one."""

    def make(kind: str, pg: str, first: str) -> None:
        source.run(
            f"CREATE TABLE dbo.C (Code {kind} NOT NULL PRIMARY KEY, Number int, Version rowversion)"
        )
        source.run("ALTER TABLE dbo.C ENABLE CHANGE_TRACKING")
        source.run(f"INSERT INTO dbo.C (Code, Number) VALUES ({first}, 1)")
        target.run(f"CREATE TABLE c (code {pg} PRIMARY KEY, number int)")

    return make


@pytest.mark.parametrize("what", ["INSERT", "UPDATE", "DELETE"])
def test_a_trigger_that_swallows_a_change_fails_the_run(
    source: Sandbox, target: PgDatabase, sync: Sync, what: str
) -> None:
    sync()
    target.run(
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN NULL; END $$",
        f"CREATE TRIGGER swallow BEFORE {what} ON t FOR EACH ROW EXECUTE FUNCTION swallow()",
    )
    before = target.rows("SELECT value FROM tableferry.watermarks")
    source.run("INSERT INTO dbo.T VALUES (100, N'x'); DELETE FROM dbo.T WHERE ID = 3")
    source.run("UPDATE dbo.T SET Name = N'y' WHERE ID = 2")
    outcome = sync()
    assert outcome.error
    assert outcome.error.kind == "VerificationError"
    assert "does not hold what has changed" in outcome.error.message
    assert target.rows("SELECT value FROM tableferry.watermarks") == before


def test_a_truncation_at_the_version_at_which_tracking_began_is_noticed(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    source.run("CREATE TABLE dbo.N (ID int NOT NULL PRIMARY KEY, Name nvarchar(20))")
    source.run("INSERT INTO dbo.N VALUES (1, N'one'); ALTER TABLE dbo.N ENABLE CHANGE_TRACKING")
    assert sync(sql_table="dbo.N").rows_read == 1
    assert sync(sql_table="dbo.N").rows_read == 0
    source.run("TRUNCATE TABLE dbo.N")
    assert sync(sql_table="dbo.N", max_shrink=100).reload == "truncated"
    assert rows(target) == []


@pytest.mark.parametrize("mode", [{}, {"mode": "rowversion", "deletes": "reconcile"}])
def test_a_key_that_would_lose_a_digit_is_refused(
    source: Sandbox, target: PgDatabase, sync: Sync, codes: Any, mode: dict[str, Any]
) -> None:
    codes("datetime2(7)", "timestamp", "'2020-01-01T00:00:00.0000010'")
    assert sync(**OF_C, **mode).status is Status.OK
    source.run("INSERT INTO dbo.C (Code, Number) VALUES ('2020-01-01T00:00:00.0000012', 2)")
    outcome = sync(**OF_C, **mode)
    assert outcome.error
    assert "have no exact form in c: 'Code'" in outcome.error.message
    assert target.rows("SELECT number FROM c") == [(1,)]


@pytest.mark.parametrize("chunks", [1, 2])
def test_a_key_that_would_be_stripped_is_refused(
    source: Sandbox, target: PgDatabase, sync: Sync, codes: Any, chunks: int
) -> None:
    codes("nvarchar(9) COLLATE Latin1_General_BIN2", "text", "N'a'")
    source.run("INSERT INTO dbo.C (Code, Number) VALUES (N'b' + NCHAR(0), 2)")
    outcome = sync(**OF_C, on_invalid="strip", chunks=chunks)
    assert outcome.error
    assert "have no exact form in c: 'Code'" in outcome.error.message


@pytest.mark.parametrize(
    "then", ["DELETE FROM dbo.C WHERE Number = 1", "UPDATE dbo.C SET Number = 0"]
)
@pytest.mark.parametrize("deletes", ["hard", "soft:gone_at"])
def test_a_key_that_is_spelled_anew_and_then_gone_leaves_no_row(
    source: Sandbox, target: PgDatabase, sync: Sync, codes: Any, then: str, deletes: str
) -> None:
    codes("varchar(5) COLLATE Latin1_General_CI_AS", "text", "'a'")
    target.run("ALTER TABLE c ADD gone_at timestamptz")
    changes = {**OF_C, "where": "Number > 0", "deletes": deletes, "drift": "ignore"}
    assert sync(**changes).status is Status.OK
    source.run("UPDATE dbo.C SET Code = 'A' WHERE Code = 'a'")
    source.run(then)
    outcome = sync(**changes)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.changes["deleted"] == 1
    left = [] if deletes == "hard" else [("a",)]
    assert target.rows("SELECT code FROM c") == left
    assert target.rows("SELECT code FROM c WHERE gone_at IS NULL") == []


def test_rows_deleted_while_deletes_were_ignored_go_when_they_are_not(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    sync(deletes="ignore")
    source.run("DELETE FROM dbo.T WHERE ID = 1")
    sync(deletes="ignore")
    assert sync().reload == "entry_changed"
    assert rows(target) == source_rows(source)


def test_every_outcome_says_that_deletes_are_not_followed(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    first = sync(deletes="ignore")
    source.run("DELETE FROM dbo.T WHERE ID = 1")
    second, idle = sync(deletes="ignore"), sync(deletes="ignore")
    assert idle.idle
    for outcome in (first, second, idle):
        assert any("deletes not followed" in warning for warning in outcome.warnings)


def test_another_collation_of_a_column_is_an_alteration(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    source.run(
        "CREATE TABLE dbo.D (ID int NOT NULL PRIMARY KEY, "
        "Name varchar(10) COLLATE Latin1_General_CI_AS)"
    )
    source.run("INSERT INTO dbo.D VALUES (1, NCHAR(233)); ALTER TABLE dbo.D ENABLE CHANGE_TRACKING")
    sync(sql_table="dbo.D")
    source.run("ALTER TABLE dbo.D ALTER COLUMN Name varchar(10) COLLATE Cyrillic_General_CI_AS")
    assert sync(sql_table="dbo.D").reload == "altered"
    assert rows(target) == source.rows("SELECT ID, Name FROM dbo.D")


@pytest.mark.parametrize("mode", [{"mode": "change_tracking", "deletes": "hard"}, {"mode": "full"}])
def test_chunks_of_another_mode_are_not_gone_on_with(
    source: Sandbox,
    target: PgDatabase,
    sync: Sync,
    before_chunk: Any,
    mode: dict[str, Any],
) -> None:
    def cut_off() -> None:
        raise KeyboardInterrupt

    source.run("CREATE TABLE dbo.R (ID int PRIMARY KEY, Name nvarchar(20), Version rowversion)")
    source.run("ALTER TABLE dbo.R ENABLE CHANGE_TRACKING")
    source.run("INSERT INTO dbo.R (ID, Name) SELECT ID, Name FROM dbo.T")
    before_chunk(2, cut_off)
    given = {**OF_R, **mode} if "deletes" in mode else {**OF_R, **mode, "deletes": None}
    assert sync(**given).status is Status.CANCELLED
    before_chunk(100, lambda: None)
    for name in ("first", "second"):
        source.run(f"UPDATE dbo.R SET Name = N'{name}' WHERE ID IN (3, 40)")
        outcome = sync(**OF_R)
        assert outcome.status is Status.OK, outcome.error
        assert outcome.rows_resumed == 0
        assert rows(target) == source.rows("SELECT ID, Name FROM dbo.R ORDER BY ID")
    assert target.rows("SELECT kind FROM tableferry.watermarks") == [("rowversion",)]


def test_a_text_that_is_read_as_bytes_makes_no_other_table(
    source: Sandbox, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U+FFFD may be what the driver made of another character: such texts are read again."""
    sync()
    source.run("UPDATE dbo.T SET Name = NCHAR(65533) WHERE ID = 50")
    assert sync().reload == ""
    read: list[int] = []
    batches = sqlserver.TableReader.batches

    def counted(reader: sqlserver.TableReader, *keys: KeyRange) -> Iterator[Any]:
        for batch in batches(reader, *keys):
            read.append(batch.num_rows)
            yield batch

    monkeypatch.setattr(sqlserver.TableReader, "batches", counted)
    source.run("UPDATE dbo.T SET Name = N'plain' WHERE ID = 2")
    assert sync().reload == ""
    assert sum(read) <= 2


@pytest.fixture
def just_tracked(source: Sandbox) -> dict[str, Any]:
    """An entry for a table that was tracked when nothing else happened in its database."""
    source.run("CREATE TABLE dbo.N (ID int NOT NULL PRIMARY KEY, Name nvarchar(20))")
    source.run("INSERT INTO dbo.N SELECT value, N'old' FROM GENERATE_SERIES(1, 40)")
    source.run("ALTER TABLE dbo.N ENABLE CHANGE_TRACKING")
    return {"sql_table": "dbo.N", "publish": "swap", "max_shrink": 100}


def rows_of_n(source: Sandbox) -> list[tuple[object, ...]]:
    return source.rows("SELECT ID, Name FROM dbo.N ORDER BY ID")


@pytest.mark.parametrize("chunks", [{}, IN_CHUNKS])
def test_a_table_whose_tracking_began_at_its_first_load_is_read_once(
    source: Sandbox,
    target: PgDatabase,
    sync: Sync,
    before_chunk: Callable[..., None],
    just_tracked: dict[str, Any],
    chunks: dict[str, Any],
) -> None:
    """A row that has not changed since shows that the table was not truncated."""
    if chunks:
        before_chunk(2, lambda: source.run("UPDATE dbo.N SET Name = N'meanwhile' WHERE ID < 9"))
    outcome = sync(**just_tracked, **chunks)
    assert (outcome.status, outcome.retried) == (Status.OK, ()), outcome.error
    source.run("UPDATE dbo.N SET Name = N'new' WHERE ID = 1; DELETE FROM dbo.N WHERE ID = 2")
    outcome = sync(**just_tracked, **chunks)
    assert (outcome.reload, outcome.rows_read) == ("", 1)
    assert rows(target) == rows_of_n(source)


@pytest.mark.parametrize(
    "then",
    [
        "TRUNCATE TABLE dbo.N; INSERT INTO dbo.N VALUES (1, N'old'), (2, N'old')",
        "UPDATE dbo.N SET Name = N'new'",
    ],
)
def test_where_every_row_has_changed_since_tracking_began_all_are_read(
    source: Sandbox, target: PgDatabase, sync: Sync, just_tracked: dict[str, Any], then: str
) -> None:
    sync(**just_tracked)
    source.run(then)
    assert sync(**just_tracked).reload == "tracking_began"
    assert rows(target) == rows_of_n(source)


def test_tracking_that_may_have_been_off_at_that_version_is_not_relied_on(
    source: Sandbox,
    target: PgDatabase,
    sync: Sync,
    just_tracked: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the internal table tells, and not every login sees it."""
    read = tracking.read_tables

    def unseen(*asked: Any) -> dict[Any, tracking.TrackedTable]:
        return {name: replace(one, journal="") for name, one in read(*asked).items()}

    monkeypatch.setattr(change_tracking, "read_tables", unseen)
    sync(**just_tracked)
    source.run("ALTER TABLE dbo.N DISABLE CHANGE_TRACKING")
    source.run("UPDATE dbo.N SET Name = N'unseen' WHERE ID = 1")
    source.run("ALTER TABLE dbo.N ENABLE CHANGE_TRACKING")
    source.run("UPDATE dbo.N SET Name = N'new' WHERE ID = 2")
    assert sync(**just_tracked).reload == "tracking_began"
    assert rows(target) == rows_of_n(source)
