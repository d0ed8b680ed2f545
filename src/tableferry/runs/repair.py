"""Make rows of a target equal to the source's, by their keys, and touch no other.

keys -> the source's rows with them, as of now -> a merge, in which a key that the source does not
have deletes its row -> one transaction, under the lease and the delete guard, as a run of its own.
How far the table has been read stays as it is: the next incremental run reads the changes since
the same watermark, and finds those of these rows unchanged.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa

from tableferry import postgres, sqlserver, values
from tableferry.config import Consistency, DeleteHandling, LedgerUse, Settings, TableSpec
from tableferry.errors import ConfigError, SchemaError, VerificationError
from tableferry.model.counting import counted, verb
from tableferry.model.identifiers import shown
from tableferry.model.key_range import WHOLE_TABLE
from tableferry.planning.consistency import without_nolock
from tableferry.planning.exact_keys import inexact_keys
from tableferry.planning.guards import ANYTHING, require_few_deleted
from tableferry.planning.key_texts import unaskable
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import REPAIR
from tableferry.runs.effort import Effort, Loaded
from tableferry.runs.events import OnEvent, Phase
from tableferry.runs.make_plan import make_plan
from tableferry.runs.outcome import RunOutcome
from tableferry.runs.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.runs.run_tables import run_tables
from tableferry.transfer.keyed_rows import KeyedRows
from tableferry.transfer.table_loader import refused_rows_of
from tableferry.verification.differences import Key

MOST_REPAIRED: Final = 10_000
"""Rows that one repair is for. Measured against the stand-in, so many take 13 seconds by key, in
which a load brings two million; and if more rows differ, something is wrong that a repair does not
cure."""

_LOAD: Final = "Load the table anew: tableferry sync."


def repair_table(
    spec: TableSpec,
    settings: Settings,
    keys: Sequence[Key],
    *,
    on_event: OnEvent | None = None,
    options: RunOptions = DEFAULT_OPTIONS,
) -> RunOutcome:
    """Make the rows with these keys equal, as a run of its own; raises no Exception.

    The outcome's only table has in ``changes`` what was done. It has failed where the rows cannot
    be told by a key, are more than ``MOST_REPAIRED``, or would be read under NOLOCK, where the
    entry has no ledger, or the delete guard refuses; then nothing is changed.
    """
    named = [key for key in dict.fromkeys(keys) if None not in key]
    unnamed = sum(None in key for key in keys)

    def load(
        efforts: Sequence[Effort], into: postgres.TargetConnection, stack: contextlib.ExitStack
    ) -> list[Loaded] | None:
        [effort] = efforts
        loaded = _Repair(effort, into, stack, named).load()
        return None if loaded is None else [_with_unnamed(loaded, unnamed)]

    outcome = run_tables(
        [spec], settings, on_event=on_event, options=replace(options, run_id=None), load=load
    )
    # Rows that are new say nothing of the others.
    tables = tuple(replace(table, lag=None, mode="") for table in outcome.tables)
    return replace(outcome, tables=tables)


class _Repair:
    """One attempt at it."""

    def __init__(
        self,
        effort: Effort,
        into: postgres.TargetConnection,
        stack: contextlib.ExitStack,
        keys: Sequence[Key],
    ) -> None:
        self._effort = effort
        self._into = into
        self._stack = stack
        self._keys = keys
        self._warnings: tuple[str, ...] = ()

    def load(self) -> Loaded | None:
        """Bring it up to the moment before it is published; raises TableferryError.

        None where some texts have to be read again as bytes.
        """
        effort, into = self._effort, self._into
        stats = effort.begin_attempt()
        stats.refused = refused_rows_of(effort.task.spec)
        into.on_wait = effort.await_sessions
        with effort.blamed():
            try:
                _require_repairable(effort.task.spec, self._keys)
                plan, staging = self._planned()
                effort.enter(Phase.LOAD)
                effort.begin_reading(0.0)
                load = self._filled(plan, staging)
                return self._prepared(plan, staging, load)
            except values.TextsAlteredError as found:
                effort.read_exactly(found.columns)
                return None

    def _planned(self) -> tuple[SyncPlan, postgres.Staging]:
        effort, into = self._effort, self._into
        task = effort.task
        task.claim.begin_attempt(into)
        effort.enter(Phase.PLAN)
        with task.open_source() as from_:
            made = make_plan(task.spec, from_, into, task.others, changes_alone=True)
        plan = without_nolock(effort.planned(made))
        _require_keyed(plan)
        # In one piece: what an interrupted load has left is no part of it.
        plan = replace(plan.for_changes(), spec=replace(plan.spec, chunks=1, parallel=1))
        load_plan = task.claim.load_plan(into, plan, lambda: sqlserver.Chunking((WHOLE_TABLE,)))
        at_one_moment = plan.consistency is Consistency.SNAPSHOT
        task.claim.planned(plan, len(effort.attempts), at_one_moment=at_one_moment, publish=REPAIR)
        if load_plan.staging is None:
            raise TypeError(f"{plan.spec.target} is repaired without a staging table")
        return plan, load_plan.staging

    def _filled(self, plan: SyncPlan, staging: postgres.Staging) -> postgres.Load:
        """Store the keys, and the rows that the source has of them."""
        effort = self._effort
        task, stats, spec = effort.task, effort.stats, plan.spec
        convert = values.Converter(
            plan.columns, spec.on_invalid, spec.trailing_blanks, stats.refused
        )
        stats.touched = convert.touched
        load = self._stack.enter_context(
            postgres.open_load(
                self._into,
                plan,
                values.target_schema(plan.columns),
                staging,
                stats.refused,
                complete=False,
                deletes=not plan.ignores_deletes,
            )
        )
        with task.open_target() as beside:
            postgres.store_key_texts(beside, plan, staging, self._keys)
        with sqlserver.StallGuard(plan, lambda: task.deadline.remaining) as guard:
            rows = KeyedRows(
                plan,
                guard.guarded(task.open_source),
                sqlserver.RateLimit(spec.max_rows_per_second),
                task.deadline.check,
            )
            with rows.read(self._keys) as batches:
                for batch in _require_unique(plan, batches):
                    stats.read += batch.num_rows
                    stats.bytes += batch.nbytes
                    load.write(convert(batch))
        self._warnings = guard.warnings
        return load

    def _prepared(self, plan: SyncPlan, staging: postgres.Staging, load: postgres.Load) -> Loaded:
        effort, into = self._effort, self._into
        task, stats = effort.task, effort.stats
        refused = stats.refused.total if stats.refused else 0
        if load.rows + refused != stats.read:
            raise VerificationError(
                f"{counted(stats.read, 'row')} {verb(stats.read, 'was', 'were')} read, "
                f"{load.rows:,} written",
                hint="Nothing was changed. Please report this.",
            )
        if lossy := inexact_keys(plan, values.altered(stats.touched)):
            raise SchemaError(
                f"Keys of {plan.spec.source} have no exact form in {plan.spec.target}, so single "
                f"rows cannot be told apart: {', '.join(map(shown, lossy))}",
                hint=f"Nothing was changed. {_LOAD}",
            )
        effort.enter(Phase.PREPARE)
        task.claim.progress(Phase.PREPARE, stats.read, load.rows)
        with task.deadline.ending(into.cancel):
            load.prepare()
            if not plan.ignores_deletes:
                _guard(into, plan, staging)
        return Loaded(
            effort,
            plan,
            load,
            stats.read,
            load.rows,
            self._warnings,
            refused=stats.refused.rows if stats.refused else (),
            complete=False,
            is_repair=True,
        )


def _require_repairable(spec: TableSpec, keys: Sequence[Key]) -> None:
    if spec.ledger is LedgerUse.OFF:
        raise ConfigError(
            f"{spec.target} cannot be repaired: 'ledger': 'off' leaves nobody to keep another run "
            "from loading it meanwhile",
            hint=f"Omit 'ledger': 'off'. {_LOAD}",
        )
    if len(keys) > MOST_REPAIRED:
        raise SchemaError(
            f"{counted(len(keys), 'row')} of {spec.target} differ; a repair is for "
            f"{MOST_REPAIRED:,} at most",
            hint=f"Nothing was changed. {_LOAD}",
        )


def _require_keyed(plan: SyncPlan) -> None:
    """Refuse a plan whose rows cannot be replaced one by one; raises SchemaError."""
    source, into = plan.spec.source, plan.spec.target
    if plan.create is not None:
        raise SchemaError(f"There is no table {into} to repair", hint=_LOAD)
    if plan.ddl:
        raise SchemaError(
            f"{into} lacks columns that {source} has: that is for a load of all rows", hint=_LOAD
        )
    if columns := unaskable(plan):
        raise SchemaError(
            f"{source} cannot be asked for single rows by the keys of {into}: "
            f"{', '.join(columns)} has another form there",
            hint=f"Nothing was changed. {_LOAD}",
        )
    if plan.consistency is Consistency.NOLOCK:
        raise SchemaError(
            f"{source} is read with NOLOCK, which may miss a row that is there: it would be "
            f"deleted from {into}",
            hint="Nothing was changed. Omit 'consistency': 'nolock', for this at least.",
        )


def _require_unique(plan: SyncPlan, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the source's rows; raises SchemaError where two of them have one key.

    A merge would keep one of them, and nothing tells which of the target's rows is whose.
    """
    seen: set[tuple[object, ...]] = set()
    rows = 0
    for batch in batches:
        seen.update(values.comparable_keys(batch, plan.target_key))
        rows += batch.num_rows
        if len(seen) < rows:
            key = ", ".join(shown(column.name) for column in plan.key)
            raise SchemaError(
                f"{plan.spec.source} has two rows with one key, so single rows cannot be told "
                f"apart by {key}",
                hint=f"Nothing was changed. {_LOAD}",
            )
        yield batch


def _guard(into: postgres.TargetConnection, plan: SyncPlan, staging: postgres.Staging) -> None:
    spec = plan.spec
    deleted = postgres.count_deleted(into, plan, staging)
    share, key = spec.max_shrink, "max_shrink"
    if spec.deletes.how is DeleteHandling.RECONCILE:
        share, key = spec.max_delete_share, "max_delete_share"
    if deleted and share < ANYTHING:
        enough = (deleted - 1) * 100 // share + 1 if share else None
        rows = postgres.count_rows(into, plan, enough)
        require_few_deleted(spec.target, rows, deleted, share, key)


def _with_unnamed(loaded: Loaded, unnamed: int) -> Loaded:
    if not unnamed:
        return loaded
    left = (
        f"{counted(unnamed, 'row')} of {loaded.plan.spec.target} {verb(unnamed, 'was', 'were')} "
        "left alone: a value of the key has no exact text, as infinity has none"
    )
    return replace(loaded, warnings=(*loaded.warnings, left))
