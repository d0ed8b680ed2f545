"""One table: an entry of TABLE_CONFIGS, synced, tested or verified, or how it stands.

python table_sync_processor.py customer sync|test|verify|status [--json]
                               [verify: --sample=N --count --independent --repair --settle=S
                               --limit=N --show-values]
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

from tableferry.frontend.request import Request, parse_event
from tableferry.frontend.scripts import Parser, run_script, verify_event, with_values
from tableferry.frontend.signals import end_process

from config import configured_names
from multi_table_manager import execute


def read_arguments(arguments: Sequence[str]) -> Request:
    """Read the command line; raises ConfigError."""
    parser = Parser("Sync, test or verify one configured table, or say how it stands.")
    parser.add_argument("table", help="a key of TABLE_CONFIGS")
    parser.add_argument("action", choices=("sync", "test", "verify", "status"))
    parser.add_verify_flags()
    found = parser.parse_args(arguments)
    asked = {
        "sync": {"mode": "single_sync", "table_name": found.table},
        "test": {"mode": "multi_test", "tables": [found.table]},
        "verify": {"mode": "verify", "tables": [found.table]},
        "status": {"mode": "status", "tables": [found.table]},
    }
    request = parse_event({**asked[found.action], **verify_event(found)}, configured_names())
    return replace(request, verify=with_values(request, found))


if __name__ == "__main__":
    end_process(run_script(sys.argv[1:], read_arguments, execute))
