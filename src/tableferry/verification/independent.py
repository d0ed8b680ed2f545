"""Compare rows value by value, on a path independent of the one that carried them.

Both drivers return the rows as Python objects, without Arrow, COPY and the conversions of loads;
the rows are paired by key and compared in memory. ``compare_rows`` takes a whole table: the tests'
oracle. For the rows of a sample see ``independent_sample``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tableferry.config import TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql, quote_pg
from tableferry.model.schema import SourceSchema, TargetSchema, find_column
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.complete_spec import complete_spec
from tableferry.planning.mark import plan_mark, without_mark
from tableferry.planning.match_columns import match_columns
from tableferry.planning.source_columns import source_columns, unrequested
from tableferry.postgres import TargetConnection
from tableferry.postgres import read_schema as read_target_schema
from tableferry.sqlserver import SourceConnection, read_keys, read_schema
from tableferry.verification.normalization import normalization

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison; ``differing`` counts the rows that differ, by source column.

    ``unpaired`` counts the rows that only one side has, ``values`` the values that were compared.
    """

    source_rows: int
    target_rows: int
    unpaired: int
    values: int
    differing: dict[str, int]

    @property
    def equal(self) -> bool:
        """Whether both sides hold the same rows with the same values."""
        return self.source_rows == self.target_rows and not self.unpaired and not self.differing


class ObjectRows:
    """The rows of one table as its two drivers return them, companions left out.

    Raises SchemaError where there is no key to pair the rows by.
    """

    def __init__(self, spec: TableSpec, columns: Sequence[ColumnPlan]) -> None:
        self._spec = spec
        self._columns = [column for column in columns if not column.companion]
        self._rules = [normalization(column, spec) for column in self._columns]
        self.names = [column.source.name for column in self._columns]
        sources = [column.source for column in self._columns]
        key = [find_column(name, sources) for name in spec.primary_key]
        if not key or None in key:
            raise SchemaError(
                f"{spec.source} has no key to pair its rows by", hint="Name one in 'primary_key'."
            )
        self._key = [sources.index(column) for column in key if column]

    @property
    def key_columns(self) -> list[ColumnPlan]:
        """The columns of the key, in its order."""
        return [self._columns[place] for place in self._key]

    def of_source(self, from_: SourceConnection, conditions: Sequence[str] = ()) -> list[Row]:
        """Read the source's rows for which all conditions, in T-SQL, are true."""
        selected = (
            f"{rule.of(column.source.name)} AS {quote_mssql(column.source.name)}"
            for rule, column in zip(self._rules, self._columns, strict=True)
        )
        sql = f"SELECT {', '.join(selected)} FROM {self._spec.source.sql} AS t"
        wanted = [f"({one}\n)" for one in (self._spec.where, *conditions) if one]
        if wanted:
            sql += f" WHERE {' AND '.join(wanted)}"
        return self._normalized(from_.rows(sql, self.names), [r.source for r in self._rules])

    def of_target(
        self, into: TargetConnection, table: str, conditions: Sequence[str] = ()
    ) -> list[Row]:
        """Read the target's rows for which all conditions are true; ``table`` is SQL."""
        filled = ", ".join(quote_pg(column.target.name) for column in self._columns)
        sql = f"SELECT {filled} FROM {table} AS t"
        if conditions:
            sql += f" WHERE {' AND '.join(f'({condition})' for condition in conditions)}"
        with into.in_one_transaction():  # whose settings write every value exactly
            rows = into.rows(sql)
        return self._normalized(rows, [rule.target for rule in self._rules])

    def compare(self, source: Sequence[Row], target: Sequence[Row]) -> Comparison:
        """Compare rows of both sides, paired by their keys; equal ones first where there are more.

        A key may be that of several rows: nothing says that the one in an entry is unique.
        """
        wanted, found = self.by_key(source), self.by_key(target)
        differing: Counter[str] = Counter()
        paired = 0
        for key in wanted.keys() & found.keys():
            pairs = _paired(wanted[key], found[key])
            paired += len(pairs)
            for one, other in pairs:
                differing.update(
                    name
                    for name, ours, theirs in zip(self.names, one, other, strict=True)
                    if not _equal(ours, theirs)
                )
        return Comparison(
            source_rows=len(source),
            target_rows=len(target),
            unpaired=len(source) + len(target) - 2 * paired,
            values=paired * len(self.names),
            differing=dict(differing),
        )

    def by_key(self, rows: Iterable[Row]) -> dict[tuple[Any, ...], list[Row]]:
        """Return rows by their keys."""
        found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in rows:
            found[tuple(row[place] for place in self._key)].append(row)
        return found

    @staticmethod
    def _normalized(rows: Iterable[Row], normalizers: Sequence[Callable[[Any], Any]]) -> list[Row]:
        return [
            [
                None if value is None else normalize(value)
                for normalize, value in zip(normalizers, row, strict=True)
            ]
            for row in rows
        ]


def compare_rows(spec: TableSpec, from_: SourceConnection, into: TargetConnection) -> Comparison:
    """Compare a table's rows on both sides, paired by key; those marked as deleted are left out.

    Raises TableferryError where a side cannot be read, SchemaError where there is no key.
    """
    schema = read_schema(from_, spec.source)
    target = read_target_schema(into, spec.target)
    mark = plan_mark(spec, target)
    spec, columns = _columns(spec, schema, from_, without_mark(target, mark))
    rows = ObjectRows(spec, columns)
    return rows.compare(
        rows.of_source(from_),
        rows.of_target(into, spec.target.sql, [mark.is_clear] if mark else []),
    )


def _columns(
    spec: TableSpec, source: SourceSchema, from_: SourceConnection, target: TargetSchema | None
) -> tuple[TableSpec, list[ColumnPlan]]:
    """Return the columns that a load fills, and the completed spec."""
    spec = complete_spec(spec, source, read_keys(from_, spec.source))
    requested = source_columns(spec, source, target)
    found = match_columns(spec, requested, target, others=unrequested(requested, source)).columns
    return spec, list(found)


def _paired(source: Sequence[Row], target: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Pair the rows with one key: equal ones, then the others as far as there are any."""
    if len(source) == len(target) == 1:
        return [(source[0], target[0])]
    left = list(target)
    pairs, alone = [], []
    for row in source:
        place = next((n for n, other in enumerate(left) if all(map(_equal, row, other))), None)
        if place is None:
            alone.append(row)
        else:
            pairs.append((row, left.pop(place)))
    return pairs + list(zip(alone, left, strict=False))


def _equal(one: Any, other: Any) -> bool:
    """Compare values, for floats including the sign of zero (SQL Server has no NaN)."""
    return bool(one == other) and (not isinstance(one, float) or repr(one) == repr(other))
