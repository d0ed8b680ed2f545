"""Choose the isolation under which the source is read, and what comes next if it is refused. Pure.

A view may read another database, another server or a memory-optimized table, whose isolation levels
are not those of its own database. Which ones it reads is hidden from a login without VIEW
DEFINITION, so the server's refusal decides: ``auto`` then takes the next best.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from tableferry.config import Consistency, ReadMode, TableSpec
from tableferry.errors import SchemaError, TableferryError
from tableferry.model.identifiers import quote_mssql
from tableferry.model.schema import Isolation
from tableferry.planning.plan import SyncPlan

T = TypeVar("T")

REFUSALS: Final = {
    Consistency.SNAPSHOT: frozenset({"3952", "7420", "41332"}),
    Consistency.NOLOCK: frozenset({"7377", "10794"}),
}
"""The server's errors for an isolation that something a view reads does not support: another
database does not allow SNAPSHOT, another server allows neither SNAPSHOT nor a hint, a
memory-optimized table takes neither."""

_NAMES: Final = {
    Consistency.SNAPSHOT: "SNAPSHOT isolation",
    Consistency.READ_COMMITTED: "READ COMMITTED",
    Consistency.NOLOCK: "NOLOCK",
}


def _in_memory(spec: TableSpec) -> Consistency:
    if spec.consistency in {Consistency.SNAPSHOT, Consistency.NOLOCK}:
        raise SchemaError(
            f"{spec.source} is memory-optimized, which does not support 'consistency': "
            f"'{spec.consistency}'",
            hint="Omit 'consistency': such a table is read as of one moment anyway.",
        )
    return Consistency.READ_COMMITTED


_DIRTY: Final = (
    "rows are read with NOLOCK: rows that others are changing may be missing, duplicated or "
    "uncommitted"
)


def choose_consistency(
    spec: TableSpec, isolation: Isolation, *, in_memory: bool
) -> tuple[Consistency, tuple[str, ...]]:
    """Return the consistency to read with, never ``auto``, and warnings; raises SchemaError.

    With row versions, a statement under READ COMMITTED sees one moment, too. Without them and
    without SNAPSHOT, reading would wait for every writer, so ``auto`` chooses NOLOCK, but not for
    an incremental mode: a row that NOLOCK misses has not changed, so no later run would read it. A
    memory-optimized table versions its rows itself, and takes neither SNAPSHOT (41332) nor NOLOCK
    (10794).
    """
    if in_memory:
        return _in_memory(spec), ()
    _require_snapshot(spec, isolation)
    if spec.consistency is not Consistency.AUTO:
        return spec.consistency, ()
    if isolation.snapshot:
        return Consistency.SNAPSHOT, ()
    if isolation.row_versions:
        return Consistency.READ_COMMITTED, ()
    database = spec.source.database
    allows = "does not allow" if isolation.known else "does not show whether it allows"
    if spec.is_incremental:
        return Consistency.READ_COMMITTED, (
            f"{database} {allows} SNAPSHOT isolation, so reading waits for those who change rows",
        )
    return Consistency.NOLOCK, (f"{database} {allows} SNAPSHOT isolation, so {_DIRTY}",)


def _require_snapshot(spec: TableSpec, isolation: Isolation) -> None:
    """Refuse a database that is known not to allow SNAPSHOT, where nothing else will do.

    Change Tracking's version, its changes and the rows agree in one SNAPSHOT transaction only
    (SQL Server's documentation, "Work with Change Tracking"). Raises SchemaError.
    """
    if isolation.snapshot or not isolation.known:
        return
    name = quote_mssql(spec.source.database)
    statement = f"ALTER DATABASE {name} SET ALLOW_SNAPSHOT_ISOLATION ON"
    if spec.mode is ReadMode.CHANGE_TRACKING:
        raise SchemaError(
            f"The database {spec.source.database} does not allow SNAPSHOT isolation, which 'mode': "
            "'change_tracking' needs to read the changes and the rows as of one moment",
            hint=f"{statement}, or choose another 'mode'.",
        )
    if spec.consistency is Consistency.SNAPSHOT:
        raise SchemaError(
            f"The database {spec.source.database} does not allow SNAPSHOT isolation",
            hint=f"{statement}, or choose another 'consistency'.",
        )


def fallbacks_after(
    spec: TableSpec, consistency: Consistency, isolation: Isolation
) -> tuple[Consistency, ...]:
    """Return what ``auto`` tries next if the server refuses its choice; nothing for any other."""
    if spec.consistency is not Consistency.AUTO or consistency is Consistency.READ_COMMITTED:
        return ()
    if consistency is Consistency.NOLOCK or isolation.row_versions or spec.is_incremental:
        return (Consistency.READ_COMMITTED,)
    return (Consistency.NOLOCK, Consistency.READ_COMMITTED)


def may_fall_back(plan: SyncPlan, code: str) -> bool:
    """Whether the error says that the plan's consistency is refused, and another may do."""
    return bool(plan.fallbacks) and code in REFUSALS.get(plan.consistency, ())


def fall_back(plan: SyncPlan, refusals: Sequence[str]) -> SyncPlan:
    """Return the plan after so many refusals, given by the server's codes, with the warning."""
    if not refusals:
        return plan
    consistency, *left = plan.fallbacks[len(refusals) - 1 :]
    how = f"rows are read with {_NAMES[consistency]}, at different moments"
    warning = (
        f"{plan.spec.source} reads what does not support {_NAMES[plan.consistency]} "
        f"({', '.join(refusals)}), so {_DIRTY if consistency is Consistency.NOLOCK else how}"
    )
    fallen = read_under(plan, consistency)
    return replace(fallen, fallbacks=tuple(left), warnings=(*fallen.warnings, warning))


def with_fallbacks(plan: SyncPlan, work: Callable[[SyncPlan], T]) -> T:
    """Do the work with the plan, or as it falls back where the server refuses its isolation.

    Raises the TableferryError of the work.
    """
    refusals: list[str] = []
    while True:
        fallen = fall_back(plan, refusals)
        try:
            return work(fallen)
        except TableferryError as error:
            if not may_fall_back(fallen, error.code):
                raise
            refusals.append(error.code)


def without_nolock(plan: SyncPlan) -> SyncPlan:
    """Return the plan with READ COMMITTED in place of a NOLOCK that ``auto`` has chosen.

    For what has to see every row: a verification, or a row that is read to be repaired. It waits
    for those who change rows.
    """
    if plan.consistency is not Consistency.NOLOCK or plan.spec.consistency is not Consistency.AUTO:
        return plan
    return read_under(plan, Consistency.READ_COMMITTED)


def read_under(plan: SyncPlan, consistency: Consistency) -> SyncPlan:
    """Return the plan with another consistency, which an earlier step has found to be accepted.

    Without the warning about the plan's own choice.
    """
    if consistency is plan.consistency:
        return plan
    return replace(
        plan,
        consistency=consistency,
        first_choice=plan.first_choice or plan.consistency,
        fallbacks=(),
        at_one_moment=False,
        warnings=tuple(one for one in plan.warnings if not one.endswith(_DIRTY)),
    )
