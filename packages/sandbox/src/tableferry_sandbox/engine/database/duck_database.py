"""The databases inside DuckDB: one for each store, in one DuckDB for the whole process."""

import atexit
import functools
import itertools
import threading
import weakref
from typing import Final

import duckdb

from tableferry_sandbox.engine.types import duck_functions

_SETTINGS: Final = (
    "SET GLOBAL arrow_large_buffer_size = true",
    "SET GLOBAL error_on_division_by_zero = true",
    "SET GLOBAL preserve_insertion_order = true",
    # A statement runs on its session's thread. Waking others took up to a third of the CPU of a
    # small one, and a load or a scan of a million rows is no faster with them.
    "SET GLOBAL threads = 1",
)
_LOCK: Final = threading.Lock()
_NUMBERS: Final = itertools.count(1)


@functools.cache
def _process_wide() -> duckdb.DuckDBPyConnection:
    """Start DuckDB, with our functions and macros and without a table.

    Starting it takes ten times as long as the rest of a stand-in's start, and a process of tests
    starts hundreds. What one of them stores, no other sees: each has a database of its own.
    """
    root = duckdb.connect(":memory:")
    atexit.register(root.close)  # open to the end, it would be reported as a leak
    for setting in _SETTINGS:
        root.execute(setting)
    duck_functions.install(root)
    return root


class DuckDatabase:
    """An empty in-memory database; ``close`` frees it and all that is in it."""

    def __init__(self) -> None:
        self._name = f"store{next(_NUMBERS)}"
        with _LOCK:
            _process_wide().execute(f"ATTACH ':memory:' AS {self._name}")
        self.close: Final = weakref.finalize(self, _detach, self._name)
        """Free the database, whose connections have been closed; once, also when forgotten."""
        self.close.atexit = False  # DuckDB is closed then, with all that is in it

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection, to this database alone."""
        with _LOCK:
            connection = _process_wide().cursor()
        # The macros are in the process-wide database, ``memory``.
        connection.execute(f"SET search_path = '{self._name}.main,memory.main'")
        return connection


def _detach(name: str) -> None:
    with _LOCK:
        _process_wide().execute(f"DETACH {name}")
