"""One table's run, carried on by processes that know its name only: each finds here what to do.

A key range, the staging table, the plan's fingerprint: whatever becomes SQL is taken from the
ledger, never from who calls.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tableferry.errors import ConfigError
from tableferry.postgres.connection import NAME, TargetConnection
from tableferry.postgres.ledger.lease import Lease, lease_lost, renew
from tableferry.postgres.ledger.runs import Failure, TableRun, json_list, storable

_LOOK_UP: Final = """\
SELECT t.target, t.generation, t.status, t.publish, t.consistency, t.fingerprint, t.staging,
  t.rows_read, t.rows_written, t.warnings, t.error_kind, t.error_code, t.error_message,
  t.error_hint, extract(epoch FROM coalesce(t.ended_at, clock_timestamp()) - t.started_at)::float8
FROM tableferry.table_runs t WHERE t.run_id = %s AND t.table_key = %s"""

_CHUNK: Final = """\
SELECT key_range, rows FROM tableferry.chunks
WHERE run_id = %s AND table_key = %s AND number = %s"""

_CHUNKS: Final = """\
SELECT number, key_range, rows FROM tableferry.chunks
WHERE run_id = %s AND table_key = %s ORDER BY number"""

_TOUCHED: Final = """\
SELECT c.key, r.key, sum(r.value::bigint)::bigint
FROM tableferry.chunks k, jsonb_each(k.touched) c, jsonb_each_text(c.value) r
WHERE k.run_id = %s AND k.table_key = %s GROUP BY 1, 2 ORDER BY 1, 2"""

_WARN: Final = """\
UPDATE tableferry.table_runs SET warnings = %s
WHERE run_id = %s AND table_key = %s AND status = 'running'"""

_NOTE: Final = """\
UPDATE tableferry.table_runs SET error_kind = %(kind)s, error_code = %(code)s,
  error_message = %(message)s, error_hint = %(hint)s, updated_at = clock_timestamp()
WHERE run_id = %(run_id)s AND table_key = %(table_key)s AND status = 'running'
  AND (error_kind IS NULL OR error_kind = %(passing)s)"""

_END_SESSIONS: Final = """\
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = %s AND pid <> pg_backend_pid() AND usename = current_user
  AND datname = current_database()"""

RETRIED: Final = "TransientError"
"""The error that is tried again: the first that is not one stays."""


@dataclass(frozen=True, slots=True)
class RecordedError:
    """An error as it was written down."""

    kind: str
    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is written down of one table of a run; ``seconds`` since it was begun.

    ``lease`` is None where the run never had one, ``error`` is the last one noted. Rows are those
    of the outcome.
    """

    run: TableRun
    lease: Lease | None
    status: str
    publish: str
    consistency: str
    fingerprint: str
    staging: str
    rows_read: int
    rows_written: int
    warnings: tuple[str, ...]
    error: RecordedError | None
    seconds: float

    def require_held(self) -> Lease:
        """Return the lease; raises LeaseLostError where the run is over, or never had one."""
        if self.lease is None or self.status != "running":
            raise lease_lost(self.run.target)
        return self.lease


@dataclass(frozen=True, slots=True)
class ChunkRecord:
    """One chunk: its place, its range as it was written down, its rows once it is stored."""

    number: int
    key_range: str
    rows: int | None


def find_run(connection: TargetConnection, run_id: UUID, table_key: str) -> RunRecord | None:
    """Return what is known of a table's run, None where nothing is."""
    for row in connection.rows(_LOOK_UP, (run_id, table_key)):
        target, generation, *middle, warnings, kind, code, message, hint, seconds = row
        status, publish, consistency, fingerprint, staging, rows_read, rows_written = middle
        return RunRecord(
            TableRun(run_id, table_key, target),
            None if generation is None else Lease(run_id, table_key, target, generation),
            status,
            publish,
            consistency,
            fingerprint or "",
            staging or "",
            rows_read,
            rows_written,
            tuple(warnings),
            None if kind is None else RecordedError(kind, code or "", message or "", hint or ""),
            seconds,
        )
    return None


def find_chunk(connection: TargetConnection, lease: Lease, number: int) -> ChunkRecord:
    """Return one chunk of the run; raises ConfigError where it has no such chunk."""
    for key_range, rows in connection.rows(_CHUNK, (lease.run_id, lease.table_key, number)):
        return ChunkRecord(number, key_range, rows)
    raise ConfigError(
        f"{lease.target} has no chunk {number} in run {lease.run_id}",
        hint="Chunks are numbered from 0, as the run's beginning has told.",
    )


def all_chunks(connection: TargetConnection, run: TableRun) -> tuple[ChunkRecord, ...]:
    """Return every chunk of the run, in order."""
    found = connection.rows(_CHUNKS, (run.run_id, run.table_key))
    return tuple(ChunkRecord(*row) for row in found)


def altered_values(connection: TargetConnection, run: TableRun) -> dict[str, Counter[str]]:
    """Return how many values were altered in all chunks, by source column and reason."""
    counts: dict[str, Counter[str]] = {}
    for column, reason, count in connection.rows(_TOUCHED, (run.run_id, run.table_key)):
        counts.setdefault(column, Counter())[reason] = count
    return counts


def record_warnings(connection: TargetConnection, lease: Lease, warnings: tuple[str, ...]) -> None:
    """Write down what the outcome is to tell."""
    connection.execute(_WARN, (json_list(warnings), lease.run_id, lease.table_key))


def renew_lease(connection: TargetConnection, lease: Lease, ttl: float) -> None:
    """Put off the lease's expiry; raises LeaseLostError where another run has taken over."""
    if lease.target not in renew(connection, lease.run_id, [lease], ttl):
        raise lease_lost(lease.target)


def record_error(
    connection: TargetConnection, run_id: UUID, table_key: str, error: Failure
) -> None:
    """Write down why a step has failed, for who decides what becomes of the run."""
    parameters: Mapping[str, Any] = {
        "run_id": run_id,
        "table_key": table_key,
        "passing": RETRIED,
        **{name: storable(getattr(error, name)) for name in ("kind", "code", "message", "hint")},
    }
    connection.execute(_NOTE, dict(parameters))


def end_other_sessions(connection: TargetConnection, run_id: UUID) -> int:
    """End the run's own other sessions: what they load is of no use any more; returns how many."""
    return int(connection.rows(_END_SESSIONS, (f"{NAME} {run_id}",))[0][0])
