"""The deployment's two entry points: a Lambda event, and a command line.

python lambda_function.py [multi_sync|multi_test|single_sync|plan|doctor|verify|status|info]
                          [--tables=a,b] [--table=x] [--fail-fast] [--publish-together] [--jobs=N]
                          [--json]
                          [verify: --sample=N --count --independent --repair --settle=S --limit=N
                          --show-values]
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tableferry.aws.handler import handle_event
from tableferry.errors import ConfigError
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.request import SYNCS, Operation, Request, parse_event
from tableferry.frontend.response import Result
from tableferry.frontend.scripts import Parser, run_script, verify_event, with_values
from tableferry.frontend.signals import end_process

import multi_table_manager
from config import configured_names, describe, load_config


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Do what the event asks for: {"mode": ..., "tables": [...], "table_name": ...}, all optional.

    Returns {"statusCode": 200|207|400|..., "body": JSON text} and raises no exception. A step of a
    state machine ({"mode": "load_chunk", ...}) answers with its JSON and raises its error.
    """
    return handle_event(
        event, context, configured=configured_names, load_config=load_config, execute=execute
    )


def execute(request: Request, callbacks: RunCallbacks) -> Result:
    """Execute a checked request; raises ConfigError where nothing can be begun."""
    if request.mode is Operation.INFO:
        return describe(request.tables)
    return multi_table_manager.execute(request, callbacks)


def read_arguments(arguments: Sequence[str]) -> Request:
    """Read the command line; raises ConfigError."""
    parser = Parser("Carry the configured tables from SQL Server to PostgreSQL.")
    parser.add_argument("mode", nargs="?", default=Operation.MULTI_SYNC, help=", ".join(Operation))
    parser.add_names("--tables", "names, separated by commas; may be repeated; default: all")
    parser.add_argument("--table", help="the one table of single_sync")
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first failure")
    parser.add_argument("--publish-together", action="store_true", help="all visible at once")
    parser.add_argument("--jobs", type=int, help="so many tables at once (1)")
    parser.add_verify_flags()
    found = parser.parse_args(arguments)
    given = {
        "mode": found.mode,
        "tables": found.tables,
        "table_name": found.table,
        "publish_together": found.publish_together or None,
        "jobs": found.jobs,
        **verify_event(found),
    }
    event = {key: value for key, value in given.items() if value is not None}
    request = parse_event(event, configured_names())
    if found.fail_fast and request.mode not in SYNCS:
        raise ConfigError(f"--fail-fast goes with {' and '.join(SYNCS)}", hint="Leave it out.")
    return replace(request, fail_fast=found.fail_fast, verify=with_values(request, found))


if __name__ == "__main__":
    end_process(run_script(sys.argv[1:], read_arguments, execute))
