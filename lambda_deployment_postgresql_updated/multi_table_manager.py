"""Many tables: one after the other, in order; one table's failure does not stop the next.

python multi_table_manager.py sync|test [--tables=a,b] [--fail-fast] [--publish-together]
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tableferry.aws import Mode, Request, Result, RunCallbacks, parse_event
from tableferry.errors import ConfigError
from tableferry.frontend.shell import Parser, names, run_command
from tableferry.inspect.check import CheckReport, check_tables
from tableferry.inspect.plan_report import PlanReport, plan_tables
from tableferry.sync.outcome import RunOutcome
from tableferry.sync.run import sync_tables
from tableferry.sync.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.sync.signals import end_process

from config import load_config
from table_configs import TABLE_CONFIGS


def sync_all(
    names: Sequence[str] | None, watch: RunCallbacks, options: RunOptions = DEFAULT_OPTIONS
) -> RunOutcome:
    """Sync these tables, all where None; raises ConfigError where nothing can be begun."""
    config = load_config(names)
    return sync_tables(
        config.tables,
        config.settings,
        on_progress=watch.progress,
        on_outcome=watch.outcome,
        options=options,
    )


def check_all(names: Sequence[str] | None) -> CheckReport:
    """Look at these tables and at every database they live in; nothing is written."""
    config = load_config(names)
    return check_tables(config.tables, config.settings)


def plan_all(names: Sequence[str] | None) -> PlanReport:
    """Tell what a sync of these tables would do; nothing is written."""
    config = load_config(names)
    return plan_tables(config.tables, config.settings)


def execute(request: Request, watch: RunCallbacks) -> Result:
    """Do what a checked request for many tables asks for."""
    if request.mode is Mode.MULTI_TEST:
        return check_all(request.tables)
    return sync_all(request.tables, watch, request.options)


def read_arguments(arguments: Sequence[str]) -> Request:
    """Read the command line; raises ConfigError."""
    parser = Parser("Sync or test the configured tables.")
    parser.add_argument("action", choices=("sync", "test"))
    parser.add_argument("--tables", type=names, help="names, separated by commas; default: all")
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first failure")
    parser.add_argument("--publish-together", action="store_true", help="all visible at once")
    found = parser.parse_args(arguments)
    if found.fail_fast and found.action != "sync":
        raise ConfigError("--fail-fast goes with sync", hint="Leave it out.")
    event: dict[str, Any] = {"mode": f"multi_{found.action}"}
    if found.publish_together:
        event["publish_together"] = True
    if found.tables is not None:
        event["tables"] = found.tables
    return replace(parse_event(event, TABLE_CONFIGS), fail_fast=found.fail_fast)


if __name__ == "__main__":
    end_process(run_command(sys.argv[1:], read_arguments, execute))
