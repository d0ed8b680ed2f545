"""The rows of runs and table runs in the ledger; each function needs an open transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol
from uuid import UUID

from psycopg.types.json import Jsonb

from tableferry.errors import LeaseLostError
from tableferry.model.identifiers import TargetTable
from tableferry.model.phase_span import PhaseSpan, to_json
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.stored_texts import canonical, json_list, json_object, storable
from tableferry.postgres.messages import Question, Rows

NO_LOSSES: Final[Mapping[str, str]] = MappingProxyType({})

KEPT_RUNS: Final = 1_000
"""Ended runs whose history is kept: six weeks of hourly runs, three days of one every five minutes.
A run of ten tables takes about 10 kB, so all of them take about 10 MB."""

PRUNED_AT_ONCE: Final = 10
"""Each run adds one and deletes a few, whose chunks and quarantined rows may be many."""

_BEGIN_RUN: Final = """\
INSERT INTO tableferry.runs (run_id, process, version) VALUES (%s, %s, %s)
ON CONFLICT (run_id) DO NOTHING"""

_ABANDON_SILENT: Final = """\
UPDATE tableferry.runs SET status = 'abandoned', ended_at = updated_at
WHERE run_id IN (
  SELECT r.run_id FROM tableferry.runs r
  WHERE r.status = 'running' AND r.updated_at < clock_timestamp() - make_interval(secs => %s)
  AND NOT EXISTS (
    SELECT FROM tableferry.leases l
    WHERE l.run_id = r.run_id AND l.expires_at > clock_timestamp())
  FOR NO KEY UPDATE OF r SKIP LOCKED)"""
"""A fan-out's run is silent between its steps; its lease outlasts that."""

_ABANDON_RUN: Final = """\
UPDATE tableferry.runs SET status = 'abandoned', ended_at = updated_at
WHERE run_id = %s AND status = 'running'"""

_ABANDON_TABLES: Final = """\
UPDATE tableferry.table_runs SET status = 'abandoned', ended_at = updated_at
WHERE (run_id, table_key) IN (
  SELECT t.run_id, t.table_key FROM tableferry.table_runs t
  JOIN tableferry.runs r ON r.run_id = t.run_id
  WHERE t.status = 'running' AND r.status <> 'running'
  FOR NO KEY UPDATE OF t SKIP LOCKED)"""
"""A locked row belongs to a run that is publishing: its outcome will be ok, or is recorded by the
next run."""

_PRUNE: Final = """\
DELETE FROM tableferry.runs WHERE run_id IN (
  SELECT r.run_id FROM tableferry.runs r
  WHERE r.status <> 'running' AND NOT EXISTS (
    SELECT FROM tableferry.table_runs t
    JOIN pg_class c ON c.relname = t.staging AND c.relnamespace = 'tableferry'::regnamespace
    WHERE t.run_id = r.run_id)
  AND r.started_at < (
    SELECT started_at FROM tableferry.runs ORDER BY started_at DESC OFFSET %s - 1 LIMIT 1)
  ORDER BY r.started_at LIMIT %s
  FOR UPDATE OF r SKIP LOCKED)"""
"""A run whose staging table still exists is kept until the next load of that table finds it."""

_BEGIN_TABLE: Final = """\
INSERT INTO tableferry.table_runs (run_id, table_key, source, target)
SELECT r.run_id, %s, %s, %s FROM tableferry.runs r WHERE r.run_id = %s AND r.status = 'running'
ON CONFLICT (run_id, table_key) DO UPDATE SET target = EXCLUDED.target
RETURNING target"""

_DESCRIBE: Final = """\
UPDATE tableferry.table_runs SET publish = %s, consistency = %s, fingerprint = %s,
  read_at_one_moment = %s, updated_at = clock_timestamp()
WHERE run_id = %s AND table_key = %s AND status = 'running'"""

_PROGRESS: Final = """\
UPDATE tableferry.table_runs SET phase = %s, attempt = %s, rows_read = %s, rows_written = %s,
  updated_at = clock_timestamp()
WHERE (run_id, table_key) IN (
  SELECT run_id, table_key FROM tableferry.table_runs
  WHERE run_id = %s AND table_key = %s AND status = 'running'
  FOR NO KEY UPDATE SKIP LOCKED)"""
"""The publishing transaction has the row locked; renewing the lease must not wait for it."""

_END_TABLE: Final = """\
UPDATE tableferry.table_runs SET status = %(status)s, rows_read = %(rows_read)s,
  rows_written = %(rows_written)s, error_kind = %(kind)s, error_code = %(code)s,
  error_message = %(message)s, error_hint = %(hint)s, warnings = %(warnings)s,
  phases = coalesce(%(phases)s, phases), losses = coalesce(%(losses)s, losses),
  updated_at = clock_timestamp(),
  ended_at = coalesce(ended_at, clock_timestamp())
WHERE run_id = %(run_id)s AND table_key = %(table_key)s AND status IN ('running', %(status)s)"""
"""``ok`` is recorded already, in the transaction that published the rows. A step of a fan-out that
is done again knows neither phases nor losses."""

_END_RUN: Final = """\
UPDATE tableferry.runs SET status = %(status)s, updated_at = clock_timestamp(),
  ended_at = coalesce(ended_at, clock_timestamp())
WHERE run_id = %(run_id)s AND status IN ('running', %(status)s)
RETURNING status"""

_TABLE_STATUS: Final = """\
SELECT status FROM tableferry.table_runs WHERE run_id = %s AND table_key = %s"""

_RUN_STATUS: Final = "SELECT status FROM tableferry.runs WHERE run_id = %s"


@dataclass(frozen=True, slots=True)
class TableRun:
    """One table of a run. ``target`` is its canonical name in the ledger, with its schema."""

    run_id: UUID
    table_key: str
    target: str


@dataclass(frozen=True, slots=True)
class TableProgress:
    """What a table's run is doing, and its rows so far."""

    phase: str
    attempt: int
    rows_read: int
    rows_written: int


class Failure(Protocol):
    """An error to record, as ``errors.ErrorReport``: without secrets and cell values."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - the error's class
    @property
    def code(self) -> str: ...  # noqa: D102 - the database's own
    @property
    def message(self) -> str: ...  # noqa: D102
    @property
    def hint(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class LoadDescription:
    """What a table's run is about to do, as its plan says.

    ``read_at_one_moment``: every row is read as of one moment of the source.
    """

    publish: str
    consistency: str
    fingerprint: str
    read_at_one_moment: bool


def begin_run(
    connection: TargetConnection, run_id: UUID, process: str, version: str, *, ttl: float
) -> None:
    """Record the beginning of the run, and commit.

    Runs without a heartbeat for ``ttl`` seconds get the outcome ``abandoned``, but for those with a
    valid lease: its expiry says how long they may be silent.
    """
    connection.rows_and_commit(
        (_BEGIN_RUN, (run_id, process, version)), (_ABANDON_SILENT, (ttl,)), (_ABANDON_TABLES, ())
    )


def abandon(connection: TargetConnection, run_id: UUID) -> None:
    """Give the outcome ``abandoned`` to a run that let its lease expire."""
    connection.execute(_ABANDON_RUN, (run_id,))
    connection.execute(_ABANDON_TABLES)


def prune(connection: TargetConnection, kept: int = KEPT_RUNS) -> None:
    """Delete the oldest ended runs, with all their rows, so that ``kept`` are left; and commit."""
    connection.rows_and_commit((_PRUNE, (kept, PRUNED_AT_ONCE)))


def begin_table(
    connection: TargetConnection, run_id: UUID, table_key: str, source: str, target: TargetTable
) -> TableRun:
    """Record the beginning of a table's run; raises LeaseLostError in an abandoned run."""
    name = canonical(connection, target)
    about = (table_key, storable(source, connection.encoding), name, run_id)
    return begun(run_id, table_key, name, connection.rows(_BEGIN_TABLE, about))


def begun(run_id: UUID, table_key: str, name: str, rows: Rows) -> TableRun:
    """Return the table's run, where ``rows`` say that it is recorded; raises LeaseLostError."""
    if not rows:
        raise LeaseLostError(
            f"Another run marked this one as abandoned, since its heartbeat stopped; {name} was "
            "not published",
            hint="See tableferry.runs for the run that took over; run it again if necessary.",
        )
    return TableRun(run_id, table_key, name)


def describing(run: TableRun, load: LoadDescription) -> Question:
    """Return what records the plan."""
    plan = (load.publish, load.consistency, load.fingerprint, load.read_at_one_moment)
    return (_DESCRIBE, (*plan, run.run_id, run.table_key))


def write_progress(connection: TargetConnection, run: TableRun, now: TableProgress) -> None:
    """Record a table's progress, unless it is being published at this moment."""
    progress = (now.phase, now.attempt, now.rows_read, now.rows_written)
    connection.execute(_PROGRESS, (*progress, run.run_id, run.table_key))


def end_table(
    connection: TargetConnection,
    run: TableRun,
    status: str,
    *,
    rows_read: int,
    rows_written: int,
    error: Failure | None,
    warnings: Sequence[str],
    phases: Sequence[PhaseSpan] = (),
    losses: Mapping[str, str] = NO_LOSSES,
    also: Sequence[Question] = (),
) -> str:
    """Record a table's outcome, and commit, with what is to be done ``also``.

    Returns the outcome that is recorded, which may be an earlier one.
    """
    parameters: dict[str, Any] = {
        "run_id": run.run_id,
        "table_key": run.table_key,
        "status": status,
        "rows_read": rows_read,
        "rows_written": rows_written,
        "warnings": json_list(warnings, connection.encoding),
        "phases": Jsonb(to_json(phases)) if phases else None,
        "losses": json_object(losses, connection.encoding),
    }
    for part in ("kind", "code", "message", "hint"):
        text = getattr(error, part) if error else None
        parameters[part] = None if text is None else storable(text, connection.encoding)
    status_now = (_TABLE_STATUS, (run.run_id, run.table_key))
    recorded = connection.rows_and_commit((_END_TABLE, parameters), *also, status_now)[-1]
    return str(recorded[0][0]) if recorded else ""


def end_run(connection: TargetConnection, run_id: UUID, status: str) -> str:
    """Record a run's outcome, and commit; returns the recorded one, maybe an earlier one."""
    _, recorded = connection.rows_and_commit(
        (_END_RUN, {"run_id": run_id, "status": status}), (_RUN_STATUS, (run_id,))
    )
    return str(recorded[0][0]) if recorded else ""
