"""Many tables, one after the other: one table's failure does not stop the next."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from tableferry.settings import Settings
from tableferry.spec import TableSpec
from tableferry.sync.outcome import RunOutcome, Status, TableOutcome
from tableferry.sync.table import Clock, OnProgress, sync_table


def sync_tables(
    specs: Sequence[TableSpec],
    settings: Settings,
    *,
    on_progress: OnProgress = lambda _progress: None,
    on_outcome: Callable[[TableOutcome], None] = lambda _outcome: None,
    fail_fast: bool = False,
    fingerprints: Mapping[str, str] = MappingProxyType({}),
    clock: Clock = time.monotonic,
) -> RunOutcome:
    """Sync the tables in order; with ``fail_fast`` those after a failed one are skipped.

    ``fingerprints`` are those of a plan, by table: a table that has drifted since is not loaded.
    """
    started = clock()
    outcomes: list[TableOutcome] = []
    for spec in specs:
        if fail_fast and any(outcome.status is Status.FAILED for outcome in outcomes):
            outcome = TableOutcome(spec.key, str(spec.target), Status.SKIPPED)
        else:
            expected = fingerprints.get(spec.key)
            outcome = sync_table(spec, settings, on_progress, clock, fingerprint=expected)
        outcomes.append(outcome)
        on_outcome(outcome)
    return RunOutcome(tuple(outcomes), clock() - started)
