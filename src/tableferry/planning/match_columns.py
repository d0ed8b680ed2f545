"""Match the source's columns with the target's: which conversion each one takes, or why none fits.

Pure. Every mismatch is refused here, by column name, before either database is touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tableferry.config import DriftPolicy, TableSpec
from tableferry.errors import DRIFT, SchemaError
from tableferry.model.schema import SourceColumn, TargetSchema
from tableferry.planning.column_matcher import ColumnMatcher
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.drift import Drift, find_drift
from tableferry.planning.pair_columns import Pairing, RequestedColumns, pair_columns

MAX_TABLE_COLUMNS: Final = 1600
"""PostgreSQL's limit, whatever the columns' types (its appendix "PostgreSQL Limits")."""

DRIFT_HINT: Final = (
    "'drift': 'add_columns' adds the columns that the target lacks, 'evolve' adds them and widens "
    "types, 'ignore' skips them; all three keep the columns that only the target has."
)


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """Every column that is carried, each companion after its main column, and the drift."""

    columns: tuple[ColumnPlan, ...]
    drift: Drift


def match_columns(
    spec: TableSpec,
    requested: RequestedColumns,
    target: TargetSchema | None,
    *,
    excluded: Sequence[SourceColumn] | None = None,
    others: Sequence[SourceColumn] = (),
) -> ColumnMatch:
    """Plan every requested column; raises SchemaError that names every mismatch.

    ``target`` is None where the table will be created. ``excluded`` are the source's columns that
    the specification's ``exclude`` takes out; None where the configuration lists the columns.
    ``others`` are all that are not requested.
    """
    pairing = Pairing(requested)
    if target is not None:
        pairing = pair_columns(spec, requested, target, others)
    requested = pairing.requested
    matcher = ColumnMatcher(spec, requested, target)
    columns = [plan for column, name in requested for plan in matcher.plan(column, name)]
    drift = Drift()
    if target is not None:
        drift = find_drift(
            spec, requested, columns, target, excluded, evolved=matcher.followed.evolutions
        )
        drift = replace(drift, messages=pairing.messages + drift.messages)
    problems = [
        *matcher.problems,
        *matcher.followed.problems,
        *pairing.problems,
        *drift.problems,
        *matcher.unfilled(columns),
    ]
    if target is None and len(columns) > MAX_TABLE_COLUMNS:
        problems.append(
            f"{spec.target} would have {len(columns):,} columns, companion columns included: "
            f"PostgreSQL has room for {MAX_TABLE_COLUMNS:,}"
        )
    if problems:
        stopped = bool(drift.problems) and spec.drift is DriftPolicy.STOP
        raise SchemaError(
            "; ".join([*problems, *drift.renames]),
            hint=_hint(
                spec,
                target,
                pairing.hint,
                (
                    *(pairing.statements if pairing.problems else drift.statements),
                    *matcher.statements,
                ),
                stopped=stopped,
            ),
            code="" if target is None else DRIFT,
        )
    return ColumnMatch(tuple(columns), drift)


def _hint(
    spec: TableSpec,
    target: TargetSchema | None,
    naming: str,
    statements: Sequence[str],
    *,
    stopped: bool,
) -> str:
    """Return what to do; ``naming`` is how to name the columns, empty where names are not it."""
    if target is None:
        return (
            "Correct 'type_overrides', or name fewer or other columns in 'columns' and "
            "'pg_columns'."
        )
    hint = naming or (
        f"Change the columns of {spec.target} or the table's configuration; tableferry creates "
        "the table itself where it is missing."
    )
    if stopped and not naming:
        hint = f"{hint} {DRIFT_HINT}"
    run = "; ".join(one for one in dict.fromkeys(statements) if one)
    return f"{hint} By hand: {run}" if run else hint
