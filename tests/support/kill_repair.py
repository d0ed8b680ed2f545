"""``python -m tests.support.kill_repair ENTRY KEYS``: repairs that end at a chosen moment.

Both are JSON: the entry of a table, and the keys of its rows. As in ``kill_at``.
"""

import json
import sys

from tableferry.config import load_settings, parse_table_configs
from tableferry.runs.repair import repair_table
from tests.support.kill_at import serve


def repair() -> None:
    """Repair once, without another attempt: a failure ends the process with 1."""
    entry, keys = map(json.loads, sys.argv[1:])
    spec = parse_table_configs({"t": entry})["t"]
    outcome = repair_table(spec, load_settings(["mctm"]), [tuple(key) for key in keys])
    sys.exit(0 if outcome.ok else 1)


if __name__ == "__main__":
    serve(repair)
