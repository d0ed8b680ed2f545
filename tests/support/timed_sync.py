"""Syncs one table in a separate process with a deadline, as in Lambda.

``python -m tests.support.timed_sync ENTRY SECONDS_LEFT [PATIENCE]`` prints the run as JSON.
"""

import json
import sys

from tableferry.aws.invocation import MARGIN_SECONDS, deadline_of
from tableferry.config import load_settings, parse_table_configs
from tableferry.frontend.signals import stop_on_signals
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry.sqlserver import stall_guard


class TimeLeft:
    """The part of Lambda's context that the deadline comes from."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * self.seconds)


def main(entry: str, left: float, patience: float = stall_guard.PATIENCE_SECONDS) -> None:
    stall_guard.PATIENCE_SECONDS = patience  # type: ignore[misc]
    specs = parse_table_configs({"t": json.loads(entry)})
    deadline = deadline_of(TimeLeft(left + MARGIN_SECONDS))
    with stop_on_signals():
        run = sync_tables(
            list(specs.values()), load_settings(["mctm"]), options=RunOptions(deadline=deadline)
        )
    print(json.dumps(run.to_dict()))


if __name__ == "__main__":
    main(sys.argv[1], *map(float, sys.argv[2:]))
