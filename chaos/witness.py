"""Who looks on: reads the target all the time and writes down what must never be seen."""

import threading
import time
from types import TracebackType
from typing import Any, Final, Self

import psycopg

from chaos.world import ROWS, WAYS, World

PAUSE: Final = 0.003
"""Between two looks at all tables: often enough to find a table that is empty for a moment."""


class Witness:
    """Reads every table; ``violations`` are sentences, ``versions`` what was seen last."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.violations: list[str] = []
        self.versions = dict.fromkeys(WAYS, 0)
        self.looks = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="witness", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join(30)

    def version(self, table: str) -> int:
        """Look at one table now; returns its version, 0 where it is not there yet."""
        while True:
            try:
                with self._world.connect() as connection:
                    return self._look(connection, table)
            except psycopg.OperationalError:
                time.sleep(0.1)  # the server is starting again

    def _look_on(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._world.connect() as connection:
                    while not self._stopped.is_set():
                        for table in WAYS:
                            self._look(connection, table)
                        self.looks += 1
                        self._stopped.wait(PAUSE)
            except psycopg.OperationalError:
                self._stopped.wait(0.1)

    def _look(self, connection: "psycopg.Connection[Any]", table: str) -> int:
        try:
            row = connection.execute(
                f"SELECT count(*), min(v), max(v) FROM {table}".encode()
            ).fetchone()
        except psycopg.errors.UndefinedTable:
            if self.versions[table]:
                self.violations.append(f"{table} is gone")
            return 0
        count, low, high = row or (0, None, None)
        if count != ROWS or low != high:
            self.violations.append(f"{table} is not whole: {count} rows of versions {low}-{high}")
            return 0
        if high < self.versions[table]:
            self.violations.append(f"{table} went back from {self.versions[table]} to {high}")
        self.versions[table] = max(high, self.versions[table])
        return int(high)
