"""The Arrow tables that a session's DuckDB connection reads by name."""

from collections.abc import Callable
from typing import Final

import duckdb
import pyarrow as pa

from tableferry_sandbox.engine.binding.context import Row
from tableferry_sandbox.engine.database.catalog_answers import catalog_answers


class SessionRelations:
    """What is registered on one connection: for one statement, or as long as it stays true.

    Registering costs more than computing what most catalog views show. So a view's rows are
    computed for every statement that reads it, registered when a query really runs, and registered
    again only where they differ from those of the statement before.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor: Final = cursor
        self._number = 0
        self._passing: list[str] = []
        self._shown: dict[str, str] = {}
        self._noted: dict[str, tuple[str, Callable[[], pa.Table]]] = {}

    def add(self, rows: pa.Table) -> str:
        """Register a table for the running statement; returns its name."""
        self._number += 1
        name = f"a{self._number}"
        self._cursor.register(name, rows)
        self._passing.append(name)
        return name

    def note(self, view: str, rows: list[Row], table: Callable[[list[Row]], pa.Table]) -> str:
        """Return the name that a catalog view's rows have once ``register_noted`` was called.

        ``table`` makes Arrow of them. ``view`` names the view and its database.
        """
        name = catalog_answers().name(view, tuple(rows))
        if self._shown.get(view) != name:
            self._noted[name] = view, lambda: table(rows)
        return name

    def register_noted(self) -> None:
        """Register the rows that the running statement is about to read."""
        for name, (view, table) in self._noted.items():
            old = self._shown.get(view)
            if old is not None:
                # The running statement may read the view twice, and saw these rows the first time.
                self._passing.append(old)
            self._cursor.register(name, table())
            self._shown[view] = name
        self._noted.clear()

    def end_statement(self) -> None:
        """Unregister what was registered for the running statement."""
        self._noted.clear()
        for name in set(self._passing).difference(self._shown.values()):
            self._cursor.unregister(name)
        self._passing.clear()
