"""A sample table: its columns with their T-SQL declarations, its DDL and its generated rows."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from tableferry_sandbox.physical import physical_type
from tableferry_sandbox.sample.awkward import awkward_values
from tableferry_sandbox.sample.row_numbers import RowRange
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, MAX, SqlType

Fill = Callable[[RowRange], pa.Array]

_DECLARATION = re.compile(r"(\w+)(?:\((\w+)(?:,\s*(\d+))?\))?")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_FIXED_PRECISION = {"money": (19, 4), "smallmoney": (10, 4)}
_CHARACTER = {"char", "varchar", "nchar", "nvarchar"}
_BINARY = {"binary", "varbinary"}
_FRACTIONAL = {"time", "datetime2", "datetimeoffset"}


def parse_type(declaration: str) -> SqlType:
    """Return the type of a column declaration such as ``nvarchar(80) NOT NULL``.

    Raises ValueError when it does not begin with a type.
    """
    match = _DECLARATION.match(declaration)
    if match is None:
        raise ValueError(f"not a column declaration: {declaration!r}")
    name, first, second = match.group(1).lower(), match.group(2), match.group(3)
    if name in _CHARACTER or name in _BINARY:
        length = MAX if first and first.lower() == "max" else int(first or 1)
        return SqlType(
            name, length=length, collation=DEFAULT_COLLATION if name in _CHARACTER else None
        )
    if name in {"decimal", "numeric"}:
        return SqlType(name, precision=int(first or 18), scale=int(second or 0))
    if name in _FRACTIONAL:
        return SqlType(name, scale=7 if first is None else int(first))
    if name == "rowversion":
        return SqlType("timestamp", length=8)
    precision, scale = _FIXED_PRECISION.get(name, (0, 0))
    return SqlType(name, precision=precision, scale=scale)


@dataclass(frozen=True, slots=True)
class SampleColumn:
    """One column: ``declaration`` is what follows its name in CREATE TABLE.

    ``fill`` generates its ordinary values; it is None where the server does (rowversion).
    ``awkward`` is False for keys and codes, whose values must not be replaced.
    """

    name: str
    declaration: str
    fill: Fill | None
    awkward: bool = True

    @property
    def type(self) -> SqlType:
        """The declared type."""
        return parse_type(self.declaration)

    @property
    def nullable(self) -> bool:
        """Whether the column is declared nullable."""
        return "NOT NULL" not in self.declaration

    @property
    def pg_name(self) -> str:
        """The name in PostgreSQL: CompanyName becomes company_name, CustomerID customer_id."""
        return _WORD_START.sub("_", self.name).lower()


@dataclass(frozen=True, slots=True)
class SampleTable:
    """One table of the sample; ``config_key`` is the key of its entry in ``TABLE_CONFIGS``."""

    config_key: str
    database: str
    name: str
    description: str
    pg_table: str
    primary_key: str
    columns: tuple[SampleColumn, ...]
    base_rows: int
    salt: int
    indexes: tuple[str, ...] = ()
    schema: str = "dbo"

    @property
    def ddl(self) -> str:
        """The T-SQL that creates the table and its indexes; run it in ``database``."""
        lines = [f"    [{column.name}] {column.declaration}" for column in self.columns]
        lines.append(
            f"    CONSTRAINT [PK_{self.name}] PRIMARY KEY CLUSTERED ([{self.primary_key}] ASC)"
        )
        body = ",\n".join(lines)
        table = f"CREATE TABLE [{self.schema}].[{self.name}] (\n{body}\n);"
        indexes = [
            f"CREATE INDEX [IX_{self.name}_{column}] ON [{self.schema}].[{self.name}] ([{column}]);"
            for column in self.indexes
        ]
        return "\n".join([table, *indexes])

    @property
    def loaded_columns(self) -> tuple[SampleColumn, ...]:
        """The columns that the sample fills; the server fills the others."""
        return tuple(column for column in self.columns if column.fill is not None)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The schema of ``rows``: the loaded columns in the physical form of ``sqltypes``."""
        return pa.schema(
            [
                pa.field(column.name, physical_type(column.type), nullable=column.nullable)
                for column in self.loaded_columns
            ]
        )

    def row_count(self, scale: float = 1.0) -> int:
        """Return the number of rows at this scale, at least one."""
        return max(1, round(self.base_rows * scale))

    def rows(self, scale: float = 1.0) -> pa.Table:
        """Return all rows. Awkward values come first and again in the middle."""
        count = self.row_count(scale)
        arrays = [
            self._column_array(column, position, count)
            for position, column in enumerate(self.loaded_columns)
        ]
        return pa.Table.from_arrays(arrays, schema=self.arrow_schema)

    def _column_array(self, column: SampleColumn, position: int, count: int) -> pa.Array:
        if column.fill is None:
            raise ValueError(f"the server fills the column {column.name}")
        ordinary = column.fill(RowRange(0, count, self.salt).salted(position))
        if not column.awkward:
            return ordinary
        pieces = list(self._with_awkward(column, position, ordinary))
        return pa.concat_arrays(pieces)

    def _with_awkward(
        self, column: SampleColumn, position: int, ordinary: pa.Array
    ) -> Iterator[pa.Array]:
        """Yield the column in pieces: awkward, ordinary, awkward, ordinary.

        Each column starts at another point of its list of awkward values, so that the same ones
        do not always share a row.
        """
        count = len(ordinary)
        values = awkward_values(column.type, nullable=column.nullable)
        block = min(AWKWARD_ROWS, count)
        for start, turn in ((0, 0), (count // 2, 5)):
            if turn and count < 4 * AWKWARD_ROWS:
                break
            picked = [values[(row + turn + 7 * position) % len(values)] for row in range(block)]
            yield pa.array(picked, type=physical_type(column.type))
            end = count // 2 if count >= 4 * AWKWARD_ROWS and not turn else count
            yield ordinary.slice(start + block, end - start - block)


AWKWARD_ROWS = 40
"""Rows of an awkward block: more than any list of awkward values has, so that all occur."""
