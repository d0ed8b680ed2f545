"""``drift: evolve``: how an existing target column follows its source column, and what prevents it.

Pure. A type is only widened within its family, to one that holds every value of both: the values
that are there stay the same, and so do their texts. What else uses the column is not changed with
it; where PostgreSQL would refuse the change for it, or rebuild it under the lock, the plan refuses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.model.identifiers import TargetTable
from tableferry.model.schema import ColumnUse, PgType
from tableferry.planning.alter_table import change_type_clause, drop_not_null_clause
from tableferry.typemap.fitting import MICROSECONDS

_INTEGERS: Final = ("int2", "int4", "int8")
_TEXTS: Final = frozenset({"varchar", "text"})
_MOMENTS: Final = frozenset({"time", "timestamp", "timestamptz"})

MOST_DIGITS: Final = 1000
"""Digits of a numeric with a declared precision; one without holds more (PostgreSQL's manual)."""

FAMILIES: Final = (
    ("smallint", "integer", True),
    ("smallint", "bigint", True),
    ("integer", "bigint", True),
    ("numeric(10,2)", "numeric(12,2)", False),
    ("numeric(10,2)", "numeric(14,4)", True),
    ("numeric(10,2)", "numeric", False),
    ("varchar(50)", "varchar(100)", False),
    ("varchar(50)", "varchar", False),
    ("varchar(50)", "text", False),
    ("time(3)", "time(6)", False),
    ("timestamp(3)", "timestamp(6)", False),
    ("timestamptz(3)", "timestamptz(6)", False),
)
"""Examples of what is widened, and whether PostgreSQL rewrites the table for it. The documentation
shows these, and tests do each of them."""

ALWAYS_PREVENTS: Final = (
    "view", "rule", "expression index", "generated column", "foreign key", "check constraint",
    "policy", "trigger", "publication", "function", "partition key", "inherited column", "domain",
    "child table",
)  # fmt: skip
"""Kinds of ``ColumnUse`` for which no type is changed."""

FIXES_TYPE: Final = ("partition key", "inherited column")
"""Kinds for which PostgreSQL alters no type of this table's column at all."""

PREVENTS_REWRITING: Final = ("index",)
"""Kinds that are kept as they are where the table is not rewritten, and rebuilt otherwise."""

KEEPS_NOT_NULL: Final = (
    "primary key", "identity", "replica identity", "inherited column", "domain",
)  # fmt: skip
"""Kinds for which PostgreSQL does not let a column be NULL."""


@dataclass(frozen=True, slots=True)
class Evolution:
    """How one column of the target is altered: its type, or that it may be NULL, or both."""

    column: str
    before: PgType
    after: PgType
    drops_not_null: bool = False

    @property
    def clauses(self) -> tuple[str, ...]:
        """The parts of ALTER TABLE."""
        widened = self.before != self.after
        return (
            *([change_type_clause(self.column, self.after)] if widened else []),
            *([drop_not_null_clause(self.column)] if self.drops_not_null else []),
        )

    @property
    def rewrites(self) -> bool:
        """Whether PostgreSQL writes every row of the table anew."""
        return rewrites(self.before, self.after)


def evolve_sql(table: TargetTable, evolutions: Sequence[Evolution]) -> str:
    """Return the one ALTER TABLE for all of them: a table is rewritten once at the most."""
    clauses = ", ".join(clause for one in evolutions for clause in one.clauses)
    return f"ALTER TABLE {table.sql} {clauses}"


def evolved_type(there: PgType, wanted: PgType) -> PgType | None:
    """Return the type of the same family that holds every value of both; None where there is none.

    It is ``there`` where that holds all of ``wanted`` already.
    """
    match there.name, wanted.name:
        case (one, other) if one in _INTEGERS and other in _INTEGERS:
            return max(there, wanted, key=lambda kind: _INTEGERS.index(kind.name))
        case ("numeric", "numeric"):
            return _wider_numeric(there, wanted)
        case (one, other) if one in _TEXTS and other in _TEXTS:
            return _longer_text(there, wanted)
        case (one, other) if one == other and one in _MOMENTS:
            digits = max(_digits(there), _digits(wanted))
            return there if _digits(there) == digits else PgType(there.name, (digits,))
    return None


def rewrites(before: PgType, after: PgType) -> bool:
    """Whether PostgreSQL writes every row anew for this change of a type.

    It does not where the stored values stay what they are: a longer text, a more precise moment, a
    numeric of more digits and the same scale (the support functions of these types' casts).
    """
    if before == after or before.name in _TEXTS | _MOMENTS:
        return False
    if before.name == "numeric" and after.modifier and before.modifier:
        return before.modifier[1] != after.modifier[1]
    return before.name != "numeric"


def preventing(uses: Sequence[ColumnUse], before: PgType, after: PgType) -> list[ColumnUse]:
    """Return what prevents this change of a column's type."""
    kinds = ALWAYS_PREVENTS + (PREVENTS_REWRITING if rewrites(before, after) else ())
    return [use for use in uses if use.kind in kinds]


def described(uses: Sequence[ColumnUse]) -> str:
    """Name what uses a column: ``the view v, the index i``."""
    return ", ".join(f"the {use.kind} {use.name}".rstrip() for use in uses)


def _wider_numeric(there: PgType, wanted: PgType) -> PgType:
    if not (there.modifier and wanted.modifier):
        return PgType("numeric")
    (digits, scale), (others, other_scale) = there.modifier, wanted.modifier
    widest = max(scale, other_scale)
    whole = max(digits - scale, others - other_scale)
    return PgType("numeric", (whole + widest, widest) if whole + widest <= MOST_DIGITS else ())


def _longer_text(there: PgType, wanted: PgType) -> PgType:
    if not there.modifier:
        return there
    if not wanted.modifier:
        return wanted
    return max(there, wanted, key=lambda kind: kind.modifier)


def _digits(kind: PgType) -> int:
    return kind.modifier[0] if kind.modifier else MICROSECONDS
