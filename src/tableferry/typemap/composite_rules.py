"""The type rules of hierarchyid, the spatial types, sql_variant, json and vector.

PostgreSQL has no counterpart of these types, or needs another form of their values.
"""

from typing import Final

from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.typemap.fitting import always, named, only, text_of_length
from tableferry.typemap.rule import Companion, Conversion, TypeRule

_TEXT: Final = SourceType("nvarchar", UNLIMITED)
_BYTES: Final = SourceType("varbinary", UNLIMITED)

_PRINTED_DIGITS: Final = "only the digits that SQL Server prints are kept"
"""Its JSON text of a vector may have fewer digits than the vector's float32 values."""

_VARIANT_STYLES: Final = {
    "binary": ("varbinary(8000)", 1),
    "varbinary": ("varbinary(8000)", 1),
    "real": ("float(53)", 3),
    "float": ("float(53)", 3),
    "money": ("money", 2),
    "smallmoney": ("smallmoney", 2),
    "date": ("date", 23),
    "time": ("time(7)", 121),
    "smalldatetime": ("smalldatetime", 120),
    "datetime": ("datetime", 121),
    "datetime2": ("datetime2(7)", 121),
    "datetimeoffset": ("datetimeoffset(7)", 121),
}
"""How a sql_variant becomes text, by base type: the type to cast to, and the style to convert with.
The other base types (integers, decimals, texts, uniqueidentifier) convert exactly by default."""

VARIANT_TYPE: Final = "CAST(SQL_VARIANT_PROPERTY({}, 'BaseType') AS nvarchar(128))"
VARIANT_TEXT: Final = (
    f"CASE {VARIANT_TYPE}"
    + "".join(
        f" WHEN N'{base}' THEN CONVERT(nvarchar(max), CONVERT({cast}, {{}}), {style})"
        for base, (cast, style) in _VARIANT_STYLES.items()
    )
    + " ELSE CONVERT(nvarchar(max), {}) END"
)


def _rule(source_label: str, target_label: str, name: str, *conversions: Conversion) -> TypeRule:
    return TypeRule(source_label, target_label, always(name), conversions)


_EWKB: Final = (
    "SUBSTRING({}.AsBinaryZM(), 1, 4) + 0x20 + CAST({}.STSrid % 256 AS binary(1))"
    " + CAST({}.STSrid / 256 % 256 AS binary(1)) + CAST({}.STSrid / 65536 AS binary(1)) + 0x00"
    " + SUBSTRING({}.AsBinaryZM(), 6, DATALENGTH({}.AsBinaryZM()))"
)
"""EWKB, PostGIS's WKB with an SRID (its manual, "OGC WKB and WKT"): bit 29 of the type, which is
little-endian in bytes 2 to 5, says that four bytes of SRID follow."""


def _spatial(name: str, *postgis: str) -> TypeRule:
    """Return the rule of a spatial type: WKB with Z and M (``AsBinaryZM``), and the SRID."""
    return _rule(
        name,
        "bytea (WKB) and `<column>_srid` integer",
        "bytea",
        Conversion(
            only("bytea"),
            "bytea",
            select="{}.AsBinaryZM()",
            arrives=_BYTES,
            companion=Companion(
                "_srid",
                PgType("int4"),
                "{}.STSrid",
                SourceType("int", 4, 10),
                "the SRID is not kept: the table has no column for it",
            ),
        ),
        Conversion(
            named(*postgis),
            f"{' or '.join(postgis)} of PostGIS, SRID included",
            select=_EWKB,
            arrives=_BYTES,
        ),
    )


COMPOSITE_RULES: Final[dict[str, TypeRule]] = {
    "hierarchyid": _rule(
        "hierarchyid",
        "text",
        "text",
        Conversion(
            text_of_length(4000),
            "text, citext, varchar(4000), as `ToString()` writes it",
            select="{}.ToString()",
            arrives=SourceType("nvarchar", 8000),
        ),
    ),
    "geography": _spatial("geography", "geography", "geometry"),
    "geometry": _spatial("geometry", "geometry"),
    "sql_variant": _rule(
        "sql_variant",
        "text and `<column>_type` text",
        "text",
        Conversion(
            only("text", "varchar"),
            "text, varchar",
            select=VARIANT_TEXT,
            arrives=_TEXT,
            companion=Companion(
                "_type",
                PgType("text"),
                VARIANT_TYPE,
                SourceType("nvarchar", 256),
                "the base type is not kept: the table has no column for it",
            ),
        ),
    ),
    "json": _rule(
        "json (SQL Server 2025)",
        "jsonb",
        "jsonb",
        Conversion(
            only("jsonb"),
            "jsonb",
            select="CAST({} AS nvarchar(max))",
            arrives=_TEXT,
            convert="jsonb",
            loss="jsonb keeps neither the order of keys nor duplicate keys",
        ),
        Conversion(
            only("json", "text", "varchar"),
            "json, text or varchar, as SQL Server writes it",
            select="CAST({} AS nvarchar(max))",
            arrives=_TEXT,
        ),
    ),
    "vector": _rule(
        "vector(n) (SQL Server 2025)",
        "real[]",
        "_float4",
        Conversion(
            only("_float4"),
            "real[]",
            select="CAST({} AS nvarchar(max))",
            arrives=_TEXT,
            convert="vector",
            loss=_PRINTED_DIGITS,
        ),
        Conversion(
            named("vector"),
            "vector of pgvector",
            select="CAST({} AS nvarchar(max))",
            arrives=_TEXT,
            convert="pgvector",
            loss=_PRINTED_DIGITS,
        ),
        Conversion(
            only("text", "varchar"),
            "text or varchar, the JSON array as SQL Server writes it",
            select="CAST({} AS nvarchar(max))",
            arrives=_TEXT,
            loss=_PRINTED_DIGITS,
        ),
    ),
}
