"""Plan one table: from both catalogs, what to read, how to convert it, and what is lost.

Pure: no database is touched. Everything that can be refused before the load is refused here, by
column name, and every loss is declared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tableferry.config import Consistency, LedgerUse, TableSpec, TrailingBlanks
from tableferry.errors import SchemaError
from tableferry.model.key_range import key_problems
from tableferry.model.schema import (
    Isolation,
    SourceColumn,
    SourceSchema,
    TargetSchema,
    find_column,
)
from tableferry.model.table_details import NO_DETAILS, TableDetails
from tableferry.model.target_database import UNKNOWN_DATABASE, TargetDatabase
from tableferry.planning.choose_strategy import (
    Candidate,
    Choice,
    Strategies,
    Strategy,
    choose,
    require_key,
    require_ledger,
)
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.complete_spec import complete_spec
from tableferry.planning.consistency import choose_consistency, fallbacks_after
from tableferry.planning.ddl.create_table import Creation, plan_creation
from tableferry.planning.drift import Drift
from tableferry.planning.mark import (
    Mark,
    plan_mark,
    require_key_to_mark,
    require_not_carried,
    without_mark,
)
from tableferry.planning.match_columns import match_columns
from tableferry.planning.mode_preconditions import require_trackable
from tableferry.planning.plan import SyncPlan, key_columns, target_key_columns
from tableferry.planning.preconditions import require_loadable
from tableferry.planning.row_size import require_row_fits
from tableferry.planning.source_columns import order_term, source_columns, unrequested
from tableferry.planning.target_encoding import require_encodable
from tableferry.planning.target_indexes import long_index_rows
from tableferry.planning.verify_preconditions import require_verifiable


def plan_table(
    spec: TableSpec,
    source: SourceSchema,
    target: TargetSchema | None,
    *,
    strategies: Strategies,
    isolation: Isolation,
    details: TableDetails = NO_DETAILS,
    database: TargetDatabase = UNKNOWN_DATABASE,
    merging: Strategy | None = None,
) -> SyncPlan:
    """Plan one table's load; raises SchemaError where the two sides do not fit.

    ``strategies`` are the publishing strategies that may be used, by name; without any, the plan
    for an existing table is one for changes alone.
    ``details`` matter where the target is missing, or the specification leaves its key out.
    ``merging`` is the strategy for changes alone, None where every load holds all rows. The plan's
    own ``spec`` leaves nothing out.
    """
    _require_place_for_watermark(spec, complete=merging is None)
    left_out = None if spec.columns else _excluded(spec, source)
    spec = complete_spec(spec, source, details)
    require_trackable(spec, source, details)
    mark = plan_mark(spec, target)
    fillable = without_mark(target, mark)
    found = source_columns(spec, source, fillable)
    require_not_carried(spec, mark, (name for _, name in found))
    others = unrequested(found, source)
    matched = match_columns(spec, found, fillable, excluded=left_out, others=others)
    columns = matched.columns
    require_not_carried(spec, mark, (column.target.name for column in columns))
    spec = _carried(spec, columns)
    require_key_to_mark(spec, mark, target_key_columns(spec, columns))
    noted = _require_storable(spec, columns) + require_encodable(columns, database)
    if target is None:
        create = _creation(spec, columns, details, database, mark, updated=merging is not None)
        _require_keys(spec, columns, strategies, merging)
        writing = _Writing(matched.drift, noted)
    else:
        create = None
        candidate = Candidate(spec, target, columns, target_key_columns(spec, columns))
        chosen = partial(choose, strategies=strategies, merging=merging)
        writing = _into_existing(candidate, matched.drift, noted, details, chosen)
    choice, drift = writing.choice, writing.drift
    consistency, warnings = choose_consistency(spec, isolation, in_memory=source.in_memory)
    warnings += require_verifiable(spec, consistency, target_key_columns(spec, columns))
    hidden = _hidden_rows(source, spec)
    return SyncPlan(
        spec=spec,
        columns=columns,
        order_by=tuple(order_term(order, source.columns) for order in spec.order_by),
        consistency=consistency,
        create=create,
        can_freeze=target is None or target.kind == "r",
        estimated_rows=None if spec.where else source.estimated_rows,
        warnings=(
            *warnings,
            *hidden,
            *writing.noted,
            *drift.warnings,
            *(create or details).warnings,
        ),
        drift=drift,
        at_one_moment=source.in_memory
        or consistency is Consistency.SNAPSHOT
        or (consistency is Consistency.READ_COMMITTED and isolation.row_versions),
        strategy=choice.strategy if choice else None,
        strategy_reason=choice.reason if choice else "",
        merging=merging,
        fallbacks=fallbacks_after(spec, consistency, isolation),
        mark=mark,
        source_columns=source.columns,
        remarks=writing.remarks + hidden,
    )


@dataclass(frozen=True, slots=True)
class _Writing:
    """How the rows are written: the strategy for an existing target, and what is said of it.

    ``noted`` are warnings, ``remarks`` those of them that matter whatever the strategy is.
    """

    drift: Drift
    noted: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    choice: Choice | None = None


def _into_existing(
    candidate: Candidate,
    drift: Drift,
    noted: tuple[str, ...],
    details: TableDetails,
    chosen: Callable[[Candidate], Choice],
) -> _Writing:
    """Choose the strategy for a target that is there; raises SchemaError where none fits."""
    spec, target = candidate.spec, candidate.target
    remarks = require_loadable(spec, target)
    long_rows = long_index_rows(spec.target, target, candidate.columns, details.collations)
    choice = chosen(candidate)
    drift = drift.settled(in_place=choice.strategy.in_place)
    return _Writing(drift, (*remarks, *noted, *long_rows, *choice.warnings), remarks, choice)


def _require_keys(
    spec: TableSpec,
    columns: Sequence[ColumnPlan],
    strategies: Strategies,
    merging: Strategy | None,
) -> None:
    """Raise SchemaError where later loads of a new table could not find its rows by their keys."""
    key = target_key_columns(spec, columns)
    if asked := strategies.get(spec.publish.value):
        require_ledger(spec, asked)
        require_key(spec, asked, key)
    if merging:
        require_key(spec, merging, key)


def _hidden_rows(source: SourceSchema, spec: TableSpec) -> tuple[str, ...]:
    if not source.rows_filtered:
        return ()
    return (f"a security policy filters the rows of {spec.source}: this login may not see all",)


def _require_place_for_watermark(spec: TableSpec, *, complete: bool) -> None:
    if not complete and spec.ledger is LedgerUse.OFF:
        raise SchemaError(
            f"'mode': {str(spec.mode)!r} of {spec.source} needs the ledger, which keeps how far it "
            "has read",
            hint="Omit 'ledger': 'off', or omit 'mode' to read every row each time.",
        )


def _excluded(spec: TableSpec, source: SourceSchema) -> list[SourceColumn]:
    found = (find_column(name, source.columns) for name in spec.exclude)
    return [column for column in found if column]


def _carried(spec: TableSpec, columns: Sequence[ColumnPlan]) -> TableSpec:
    """Return the spec with the columns that are carried, and its key only if it is complete."""
    names = {column.source.name for column in columns}
    return replace(
        spec,
        columns=tuple((c.source.name, c.target.name) for c in columns if not c.companion),
        primary_key=spec.primary_key if names.issuperset(spec.primary_key) else (),
    )


def _require_storable(spec: TableSpec, columns: Sequence[ColumnPlan]) -> tuple[str, ...]:
    """Refuse what only the load would find out; returns warnings. Raises SchemaError."""
    if spec.chunks > 1 and (problems := key_problems(key_columns(spec, columns))):
        raise SchemaError(
            "; ".join(problems),
            hint="Name integers, dates, times, texts or uniqueidentifiers in 'primary_key', or "
            "omit 'chunks'.",
        )
    return require_row_fits(spec.target, columns)


def _creation(
    spec: TableSpec,
    columns: Sequence[ColumnPlan],
    details: TableDetails,
    database: TargetDatabase,
    mark: Mark | None,
    *,
    updated: bool,
) -> Creation:
    # A companion follows its main column, of the same source column.
    pairs = [(_as_stored(column.source, spec), column.target) for column in columns]
    key = spec.primary_key
    return plan_creation(spec.target, pairs, key, details, database, mark=mark, updated=updated)


def _as_stored(column: SourceColumn, spec: TableSpec) -> SourceColumn:
    """Return a char with trimmed blanks as varchar, which defaults and conditions then match."""
    padded = column.type.name in {"char", "nchar"}
    if not padded or spec.trailing_blanks is TrailingBlanks.KEEP:
        return column
    varying = column.type.name.replace("char", "varchar")
    return replace(column, type=replace(column.type, name=varying))
