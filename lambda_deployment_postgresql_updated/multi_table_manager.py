"""Many tables, in order; one table's failure does not stop the next.

python multi_table_manager.py sync|test|verify|status [--tables=a,b] [--json]
                              [sync: --fail-fast --publish-together --jobs=N]
                              [verify: --sample=N --count --independent --repair --settle=S
                              --limit=N --show-values]
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tableferry.errors import ConfigError
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.execute import execute as execute_on
from tableferry.frontend.request import Operation, Request, parse_event
from tableferry.frontend.response import Report
from tableferry.frontend.scripts import Parser, run_script, verify_event, with_values
from tableferry.frontend.signals import end_process

from config import configured_names, load_config, load_for_status


def execute(request: Request, callbacks: RunCallbacks) -> Report:
    """Do what the request asks for its tables; raises ConfigError where nothing can be begun."""
    load = load_for_status if request.mode is Operation.STATUS else load_config
    config = load(request.tables)
    return execute_on(
        request,
        config.tables,
        config.settings,
        callbacks,
        warnings=config.warnings,
        complete=config.complete,
    )


def read_arguments(arguments: Sequence[str]) -> Request:
    """Read the command line; raises ConfigError."""
    parser = Parser("Sync, test or verify the configured tables, or say how they stand.")
    parser.add_argument("action", choices=("sync", "test", "verify", "status"))
    parser.add_names("--tables", "names, separated by commas; may be repeated; default: all")
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first failure")
    parser.add_argument("--publish-together", action="store_true", help="all visible at once")
    parser.add_argument("--jobs", type=int, help="so many tables at once (1)")
    parser.add_verify_flags()
    found = parser.parse_args(arguments)
    if found.fail_fast and found.action != "sync":
        raise ConfigError("--fail-fast goes with sync", hint="Leave it out.")
    mode = f"multi_{found.action}" if found.action in ("sync", "test") else found.action
    event: dict[str, Any] = {"mode": mode, **verify_event(found)}
    if found.publish_together:
        event["publish_together"] = True
    if found.jobs is not None:
        event["jobs"] = found.jobs
    if found.tables is not None:
        event["tables"] = found.tables
    request = parse_event(event, configured_names())
    return replace(request, fail_fast=found.fail_fast, verify=with_values(request, found))


if __name__ == "__main__":
    end_process(run_script(sys.argv[1:], read_arguments, execute))
