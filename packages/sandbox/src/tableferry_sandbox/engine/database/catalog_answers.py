"""What was answered to questions about the catalog, kept while it is what they would be answered.

A client asks the same about a table again and again, each time on a new connection, and DuckDB
takes milliseconds to plan a query over ten rows. The rows of a catalog view have a name here that
no other rows have, in any instance of this process. So the same SQL over the same names has the
same answer, and no change to a catalog has to tell anyone of itself.
"""

import functools
import threading
from typing import Any, Final

import pyarrow as pa

Rows = tuple[tuple[Any, ...], ...]
"""The rows of a catalog view."""

Answer = tuple[pa.RecordBatch, ...]

_KEPT: Final = 2_000
"""Sets of rows, and answers: of some kilobytes each. Far more than a client asks for in a row."""

_LONGEST: Final = 1_000
"""Rows of an answer that is kept."""


class CatalogAnswers:
    """The names of rows, and the answers to queries that read them by these names."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._names: dict[tuple[str, Rows], str] = {}
        self._answers: dict[tuple[str, pa.Schema], Answer] = {}

    def name(self, view: str, rows: Rows) -> str:
        """Return the name of these rows of a view."""
        with self._lock:
            found = self._names.get((view, rows))
            if found is None:
                if len(self._names) >= _KEPT:
                    # No name is given twice, so the answers to the old ones are only forgotten.
                    self._names.clear()
                    self._answers.clear()
                self._number += 1
                found = self._names[view, rows] = f"v{self._number}"
            return found

    def find(self, sql: str, schema: pa.Schema) -> Answer | None:
        """Return the answer to a query, None where it is not known."""
        return self._answers.get((sql, schema))

    def keep(self, sql: str, schema: pa.Schema, answer: Answer) -> None:
        """Remember the answer to a query, if it is a short one."""
        if sum(batch.num_rows for batch in answer) > _LONGEST:
            return
        with self._lock:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            self._answers[sql, schema] = answer


@functools.cache
def catalog_answers() -> CatalogAnswers:
    """Return those of this process."""
    return CatalogAnswers()
