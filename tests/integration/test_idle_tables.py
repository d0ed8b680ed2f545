"""Tables that have not changed are found together, and only those that have get a run."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tableferry.config import Settings, parse_table_configs
from tableferry.errors import TransientError
from tableferry.model.identifiers import SourceTable
from tableferry.modes import tracked_changes
from tableferry.postgres.ledger.many_watermarks import LeftWatermark
from tableferry.runs.history import History
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry.sqlserver.connection import SourceConnection
from tests.integration.conftest import PASSWORD, Sandbox
from tests.support.databases import PgDatabase
from tests.support.specs import entry

NAMES = ("a", "b", "c")
SHOP = "IdleShop"
"""The tests' own database, so that nothing else raises its version."""


@contextlib.contextmanager
def a_shop(sandbox: Sandbox, database: str) -> Iterator[None]:
    """A database whose tables' changes are tracked."""
    sandbox.run(f"CREATE DATABASE {database}")
    sandbox.run(
        f"ALTER DATABASE {database} SET CHANGE_TRACKING = ON "
        "(CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)"
    )
    sandbox.run(f"ALTER DATABASE {database} SET ALLOW_SNAPSHOT_ISOLATION ON")
    for name in NAMES:
        sandbox.run(
            f"CREATE TABLE dbo.{name} (ID int PRIMARY KEY, Name nvarchar(20)); "
            f"ALTER TABLE dbo.{name} ENABLE CHANGE_TRACKING; "
            f"INSERT INTO dbo.{name} VALUES (1, N'one'), (2, N'two')",
            database,
        )
    yield
    sandbox.run(f"DROP DATABASE {database}")


@pytest.fixture
def source(sandbox: Sandbox) -> Iterator[Sandbox]:
    with a_shop(sandbox, SHOP):
        yield sandbox


@pytest.fixture
def second_shop(sandbox: Sandbox) -> Iterator[str]:
    with a_shop(sandbox, f"{SHOP}2"):
        yield f"{SHOP}2"


Run = Callable[..., dict[str, TableOutcome]]


@pytest.fixture
def settings(source: Sandbox, pg_database: PgDatabase) -> Settings:
    return settings_for(source, pg_database)


def settings_for(source: Sandbox, database: PgDatabase, **changes: Any) -> Settings:
    found = source.settings(database)
    databases = {"mctm": SHOP, "voipdb": f"{SHOP}2"}
    sources = {key: source.source(name, **changes) for key, name in databases.items()}
    return replace(found, sources=sources)


def entries(names: Sequence[str] = NAMES, **changes: Any) -> dict[str, dict[str, Any]]:
    given = {"mode": "change_tracking", "publish": "auto", "order_by": None, "max_shrink": 100}
    return {
        name: entry(
            **{
                **given,
                "sql_server_db": SHOP,
                "sql_table": f"dbo.{name}",
                "pg_table": name,
                **changes.get(name, {}),
            }
        )
        for name in names
    }


def carry(
    settings: Settings, names: Sequence[str] = NAMES, options: Any = None, **changes: Any
) -> dict[str, TableOutcome]:
    specs = list(parse_table_configs(entries(names, **changes)).values())
    run = sync_tables(specs, settings, options=options or RunOptions())
    assert run.warnings == ()
    return {outcome.table: outcome for outcome in run.tables}


def idle(outcomes: Mapping[str, TableOutcome]) -> list[str]:
    assert all(one.status is Status.OK for one in outcomes.values() if one.idle)
    return [key for key, outcome in outcomes.items() if outcome.idle]


def rows_are_equal(source: Sandbox, target: PgDatabase, name: str) -> bool:
    theirs = source.rows(f"SELECT ID, Name FROM dbo.{name} ORDER BY ID", SHOP)
    return target.rows(f"SELECT id, name FROM {name} ORDER BY id") == theirs


def watermarks(target: PgDatabase) -> dict[str, str]:
    found = target.rows("SELECT target, value FROM tableferry.watermarks")
    return {str(name).removeprefix("public."): str(value) for name, value in found}


def test_tables_without_changes_are_not_carried_and_their_watermarks_advance(
    source: Sandbox, settings: Settings, pg_database: PgDatabase
) -> None:
    first = carry(settings)
    assert [(one.error, one.rows_read, one.idle) for one in first.values()] == [
        (None, 2, False)
    ] * 3
    before = watermarks(pg_database)
    source.run("INSERT INTO dbo.b VALUES (3, N'three')", SHOP)
    outcomes = carry(settings)
    assert idle(outcomes) == ["a", "c"]
    assert (outcomes["b"].rows_read, outcomes["a"].rows_read) == (1, 0)
    assert rows_are_equal(source, pg_database, "b")
    after = watermarks(pg_database)
    assert all(before[name] != after[name] for name in NAMES)
    assert idle(carry(settings)) == list(NAMES)


def test_an_idle_table_says_when_its_rows_were_those_of_the_source(settings: Settings) -> None:
    first = carry(settings)
    second = carry(settings)
    for name in NAMES:
        assert second[name].as_of is not None
        assert first[name].as_of < second[name].as_of  # type: ignore[operator]
        assert second[name].lag is not None


def test_an_idle_table_leaves_no_history_and_its_run_does(
    settings: Settings, pg_database: PgDatabase
) -> None:
    carry(settings)
    carry(settings)
    assert pg_database.rows("SELECT count(*) FROM tableferry.table_runs") == [(3,)]
    assert pg_database.rows("SELECT status FROM tableferry.runs") == [("ok",), ("ok",)]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM dbo.b WHERE ID = 1",
        "UPDATE dbo.b SET Name = N'changed' WHERE ID = 1",
        "UPDATE dbo.b SET ID = 7 WHERE ID = 1",
        "TRUNCATE TABLE dbo.b",
        "ALTER TABLE dbo.b ALTER COLUMN Name nvarchar(30)",
        (
            "ALTER TABLE dbo.b DISABLE CHANGE_TRACKING; DELETE FROM dbo.b WHERE ID = 1; "
            "ALTER TABLE dbo.b ENABLE CHANGE_TRACKING; INSERT INTO dbo.a VALUES (9, N'nine')"
        ),
    ],
)
def test_whatever_happened_to_a_source_table_it_is_carried(
    source: Sandbox, settings: Settings, pg_database: PgDatabase, change: str
) -> None:
    carry(settings)
    source.run("UPDATE dbo.c SET Name = N'other'", SHOP)
    for batch in change.split("; "):
        source.run(batch, SHOP)
    outcomes = carry(settings)
    assert outcomes["b"].status is Status.OK, outcomes["b"].error
    assert not outcomes["b"].idle
    assert rows_are_equal(source, pg_database, "b")


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE b",
        "DROP TABLE b; CREATE TABLE b (id int PRIMARY KEY, name text)",
        "ALTER TABLE b ALTER COLUMN name TYPE varchar(50)",
    ],
)
def test_a_target_table_that_was_dropped_or_altered_is_filled_again(
    source: Sandbox, settings: Settings, pg_database: PgDatabase, change: str
) -> None:
    carry(settings)
    pg_database.run(*change.split("; "))
    outcomes = carry(settings)
    assert idle(outcomes) == ["a", "c"]
    assert rows_are_equal(source, pg_database, "b")
    assert outcomes["b"].reload


def test_an_entry_that_was_changed_is_planned_again(
    settings: Settings, pg_database: PgDatabase
) -> None:
    carry(settings)
    outcomes = carry(settings, b={"where": "t.ID = 1"})
    assert idle(outcomes) == ["a", "c"]
    assert pg_database.rows("SELECT id FROM b") == [(1,)]


def test_tracking_that_is_off_for_one_table_stops_only_that_one(
    source: Sandbox, settings: Settings
) -> None:
    carry(settings)
    source.run("ALTER TABLE dbo.b DISABLE CHANGE_TRACKING", SHOP)
    outcomes = carry(settings)
    assert idle(outcomes) == ["a", "c"]
    assert outcomes["b"].error
    assert "ENABLE CHANGE_TRACKING" in outcomes["b"].error.hint


def test_a_right_that_was_lost_stops_only_that_table(
    source: Sandbox, pg_database: PgDatabase
) -> None:
    source.run("CREATE LOGIN Idler WITH PASSWORD = 'idle-1-Idle'; CREATE USER Idler", SHOP)
    source.run("GRANT SELECT, VIEW CHANGE TRACKING ON SCHEMA::dbo TO Idler", SHOP)
    settings = settings_for(source, pg_database, user="Idler", password="idle-1-Idle")
    carry(settings)
    source.run("DENY VIEW CHANGE TRACKING ON dbo.b TO Idler", SHOP)
    outcomes = carry(settings)
    assert idle(outcomes) == ["a", "c"]
    assert outcomes["b"].error
    assert "GRANT VIEW CHANGE TRACKING ON [dbo].[b] TO [Idler]" in outcomes["b"].error.hint
    source.run("DROP USER Idler", SHOP)
    source.run("DROP LOGIN Idler")


def test_a_database_restored_to_an_earlier_moment_is_noticed_though_its_version_passes(
    source: Sandbox, settings: Settings, pg_database: PgDatabase
) -> None:
    shop = source.engine.database(SHOP)
    backup = shop.backup()
    source.run("DELETE FROM dbo.b WHERE ID = 1", SHOP)
    carry(settings)
    shop.restore(backup)
    for number in range(5):
        source.run(f"UPDATE dbo.a SET Name = N'{number}'", SHOP)
    outcomes = carry(settings)
    assert {one.reload for one in outcomes.values()} == {"other_database"}
    assert rows_are_equal(source, pg_database, "b")
    assert idle(carry(settings)) == list(NAMES)


@pytest.mark.parametrize("since", ["", "INSERT INTO dbo.b VALUES (5, N'five')"])
def test_a_truncation_at_the_version_at_which_tracking_began_is_found(
    source: Sandbox, settings: Settings, pg_database: PgDatabase, since: str
) -> None:
    source.run("ALTER TABLE dbo.b DISABLE CHANGE_TRACKING", SHOP)
    source.run("ALTER TABLE dbo.b ENABLE CHANGE_TRACKING", SHOP)
    carry(settings)
    source.run(f"TRUNCATE TABLE dbo.b; {since}", SHOP)
    source.run("UPDATE dbo.a SET Name = N'changed'", SHOP)
    outcomes = carry(settings)
    assert idle(outcomes) == ["c"]
    assert rows_are_equal(source, pg_database, "b")


def test_tables_of_two_source_databases_are_each_found(
    source: Sandbox, settings: Settings, pg_database: PgDatabase, second_shop: str
) -> None:
    other = {"db_type": "voipdb", "sql_server_db": second_shop}
    carry(settings, b=other)
    source.run("UPDATE dbo.c SET Name = N'elsewhere'", second_shop)
    assert idle(carry(settings, b=other)) == list(NAMES)
    source.run("UPDATE dbo.b SET Name = N'changed' WHERE ID = 1", second_shop)
    assert idle(carry(settings, b=other)) == ["a", "c"]
    assert ("changed",) in pg_database.rows("SELECT name FROM b")


def test_tables_that_become_visible_together_are_all_carried(settings: Settings) -> None:
    carry(settings)
    outcomes = carry(settings, options=RunOptions(together=True))
    assert idle(outcomes) == []
    assert all(one.ok for one in outcomes.values())


def test_a_plan_that_was_reviewed_is_made_again(settings: Settings) -> None:
    carry(settings)
    specs = list(parse_table_configs(entries()).values())
    run = sync_tables(specs, settings, fingerprints={"b": "0123456789abcdef"})
    outcomes = {outcome.table: outcome for outcome in run.tables}
    assert idle(outcomes) == ["a", "c"]
    assert outcomes["b"].status is Status.FAILED


def test_what_another_run_publishes_meanwhile_is_not_overwritten(
    source: Sandbox,
    settings: Settings,
    pg_database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    carry(settings)
    advance, published = History.advance, []

    def late(self: History, mode: str, values: Mapping[LeftWatermark, str], age: float) -> Any:
        if not published:
            published.append(True)
            source.run("UPDATE dbo.b SET Name = N'late' WHERE ID = 1", SHOP)
            assert carry(settings, ["b"])["b"].rows_read == 1
            published.append(watermarks(pg_database)["b"])
        return advance(self, mode, values, age)

    monkeypatch.setattr(History, "advance", late)
    outcomes = carry(settings)
    assert idle(outcomes) == ["a", "c"]
    assert outcomes["b"].ok
    assert watermarks(pg_database)["b"] == published[1]
    assert rows_are_equal(source, pg_database, "b")


def test_a_quiet_table_never_expires(
    source: Sandbox, settings: Settings, pg_database: PgDatabase
) -> None:
    carry(settings)
    pg_database.run("UPDATE tableferry.watermarks SET advanced_at = now() - interval '23 hours'")
    assert idle(carry(settings)) == list(NAMES)
    [(ages,)] = pg_database.rows(
        "SELECT max(extract(epoch FROM now() - advanced_at))::int FROM tableferry.watermarks"
    )
    assert int(str(ages)) < 3600


def test_a_table_whose_changes_are_half_expired_is_carried_and_warned_of(
    settings: Settings, pg_database: PgDatabase
) -> None:
    carry(settings)
    pg_database.run(
        "UPDATE tableferry.watermarks SET advanced_at = now() - interval '25 hours' "
        "WHERE target = 'public.b'"
    )
    outcomes = carry(settings)
    assert idle(outcomes) == ["a", "c"]
    assert any("days ago" in warning for warning in outcomes["b"].warnings)


@pytest.mark.parametrize("names", [("a",), NAMES])
def test_the_source_is_asked_as_often_for_one_table_as_for_all(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    carry(settings, names)
    asked = count_statements(monkeypatch)
    assert idle(carry(settings, names)) == list(names)
    assert len(asked) == 5


def count_statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets every statement that the source is asked from here on."""
    asked: list[str] = []

    def noting(method: Callable[..., Any]) -> Callable[..., Any]:
        def noted(self: SourceConnection, sql: str, *more: Any) -> Any:
            asked.append(sql)
            return method(self, sql, *more)

        return noted

    for name in ("rows", "execute"):
        monkeypatch.setattr(SourceConnection, name, noting(getattr(SourceConnection, name)))
    return asked


def test_a_source_that_cannot_be_asked_is_reported_by_each_of_its_tables(
    source: Sandbox, settings: Settings
) -> None:
    carry(settings)
    gone = settings.sources["mctm"].model_copy(update={"password": f"not {PASSWORD}"})
    outcomes = carry(replace(settings, sources={**settings.sources, "mctm": gone}))
    assert idle(outcomes) == []
    assert {one.status for one in outcomes.values()} == {Status.FAILED}
    assert idle(carry(settings)) == list(NAMES)


def breaking(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[str]:
    """Let the question for changes fail; returns a list that gets a word for each time."""
    asked: list[str] = []

    def broken(*_: object) -> set[SourceTable]:
        asked.append("asked")
        raise error

    monkeypatch.setattr(tracked_changes, "changed_tables", broken)
    return asked


def test_tables_are_carried_where_the_connection_is_lost_meanwhile(
    source: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry(settings)
    source.run("UPDATE dbo.a SET Name = N'changed'", SHOP)
    asked = breaking(monkeypatch, TransientError("the connection was lost"))
    outcomes = carry(settings)
    assert asked == ["asked"]
    assert idle(outcomes) == []
    assert [one.rows_read for one in outcomes.values()] == [2, 0, 0]


def test_an_error_that_nobody_foresaw_is_a_warning_of_the_run(
    source: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry(settings)
    source.run("UPDATE dbo.a SET Name = N'changed'", SHOP)
    breaking(monkeypatch, ZeroDivisionError())
    run = sync_tables(list(parse_table_configs(entries()).values()), settings)
    assert run.ok
    assert whole(run) == [False, False, False]
    [warning] = run.warnings
    assert warning.startswith("No table was looked at for changes: ZeroDivisionError")


def test_a_signal_meanwhile_stops_the_run_before_any_table(
    source: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry(settings)
    source.run("UPDATE dbo.a SET Name = N'changed'", SHOP)
    breaking(monkeypatch, KeyboardInterrupt())  # type: ignore[arg-type] - no Exception
    run = sync_tables(list(parse_table_configs(entries()).values()), settings)
    assert run.status is Status.CANCELLED
    assert [one.status for one in run.tables] == [Status.CANCELLED, Status.SKIPPED, Status.SKIPPED]
    monkeypatch.undo()
    assert idle(carry(settings)) == ["b", "c"]


def test_a_server_of_another_name_is_read_from_the_beginning(
    source: Sandbox, settings: Settings
) -> None:
    carry(settings)
    other = settings.sources["mctm"].model_copy(update={"host": "localhost"})
    outcomes = carry(replace(settings, sources={**settings.sources, "mctm": other}))
    assert idle(outcomes) == []
    assert all(one.rows_read == 2 for one in outcomes.values())


def test_a_table_that_changes_in_every_run_and_one_that_never_does_stay_right(
    source: Sandbox, settings: Settings, pg_database: PgDatabase
) -> None:
    carry(settings)
    for number in range(4):
        source.run(f"INSERT INTO dbo.a VALUES ({number + 10}, N'new')", SHOP)
        if number == 2:
            source.run("DELETE FROM dbo.c WHERE ID = 1", SHOP)
        outcomes = carry(settings)
        assert idle(outcomes) == (["b"] if number == 2 else ["b", "c"])
    assert all(rows_are_equal(source, pg_database, name) for name in NAMES)


def whole(run: RunOutcome) -> list[bool]:
    return [outcome.idle for outcome in run.tables]


def test_outcomes_come_in_the_order_of_the_tables(source: Sandbox, settings: Settings) -> None:
    carry(settings)
    source.run("UPDATE dbo.b SET Name = N'changed'", SHOP)
    specs = list(parse_table_configs(entries()).values())
    run = sync_tables(specs, settings)
    assert [outcome.table for outcome in run.tables] == list(NAMES)
    assert whole(run) == [True, False, True]
    assert run.status is Status.OK
