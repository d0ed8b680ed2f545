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
    matched = _matched(spec, source, target, details)
    noted = _require_storable(matched.spec, matched.columns)
    noted += require_encodable(matched.columns, database)
    if target is None:
        create = _creation(matched, details, database, updated=merging is not None)
        _require_keys(matched, strategies, merging)
        writing = _Writing(matched.drift, noted, create.warnings, create=create)
    else:
        chosen = partial(choose, strategies=strategies, merging=merging)
        rows = source.estimated_rows
        writing = _into_existing(matched, target, noted, details, chosen, estimated=rows)
    reading = _reading(matched, source, isolation)
    return replace(_combined(matched, source, writing, reading), merging=merging)


def _combined(
    matched: "_Matched", source: SourceSchema, writing: "_Writing", reading: "_Reading"
) -> SyncPlan:
    spec = matched.spec
    said = (*reading.warnings, *reading.hidden, *writing.noted)
    return SyncPlan(
        spec=spec,
        columns=matched.columns,
        order_by=tuple(order_term(order, source.columns) for order in spec.order_by),
        consistency=reading.consistency,
        create=writing.create,
        can_freeze=writing.is_plain,
        estimated_rows=None if spec.where else source.estimated_rows,
        warnings=(*said, *writing.drift.warnings, *writing.of_details),
        drift=writing.drift,
        at_one_moment=reading.at_one_moment,
        strategy=writing.choice.strategy if writing.choice else None,
        strategy_reason=writing.choice.reason if writing.choice else "",
        fallbacks=reading.fallbacks,
        mark=matched.mark,
        source_columns=source.columns,
        remarks=writing.remarks + reading.hidden,
        target_oid=writing.oid,
        target_bytes=writing.bytes,
    )


@dataclass(frozen=True, slots=True)
class _Matched:
    """Both sides' columns, matched; the ``spec`` leaves nothing out."""

    spec: TableSpec
    columns: tuple[ColumnPlan, ...]
    drift: Drift
    mark: Mark | None

    @property
    def key(self) -> tuple[str, ...]:
        """The key's target columns."""
        return target_key_columns(self.spec, self.columns)


def _matched(
    spec: TableSpec, source: SourceSchema, target: TargetSchema | None, details: TableDetails
) -> _Matched:
    left_out = None if spec.columns else _excluded(spec, source)
    spec = complete_spec(spec, source, details)
    require_trackable(spec, source, details)
    mark = plan_mark(spec, target)
    fillable = without_mark(target, mark)
    found = source_columns(spec, source, fillable)
    require_not_carried(spec, mark, (name for _, name in found))
    others = unrequested(found, source)
    matched = match_columns(spec, found, fillable, excluded=left_out, others=others)
    require_not_carried(spec, mark, (column.target.name for column in matched.columns))
    spec = _carried(spec, matched.columns)
    require_key_to_mark(spec, mark, target_key_columns(spec, matched.columns))
    return _Matched(spec, matched.columns, matched.drift, mark)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the rows are read; ``hidden`` are the warnings about rows that are not."""

    consistency: Consistency
    at_one_moment: bool
    fallbacks: tuple[Consistency, ...]
    warnings: tuple[str, ...]
    hidden: tuple[str, ...]


def _reading(matched: _Matched, source: SourceSchema, isolation: Isolation) -> _Reading:
    spec = matched.spec
    consistency, warnings = choose_consistency(spec, isolation, in_memory=source.in_memory)
    warnings += require_verifiable(spec, consistency, matched.key)
    versioned = consistency is Consistency.READ_COMMITTED and isolation.row_versions
    return _Reading(
        consistency,
        source.in_memory or consistency is Consistency.SNAPSHOT or versioned,
        fallbacks_after(spec, consistency, isolation),
        warnings,
        _hidden_rows(source, spec),
    )


@dataclass(frozen=True, slots=True)
class _Writing:
    """How the rows are written, and what is said of it.

    ``create`` is for a missing target, ``choice`` the strategy for an existing one. ``noted`` are
    warnings, ``remarks`` those of them that matter whatever the strategy is; ``of_details`` are
    those about the source's details. ``is_plain``: the target is no partitioned table; ``oid`` and
    ``bytes`` are those of an existing one.
    """

    drift: Drift
    noted: tuple[str, ...]
    of_details: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    choice: Choice | None = None
    create: Creation | None = None
    is_plain: bool = True
    oid: int = 0
    bytes: int = 0


def _into_existing(
    matched: _Matched,
    target: TargetSchema,
    noted: tuple[str, ...],
    details: TableDetails,
    chosen: Callable[[Candidate], Choice],
    *,
    estimated: int | None,
) -> _Writing:
    """Choose the strategy for a target that is there; raises SchemaError where none fits."""
    spec, columns = matched.spec, matched.columns
    remarks = require_loadable(spec, target)
    long_rows = long_index_rows(spec.target, target, columns, details.collations)
    choice = chosen(Candidate(spec, target, columns, matched.key, estimated))
    return _Writing(
        matched.drift.settled(in_place=choice.strategy.in_place),
        (*remarks, *noted, *long_rows, *choice.warnings),
        details.warnings,
        remarks,
        choice,
        is_plain=target.kind == "r",
        oid=target.oid,
        bytes=target.bytes,
    )


def _require_keys(matched: _Matched, strategies: Strategies, merging: Strategy | None) -> None:
    """Raise SchemaError where later loads of a new table could not find its rows by their keys."""
    spec = matched.spec
    if asked := strategies.get(spec.publish.value):
        require_ledger(spec, asked)
        require_key(spec, asked, matched.key)
    if merging:
        require_key(spec, merging, matched.key)


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
    matched: _Matched, details: TableDetails, database: TargetDatabase, *, updated: bool
) -> Creation:
    spec, mark = matched.spec, matched.mark
    # A companion follows its main column, of the same source column.
    pairs = [(_as_stored(column.source, spec), column.target) for column in matched.columns]
    key = spec.primary_key
    return plan_creation(spec.target, pairs, key, details, database, mark=mark, updated=updated)


def _as_stored(column: SourceColumn, spec: TableSpec) -> SourceColumn:
    """Return a char with trimmed blanks as varchar, which defaults and conditions then match."""
    padded = column.type.name in {"char", "nchar"}
    if not padded or spec.trailing_blanks is TrailingBlanks.KEEP:
        return column
    varying = column.type.name.replace("char", "varchar")
    return replace(column, type=replace(column.type, name=varying))
