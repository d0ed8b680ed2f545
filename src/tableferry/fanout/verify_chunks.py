"""The steps of a fanned-out verification: cut a table, compare a chunk, add the results up.

``begin_verification`` -> ``verify_chunk`` for each chunk, at the same time if wanted ->
``end_verification``. Nothing is written but the last step's row in the ledger: what a step has
found is handed on by its caller (``fanout.verification``), which repeats a step that has failed.
Only the target's rows of a chunk are of one moment.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid5

from tableferry import sqlserver
from tableferry.config import Settings, TableSpec
from tableferry.errors import ErrorReport, TableferryError, TransientError
from tableferry.fanout.add_up import add_up
from tableferry.fanout.step_context import share_of
from tableferry.fanout.verification import (
    ChunkToVerify,
    ChunkVerified,
    VerificationBegun,
    joined,
    most_chunks,
)
from tableferry.model.key_range import WHOLE_TABLE, KeyRange, key_problems
from tableferry.planning.plan import SyncPlan
from tableferry.runs.deadline import NEVER, Clock, Deadline
from tableferry.runs.retry import Retries
from tableferry.runs.task import Task
from tableferry.runs.verdict import not_verified, unknown_yet, unseen
from tableferry.runs.verification_log import VerificationLog
from tableferry.runs.verify_table import (
    NotVerifiableError,
    plan_to_verify,
    verify_ranges,
)
from tableferry.verification.compare_table import can_compare_ranges
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification

ONCE: Final = Retries(attempts=1)
"""Steps try once: their caller retries, by the error's class."""


def begin_verification(
    spec: TableSpec,
    settings: Settings,
    verification_id: UUID,
    *,
    deadline: Deadline = NEVER,
    now: Callable[[], float] = time.time,
) -> VerificationBegun:
    """Plan a table's verification, and cut the table where both sides can be asked for a range.

    One that cannot be cut is one chunk. Where there is nothing to verify, or an error that a retry
    would not change, the result says so. Raises TransientError.
    """
    unknown = VerificationBegun(verification_id, spec.key, begun_at=now())
    task = Task(spec, settings, elapsed=lambda: 0.0, deadline=deadline)
    try:
        return _begun(task, unknown)
    except NotVerifiableError as why:
        return replace(unknown, reason=str(why))
    except TransientError:
        raise
    except TableferryError as error:
        return replace(unknown, error=ErrorReport.of(error))


def verify_chunk(
    spec: TableSpec,
    settings: Settings,
    chunk: ChunkToVerify,
    wanted: VerifyOptions,
    *,
    deadline: Deadline = NEVER,
    clock: Clock = time.monotonic,
) -> ChunkVerified:
    """Compare a chunk, and look again at what differs, as for a whole table.

    An error that a retry would not change is the result. Raises TransientError.
    """
    started = clock()
    task = Task(
        share_of(spec),
        settings,
        elapsed=lambda: clock() - started,
        deadline=deadline,
        fingerprint=chunk.fingerprint,
    )
    try:
        found = verify_ranges(task, wanted, ONCE, [chunk.keys])
    except TransientError:
        raise
    except NotVerifiableError as why:
        report = ErrorReport("VerificationError", f"It cannot be verified: {why}", "")
        return ChunkVerified(chunk.number, chunk.name, error=report)
    except TableferryError as error:
        return ChunkVerified(chunk.number, chunk.name, error=ErrorReport.of(error))
    return ChunkVerified(chunk.number, chunk.name, found)


def end_verification(
    spec: TableSpec,
    settings: Settings,
    begun: VerificationBegun,
    results: Sequence[ChunkVerified],
    wanted: VerifyOptions,
    *,
    now: Callable[[], float] = time.time,
) -> TableVerification:
    """Add the chunks' results up, and record the table's verification; raises nothing.

    Results that do not belong together leave the table unverified. Done again, it is recorded once.
    """
    unknown = unknown_yet(spec, wanted)
    try:
        found = add_up(unknown, begun, results, wanted.limit)
    except TableferryError as error:
        found = not_verified(unknown, ErrorReport.of(error))
    found = replace(found, seconds=max(0.0, now() - begun.begun_at) if begun.begun_at else 0.0)
    number = uuid5(begun.verification_id, spec.key)
    with VerificationLog(settings.target, begun.verification_id) as log:
        warnings = log.write(spec, found, number)
    return replace(found, warnings=found.warnings + warnings)


def _begun(task: Task, unknown: VerificationBegun) -> VerificationBegun:
    with task.open_target() as into:
        plan = plan_to_verify(task, into)
    ranges, warnings = _cut(task, plan)
    return replace(
        unknown,
        fingerprint=plan.fingerprint,
        ranges=ranges,
        parallel=task.spec.parallel,
        losses=plan.losses,
        warnings=warnings + unseen(plan),
    )


def _cut(task: Task, plan: SyncPlan) -> tuple[tuple[KeyRange, ...], tuple[str, ...]]:
    """Return ranges that both sides can be asked for, and what is to be known of them."""
    columns = len(plan.columns) + len(plan.drift.left_out)
    wanted = min(task.spec.chunks, most_chunks(columns))
    if wanted == 1 or not plan.target_key or key_problems(plan.key):
        return (WHOLE_TABLE,), ()
    with task.open_source() as connection:
        cut = sqlserver.split_table(connection, plan, wanted)
    ranges = joined(cut.ranges)
    if not can_compare_ranges(plan, ranges):
        return (WHOLE_TABLE,), ()
    return ranges, cut.warnings
