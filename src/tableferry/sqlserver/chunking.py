"""Splits a table into chunks of about equally many rows, at keys that the source is asked for.

Three methods, of which the cheapest that suits the table is used:

- **even**: for an integer key without large gaps, numbers between the smallest and the largest key:
  two index lookups, whatever the table's size.
- **sampled**: for a large table, keys from randomly chosen pages.
- **counted**: for all others, every nth key in order: one scan of the key's index.

Rows may be inserted and deleted at the same time: the bounds decide how even the chunks are, never
which rows are read.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tableferry.errors import TableferryError, TransientError, VerificationError
from tableferry.model.identifiers import quote_mssql, shown, text_mssql
from tableferry.model.key_range import Bound, KeyRange, ranges_between
from tableferry.model.literals import INTEGER_TYPES, exact_text, is_exact_text
from tableferry.planning.plan import SyncPlan
from tableferry.sqlserver.catalog import estimated_rows
from tableferry.sqlserver.connection import SourceConnection, set_isolation
from tableferry.sqlserver.details import read_keys
from tableferry.sqlserver.questions import rows_if_supported
from tableferry.sqlserver.table_key import read_key

GAPS: Final = 1.25
"""Numbers in the range of the keys, for each row, up to which the range is split evenly: no chunk
can then hold more than 1.25 times its share."""

SAMPLED_ROWS: Final = 1_000_000
"""Pages are sampled from so many rows on. With fewer, a scan of the key's index takes a second."""

PAGES_PER_CHUNK: Final = 100
"""Pages sampled for each chunk: sizes then vary by a tenth (one over its square root)."""

MOST_PERCENT: Final = 20.0
"""Of a table's pages; sampling more is no cheaper than scanning an index."""

LEAST_ROWS: Final = 10
"""The fewest sampled rows for each chunk: a 'where' may leave too few of them."""

BOUNDS_PER_STATEMENT: Final = 200
"""Each bound is two literals of up to 16,000 characters a column."""

PAGES: Final = """\
SELECT SUM(a.total_pages) AS pages
FROM {catalog}.sys.partitions AS p
JOIN {catalog}.sys.allocation_units AS a ON a.container_id = p.hobt_id
WHERE p.object_id = OBJECT_ID({table}) AND p.index_id IN (0, 1) AND a.type = 1"""
"""The pages of the heap or clustered index that hold rows (type 1), large values excluded."""


@dataclass(frozen=True, slots=True)
class Chunking:
    """A table's chunks in key order; ``method`` is even, sampled or counted."""

    ranges: tuple[KeyRange, ...]
    method: str = ""
    warnings: tuple[str, ...] = ()


def split_table(
    connection: SourceConnection, plan: SyncPlan, chunks: int | None = None
) -> Chunking:
    """Chunking the plan's table into ``chunks`` ranges (the spec's); raises TableferryError.

    There are fewer where the table has fewer different keys.
    """
    wanted = plan.spec.chunks if chunks is None else chunks
    if wanted == 1:
        return Chunking((KeyRange(),))
    set_isolation(connection, plan.consistency)
    table = _TableShape(connection, plan)
    method, bounds = table.bounds(wanted)
    ascending = table.ascending(bounds)
    return Chunking(ranges_between(table.key, ascending), method, table.warnings())


class _TableShape:
    """The queries about one table."""

    def __init__(self, connection: SourceConnection, plan: SyncPlan) -> None:
        self._connection = connection
        self._plan = plan
        self._rows = estimated_rows(connection, plan.spec.source)
        self.key = read_key(connection, plan, instead="Leave out 'chunks'.")

    def bounds(self, wanted: int) -> tuple[str, list[Bound]]:
        """Return the method and the bounds: none is NULL, some may be equal."""
        if (bounds := self._even(wanted)) is not None:
            return "even", bounds
        if (bounds := self._sampled(wanted)) is not None:
            return "sampled", bounds
        return "counted", self._quantiles(wanted, self._source())

    def _even(self, wanted: int) -> list[Bound] | None:
        if len(self.key) > 1 or self.key[0].type.name not in INTEGER_TYPES or self._plan.spec.where:
            return None
        column = self.key[0]
        [(low, high)] = self._rows_of(
            f"SELECT CONVERT(varchar(20), MIN({column.sql})) AS low, "
            f"CONVERT(varchar(20), MAX({column.sql})) AS high FROM {self._source()}",
            "low",
            "high",
        )
        if low is None:
            return []
        first, numbers = int(low), int(high) - int(low) + 1
        rows = self._rows or 0
        # More rows than numbers: the key is not unique, and its distribution is unknown.
        if not rows <= numbers <= GAPS * rows:
            return None
        places = range(1, min(wanted, numbers))
        return [(str(first + place * numbers // min(wanted, numbers)),) for place in places]

    def _sampled(self, wanted: int) -> list[Bound] | None:
        """Return bounds from a sample of the pages, None where sampling does not suit."""
        if (self._rows or 0) < SAMPLED_ROWS or not (pages := self._pages()):
            return None
        percent = 100 * wanted * PAGES_PER_CHUNK / pages
        if percent > MOST_PERCENT:
            return None
        # REPEATABLE: the count and the keys come from the same sample.
        source = self._source(f" TABLESAMPLE SYSTEM ({percent:.6f} PERCENT) REPEATABLE (1)")
        try:
            bounds = self._quantiles(wanted, source, LEAST_ROWS * wanted)
        except TransientError:
            raise
        except TableferryError:
            return None  # not every table can be sampled; the keys are counted then
        return bounds or None

    def _quantiles(self, wanted: int, source: str, least: int = 1) -> list[Bound]:
        """Return the keys that divide the rows of ``source`` into ``wanted`` equal parts.

        None for fewer than ``least`` rows. Rows with a NULL in their key are not counted.
        """
        columns = ", ".join(column.sql for column in self.key)
        whole = [f"{column.sql} IS NOT NULL" for column in self.key]
        if self._plan.spec.where:
            whole.insert(0, f"({self._plan.spec.where}\n)")
        rows = f"FROM {source}\nWHERE {' AND '.join(whole)}"
        [(count,)] = self._rows_of(f"SELECT COUNT_BIG(*) AS row_count {rows}", "row_count")
        if count < max(1, least):
            return []
        named = ", ".join(f"{column.sql} AS k{i}" for i, column in enumerate(self.key))
        texts = [exact_text(column.type, f"s.k{i}") for i, column in enumerate(self.key)]
        # A literal above int's range is numeric, and would not use integer division.
        part = f"* {wanted} / CAST({count} AS bigint)"
        found = self._rows_of(
            f"SELECT {', '.join(f'{text} AS k{i}' for i, text in enumerate(texts))}\nFROM (\n"
            f"SELECT {named}, ROW_NUMBER() OVER (ORDER BY {columns}) AS place\n{rows}\n) AS s\n"
            f"WHERE s.place > 1 AND (s.place - 1) {part} > (s.place - 2) {part}\n"
            "ORDER BY s.place",
            *(f"k{i}" for i in range(len(self.key))),
        )
        return [self._bound(texts) for texts in found]

    def _bound(self, texts: Sequence[object]) -> Bound:
        """Verify that these are literals of keys, since they become part of T-SQL."""
        for column, text in zip(self.key, texts, strict=True):
            if not is_exact_text(column.type, text):
                raise VerificationError(
                    f"The source returned a key of column {shown(column.name)} ({column.type}) in "
                    "another form than SQL Server's",
                    hint="The table cannot be split: leave out 'chunks', and please report this.",
                )
        return tuple(map(str, texts))

    def ascending(self, bounds: Sequence[Bound]) -> list[Bound]:
        """Return the distinct bounds, each greater than the one before as the source compares them.

        The source compares the same literals as in the chunks' conditions: this guarantees that
        every row is in exactly one chunk.
        """
        kept = list(bounds[:1])
        for start in range(0, len(bounds) - 1, BOUNDS_PER_STATEMENT):
            some = bounds[start : start + BOUNDS_PER_STATEMENT + 1]
            for bound, step in zip(some[1:], self._steps(some), strict=True):
                if step < 0:
                    raise VerificationError(
                        f"{self._plan.spec.source} sorts its keys in another order than it "
                        "compares them",
                        hint="The table cannot be split: leave out 'chunks', and please report "
                        "this.",
                    )
                if step > 0:
                    kept.append(bound)
        return kept

    def _steps(self, bounds: Sequence[Bound]) -> list[int]:
        """Compare each bound with the one before: 1 greater, 0 equal, -1 less."""
        numbers = range(len(self.key))
        rows = []
        for place, pair in enumerate(itertools.pairwise(bounds)):
            literals = [
                column.literal(text)
                for bound in pair
                for column, text in zip(self.key, bound, strict=True)
            ]
            rows.append(f"({place}, {', '.join(literals)})")
        columns = ["place", *(f"a{i}" for i in numbers), *(f"b{i}" for i in numbers)]
        found = self._rows_of(
            f"SELECT v.place AS place, CASE WHEN {_less('a', 'b', numbers)} THEN 1 "
            f"WHEN {_less('b', 'a', numbers)} THEN -1 ELSE 0 END AS step\n"
            f"FROM (VALUES {', '.join(rows)}) AS v ({', '.join(columns)})\nORDER BY v.place",
            "place",
            "step",
        )
        return [int(step) for _, step in found]

    def warnings(self) -> tuple[str, ...]:
        """Warn where each chunk may cost the source a scan of the whole table."""
        spec = self._plan.spec
        first = self.key[0].name
        indexes = read_keys(self._connection, spec.source).indexes
        ordered = any(
            index.kind == "CLUSTERED" and index.columns[0].name == first for index in indexes
        )
        if ordered or self._rows is None:
            return ()
        order = f"{spec.source} is not stored in the order of {shown(first)}"
        return (f"{order}: the source may scan the whole table for each chunk",)

    def _source(self, sample: str = "") -> str:
        return f"{self._plan.spec.source.sql} AS t{sample}{self._plan.hint}"

    def _pages(self) -> int | None:
        """Return the number of pages with rows, None where unknown."""
        found = rows_if_supported(self._connection, self._in_catalog(PAGES), ["pages"])
        pages = found[0][0] if found else None
        return None if pages is None else int(pages)

    def _in_catalog(self, sql: str) -> str:
        table = self._plan.spec.source
        catalog, name = quote_mssql(table.database), text_mssql(table.sql)
        return sql.replace("{catalog}", catalog).replace("{table}", name)

    def _rows_of(self, sql: str, *columns: str) -> list[tuple[Any, ...]]:
        return self._connection.rows(sql, columns)


def _less(left: str, right: str, numbers: Sequence[int]) -> str:
    """Return a T-SQL condition that compares keys column by column."""
    first, *rest = numbers
    a, b = f"v.{left}{first}", f"v.{right}{first}"
    if not rest:
        return f"{a} < {b}"
    return f"({a} < {b} OR ({a} <= {b} AND {_less(left, right, rest)}))"
