"""Queries the target like a reader: ``python -m bench.probe LOCK_TIMEOUT_MILLISECONDS``.

It selects one row by key every millisecond until stdin closes, then prints as JSON the number of
queries, the longest one in seconds, and the number that hit the lock timeout (0 disables it). The
first line of stdin names the target and the table, as JSON.
"""

import json
import random
import sys
import threading
import time
from typing import Final

import psycopg

from bench.target import target_connection

INTERVAL_SECONDS: Final = 0.001
KEYS: Final = 1_000


def main() -> None:
    """Query until stdin closes."""
    options = json.loads(sys.stdin.readline())
    table, key = options["table"], options["key"]
    queries = blocked = 0
    longest = 0.0
    closed = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), closed.set()), daemon=True).start()
    with target_connection(options["target"]) as connection:
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = {int(sys.argv[1])}")
        keys = [row[0] for row in connection.execute(f"SELECT {key} FROM {table} LIMIT {KEYS}")]
        query = f"SELECT * FROM {table} WHERE {key} = %s"
        print("ready", flush=True)
        while not closed.is_set():
            started = time.perf_counter()
            try:
                if len(connection.execute(query, (random.choice(keys),)).fetchall()) != 1:
                    raise SystemExit(f"bench.probe: a row of {table} is missing or doubled")
            except psycopg.errors.LockNotAvailable:
                blocked += 1
            elapsed = time.perf_counter() - started
            queries += 1
            longest = max(longest, elapsed)
            time.sleep(max(0.0, INTERVAL_SECONDS - elapsed))
    print(json.dumps({"queries": queries, "longest": longest, "blocked": blocked}))


if __name__ == "__main__":
    main()
