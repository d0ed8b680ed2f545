"""What happens to a source or a target between two incremental runs, and what becomes of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry.sqlserver import SourceConnection
from tableferry_sandbox.faults import SendError
from tests.faults.support import QUICK
from tests.integration.conftest import Sandbox
from tests.integration.incremental.conftest import (
    ROWS,
    Sync,
    rows,
    source,
    source_rows,
    sync,
    target,
)
from tests.support.databases import PgDatabase
from tests.support.specs import entry

__all__ = ["source", "sync", "target"]

pytestmark = pytest.mark.with_ledger

VERSION = "SELECT value FROM tableferry.watermarks WHERE target = 'public.t'"


def version_of(database: PgDatabase) -> int:
    return int(json.loads(str(database.rows(VERSION)[0][0]))["version"])


def expire(source: Sandbox) -> None:
    source.run("UPDATE dbo.T SET Name = N'unseen' WHERE ID = 9; DELETE FROM dbo.T WHERE ID = 8")
    source.run("DELETE FROM dbo.T WHERE ID = 7")
    source.engine.database("McTM").expire_changes()


def restore_and_pass_the_saved_version(source: Sandbox) -> None:
    """Its rows are older, its version is higher: a comparison of versions finds nothing."""
    handle = source.engine.database("McTM")
    backup = handle.backup()
    source.run("DELETE FROM dbo.T WHERE ID = 7")
    handle.restore(backup)
    for n in range(40):
        source.run(f"UPDATE dbo.T SET Name = N'again {n}' WHERE ID = 9")


def create_again(source: Sandbox) -> None:
    source.run("DROP TABLE dbo.T")
    source.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20))")
    source.run("ALTER TABLE dbo.T ENABLE CHANGE_TRACKING")
    source.run("INSERT INTO dbo.T VALUES (7, N'of another table')")


@pytest.mark.parametrize(
    ("happen", "reason"),
    [
        (expire, "expired"),
        (restore_and_pass_the_saved_version, "other_database"),
        (create_again, "altered"),
    ],
)
def test_a_version_that_says_nothing_any_more_is_not_used(
    source: Sandbox, target: PgDatabase, sync: Sync, happen: Callable[[Sandbox], None], reason: str
) -> None:
    sync()
    source.run("UPDATE dbo.T SET Name = N'seen' WHERE ID = 1")
    sync()
    happen(source)
    outcome = sync(max_shrink=100)
    assert (outcome.status, outcome.reload) == (Status.OK, reason), outcome.error
    assert rows(target) == source_rows(source)


def test_a_restore_to_before_the_saved_version_is_noticed_while_the_version_is_lower(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    backup = source.engine.database("McTM").backup()
    source.run("DELETE FROM dbo.T WHERE ID = 7")
    sync()
    source.engine.database("McTM").restore(backup)
    outcome = sync()
    assert outcome.reload in {"other_database", "reset"}
    assert rows(target) == source_rows(source)


def test_the_changes_of_each_table_expire_by_themselves(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    """The minimum of another table says nothing of this one."""
    source.run("CREATE TABLE dbo.U (ID int PRIMARY KEY)")
    source.run("ALTER TABLE dbo.U ENABLE CHANGE_TRACKING")
    sync()
    source.run("INSERT INTO dbo.U VALUES (1)")
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID = 1")
    source.engine.database("McTM").expire_changes("dbo.U")
    outcome = sync()
    assert (outcome.reload, outcome.rows_read) == ("", 1)
    assert rows(target) == source_rows(source)


@pytest.mark.parametrize(
    ("together", "at"), [(False, 0), (False, 1), (True, 4), (True, 5), (True, 8), (True, 9)]
)
def test_a_table_that_is_truncated_while_its_snapshot_begins_keeps_no_row(
    source: Sandbox,
    target: PgDatabase,
    sync: Sync,
    monkeypatch: pytest.MonkeyPatch,
    together: bool,
    at: int,
) -> None:
    """The catalog is not in the snapshot: the rows could be older than their watermark.

    ``at``: which question about a table, of all. Tables that become visible together are each
    planned first, with two of them; then the snapshot of both begins.
    """
    run: Callable[..., Any] = both_tables(source, target) if together else sync
    changes = {} if together else {"max_shrink": 100, "options": QUICK}
    rows_of = SourceConnection.rows
    asked = iter(range(100))

    def late(connection: SourceConnection, sql: str, columns: Any) -> list[tuple[Any, ...]]:
        if "sys.change_tracking_tables" in sql and next(asked) == at:
            for table in ("T", "Child") if together else ("T",):
                source.run(f"TRUNCATE TABLE dbo.{table}")
        return rows_of(connection, sql, columns)

    with monkeypatch.context() as patched:
        patched.setattr(SourceConnection, "rows", late)
        run(**changes)
    assert next(asked) > at
    run(**changes)
    if together:
        assert target.rows("SELECT * FROM child") == []
    else:
        assert rows(target) == source_rows(source) == []


@pytest.mark.parametrize("mode", ["full", "change_tracking"])
def test_a_table_has_one_run_at_a_time_whatever_the_modes(
    source: Sandbox, target: PgDatabase, sync: Sync, mode: str
) -> None:
    sync()
    target.run(
        "UPDATE tableferry.leases SET run_id = (SELECT run_id FROM tableferry.runs LIMIT 1), "
        "expires_at = clock_timestamp() + interval '1 hour'"
    )
    source.run("UPDATE dbo.T SET Name = N'changed' WHERE ID = 1")
    assert sync(mode=mode).status is Status.HELD
    assert (1, "changed") not in rows(target)


def test_after_a_run_in_another_mode_every_row_is_read(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    sync()
    source.run("DELETE FROM dbo.T WHERE ID = 1")
    assert sync(mode="full").status is Status.OK
    assert target.rows(VERSION) == []
    source.run("DELETE FROM dbo.T WHERE ID = 2")
    outcome = sync()
    assert (outcome.reload, outcome.rows_read) == ("first_load", ROWS - 2)
    assert rows(target) == source_rows(source)


def test_a_secondary_replica_is_refused_with_what_it_says(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    """ "Replication, change tracking, & change data capture - Always On availability groups"."""
    refused = SendError(
        22117,
        "For databases that are members of a secondary availability replica (that is, for "
        "secondary databases), change tracking is not supported. Run change tracking queries on "
        "the databases in the primary replica.",
    )
    source.server.faults.on_statement("CHANGE_TRACKING_CURRENT_VERSION", refused, times=9)
    outcome = sync()
    assert outcome.status is Status.FAILED
    assert outcome.error
    assert outcome.error.code == "22117"
    assert "primary" in outcome.error.message + outcome.error.hint
    assert outcome.rows_read == 0


def test_a_target_that_was_altered_by_hand_is_filled_again(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    sync()
    target.run("ALTER TABLE t ALTER name SET NOT NULL")
    outcome = sync()
    assert (outcome.reload, outcome.rows_read) == ("target_changed", ROWS)


def both_tables(
    source: Sandbox, target: PgDatabase, foreign_key: str = "REFERENCES parent"
) -> Callable[..., list[TableOutcome]]:
    """Make Parent and Child, in the target with a foreign key, and return their sync."""
    for name, columns in (
        ("Parent", "ID int NOT NULL PRIMARY KEY"),
        ("Child", "ID int NOT NULL PRIMARY KEY, P int NULL"),
    ):
        source.run(f"CREATE TABLE dbo.{name} ({columns})")
        source.run(f"ALTER TABLE dbo.{name} ENABLE CHANGE_TRACKING")
    source.run(
        "INSERT INTO dbo.Parent VALUES (1), (2); INSERT INTO dbo.Child VALUES (1, 1), (2, 2)"
    )
    target.run(
        "CREATE TABLE parent (id int PRIMARY KEY)",
        f"CREATE TABLE child (id int PRIMARY KEY, p int {foreign_key})",
    )
    columns = {"Parent": ["ID"], "Child": ["ID", "P"]}

    def run(*names: str) -> list[TableOutcome]:
        configured = {
            name: entry(
                sql_table=f"dbo.{name}", pg_table=name.lower(), publish="merge", order_by=None,
                columns=columns[name], pg_columns=[c.lower() for c in columns[name]],
                mode="change_tracking", max_shrink=100,
            )
            for name in names or ("Parent", "Child")
        }  # fmt: skip
        specs = parse_table_configs(configured)
        options = RunOptions(together=True, retries=QUICK.retries)
        found = sync_tables(list(specs.values()), source.settings(target), options=options)
        return list(found.tables)

    return run


MOVED = [
    "INSERT INTO dbo.Parent VALUES (3); INSERT INTO dbo.Child VALUES (3, 3)",
    "DELETE FROM dbo.Child WHERE ID = 1; DELETE FROM dbo.Parent WHERE ID = 1",
    "UPDATE dbo.Child SET P = 3 WHERE ID = 2; DELETE FROM dbo.Parent WHERE ID = 2",
]
"""Neither table can be the first one: a parent comes before its child and goes after it."""


@pytest.mark.parametrize("names", [("Parent", "Child"), ("Child", "Parent")])
def test_tables_with_a_deferrable_foreign_key_are_published_together_in_any_order(
    source: Sandbox, target: PgDatabase, names: tuple[str, str]
) -> None:
    run = both_tables(source, target, "REFERENCES parent DEFERRABLE")
    assert {outcome.status for outcome in run(*names)} == {Status.OK}
    for statement in MOVED:
        source.run(statement)
    assert [outcome.error for outcome in run(*names)] == [None, None]
    assert target.rows("SELECT id, p FROM child ORDER BY 1") == [(2, 3), (3, 3)]
    assert target.rows("SELECT id FROM parent") == [(3,)]


def test_a_foreign_key_that_is_not_met_is_refused_with_the_rows_of_both_tables_untouched(
    source: Sandbox, target: PgDatabase
) -> None:
    run = both_tables(source, target)
    run()
    for statement in MOVED:
        source.run(statement)
    (error,) = {outcome.error for outcome in run() if outcome.error}
    assert error.code == "23503"
    assert "DEFERRABLE" in error.hint
    assert target.rows("SELECT id, p FROM child ORDER BY 1") == [(1, 1), (2, 2)]
    assert target.rows("SELECT id FROM parent ORDER BY 1") == [(1,), (2,)]


def test_a_trigger_that_changes_rows_does_not_keep_a_run_from_its_end(
    source: Sandbox, target: PgDatabase, sync: Sync
) -> None:
    sync()
    target.run(
        "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$",
        "CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION shout()",
    )
    source.run(
        "UPDATE dbo.T SET Name = N'changed' WHERE ID = 1; INSERT INTO dbo.T VALUES (99, N'n')"
    )
    outcome = sync()
    assert outcome.status is Status.OK, outcome.error
    assert [row for row in rows(target) if row[0] in {1, 99}] == [(1, "CHANGED"), (99, "N")]
    before = version_of(target)
    source.run("DELETE FROM dbo.T WHERE ID = 1")
    assert sync().changes == {"inserted": 0, "updated": 0, "deleted": 1, "unchanged": 0}
    assert version_of(target) > before
