"""Every SQL Server type, what it becomes in PostgreSQL, and what is lost: data, not code.

``RULES`` is the one table. A rule says how a column is read, which type a new target column
gets, which types an existing target column may have so that *every* value converts exactly, and
the declared loss where there is one.

Sources of the facts: SQL Server's "Data types (Transact-SQL)", PostgreSQL's chapter "Data Types".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tableferry.schema import UNLIMITED, PgType, SourceType

MICROSECONDS: Final = 6
"""Digits of a second that PostgreSQL's time types keep."""

SEVENTH_DIGIT: Final = "the seventh digit of the second (100 ns) is cut off"

INTEGER_DIGITS: Final = {"bit": 1, "tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
INTEGER_BYTES: Final = {"bit": 1, "tinyint": 2, "smallint": 2, "int": 4, "bigint": 8}
PG_INTEGER_BYTES: Final = {"int2": 2, "int4": 4, "int8": 8}
PG_INTEGER_DIGITS: Final = {"int2": 4, "int4": 9, "int8": 18}
"""Decimal digits that fit whatever they are."""

Create = Callable[[SourceType], PgType]
Fits = Callable[[SourceType, PgType], bool]


@dataclass(frozen=True, slots=True)
class TypeRule:
    """How one SQL Server type crosses.

    ``select`` is the T-SQL expression with ``{}`` for the column; ``convert`` names the step in
    ``values.CONVERSIONS``; ``loss`` says what every value loses, ``cuts_seventh_digit`` that those
    with seven digits of a second lose the last.
    """

    create: Create
    fits: Fits
    select: str = "{}"
    convert: str = "cast"
    loss: str = ""
    cuts_seventh_digit: bool = False

    def loss_of(self, source: SourceType) -> str:
        """Return what is lost of this column's values, empty for nothing."""
        cut = SEVENTH_DIGIT if self.cuts_seventh_digit and source.scale == 7 else ""
        return "; ".join(filter(None, (self.loss, cut)))


def _always(name: str, *modifier: int) -> Create:
    return lambda _source: PgType(name, modifier)


def _digits(name: str) -> Create:
    return lambda source: PgType(name, (min(source.scale, MICROSECONDS),))


def _only(*names: str) -> Fits:
    return lambda _source, target: target.name in names and not target.modifier


def _integer(source: SourceType, target: PgType) -> bool:
    if target.name == "numeric":
        return _numeric_holds(INTEGER_DIGITS[source.name], 0, target)
    if target.name == "float8":  # 53 bits of mantissa: every int, not every bigint
        return INTEGER_BYTES[source.name] <= 4
    return PG_INTEGER_BYTES.get(target.name, 0) >= INTEGER_BYTES[source.name]


def _bit(source: SourceType, target: PgType) -> bool:
    return target.name == "bool" or _integer(source, target)


def _decimal(source: SourceType, target: PgType) -> bool:
    if target.name in PG_INTEGER_DIGITS:
        return source.scale == 0 and source.precision <= PG_INTEGER_DIGITS[target.name]
    return target.name == "numeric" and _numeric_holds(source.precision, source.scale, target)


def _money(digits: int) -> Fits:
    return lambda _source, target: target.name == "numeric" and _numeric_holds(digits, 4, target)


def _numeric_holds(precision: int, scale: int, target: PgType) -> bool:
    if not target.modifier:
        return True
    target_precision, target_scale = target.modifier
    return target_scale >= scale and target_precision - target_scale >= precision - scale


def _moment(name: str, digits: int | None = None) -> Fits:
    """Fit where as many digits are kept as the source has (six of seven: a declared loss)."""

    def fits(source: SourceType, target: PgType) -> bool:
        needed = min(source.scale if digits is None else digits, MICROSECONDS)
        return target.name == name and (target.modifier or (MICROSECONDS,))[0] >= needed

    return fits


def _date(_source: SourceType, target: PgType) -> bool:
    return target.name in {"date", "timestamp"}


def _float(source: SourceType, target: PgType) -> bool:
    return target.name == "float8" or (target.name == "float4" and is_single(source))


def _text(source: SourceType, target: PgType) -> bool:
    """varchar(m) counts characters: no text has more of them than UTF-16 units, or bytes."""
    if target.name == "text" or (target.name == "varchar" and not target.modifier):
        return True
    units = source.length // 2 if source.name.startswith("n") else source.length
    bounded = source.length != UNLIMITED and source.name not in {"text", "ntext", "xml"}
    return target.name == "varchar" and bounded and target.modifier[0] >= units


def _xml(_source: SourceType, target: PgType) -> bool:
    return target.name in {"xml", "text"} or target == PgType("varchar")


def _guid(_source: SourceType, target: PgType) -> bool:
    return target.name == "uuid"


def is_single(source: SourceType) -> bool:
    """Whether a float is single precision: ``real``, or ``float(1)`` to ``float(24)``."""
    return source.name == "real" or (source.name == "float" and 0 < source.precision <= 24)


def _create_float(source: SourceType) -> PgType:
    return PgType("float4" if is_single(source) else "float8")


def _create_decimal(source: SourceType) -> PgType:
    return PgType("numeric", (source.precision, source.scale))


RULES: Final[dict[str, TypeRule]] = {
    "bit": TypeRule(_always("bool"), _bit),
    "tinyint": TypeRule(_always("int2"), _integer),
    "smallint": TypeRule(_always("int2"), _integer),
    "int": TypeRule(_always("int4"), _integer),
    "bigint": TypeRule(_always("int8"), _integer),
    "decimal": TypeRule(_create_decimal, _decimal),
    "numeric": TypeRule(_create_decimal, _decimal),
    "money": TypeRule(_always("numeric", 19, 4), _money(19)),
    "smallmoney": TypeRule(_always("numeric", 10, 4), _money(10)),
    "real": TypeRule(_create_float, _float),
    "float": TypeRule(_create_float, _float),
    "date": TypeRule(_always("date"), _date),
    "time": TypeRule(_digits("time"), _moment("time"), convert="truncate", cuts_seventh_digit=True),
    "smalldatetime": TypeRule(_always("timestamp", 0), _moment("timestamp", 0), convert="truncate"),
    "datetime": TypeRule(_always("timestamp", 3), _moment("timestamp", 3), convert="milliseconds"),
    "datetime2": TypeRule(
        _digits("timestamp"),
        _moment("timestamp"),
        convert="truncate",
        cuts_seventh_digit=True,
    ),
    "datetimeoffset": TypeRule(
        _digits("timestamptz"),
        _moment("timestamptz"),
        convert="truncate",
        loss="the instant is kept, the offset is not",
        cuts_seventh_digit=True,
    ),
    "char": TypeRule(_always("text"), _text),
    "varchar": TypeRule(_always("text"), _text),
    "nchar": TypeRule(_always("text"), _text),
    "nvarchar": TypeRule(_always("text"), _text),
    "text": TypeRule(_always("text"), _text, select="CAST({} AS varchar(max))"),
    "ntext": TypeRule(_always("text"), _text, select="CAST({} AS nvarchar(max))"),
    "xml": TypeRule(_always("text"), _xml, select="CAST({} AS nvarchar(max))"),
    "binary": TypeRule(_always("bytea"), _only("bytea")),
    "varbinary": TypeRule(_always("bytea"), _only("bytea")),
    "image": TypeRule(_always("bytea"), _only("bytea"), select="CAST({} AS varbinary(max))"),
    "timestamp": TypeRule(_always("bytea"), _only("bytea"), select="CAST({} AS binary(8))"),
    # As text a uniqueidentifier costs twice the time; as bytes only their order is to mend.
    "uniqueidentifier": TypeRule(
        _always("uuid"), _guid, select="CAST({} AS binary(16))", convert="guid"
    ),
}
