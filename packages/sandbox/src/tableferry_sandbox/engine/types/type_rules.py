"""T-SQL's rules for types: defaults, families, precedence, and results of operators."""

from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.errors import unknown_type, unsupported
from tableferry_sandbox.engine.tree.syntax import TypeName
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, MAX, SqlType

_FIXED: Final[dict[str, tuple[int, int, int]]] = {
    "bit": (1, 1, 0), "tinyint": (1, 3, 0), "smallint": (2, 5, 0), "int": (4, 10, 0),
    "bigint": (8, 19, 0), "money": (8, 19, 4), "smallmoney": (4, 10, 4), "real": (4, 24, 0),
    "date": (3, 10, 0), "smalldatetime": (4, 16, 0), "datetime": (8, 23, 3),
    "uniqueidentifier": (16, 0, 0), "timestamp": (8, 0, 0), "sql_variant": (8016, 0, 0),
}  # fmt: skip
"""Length in bytes, precision and scale, as sys.types shows them."""

_SYNONYMS: Final = {
    "integer": "int", "dec": "decimal", "character": "char", "rowversion": "timestamp",
    "nchar varying": "nvarchar",
}  # fmt: skip

PRECEDENCE: Final = [
    "hierarchyid", "geography", "geometry", "sql_variant", "xml", "datetimeoffset",
    "datetime2", "datetime", "smalldatetime", "date", "time", "float", "real", "decimal",
    "numeric", "money", "smallmoney", "bigint", "int", "smallint", "tinyint", "bit", "ntext",
    "text", "image", "timestamp", "uniqueidentifier", "nvarchar", "nchar", "varchar", "char",
    "varbinary", "binary", "null",
]  # fmt: skip
"""Data type precedence (Transact-SQL), highest first."""

_FAMILIES: Final = {
    "bit": "int", "tinyint": "int", "smallint": "int", "int": "int", "bigint": "int",
    "decimal": "decimal", "numeric": "decimal", "money": "money", "smallmoney": "money",
    "real": "float", "float": "float", "date": "date", "time": "time",
    "smalldatetime": "datetime", "datetime": "datetime", "datetime2": "datetime",
    "datetimeoffset": "offset", "char": "string", "varchar": "string", "text": "string",
    "nchar": "string", "nvarchar": "string", "ntext": "string", "xml": "xml",
    "binary": "binary", "varbinary": "binary", "image": "binary", "timestamp": "binary",
    "uniqueidentifier": "guid", "sql_variant": "variant", "null": "null",
    "hierarchyid": "udt", "geography": "udt", "geometry": "udt",
}  # fmt: skip

NATIONAL: Final = frozenset({"nchar", "nvarchar", "ntext", "xml"})
NULL_TYPE: Final = SqlType("null")
NUMERIC_FAMILIES: Final = frozenset({"int", "decimal", "money", "float"})


def family(sql_type: SqlType) -> str:
    """Return the family of a type: the types that behave alike."""
    return _FAMILIES[sql_type.name]


def make(name: str, length: int = 0, precision: int = 0, scale: int = 0) -> SqlType:
    """Return a type, with the parameters that its name implies filled in."""
    if name in _FIXED:
        fixed_length, precision, scale = _FIXED[name]
        return SqlType(name, fixed_length, precision, scale)
    if name == "float":
        return SqlType(name, 8, 53)
    if name in ("decimal", "numeric"):
        size = 5 if precision <= 9 else 9 if precision <= 19 else 13 if precision <= 28 else 17
        return SqlType(name, size, precision, scale)
    if name == "time":
        return SqlType(name, _time_bytes(scale), 8 + (scale and scale + 1), scale)
    if name == "datetime2":
        return SqlType(name, _time_bytes(scale) + 3, 19 + (scale and scale + 1), scale)
    if name == "datetimeoffset":
        return SqlType(name, _time_bytes(scale) + 5, 26 + (scale and scale + 1), scale)
    if name in ("text", "ntext", "image", "xml"):
        return SqlType(name, MAX)
    if name in ("geography", "geometry"):
        return SqlType(name, MAX)
    if name == "hierarchyid":
        return SqlType(name, 892)
    return SqlType(name, length)


def _time_bytes(scale: int) -> int:
    return 3 if scale <= 2 else 4 if scale <= 4 else 5


INT: Final = make("int")
BIGINT: Final = make("bigint")
SMALLINT: Final = make("smallint")
TINYINT: Final = make("tinyint")
BIT: Final = make("bit")
FLOAT: Final = make("float")
DATETIME: Final = make("datetime")
SYSNAME: Final = SqlType("nvarchar", 128)
GUID: Final = make("uniqueidentifier")


def is_national(sql_type: SqlType) -> bool:
    """Return whether a type holds Unicode."""
    return sql_type.name in NATIONAL


def varchar(length: int, *, national: bool = False) -> SqlType:
    """Return varchar or nvarchar of a length, max beyond what fits a row."""
    limit = 4000 if national else 8000
    name = "nvarchar" if national else "varchar"
    return SqlType(name, length if 0 <= length <= limit else MAX)


def is_builtin(name: str) -> bool:
    """Return whether a name is a built-in type's, which takes precedence over an alias type."""
    return _SYNONYMS.get(name, name) in _FAMILIES or name == "sysname"


def resolve(  # noqa: C901 - one branch for each kind of parameters
    name: TypeName, *, in_cast: bool = False
) -> SqlType:
    """Return the type a name stands for; character types get length 30 in CAST, else 1.

    Raises 243 for an unknown name, 1001/2716/192 for wrong parameters.
    """
    base = _SYNONYMS.get(name.name, name.name)
    arguments = name.arguments
    if base == "sysname":
        return SYSNAME
    if base in ("json", "vector"):
        raise unsupported(f"the type {base} (SQL Server 2025)")
    if base not in _FAMILIES or base == "null":
        raise unknown_type(name.name)
    if base in ("decimal", "numeric"):
        return _resolve_decimal(base, arguments)
    if base == "float":
        bits = arguments[0] if arguments else 53
        if not 1 <= bits <= 53:
            raise SqlError(2750, f"Column or parameter #1: Specified column precision {bits} is "
                           "greater than the maximum precision of 53.")  # fmt: skip
        return make("real") if bits <= 24 else FLOAT
    if base in ("time", "datetime2", "datetimeoffset"):
        scale = arguments[0] if arguments else 7
        if not 0 <= scale <= 7:
            raise SqlError(1002, f"Line 1: Specified scale {scale} is invalid.", severity=15)
        return make(base, scale=scale)
    if base in ("char", "varchar", "nchar", "nvarchar", "binary", "varbinary"):
        return _resolve_sized(base, arguments, 30 if in_cast else 1)
    if arguments and base != "xml":
        raise SqlError(
            2716,
            f"Column, parameter, or variable #1: Cannot specify a column width on data type "
            f"{base}.",
        )
    return make(base)


def _resolve_decimal(base: str, arguments: tuple[int, ...]) -> SqlType:
    precision = arguments[0] if arguments else 18
    scale = arguments[1] if len(arguments) > 1 else 0
    if not 1 <= precision <= 38:
        raise SqlError(
            2750,
            f"Column or parameter #1: Specified column precision {precision} is greater than the "
            "maximum precision of 38.",
        )
    if not 0 <= scale <= precision:
        raise SqlError(
            183, f"The scale ({scale}) for column '' must be within the range 0 to {precision}."
        )
    return make(base, precision=precision, scale=scale)


def _resolve_sized(base: str, arguments: tuple[int, ...], default: int) -> SqlType:
    length = arguments[0] if arguments else default
    limit = 4000 if base in NATIONAL else 8000
    if length == 0 or length < MAX:
        raise SqlError(1001, "Line 1: Length or precision specification 0 is invalid.", severity=15)
    if length == MAX and base in ("char", "nchar", "binary"):
        raise SqlError(102, "Incorrect syntax near 'max'.", severity=15)
    if length > limit:
        raise SqlError(
            131,
            f"The size ({length}) given to the type '{base}' exceeds the maximum allowed for any "
            f"data type ({limit}).",
            severity=15,
        )
    return SqlType(base, length)


def as_decimal(sql_type: SqlType) -> SqlType:
    """Return the decimal that holds every value of an exact type."""
    digits = {"bit": 1, "tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
    if sql_type.name in digits:
        return make("numeric", precision=digits[sql_type.name])
    return make("numeric", precision=sql_type.precision, scale=sql_type.scale)


def capped_decimal(precision: int, scale: int) -> SqlType:
    """Reduce a result to 38 digits as T-SQL does: the scale gives way, down to 6."""
    if precision > 38:
        whole = precision - scale
        scale = min(scale, 38 - whole) if whole < 32 else min(scale, 6)
        precision = 38
    return make("numeric", precision=precision, scale=scale)


def decimal_result(operator: str, left: SqlType, right: SqlType) -> SqlType:
    """Return the type of decimal arithmetic (Precision, scale, and length, Transact-SQL)."""
    p1, s1, p2, s2 = left.precision, left.scale, right.precision, right.scale
    if operator in "+-":
        scale = max(s1, s2)
        whole = max(p1 - s1, p2 - s2) + 1
        if whole + scale > 38:
            return make("numeric", precision=38, scale=max(0, min(scale, 38 - whole)))
        return make("numeric", precision=whole + scale, scale=scale)
    if operator == "*":
        return capped_decimal(p1 + p2 + 1, s1 + s2)
    if operator == "/":
        scale = max(6, s1 + p2 + 1)
        return capped_decimal(p1 - s1 + s2 + scale, scale)
    scale = max(s1, s2)
    return capped_decimal(min(p1 - s1, p2 - s2) + scale, scale)


def _longer(left: SqlType, right: SqlType) -> int:
    if MAX in (left.length, right.length):
        return MAX
    return max(left.length, right.length)


def common(left: SqlType, right: SqlType) -> SqlType:  # noqa: C901 - one branch for each family
    """Return the common type of two values (CASE, COALESCE, UNION, comparisons).

    Raises 206 if T-SQL defines none.
    """
    if left.name == "null":
        return right
    if right.name == "null":
        return left
    high, low = left, right
    if PRECEDENCE.index(right.name) < PRECEDENCE.index(left.name):
        high, low = right, left
    kind, other = family(high), family(low)
    if kind == "decimal" and other in ("int", "decimal", "money"):
        a, b = as_decimal(high), as_decimal(low)
        scale = max(a.scale, b.scale)
        whole = max(a.precision - a.scale, b.precision - b.scale)
        if whole + scale > 38:
            scale = max(0, 38 - whole)
        return make(high.name, precision=min(38, whole + scale), scale=scale)
    if kind == other == "string":
        if low.name in ("text", "ntext") or high.name in ("text", "ntext"):
            return make("ntext" if is_national(high) or is_national(low) else "text")
        name = high.name
        if "var" in low.name and "var" not in name:
            name = "nvarchar" if is_national(high) else "varchar"
        length = _longer(left, right)
        if name.startswith("n") and length > 4000:
            length = MAX
        return replace(high, name=name, length=length)
    if kind == other == "binary" and high.name in ("binary", "varbinary"):
        return SqlType(high.name, _longer(left, right))
    if high.name == low.name and high.name in ("time", "datetime2", "datetimeoffset"):
        return make(high.name, scale=max(high.scale, low.scale))
    return high


def max_length(sql_type: SqlType) -> int:
    """Return ``sys.columns.max_length``: bytes, -1 for max."""
    if sql_type.name in ("text", "ntext", "image"):
        return 16
    if sql_type.name in ("nchar", "nvarchar") and sql_type.length != MAX:
        return sql_type.length * 2
    return sql_type.length


def with_collation(sql_type: SqlType, collation: str | None) -> SqlType:
    """Return a character type with a collation."""
    if family(sql_type) != "string" or sql_type.collation == collation:
        return sql_type
    return replace(sql_type, collation=collation or DEFAULT_COLLATION)


def describe(sql_type: SqlType) -> str:
    """Return a type's name as error texts show it."""
    return {"null": "NULL", "timestamp": "timestamp"}.get(sql_type.name, sql_type.name)
