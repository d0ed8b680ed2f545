"""What becomes of a connection between two tables is noticed before anything depends on it."""

from collections.abc import Callable

import pytest

from tableferry.config import Settings, TargetSettings
from tableferry.runs.events import Event, Retrying
from tableferry.runs.outcome import RunOutcome, Status
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry_sandbox.faults import SendError
from tests.faults.support import QUICK, wait_for
from tests.integration.conftest import Sandbox
from tests.integration.many_tables.conftest import (
    NAMES,
    after,
    filled,
    logins,
    settings,
    source,
    statements,
    tables,
    target,
)
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.proxy import TcpProxy

__all__ = ["filled", "logins", "settings", "source", "statements", "target"]

pytestmark = pytest.mark.with_ledger

THREE = NAMES[:3]
ROWS = [(1, "one"), (2, "two")]

ProxyTo = Callable[[str, int], TcpProxy]


@pytest.fixture
def wire(source: Sandbox, proxy_to: ProxyTo) -> TcpProxy:
    """The way to the source."""
    return proxy_to(source.server.host, source.server.port)


def synced(settings: Settings, between: Callable[[], object], jobs: int = 1) -> RunOutcome:
    """Sync three tables; do something when the first has ended."""
    run = sync_tables(
        tables(*THREE), settings, on_event=after("m0", between), options=RunOptions(jobs=jobs)
    )
    assert not [warning for warning in run.warnings if "on_event" in warning]
    return run


def attempts(settings: Settings, between: Callable[[], object]) -> list[str]:
    """Sync three tables likewise, and return those that took more than one attempt."""
    seen: list[Event] = []
    act = after("m0", between)

    def on_event(event: Event) -> None:
        seen.append(event)
        act(event)

    run = sync_tables(tables(*THREE), settings, on_event=on_event, options=QUICK)
    assert run.ok, [table.error for table in run.tables]
    return [event.table for event in seen if isinstance(event, Retrying)]


def test_tables_that_follow_each_other_are_read_over_one_connection(
    settings: Settings, logins: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = sessions_opened(monkeypatch)
    assert sync_tables(tables(*NAMES), settings).ok
    assert len(logins) == 1
    assert len(opened) <= 2, "one for the rows, one for the ledger"


def sessions_opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what grows with every session on the target."""
    from tableferry.postgres import connection, driver_session

    opened: list[int] = []

    def open_session(to: TargetSettings, run_id: str) -> object:
        opened.append(1)
        return driver_session.open_session(to, run_id)

    monkeypatch.setattr(connection, "open_session", open_session)
    return opened


def test_a_source_that_closes_the_connection_between_two_tables_costs_no_attempt(
    settings: Settings, source: Sandbox, wire: TcpProxy, target: PgDatabase, logins: list[int]
) -> None:
    through = Settings({"mctm": source.source(host=wire.host, port=wire.port)}, settings.target)
    assert attempts(through, wire.cut_all) == []
    assert len(logins) == 2
    assert target.rows("SELECT * FROM m2 ORDER BY id") == ROWS


def test_a_target_that_ends_the_session_between_two_tables_costs_no_attempt(
    settings: Settings, target: PgDatabase
) -> None:
    def end() -> None:
        target.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    assert attempts(settings, end) == []
    assert target.rows("SELECT * FROM m2 ORDER BY id") == ROWS


def test_a_target_whose_wire_is_cut_between_two_tables_costs_no_attempt(
    settings: Settings, target: PgDatabase, proxy_to: ProxyTo
) -> None:
    proxy = proxy_to(target.host, target.port)
    there = settings_of(target.through(proxy.host, proxy.port))
    assert attempts(Settings(settings.sources, there), proxy.cut_all) == []


def test_a_login_that_is_revoked_between_two_tables_is_tried_once(
    settings: Settings, source: Sandbox, wire: TcpProxy, logins: list[int]
) -> None:
    through = Settings({"mctm": source.source(host=wire.host, port=wire.port)}, settings.target)

    def revoke() -> None:
        source.server.faults.on_login(times=10)
        wire.cut_all()

    run = synced(through, revoke)
    assert [table.status for table in run.tables] == [Status.OK, Status.FAILED, Status.FAILED]
    assert all(table.error and table.error.code == "18456" for table in run.tables[1:])
    assert len(logins) == 2


def test_a_connection_over_which_an_error_came_is_not_used_again(
    settings: Settings, source: Sandbox, logins: list[int]
) -> None:
    source.server.faults.on_statement(r"FROM \[McTM\]\.\[dbo\]\.\[m0\]", SendError(8134, "x"))
    run = sync_tables(tables(*THREE), settings)
    assert [table.status for table in run.tables] == [Status.FAILED, Status.OK, Status.OK]
    assert len(logins) == 2


@pytest.mark.parametrize("jobs", [1, 3])
def test_nothing_is_open_when_the_run_has_ended(
    settings: Settings, source: Sandbox, target: PgDatabase, jobs: int
) -> None:
    assert sync_tables(tables(*THREE), settings, options=RunOptions(jobs=jobs)).ok
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    count = f"SELECT count(*) FROM pg_stat_activity WHERE {others}"
    assert wait_for(lambda: target.rows(count) == [(0,)])
    assert wait_for(lambda: source.server.connections == 0)


def test_a_lock_timeout_of_one_entry_is_not_that_of_another(
    settings: Settings, statements: list[str]
) -> None:
    specs = tables("m0", lock_timeout=7) + tables("m1", lock_timeout=9)
    assert sync_tables(specs, settings).ok
    found = [sql for sql in statements if "SET LOCK_TIMEOUT" in sql]
    assert ["LOCK_TIMEOUT 7000;" in sql for sql in found] == [True, False]
    assert ["LOCK_TIMEOUT 9000;" in sql for sql in found] == [False, True]


def test_a_table_of_another_isolation_leaves_none_to_the_next(
    settings: Settings, statements: list[str]
) -> None:
    specs = tables("m0", consistency="nolock") + tables("m1", consistency="read_committed")
    specs += tables("m2", consistency="nolock")
    assert sync_tables(specs, settings).ok
    levels = [sql.split(";")[0] for sql in statements if "ISOLATION LEVEL" in sql and "FROM" in sql]
    dirty, clean = (f"SET TRANSACTION ISOLATION LEVEL READ {x}COMMITTED" for x in ("UN", ""))
    assert levels == [dirty, clean, dirty, clean]
