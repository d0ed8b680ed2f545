"""The two ways in: a Lambda event, and the command line.

python lambda_function.py [multi_sync|multi_test|single_sync|plan|info]
                          [--tables=a,b] [--table=x] [--fail-fast] [--publish-together] [--json]
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tableferry.aws import (
    SYNCS,
    Invocation,
    Mode,
    Request,
    Result,
    RunCallbacks,
    is_step,
    parse_event,
    respond,
    run_step,
)
from tableferry.errors import ConfigError
from tableferry.frontend.shell import Parser, names, run_command
from tableferry.sync.signals import end_process

from config import describe, load_config
from table_configs import TABLE_CONFIGS


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Do what the event asks for: {"mode": ..., "tables": [...], "table_name": ...}, all optional.

    Returns {"statusCode": 200|207|400|500, "body": JSON text}; raises nothing. A step of a state
    machine ({"mode": "load_chunk", ...}) answers with its JSON and raises what it fails with.
    """
    invocation = Invocation.of(context)
    if is_step(event):
        return run_step(event, invocation, TABLE_CONFIGS, load_config)

    def work() -> Result:
        request = parse_event(event, TABLE_CONFIGS)
        invocation.begun(request)
        mine = replace(request, deadline=invocation.deadline, run_id=invocation.run_id)
        return execute(mine, invocation.watch)

    response, result = respond(work)
    invocation.ended(response, result)
    return response.to_dict()


def execute(request: Request, watch: RunCallbacks) -> Result:
    """Do what a checked request asks for; raises ConfigError where nothing can be begun."""
    if request.mode is Mode.INFO:
        return describe(request.tables)
    # Not at the top: what moves tables takes most of a cold start to import, and info needs none.
    from multi_table_manager import check_all, plan_all, sync_all  # noqa: PLC0415
    from table_sync_processor import sync_table  # noqa: PLC0415

    match request.mode:
        case Mode.MULTI_TEST:
            return check_all(request.tables)
        case Mode.PLAN:
            return plan_all(request.tables)
        case Mode.SINGLE_SYNC:
            (name,) = request.tables or ()
            return sync_table(name, watch, request.options)
        case Mode.MULTI_SYNC:
            return sync_all(request.tables, watch, request.options)


def read_arguments(arguments: Sequence[str]) -> Request:
    """Read the command line; raises ConfigError."""
    parser = Parser("Carry the configured tables from SQL Server to PostgreSQL.")
    parser.add_argument("mode", nargs="?", default=Mode.MULTI_SYNC, help=", ".join(Mode))
    parser.add_argument("--tables", type=names, help="names, separated by commas; default: all")
    parser.add_argument("--table", help="the one table of single_sync")
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first failure")
    parser.add_argument("--publish-together", action="store_true", help="all visible at once")
    found = parser.parse_args(arguments)
    given = {
        "mode": found.mode,
        "tables": found.tables,
        "table_name": found.table,
        "publish_together": found.publish_together or None,
    }
    event = {key: value for key, value in given.items() if value is not None}
    request = parse_event(event, TABLE_CONFIGS)
    if found.fail_fast and request.mode not in SYNCS:
        raise ConfigError(f"--fail-fast goes with {' and '.join(SYNCS)}", hint="Leave it out.")
    return replace(request, fail_fast=found.fail_fast)


def main(arguments: Sequence[str]) -> int:
    """Run a command; returns the exit code."""
    return run_command(arguments, read_arguments, execute)


if __name__ == "__main__":
    end_process(main(sys.argv[1:]))
