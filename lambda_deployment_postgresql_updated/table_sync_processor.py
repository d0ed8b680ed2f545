"""One table: an entry of TABLE_CONFIGS, synced or tested.

python table_sync_processor.py customer sync|test [--json]
"""

import sys
from collections.abc import Sequence

from tableferry.frontend.request import Request, parse_event
from tableferry.frontend.scripts import Parser, run_script
from tableferry.frontend.signals import end_process

from multi_table_manager import execute
from table_configs import TABLE_CONFIGS


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
    end_process(run_script(sys.argv[1:], read_arguments, execute))
