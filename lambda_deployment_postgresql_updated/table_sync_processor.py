"""One table: an entry of TABLE_CONFIGS, bound to the engine.

python table_sync_processor.py customer sync|test
"""

import sys
from collections.abc import Sequence

from tableferry.aws import Mode, Request, Result, RunCallbacks, parse_event
from tableferry.frontend.shell import Parser, run_command
from tableferry.inspect.check import CheckReport, check_tables
from tableferry.sync.outcome import RunOutcome
from tableferry.sync.run import sync_tables
from tableferry.sync.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.sync.signals import end_process

from config import load_config
from table_configs import TABLE_CONFIGS


def sync_table(name: str, watch: RunCallbacks, options: RunOptions = DEFAULT_OPTIONS) -> RunOutcome:
    """Sync one configured table; raises ConfigError where it cannot be begun."""
    config = load_config([name])
    return sync_tables(
        config.tables,
        config.settings,
        on_progress=watch.progress,
        on_outcome=watch.outcome,
        options=options,
    )


def check_table(name: str) -> CheckReport:
    """Look at one table and the databases it lives in; nothing is written."""
    config = load_config([name])
    return check_tables(config.tables, config.settings)


def execute(request: Request, watch: RunCallbacks) -> Result:
    """Do what a checked request for one table asks for."""
    (name,) = request.tables or ()
    return (
        check_table(name)
        if request.mode is Mode.MULTI_TEST
        else sync_table(name, watch, request.options)
    )


def read_arguments(arguments: Sequence[str]) -> Request:
    """Read the command line; raises ConfigError."""
    parser = Parser("Sync or test one configured table.")
    parser.add_argument("table", help="a key of TABLE_CONFIGS")
    parser.add_argument("action", choices=("sync", "test"))
    found = parser.parse_args(arguments)
    if found.action == "test":
        return parse_event({"mode": "multi_test", "tables": [found.table]}, TABLE_CONFIGS)
    return parse_event({"mode": "single_sync", "table_name": found.table}, TABLE_CONFIGS)


if __name__ == "__main__":
    end_process(run_command(sys.argv[1:], read_arguments, execute))
