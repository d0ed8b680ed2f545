"""One reader of the target: ``python -m bench.reader MILLISECONDS``.

It asks for one row by its key every millisecond until its stdin is closed, and prints how often,
how long the longest query took, and how many waited so long for a lock that it gave up (0: it never
does). What it reads is told on stdin, as JSON. It imports little: many are started.
"""

import json
import random
import sys
import threading
import time
from typing import Final

import psycopg

from bench.connection import target_connection

EVERY_SECONDS: Final = 0.001
KEYS: Final = 1_000


def main() -> None:
    """Read until stdin is closed."""
    asked = json.loads(sys.stdin.readline())
    table, key = asked["table"], asked["key"]
    queries = blocked = 0
    longest = 0.0
    closed = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), closed.set()), daemon=True).start()
    with target_connection(asked["target"]) as connection:
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = {int(sys.argv[1])}")
        keys = [row[0] for row in connection.execute(f"SELECT {key} FROM {table} LIMIT {KEYS}")]
        query = f"SELECT * FROM {table} WHERE {key} = %s"
        print("ready", flush=True)
        while not closed.is_set():
            begun = time.perf_counter()
            try:
                if len(connection.execute(query, (random.choice(keys),)).fetchall()) != 1:
                    raise SystemExit("A reader did not find its row.")
            except psycopg.errors.LockNotAvailable:
                blocked += 1
            took = time.perf_counter() - begun
            queries += 1
            longest = max(longest, took)
            time.sleep(max(0.0, EVERY_SECONDS - took))
    print(json.dumps({"queries": queries, "longest": longest, "blocked": blocked}))


if __name__ == "__main__":
    main()
