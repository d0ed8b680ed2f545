"""The plan of one column: how it is read and converted, and which column it fills. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tableferry.model.identifiers import quote_mssql
from tableferry.model.schema import (
    CHARACTER_TYPES,
    UNLIMITED,
    SourceColumn,
    SourceType,
    TargetColumn,
)
from tableferry.typemap import Companion, Conversion

MAX_NVARCHAR_LENGTH: Final = 4000
"""SQL Server's limit of nvarchar(n), in UTF-16 code units."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How one source column is read and converted, and which target column it fills.

    ``select`` is the T-SQL expression, ``arrives`` the SQL Server type of its result. ``convert``
    names a step of ``values.steps`` or ``values.checked_steps``; ``loss`` says what every value
    loses, ``checks`` what is checked of each, both empty for nothing. A ``companion`` carries what
    the target column of the same source column cannot hold. ``as_utf16`` is set where a text is
    read as its UTF-16 bytes (see ``read_as_utf16``).
    """

    source: SourceColumn
    target: TargetColumn
    select: str
    convert: str
    loss: str
    arrives: SourceType
    checks: str = ""
    companion: bool = False
    as_utf16: bool = False


def plan_column(column: SourceColumn, into: TargetColumn, conversion: Conversion) -> ColumnPlan:
    """Plan one column with this conversion."""
    select, arrives = _expression(conversion.select, column), conversion.arrives or column.type
    if column.convert_on_server and arrives.name in {"char", "varchar"}:
        arrives = _as_nvarchar(arrives)
        select = f"CAST({select} AS {arrives})"
    return ColumnPlan(
        source=column,
        target=into,
        select=select,
        convert=conversion.convert,
        loss=conversion.loss_of(column.type),
        arrives=arrives,
        checks=conversion.checks,
    )


def plan_companion(
    plan: ColumnPlan, companion: Companion, into: TargetColumn, conversion: Conversion
) -> ColumnPlan:
    """Plan the companion column ``into`` of a planned column."""
    source = SourceColumn(plan.source.name, companion.arrives, nullable=plan.source.nullable)
    return ColumnPlan(
        source=source,
        target=into,
        select=_expression(companion.select, source),
        convert=conversion.convert,
        loss="",
        arrives=companion.arrives,
        companion=True,
    )


def read_as_utf16(columns: Sequence[ColumnPlan], names: frozenset[str]) -> tuple[ColumnPlan, ...]:
    """Return the plans, with the texts of the source columns ``names`` read as UTF-16 bytes.

    The driver replaces what it cannot decode with U+FFFD; SQL Server's own conversion to nvarchar
    and from there to bytes alters nothing. Columns of bytes are read as they are, of any length.
    """
    return tuple(
        _read_exactly(column) if column.source.name in names else column for column in columns
    )


def _read_exactly(column: ColumnPlan) -> ColumnPlan:
    unlimited = SourceType("varbinary", UNLIMITED)
    if _is_driver_text(column):
        select = f"CAST(CAST({column.select} AS nvarchar(max)) AS varbinary(max))"
        return replace(column, select=select, arrives=unlimited, as_utf16=True)
    is_bytes = column.arrives.name == unlimited.name and column.arrives.is_unbounded
    if is_bytes and not column.as_utf16:
        return replace(column, select=f"CAST({column.select} AS varbinary(max))")
    return column


def _is_driver_text(column: ColumnPlan) -> bool:
    return column.arrives.name in CHARACTER_TYPES and not column.as_utf16


def _as_nvarchar(type_: SourceType) -> SourceType:
    """Return an nvarchar wide enough for a char type: one byte never becomes two code units."""
    bounded = 0 < type_.length <= MAX_NVARCHAR_LENGTH
    return SourceType("nvarchar", 2 * type_.length if bounded else UNLIMITED)


def _expression(template: str, column: SourceColumn) -> str:
    return template.replace("{}", f"t.{quote_mssql(column.name)}")
