"""Many tables, one after the other: one table's failure does not stop the next."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from tableferry.settings import Settings
from tableferry.spec import TableSpec
from tableferry.sync.outcome import ErrorReport, RunOutcome, Status, TableOutcome
from tableferry.sync.table import Clock, OnProgress, sync_table

SOURCE_LOGINS: Final = frozenset({"18456", "18486", "18487", "18488"})
LOGIN_REFUSED: Final = SOURCE_LOGINS | {"28P01", "28000"}
"""A login that was refused is not tried again for the next table: servers lock accounts."""

_TARGET: Final = ""
"""Where ``refused`` holds the target's refusal: no ``db_type`` is empty."""


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
    refused: dict[str, ErrorReport] = {}
    for spec in specs:
        known = refused.get(spec.db_type) or refused.get(_TARGET)
        if fail_fast and any(outcome.status is Status.FAILED for outcome in outcomes):
            outcome = TableOutcome(spec.key, str(spec.target), Status.SKIPPED)
        elif known:
            outcome = TableOutcome(spec.key, str(spec.target), Status.FAILED, error=known)
        else:
            expected = fingerprints.get(spec.key)
            outcome = sync_table(spec, settings, on_progress, clock, fingerprint=expected)
            if outcome.error and outcome.error.code in LOGIN_REFUSED:
                side = spec.db_type if outcome.error.code in SOURCE_LOGINS else _TARGET
                refused[side] = outcome.error
        outcomes.append(outcome)
        on_outcome(outcome)
    return RunOutcome(tuple(outcomes), clock() - started)
