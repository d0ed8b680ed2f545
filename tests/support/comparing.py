"""Compare a table with its target, as a verification does, without a run and its ledger."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tableferry import postgres, sqlserver, values
from tableferry.config import Settings, TableSpec
from tableferry.model.key_range import WHOLE_TABLE, KeyRange
from tableferry.planning.plan import SyncPlan
from tableferry.runs.make_plan import make_plan
from tableferry.verification.compare_table import compare_table
from tableferry.verification.differences import Difference, Differences
from tableferry.verification.sides import Sides

REPEATABLE = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

Plan = Callable[[SyncPlan], SyncPlan]


@contextmanager
def both_sides(
    spec: TableSpec, settings: Settings, check: Callable[[], None] = lambda: None
) -> Iterator[tuple[SyncPlan, Sides]]:
    """Plan a table, and begin the target's transaction."""
    source = settings.sources[spec.db_type]
    with postgres.connect(settings.target) as into:
        with sqlserver.connect(source) as from_:
            plan = make_plan(spec, from_, into)
        into.raw.execute(REPEATABLE)
        yield plan, Sides(lambda: sqlserver.connect(source), into, check)


def compare(
    spec: TableSpec,
    settings: Settings,
    *,
    ranges: Sequence[KeyRange] = (WHOLE_TABLE,),
    show_values: bool = True,
    altered: Plan = lambda plan: plan,
) -> Differences:
    """Compare a table; ``altered`` may change its plan."""
    with both_sides(spec, settings) as (planned, sides):
        plan = altered(planned)
        while True:
            try:
                return compare_table(plan, sides, ranges, show_values=show_values)
            except values.TextsAlteredError as error:
                plan = plan.reading_as_utf16(error.columns)


def summary(found: Differences) -> list[tuple[str, tuple[str | None, ...], tuple[str, ...]]]:
    """Return the kind, the key and the columns of each difference, sorted."""
    return sorted(map(_facts, found.kept), key=repr)


def _facts(one: Difference) -> tuple[str, tuple[str | None, ...], tuple[str, ...]]:
    return one.kind.value, one.key, one.columns
