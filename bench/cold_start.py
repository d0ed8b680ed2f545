"""A cold start of the deployment, step by step: ``python -m bench.cold_start`` prints it as JSON.

The settings of a source and a target come as JSON on stdin. Run in a process of its own: nothing
of it may have been imported before.
"""

import itertools
import json
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "lambda_deployment_postgresql_updated"


def main() -> None:
    """Take the steps of a first invocation, one after the other, and time each."""
    given = json.load(sys.stdin)
    sys.path.insert(0, str(FOLDER))
    marks = [("", time.perf_counter())]

    import lambda_function

    marks.append(("handler", time.perf_counter()))
    lambda_function.lambda_handler({"mode": "info", "tables": ["customer"]}, None)
    marks.append(("info", time.perf_counter()))
    import multi_table_manager  # noqa: F401 - what a sync needs, imported with its first

    marks.append(("engine", time.perf_counter()))
    from tableferry import postgres, sqlserver
    from tableferry.config import SourceSettings, TargetSettings

    with sqlserver.connect(SourceSettings(prefix="SQL_SERVER_BENCH_", **given["source"])):
        marks.append(("source", time.perf_counter()))
    with postgres.connect(TargetSettings(prefix="PG_", **given["target"])):
        marks.append(("target", time.perf_counter()))
    steps = {name: end - start for (_, start), (name, end) in itertools.pairwise(marks)}
    print(json.dumps(steps))


if __name__ == "__main__":
    main()
