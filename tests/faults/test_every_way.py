"""Each fault under each way of publishing: the promises are looked at one by one.

The target is wholly old, down to where its rows lie; one outcome is recorded; no session, no
staging table is left behind; nothing is told of a secret or of a cell; run again, it converges.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tableferry.config import TargetSettings
from tableferry.runs.events import Progress
from tableferry.runs.outcome import TableOutcome
from tableferry_sandbox.faults import CutConnection, EndEarly, SendError, Stall
from tests.faults.support import FROM_T, OLD, once, seen, start_sync, sync, wait_for
from tests.integration.conftest import PASSWORD, Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase
from tests.support.proxy import Direction, TcpProxy

pytestmark = pytest.mark.with_ledger

ROWS = 6000
CANARY = "canary"
NEW = [(n, f"{CANARY} {n} {'long ' * 30}") for n in range(ROWS)]

WAYS: dict[str, dict[str, Any]] = {
    "truncate": {"publish": "truncate"},
    "swap": {"publish": "swap"},
    "merge": {"publish": "merge"},
    "swap in chunks": {"publish": "swap", "chunks": 4, "parallel": 2},
    "merge in chunks": {"publish": "merge", "chunks": 4, "parallel": 2},
}

READING = rf"\[Name\].*{FROM_T}"
"""The statements that read rows, not those that look for the bounds of chunks."""

SESSIONS = "FROM pg_stat_activity WHERE application_name LIKE 'tableferry%'"
LEFT = (
    "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('tableferry') "
    "AND relname LIKE 'staging%' AND relkind IN ('r', 'm')"
)


@dataclass(frozen=True, slots=True)
class Ends:
    """The two databases, the proxy between here and the target, and what the target was."""

    source: Sandbox
    database: PgDatabase
    proxy: TcpProxy
    before: list[tuple[object, ...]]

    def sync(self, **changes: Any) -> TableOutcome:
        return sync(self.source, self.database, **changes)

    @property
    def through_proxy(self) -> TargetSettings:
        return settings_of(self.database.through(self.proxy.host, self.proxy.port))


def places(database: PgDatabase) -> list[tuple[object, ...]]:
    """The table as a thing: its number, and where its rows lie and who wrote them."""
    return database.rows(
        "SELECT 't'::regclass::oid, ctid::text, xmin::text, id, name FROM t ORDER BY id"
    )


@pytest.fixture(scope="module")
def full(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    running_sandbox.run("CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(200) NULL)")
    ids, names = zip(*NEW, strict=True)
    table = pa.table({"ID": pa.array(ids, pa.int32()), "Name": pa.array(names, pa.large_string())})
    running_sandbox.engine.database("McTM").load("dbo", "T", table)
    yield running_sandbox
    running_sandbox.run("DROP TABLE dbo.T")


@pytest.fixture
def ends(full: Sandbox, pg_database: PgDatabase, pg_proxy: TcpProxy) -> Iterator[Ends]:
    pg_database.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text)",
        "CREATE INDEX t_name ON t (lower(name))",
        "CREATE VIEW v AS SELECT count(*) AS n FROM t",
        "INSERT INTO t VALUES (1, 'old'), (2, 'old')",
    )
    yield Ends(full, pg_database, pg_proxy, places(pg_database))
    full.server.faults.clear()


@dataclass(frozen=True, slots=True)
class Case:
    """A fault: what brings it about, and the kind of error that it ends in."""

    kind: str
    begin: Callable[[Ends], dict[str, Any]]
    mend: Callable[[Ends], None] = field(default=lambda ends: ends.source.server.faults.clear())


def of_statement(fault: Any) -> Callable[[Ends], dict[str, Any]]:
    def begin(ends: Ends) -> dict[str, Any]:
        ends.source.server.faults.on_statement(READING, fault, times=9)
        return {}

    return begin


def silent(ends: Ends) -> dict[str, Any]:
    ends.source.server.faults.on_statement(READING, Stall(20.0, after_rows=500), times=9)
    return {"statement_timeout": 1}


def while_loading(action: Callable[[Ends], object]) -> Callable[[Ends], dict[str, Any]]:
    return lambda ends: {"on_progress": once(lambda: action(ends))}


def cut_wire(ends: Ends) -> dict[str, Any]:
    def cut(now: Progress) -> None:
        if now.rows > 500:
            ends.proxy.faults.cut_after(0, Direction.TO_SERVER)
            ends.proxy.cut_all()

    return {"target": ends.through_proxy, "on_progress": cut}


def heal(ends: Ends) -> None:
    ends.proxy.faults.heal()
    time_passes(ends)


def time_passes(ends: Ends) -> None:
    """As if it had: nobody renews the lease of a run that is gone."""
    ends.database.run("UPDATE tableferry.leases SET expires_at = clock_timestamp()")


def row_refused(ends: Ends) -> dict[str, Any]:
    ends.database.run(f"ALTER TABLE t ADD CONSTRAINT not_that CHECK (id <> {ROWS - 7})")
    ends.before[:] = places(ends.database)
    return {}


FAULTS = {
    "the source is cut": Case("TransientError", of_statement(CutConnection(after_rows=500))),
    "the source cannot convert a value": Case(
        "DataError",
        of_statement(
            SendError(245, f"Conversion failed when converting the varchar value '{CANARY}'", 500)
        ),
    ),
    "the stream ends early": Case("VerificationError", of_statement(EndEarly(after_rows=500))),
    "the source says nothing": Case("TransientError", silent),
    "the backends are terminated": Case(
        "TransientError",
        while_loading(
            lambda ends: ends.database.rows(f"SELECT pg_terminate_backend(pid) {SESSIONS}")
        ),
    ),
    "the wire to the target is cut": Case("TransientError", cut_wire, heal),
    "the target refuses a row": Case(
        "DataError",
        row_refused,
        lambda ends: ends.database.run("ALTER TABLE t DROP CONSTRAINT not_that"),
    ),
    "another run took over": Case(
        "LeaseLostError",
        while_loading(
            lambda ends: ends.database.run(
                "UPDATE tableferry.leases SET generation = generation + 1, "
                "expires_at = clock_timestamp()"
            )
        ),
    ),
}  # fmt: skip


OUT_OF_REACH = (
    "the backends are terminated",
    "the wire to the target is cut",
    "another run took over",
)
"""Faults after which the run has no way to the target any more, or no right to what is there."""


def told_anywhere(database: PgDatabase) -> str:
    """All that the ledger holds. (The bounds of chunks are keys, and needed again.)"""
    return "".join(
        str(database.rows(f"SELECT to_jsonb(r)::text FROM tableferry.{name} r"))
        for name in ("runs", "table_runs", "leases")
    )


def require_nothing_told(database: PgDatabase, *texts: str) -> None:
    for text in (*texts, told_anywhere(database)):
        assert CANARY not in text
        assert PASSWORD not in text
        assert database.password not in text


def require_nothing_changed(ends: Ends) -> None:
    assert places(ends.database) == ends.before
    assert [row[3:] for row in ends.before] == OLD


def require_converged(ends: Ends, way: dict[str, Any]) -> None:
    outcome = ends.sync(**way)
    assert outcome.error is None
    assert seen(ends.database) == NEW
    assert ends.database.rows("SELECT n FROM v") == [(ROWS,)]
    assert ends.database.rows(LEFT) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_under_any_way_of_publishing_keeps_every_promise(
    ends: Ends, fault: str, way: str
) -> None:
    case, changes = FAULTS[fault], WAYS[way]
    outcome = ends.sync(**changes, **case.begin(ends))
    assert outcome.error is not None
    assert outcome.error.kind == case.kind, outcome.error
    assert outcome.error.hint
    assert wait_for(lambda: ends.database.rows(f"SELECT count(*) {SESSIONS}") == [(0,)])
    require_nothing_changed(ends)
    if "chunks" not in changes and fault not in OUT_OF_REACH:
        assert ends.database.rows(LEFT) == [], "what nobody takes up again is dropped at once"
    statuses = "SELECT status FROM tableferry.{} ORDER BY started_at"
    case.mend(ends)
    if case.kind == "LeaseLostError":
        # Whose lease it is by now knows what became of the run before.
        assert ends.database.rows(statuses.format("table_runs")) == [("failed",)]
    require_nothing_told(ends.database, str(outcome.to_dict()), repr(outcome))
    require_converged(ends, changes)
    for table in ("table_runs", "runs"):
        assert len(ends.database.rows(statuses.format(table))) == 2
        first, last = (row[0] for row in ends.database.rows(statuses.format(table)))
        assert (first in {"failed", "abandoned"}, last) == (True, "ok")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGKILL, "abandoned"), (signal.SIGTERM, "cancelled")],
)
def test_a_process_that_is_ended_under_any_way_of_publishing_keeps_every_promise(
    ends: Ends, tmp_path: Path, number: signal.Signals, status: str, way: str
) -> None:
    ends.source.server.faults.on_statement(READING, Stall(20.0, after_rows=1200), times=9)
    with start_sync(ends.source, ends.database, tmp_path, **WAYS[way]) as process:
        copying = f"SELECT count(*) > 0 {SESSIONS} AND query LIKE 'COPY%'"
        assert wait_for(lambda: ends.database.rows(copying) == [(True,)])
        process.send_signal(number)
        printed, errors = process.communicate(timeout=60)
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert wait_for(lambda: ends.database.rows(f"SELECT count(*) {SESSIONS}") == [(0,)])
    require_nothing_changed(ends)
    if number == signal.SIGTERM and "chunks" not in WAYS[way]:
        assert ends.database.rows(LEFT) == []
    ends.source.server.faults.clear()
    require_nothing_told(ends.database, printed, errors)
    time_passes(ends)
    require_converged(ends, WAYS[way])
    statuses = "SELECT status FROM tableferry.table_runs ORDER BY started_at"
    assert ends.database.rows(statuses) == [(status,), ("ok",)]
