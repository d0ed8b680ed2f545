"""The ledger as seen by fan-out steps: a process that knows a run's id reads the rest from here.

Key ranges, the staging table, the plan's fingerprint: whatever becomes part of SQL comes from the
ledger, never from the caller.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tableferry.errors import ConfigError
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.lease import Lease, lease_lost, renew
from tableferry.postgres.ledger.runs import Failure, TableRun
from tableferry.postgres.ledger.stored_texts import json_list, storable

_RUN: Final = """\
SELECT t.target, t.generation, t.status, t.publish, t.consistency, t.fingerprint, t.staging,
  t.watermark, t.rows_read, t.rows_written, t.rows_as_of, t.warnings, t.error_kind, t.error_code,
  t.error_message, t.error_hint,
  extract(epoch FROM coalesce(t.ended_at, clock_timestamp()) - t.started_at)::float8
FROM tableferry.table_runs t WHERE t.run_id = %s AND t.table_key = %s"""

_CHUNK: Final = """\
SELECT key_range, rows FROM tableferry.chunks
WHERE run_id = %s AND table_key = %s AND number = %s"""

_CHUNKS: Final = """\
SELECT number, key_range, rows FROM tableferry.chunks
WHERE run_id = %s AND table_key = %s ORDER BY number"""

_ALTERED_VALUES: Final = """\
SELECT c.key, r.key, sum(r.value::bigint)::bigint
FROM tableferry.chunks k, jsonb_each(k.touched) c, jsonb_each_text(c.value) r
WHERE k.run_id = %s AND k.table_key = %s GROUP BY 1, 2 ORDER BY 1, 2"""

_SET_WARNINGS: Final = """\
UPDATE tableferry.table_runs SET warnings = %s
WHERE run_id = %s AND table_key = %s AND status = 'running'"""

_ADD_WARNINGS: Final = """\
UPDATE tableferry.table_runs t SET warnings = t.warnings || coalesce((SELECT jsonb_agg(w.told)
  FROM jsonb_array_elements(%s::jsonb) w (told) WHERE NOT t.warnings @> jsonb_build_array(w.told)),
  '[]')
WHERE run_id = %s AND table_key = %s AND status = 'running'"""

_RECORD_ERROR: Final = """\
UPDATE tableferry.table_runs SET error_kind = %(kind)s, error_code = %(code)s,
  error_message = %(message)s, error_hint = %(hint)s, updated_at = clock_timestamp()
WHERE run_id = %(run_id)s AND table_key = %(table_key)s AND status = 'running'
  AND (error_kind IS NULL OR error_kind = %(passing)s)"""

RETRIED: Final = "TransientError"
"""The class of errors that are retried: one of another class is never overwritten."""


@dataclass(frozen=True, slots=True)
class RecordedError:
    """An error as the ledger has it."""

    kind: str
    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A row of ``table_runs``; ``seconds`` is its duration, up to now if it is running.

    ``lease`` is None if the run never had one, ``error`` is the recorded one. The rows are those of
    the outcome, and ``as_of`` is when the source was asked for the oldest of them. ``watermark`` is
    the source's from before the first chunk was read.
    """

    run: TableRun
    lease: Lease | None
    status: str
    publish: str
    consistency: str
    fingerprint: str
    staging: str
    watermark: str | None
    rows_read: int
    rows_written: int
    as_of: dt.datetime | None
    warnings: tuple[str, ...]
    error: RecordedError | None
    seconds: float

    def require_held(self) -> Lease:
        """Return the lease; raises LeaseLostError if the run has ended or never had one."""
        if self.lease is None or self.status != "running":
            raise lease_lost(self.run.target)
        return self.lease


@dataclass(frozen=True, slots=True)
class ChunkRecord:
    """A chunk: its number, its range in JSON, and its rows, None until it is stored."""

    number: int
    key_range: str
    rows: int | None


def find_run(connection: TargetConnection, run_id: UUID, table_key: str) -> RunRecord | None:
    """Return a table's run, None if there is none."""
    for row in connection.rows(_RUN, (run_id, table_key)):
        target, generation, *middle, warnings, kind, code, message, hint, seconds = row
        status, publish, consistency, fingerprint, *middle = middle
        staging, watermark, rows_read, rows_written, as_of = middle
        return RunRecord(
            TableRun(run_id, table_key, target),
            None if generation is None else Lease(run_id, table_key, target, generation),
            status,
            publish,
            consistency,
            fingerprint or "",
            staging or "",
            watermark,
            rows_read,
            rows_written,
            as_of,
            tuple(warnings),
            None if kind is None else RecordedError(kind, code or "", message or "", hint or ""),
            seconds,
        )
    return None


def find_chunk(connection: TargetConnection, lease: Lease, number: int) -> ChunkRecord:
    """Return a chunk of the run; raises ConfigError if it has no such chunk."""
    for key_range, rows in connection.rows(_CHUNK, (lease.run_id, lease.table_key, number)):
        return ChunkRecord(number, key_range, rows)
    raise ConfigError(
        f"{lease.target} has no chunk {number} in run {lease.run_id}",
        hint="Use a chunk number that the first step of the run returned.",
    )


def all_chunks(connection: TargetConnection, run: TableRun) -> tuple[ChunkRecord, ...]:
    """Return every chunk of the run, in order."""
    found = connection.rows(_CHUNKS, (run.run_id, run.table_key))
    return tuple(ChunkRecord(*row) for row in found)


def altered_values(connection: TargetConnection, run: TableRun) -> dict[str, Counter[str]]:
    """Return how many values were altered in all chunks, by source column and reason."""
    counts: dict[str, Counter[str]] = {}
    for column, reason, count in connection.rows(_ALTERED_VALUES, (run.run_id, run.table_key)):
        counts.setdefault(column, Counter())[reason] = count
    return counts


def record_warnings(connection: TargetConnection, lease: Lease, warnings: tuple[str, ...]) -> None:
    """Record warnings for the outcome."""
    told = json_list(warnings, connection.encoding)
    with connection.in_one_transaction():
        connection.execute(_SET_WARNINGS, (told, lease.run_id, lease.table_key))


def add_warnings(connection: TargetConnection, lease: Lease, warnings: tuple[str, ...]) -> None:
    """Add warnings for the outcome to those of other steps; what several of them say, once."""
    told = json_list(warnings, connection.encoding)
    with connection.in_one_transaction():
        connection.execute(_ADD_WARNINGS, (told, lease.run_id, lease.table_key))


def renew_lease(connection: TargetConnection, lease: Lease, ttl: float) -> None:
    """Renew the lease for ``ttl`` seconds; raises LeaseLostError if another run took over."""
    with connection.in_one_transaction():
        held = renew(connection, lease.run_id, [lease], ttl)
    if lease.target not in held:
        raise lease_lost(lease.target)


def record_error(
    connection: TargetConnection, run_id: UUID, table_key: str, error: Failure
) -> None:
    """Record a step's error; ``give_up`` uses it to choose the outcome."""
    parameters: Mapping[str, Any] = {
        "run_id": run_id,
        "table_key": table_key,
        "passing": RETRIED,
        **{
            name: storable(getattr(error, name), connection.encoding)
            for name in ("kind", "code", "message", "hint")
        },
    }
    with connection.in_one_transaction():
        connection.execute(_RECORD_ERROR, dict(parameters))
