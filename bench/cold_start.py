"""Times a cold start of the deployment step by step: ``python -m bench.cold_start``.

Reads the settings of a source and a target from stdin and prints seconds by step, both as JSON.
Needs a new process: none of these modules may have been imported before.
"""

import itertools
import json
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "lambda_deployment_postgresql_updated"


def main() -> None:
    """Run and time each step of a first invocation."""
    settings = json.load(sys.stdin)
    sys.path.insert(0, str(FOLDER))
    marks = [("", time.perf_counter())]

    import lambda_function

    marks.append(("handler", time.perf_counter()))
    lambda_function.lambda_handler({"mode": "info", "tables": ["customer"]}, None)
    marks.append(("info", time.perf_counter()))
    import multi_table_manager  # noqa: F401 - what the first sync imports

    marks.append(("engine", time.perf_counter()))
    from tableferry import postgres, sqlserver
    from tableferry.config import SourceSettings, TargetSettings

    with sqlserver.connect(SourceSettings(prefix="SQL_SERVER_BENCH_", **settings["source"])):
        marks.append(("source", time.perf_counter()))
    with postgres.connect(TargetSettings(prefix="PG_", **settings["target"])):
        marks.append(("target", time.perf_counter()))
    steps = {name: end - start for (_, start), (name, end) in itertools.pairwise(marks)}
    print(json.dumps(steps))


if __name__ == "__main__":
    main()
