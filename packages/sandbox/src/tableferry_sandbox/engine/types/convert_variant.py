"""Conversions to and from sql_variant."""

from tableferry_sandbox.engine.errors import operand_clash
from tableferry_sandbox.engine.types import text_sizes
from tableferry_sandbox.engine.types.type_rules import describe, family, is_national
from tableferry_sandbox.engine.types.variant import ELIGIBLE, FAMILIES
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, MAX, SqlType


def to_variant(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Return SQL of the payload; raises 206 for types a sql_variant cannot hold."""
    del style, attempt
    kind, name = family(source), source.name
    if kind == "variant":
        return sql
    if name not in ELIGIBLE or source.length == MAX:
        shown = f"{name}(max)" if source.length == MAX else describe(source)
        raise operand_clash(shown, describe(target))
    if kind == "float":
        return f"py_variant_float({sql}, '{name}')"
    if kind in ("decimal", "money"):
        return (
            f"py_variant_decimal(CAST({sql} AS VARCHAR), '{name}', {source.precision}, "
            f"{source.scale})"
        )
    if kind == "offset":
        return f'py_variant_offset(({sql}).utc, ({sql})."offset", {source.scale})'
    if kind == "string":
        width = 2 if is_national(source) else 1
        return (
            f"py_variant_bytes({text_sizes.encoded(sql, source)}, '{name}', "
            f"{source.length * width}, '{source.collation or DEFAULT_COLLATION}')"
        )
    if kind in ("binary", "guid"):
        return f"py_variant_bytes({sql}, '{name}', {source.length}, '')"
    number = f"ts_days({sql})" if kind == "date" else f"CAST({sql} AS BIGINT)"
    return f"py_variant_number({number}, '{name}', {source.scale})"


def variant_text(sql: str, target: SqlType, style: int) -> tuple[str, SqlType]:
    """Return SQL of a variant as text, with that text's type; other types are parsed from it."""
    del target
    return f"py_variant_text({sql}, {style})", SqlType("nvarchar", MAX)


def same_family(sql: str, other: SqlType) -> str:
    """Return SQL that tells whether a variant is of the family of another type."""
    return f"(py_variant_family({sql}) = '{FAMILIES[other.name]}')"
