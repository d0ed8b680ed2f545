"""The type rules: every SQL Server type, what it becomes in PostgreSQL, and what is lost.

``RULES`` is the only table of types (its last parts are in ``composite_rules`` and ``checked``),
and ``docs/types.md`` is generated from it. A rule says which type a new target column gets, and
which conversions fill an existing column so that *every* value arrives exactly, or with the loss
that is declared here.

The CONVERT styles are those whose text is exact (CAST and CONVERT, Transact-SQL): 121 for dates
with times (ODBC canonical, all digits), 23 for dates, 2 for money (four digits), 1 for binary
(0x...), 3 for floats (17 digits, which distinguish any two floats).
"""

from dataclasses import replace
from typing import Final

from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.typemap.checked import checked_conversions
from tableferry.typemap.composite_rules import COMPOSITE_RULES
from tableferry.typemap.fitting import (
    always,
    binary_float,
    bit,
    create_decimal,
    create_float,
    create_time,
    date,
    decimal,
    guid_text,
    integer,
    money,
    only,
    text,
    text_of_length,
    time_type,
)
from tableferry.typemap.override import WITH_OFFSET
from tableferry.typemap.rule import Companion, Conversion, Create, TypeRule

_TEXT: Final = SourceType("nvarchar", UNLIMITED)
_BYTES: Final = SourceType("varbinary", UNLIMITED)


def _as_text(length: int, style: int = 0) -> Conversion:
    """Return the conversion to SQL Server's exact text, of at most ``length`` characters."""
    style_argument = f", {style}" if style else ""
    return Conversion(
        text_of_length(length),
        f"text, citext, varchar({length})",
        select=f"CONVERT(varchar({length}), {{}}{style_argument})",
        arrives=SourceType("varchar", length),
        on_request=True,
    )


def _rule(
    source_label: str, target_label: str, create: Create | str, *conversions: Conversion
) -> TypeRule:
    factory = always(create) if isinstance(create, str) else create
    return TypeRule(source_label, target_label, factory, conversions)


_INTEGERS: Final = "integers as wide or wider, numeric wide enough"
_INTEGERS_OR_DOUBLE: Final = f"{_INTEGERS}, double"
_TEXTS: Final = Conversion(text, "text, varchar, varchar(n) wide enough for every code unit")
_LONG_TEXT: Final = Conversion(
    text, "text, varchar", select="CAST({} AS nvarchar(max))", arrives=_TEXT
)
_BINARY: Final = Conversion(only("bytea"), "bytea")


def _offset(*, kept: bool) -> Conversion:
    companion = Companion(
        "_offset",
        PgType("int2"),
        "CAST(DATEPART(TZOFFSET, {}) AS smallint)",
        SourceType("smallint", 2, 5),
        "",
    )
    return Conversion(
        time_type("timestamptz"),
        f"timestamptz {WITH_OFFSET}: `<column>_offset` smallint, in minutes"
        if kept
        else "timestamptz with as many digits, up to 6",
        convert="truncate",
        loss="" if kept else "the instant is kept, the offset is not",
        drops_seventh_digit=True,
        companion=companion if kept else None,
        on_request=kept,
        form=WITH_OFFSET if kept else "",
    )


_RULES: Final[dict[str, TypeRule]] = {
    "bit": _rule(
        "bit",
        "boolean",
        "bool",
        Conversion(bit, "boolean, integers, numeric, double"),
        _as_text(1),
    ),
    "tinyint": _rule(
        "tinyint", "smallint", "int2", Conversion(integer, _INTEGERS_OR_DOUBLE), _as_text(3)
    ),
    "smallint": _rule(
        "smallint", "smallint", "int2", Conversion(integer, _INTEGERS_OR_DOUBLE), _as_text(6)
    ),
    "int": _rule("int", "integer", "int4", Conversion(integer, _INTEGERS_OR_DOUBLE), _as_text(11)),
    "bigint": _rule(
        "bigint", "bigint", "int8", Conversion(integer, "bigint, numeric wide enough"), _as_text(20)
    ),
    **{
        name: _rule(
            f"{name}(p,s)",
            "numeric(p,s)",
            create_decimal,
            Conversion(decimal, "numeric wide enough; where s is 0, integers wide enough"),
            _as_text(41),
        )
        for name in ("decimal", "numeric")
    },
    "money": _rule(
        "money",
        "numeric(19,4)",
        always("numeric", 19, 4),
        Conversion(money(19), "numeric wide enough"),
        _as_text(21, 2),
    ),
    "smallmoney": _rule(
        "smallmoney",
        "numeric(10,4)",
        always("numeric", 10, 4),
        Conversion(money(10), "numeric wide enough"),
        _as_text(12, 2),
    ),
    "real": _rule(
        "real, float(1-24)", "real", create_float, Conversion(binary_float, "real, double")
    ),
    "float": _rule(
        "float(25-53)",
        "double precision",
        create_float,
        Conversion(binary_float, "double precision"),
    ),
    "date": _rule(
        "date", "date", "date", Conversion(date, "date, timestamp (midnight)"), _as_text(10, 23)
    ),
    "time": _rule(
        "time(n)",
        "time(n), n up to 6",
        create_time("time"),
        Conversion(
            time_type("time"),
            "time with as many digits, up to 6",
            convert="truncate",
            drops_seventh_digit=True,
        ),
        _as_text(16, 121),
    ),
    "smalldatetime": _rule(
        "smalldatetime",
        "timestamp(0)",
        always("timestamp", 0),
        Conversion(time_type("timestamp", 0), "timestamp", convert="truncate"),
        _as_text(19, 120),
    ),
    "datetime": _rule(
        "datetime",
        "timestamp(3)",
        always("timestamp", 3),
        Conversion(
            time_type("timestamp", 3), "timestamp with 3 digits or more", convert="milliseconds"
        ),
        _as_text(23, 121),
    ),
    "datetime2": _rule(
        "datetime2(n)",
        "timestamp(n), n up to 6",
        create_time("timestamp"),
        Conversion(
            time_type("timestamp"),
            "timestamp with as many digits, up to 6",
            convert="truncate",
            drops_seventh_digit=True,
        ),
        _as_text(27, 121),
    ),
    "datetimeoffset": _rule(
        "datetimeoffset(n)",
        "timestamptz(n), n up to 6",
        create_time("timestamptz"),
        _offset(kept=False),
        _offset(kept=True),
        _as_text(34, 121),
    ),
    **{
        name: _rule(f"{name}(n)", "text", "text", _TEXTS)
        for name in ("char", "varchar", "nchar", "nvarchar")
    },
    "text": _rule(
        "text",
        "text",
        "text",
        Conversion(
            text,
            "text, varchar",
            select="CAST({} AS varchar(max))",
            arrives=SourceType("varchar", UNLIMITED),
        ),
    ),
    "ntext": _rule("ntext", "text", "text", _LONG_TEXT),
    "xml": _rule(
        "xml",
        "text",
        "text",
        _LONG_TEXT,
        Conversion(only("xml"), "xml", select="CAST({} AS nvarchar(max))", arrives=_TEXT),
    ),
    "binary": _rule("binary(n)", "bytea", "bytea", _BINARY),
    "varbinary": _rule("varbinary(n)", "bytea", "bytea", _BINARY),
    "image": _rule(
        "image",
        "bytea",
        "bytea",
        Conversion(only("bytea"), "bytea", select="CAST({} AS varbinary(max))", arrives=_BYTES),
    ),
    "timestamp": _rule(
        "rowversion (timestamp)",
        "bytea",
        "bytea",
        Conversion(only("bytea"), "bytea", select="CAST({} AS binary(8))"),
        Conversion(
            only("int8"),
            "bigint, the eight bytes read as big-endian; values from 2^63 are refused",
            select="CAST({} AS binary(8))",
            convert="big_endian",
            on_request=True,
        ),
    ),
    # Read as text, a uniqueidentifier takes twice the time; as bytes, only their order changes.
    "uniqueidentifier": _rule(
        "uniqueidentifier",
        "uuid",
        "uuid",
        Conversion(only("uuid"), "uuid", select="CAST({} AS binary(16))", convert="guid"),
        Conversion(
            guid_text,
            "text, citext, varchar(36), char(36), in upper case as SQL Server writes it",
            select="CONVERT(char(36), {})",
            arrives=SourceType("varchar", 36),
            on_request=True,
        ),
    ),
    **COMPOSITE_RULES,
}

RULES: Final[dict[str, TypeRule]] = {
    name: replace(rule, conversions=rule.conversions + checked_conversions(name))
    for name, rule in _RULES.items()
}
