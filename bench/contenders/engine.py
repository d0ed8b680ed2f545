"""The engine, as the command line and the Lambda use it, with each publishing strategy."""

import json
from collections.abc import Callable
from typing import Final

from bench.contenders.driver import load_driver
from bench.workload import Workload

QUARANTINE: Final = {"on_invalid": "quarantine", "max_invalid": 10}


def as_configured(work: Workload) -> Callable[[], int]:
    """Run the engine on all tables, with their entries as they are."""
    from tableferry.runs.run import sync_tables
    from tableferry.runs.run_options import RunOptions

    load_driver(work)

    def run() -> int:
        outcome = sync_tables(work.specs, work.settings, options=RunOptions(jobs=work.jobs))
        if not outcome.ok:
            raise SystemExit(json.dumps(outcome.to_dict()))
        return outcome.rows_written

    return run


def auto(work: Workload) -> Callable[[], int]:
    """Run the engine with the strategy that the plan chooses."""
    return as_configured(work.with_keys(publish="auto"))


def truncate(work: Workload) -> Callable[[], int]:
    """Run the engine with the strategy truncate."""
    return as_configured(work.with_keys(publish="truncate"))


def swap(work: Workload) -> Callable[[], int]:
    """Run the engine with the strategy swap."""
    return as_configured(work.with_keys(publish="swap"))


def merge(work: Workload) -> Callable[[], int]:
    """Run the engine with the strategy merge."""
    return as_configured(work.with_keys(publish="merge"))


def quarantine(work: Workload) -> Callable[[], int]:
    """Run the engine like ``auto``, with a quarantine that stays empty."""
    return auto(work.with_keys(**QUARANTINE))
