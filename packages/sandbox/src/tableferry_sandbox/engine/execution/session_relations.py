"""The Arrow tables that a session's DuckDB connection reads by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from tableferry_sandbox.engine.binding.scope import Row


@dataclass(frozen=True)
class _Shown:
    """The rows of a catalog view that are registered, and their name in DuckDB."""

    rows: list[Row]
    name: str


class SessionRelations:
    """What is registered on one connection: for one statement, or as long as it stays true.

    Registering costs more than computing what most catalog views show. So a view's rows are
    computed for every statement that reads it, and registered again only where they differ from
    those of the statement before: no change to the catalog has to tell anyone of itself.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor: Final = cursor
        self._number = 0
        self._passing: list[str] = []
        self._shown: dict[str, _Shown] = {}

    def add(self, rows: pa.Table) -> str:
        """Register a table for the running statement; returns its name."""
        name = self._register(rows)
        self._passing.append(name)
        return name

    def show(self, view: str, rows: list[Row], table: Callable[[list[Row]], pa.Table]) -> str:
        """Register a catalog view's rows, if they are not, as ``table`` makes it of them.

        Returns the name of the table. ``view`` names the view and its database.
        """
        shown = self._shown.get(view)
        if shown is None or shown.rows != rows:
            if shown is not None:
                # The running statement may read the view twice, and saw these rows the first time.
                self._passing.append(shown.name)
            shown = self._shown[view] = _Shown(rows, self._register(table(rows)))
        return shown.name

    def end_statement(self) -> None:
        """Unregister what was registered for the running statement."""
        for name in self._passing:
            self._cursor.unregister(name)
        self._passing.clear()

    def _register(self, rows: pa.Table) -> str:
        self._number += 1
        name = f"a{self._number}"
        self._cursor.register(name, rows)
        return name
