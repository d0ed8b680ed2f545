"""``publish: auto`` carries rows: what it chose, why, and what becomes of them."""

from collections.abc import Callable
from typing import Any

import pytest

from tableferry import postgres
from tableferry.config import Publish, ReadMode, parse_table_configs
from tableferry.errors import TransientError
from tableferry.inspect.plan_report import TablePlan, plan_tables
from tableferry.modes import MODES
from tableferry.postgres.publish import merge_check
from tableferry.runs.events import Progress
from tableferry.runs.ledger_claim import LedgerClaim
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.retry import Retries
from tableferry.runs.run import sync_table, sync_tables
from tableferry.runs.run_options import RunOptions
from tests.integration.conftest import Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

pytestmark = pytest.mark.with_ledger

Make = Callable[[str], None]
TABLE = "CREATE TABLE t (id int PRIMARY KEY, name text)"
FIRING = (
    "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
    "CREATE TRIGGER fires AFTER INSERT ON t EXECUTE FUNCTION g()"
)
REFERENCING = "CREATE TABLE orders (t_id int REFERENCES t)"


@pytest.fixture(autouse=True)
def rows(table_in: Make) -> None:
    table_in("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(50) NULL)")
    table_in("INSERT INTO dbo.T VALUES (1, N'one'), (2, N'two')")


def configs(**changes: Any) -> dict[str, Any]:
    return {"t": entry(**{"sql_table": "dbo.T", "pg_table": "t", "publish": None, **changes})}


def planned(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TablePlan:
    spec = parse_table_configs(configs(**changes))["t"]
    [table] = plan_tables([spec], sandbox.settings(database)).tables
    return table


def chosen(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> tuple[str, str]:
    table = planned(sandbox, database, **changes)
    assert table.plan, table.error
    return table.plan.publish, table.plan.strategy_reason


def carried(sandbox: Sandbox, database: PgDatabase, **changes: Any) -> TableOutcome:
    spec = parse_table_configs(configs(**changes))["t"]
    return sync_table(spec, sandbox.settings(database))


def test_auto_is_the_default() -> None:
    assert parse_table_configs(configs())["t"].publish is Publish.AUTO


def test_a_table_with_nothing_in_the_way_is_swapped(
    sandbox: Sandbox, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_check, "SMALL_ROWS", 1)
    pg_database.run(TABLE, "CREATE VIEW v AS SELECT * FROM t", "GRANT SELECT ON t TO PUBLIC")
    publish, reason = chosen(sandbox, pg_database)
    assert (publish, reason) == ("swap", "swap: it keeps everything that depends on the table")
    outcome = carried(sandbox, pg_database)
    assert (outcome.status, outcome.publish) == (Status.OK, "swap"), outcome.error
    assert pg_database.rows("SELECT * FROM v ORDER BY id") == [(1, "one"), (2, "two")]


def test_a_missing_table_is_created_by_no_strategy(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    assert chosen(sandbox, pg_database) == ("create", "")
    outcome = carried(sandbox, pg_database)
    assert (outcome.created, outcome.publish) == (True, "create")


def test_a_table_that_others_point_to_is_merged(sandbox: Sandbox, pg_database: PgDatabase) -> None:
    pg_database.run(TABLE, REFERENCING)
    publish, reason = chosen(sandbox, pg_database)
    assert publish == "merge"
    assert "not swap: Foreign keys of orders point to t" in reason
    assert reason.endswith("merge: foreign keys of other tables point to it")
    assert carried(sandbox, pg_database).publish == "merge"


@pytest.mark.parametrize(
    ("obstacle", "why"),
    [
        ("CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1'", "its row type is used by"),
        ("CREATE TABLE heir () INHERITS (t)", "partitioned, a partition, inherited or typed"),
        (
            FIRING,
            "the trigger 'fires' of t is kept, but does not fire",
        ),
    ],
)
def test_what_a_swap_would_not_keep_has_a_small_table_truncated_and_a_large_one_merged(
    sandbox: Sandbox,
    pg_database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
    obstacle: str,
    why: str,
) -> None:
    pg_database.run(TABLE, obstacle)
    publish, reason = chosen(sandbox, pg_database)
    assert publish == "truncate"
    assert why in reason
    assert "not merge: the table is small" in reason
    monkeypatch.setattr(merge_check, "LARGE_BYTES", 8192)
    pg_database.run("INSERT INTO t SELECT generate_series(10, 99), 'old'")
    assert chosen(sandbox, pg_database)[0] == "merge"


def test_a_large_table_without_a_key_is_not_merged(
    sandbox: Sandbox, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_check, "LARGE_BYTES", 0)
    pg_database.run("CREATE TABLE t (name text)", "CREATE TABLE heir () INHERITS (t)")
    keyless = {"primary_key": None, "columns": ["Name"], "pg_columns": ["name"], "order_by": None}
    publish, reason = chosen(sandbox, pg_database, **keyless)
    assert publish == "truncate"
    assert "not merge: the table is carried without a key" in reason


def test_where_no_strategy_suits_the_error_gives_the_reason_against_each(
    sandbox: Sandbox, pg_database: PgDatabase
) -> None:
    pg_database.run("CREATE TABLE t (name text UNIQUE)")
    pg_database.run("CREATE TABLE orders (name text REFERENCES t (name))")
    keyless = {"primary_key": None, "columns": ["Name"], "pg_columns": ["name"], "order_by": None}
    table = planned(sandbox, pg_database, **keyless)
    assert table.error
    assert table.error.message == (
        "No publishing strategy suits t: "
        "not swap: Foreign keys of orders point to t, so 'swap' cannot replace its rows; "
        "not merge: the table is carried without a key; "
        "not truncate: Foreign keys of orders point to t, so 'truncate' cannot replace its rows"
    )
    assert "remove what prevents it" in table.error.hint


def test_tables_that_become_visible_together_choose_before_any_of_them_is_locked(
    sandbox: Sandbox, table_in: Make, pg_database: PgDatabase
) -> None:
    pg_database.run(TABLE, "CREATE TABLE heir () INHERITS (t)", TABLE.replace(" t ", " u "))
    specs = parse_table_configs({**configs(), "u": configs(pg_table="u")["t"]})
    run = sync_tables(
        list(specs.values()), sandbox.settings(pg_database), options=RunOptions(together=True)
    )
    assert run.ok
    assert [outcome.publish for outcome in run.tables] == ["truncate", "merge"]


@pytest.mark.parametrize("publish", [None, "swap", "merge"])
def test_a_table_that_is_created_stays_invisible_until_those_it_goes_with_are_published(
    sandbox: Sandbox, pg_database: PgDatabase, publish: str | None
) -> None:
    pg_database.run(TABLE.replace(" t ", " u "))
    pg_database.run("INSERT INTO u SELECT generate_series(1, 90), 'old'")  # the guard refuses that
    specs = parse_table_configs(
        {**configs(publish=publish), "u": configs(pg_table="u", publish=publish)["t"]}
    )
    run = sync_tables(
        list(specs.values()), sandbox.settings(pg_database), options=RunOptions(together=True)
    )
    assert [outcome.status for outcome in run.tables] == [Status.SKIPPED, Status.FAILED]
    assert pg_database.rows("SELECT to_regclass('t')") == [(None,)]
    assert pg_database.rows("SELECT count(*) FROM u") == [(90,)]


@pytest.mark.parametrize("chunks", [1, 2])
def test_new_and_truncated_tables_become_visible_together_with_staged_ones(
    sandbox: Sandbox, pg_database: PgDatabase, chunks: int
) -> None:
    pg_database.run(*(TABLE.replace(" t ", f" {name} ") for name in "bc"))
    pg_database.run(*(f"INSERT INTO {name} VALUES (9, 'old')" for name in "bc"))
    entries = {
        "a": configs(pg_table="a", publish="truncate")["t"],
        "b": configs(pg_table="b", publish="truncate")["t"],
        "c": configs(pg_table="c", publish="swap", chunks=chunks)["t"],
        "d": configs(pg_table="d", publish="merge", chunks=chunks)["t"],
    }
    seen: list[object] = []

    def look(progress: Progress) -> None:
        if progress.table == "c":  # readers of b wait as soon as its own rows come
            seen.append(
                pg_database.rows("SELECT to_regclass('a'), to_regclass('d'), b.name FROM b")
            )

    run = sync_tables(
        list(parse_table_configs(entries).values()),
        sandbox.settings(pg_database),
        on_progress=look,
        options=RunOptions(together=True),
    )
    assert run.ok, [outcome.error for outcome in run.tables]
    assert seen
    assert all(found == [(None, None, "old")] for found in seen)
    assert [pg_database.rows(f"SELECT count(*) FROM {name}") for name in "abcd"] == [[(2,)]] * 4


def test_an_attempt_that_chooses_otherwise_leaves_nothing_of_what_was_staged(
    sandbox: Sandbox, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    pg_database.run(TABLE)
    checkpoint, calls = LedgerClaim.checkpoint, []

    def unlucky(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise TransientError("a moment's trouble")
        checkpoint(*arguments)

    def forbid_swap(_error: TransientError, _pause: float) -> None:
        pg_database.run("CREATE TABLE heir () INHERITS (t)")

    monkeypatch.setattr(LedgerClaim, "checkpoint", unlucky)
    outcome = sync_table(
        parse_table_configs(configs(chunks=2))["t"],
        sandbox.settings(pg_database),
        options=RunOptions(retries=Retries(first=0.0, on_retry=forbid_swap)),
    )
    assert outcome.ok, outcome.error
    assert (outcome.publish, outcome.attempts, len(calls)) == ("truncate", 2, 2)
    assert pg_database.rows("SELECT relname FROM pg_class WHERE relname LIKE 'staging%'") == []
    assert pg_database.rows("SELECT count(*) FROM tableferry.chunks") == [(0,)]


def test_a_table_created_in_one_stream_is_not_published_again_without_its_rows(
    sandbox: Sandbox, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_all, failures = postgres.publish_all, [TransientError("a moment's trouble")]

    def unlucky(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        publish_all(*arguments)

    monkeypatch.setattr(postgres, "publish_all", unlucky)
    outcome = carried(sandbox, pg_database, publish="swap")
    assert outcome.status is Status.OK, outcome.error
    assert outcome.attempts == 2, "its rows were rolled back, so they are read again"
    assert pg_database.rows("SELECT count(*) FROM t") == [(2,)]


def test_every_configurable_strategy_and_mode_is_registered() -> None:
    assert set(Publish) - {Publish.AUTO} == set(postgres.STRATEGIES)
    assert set(MODES) == set(ReadMode)
