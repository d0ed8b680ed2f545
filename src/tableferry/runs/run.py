"""A sync: the tables of a run loaded and published, and verified where their entries ask for it."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

from tableferry.config import Settings, TableSpec
from tableferry.runs.events import OnEvent, OnProgress
from tableferry.runs.outcome import RunOutcome, TableOutcome
from tableferry.runs.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.runs.run_tables import run_tables
from tableferry.runs.verify_published import verify_published


def sync_tables(
    specs: Sequence[TableSpec],
    settings: Settings,
    *,
    on_event: OnEvent | None = None,
    on_progress: OnProgress | None = None,
    fingerprints: Mapping[str, str] = MappingProxyType({}),
    options: RunOptions = DEFAULT_OPTIONS,
) -> RunOutcome:
    """Sync the tables in order; raises no Exception: a failure is an outcome, and so is a signal.

    ``on_event`` receives every event, ``on_progress`` only that kind. What a callback raises
    becomes a warning. ``fingerprints`` are those of a plan, by table: a table whose
    plan has changed since is not loaded. What is published is verified where the entry says so.
    """
    return run_tables(
        specs,
        settings,
        on_event=on_event,
        on_progress=on_progress,
        fingerprints=fingerprints,
        options=options,
        verify=partial(verify_published, options=options),
    )


def sync_table(
    spec: TableSpec,
    settings: Settings,
    on_progress: OnProgress | None = None,
    *,
    on_event: OnEvent | None = None,
    fingerprint: str | None = None,
    options: RunOptions = DEFAULT_OPTIONS,
) -> TableOutcome:
    """Sync one table, as a run of its own."""
    (outcome,) = sync_tables(
        [spec],
        settings,
        on_event=on_event,
        on_progress=on_progress,
        fingerprints={spec.key: fingerprint} if fingerprint else {},
        options=options,
    ).tables
    return outcome
