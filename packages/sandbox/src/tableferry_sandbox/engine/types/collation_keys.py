"""Collations as DuckDB keys: one by which strings are equal, one by which they sort."""

from tableferry_sandbox.collations import collation
from tableferry_sandbox.engine.types.case_folding import is_case_sensitive, lower_i_sql
from tableferry_sandbox.engine.types.text_sizes import codec_of
from tableferry_sandbox.engine.types.type_rules import is_national
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, SqlType


def check_collation(name: str, default: str = DEFAULT_COLLATION) -> str:
    """Return a collation's name, the database's ``default`` for DATABASE_DEFAULT.

    Raises 448 for a collation that is unknown, to SQL Server or to the sandbox.
    """
    if name.lower() == "database_default":
        return default
    collation(name)
    return name


def collation_property(name: str, wanted: str) -> int | None:
    """Return a COLLATIONPROPERTY, None for an unknown collation or property."""
    try:
        found = collation(name)
    except SqlError:
        return None
    word = int.from_bytes(found.wire[:4], "little")
    # The wire's flags in the order of those of Windows' CompareString: case, accent, kana, width.
    styles = ((1 << 20, 0x1), (1 << 21, 0x2), (1 << 22, 0x10000), (1 << 23, 0x20000))
    return {
        "codepage": code_page(found.codec),
        "lcid": word & 0xFFFFF,
        "comparisonstyle": sum(style for flag, style in styles if word & flag),
        "version": word >> 28,
    }.get(wanted.lower())


def code_page(codec: str) -> int:
    """Return the number of a codec's code page."""
    return {"utf-8": 65001, "gbk": 936}.get(codec) or int(codec.removeprefix("cp"))


def character_set(kind: SqlType) -> str:
    """Return a character type's CHARACTER_SET_NAME."""
    if is_national(kind):
        return "UNICODE"
    page = code_page(codec_of(kind))
    return {1252: "iso_1", 65001: "utf8"}.get(page, f"cp{page}")


def equality_key(sql: str, collation: str | None) -> str:
    """Return DuckDB SQL of a key: two strings are equal when their keys are."""
    known = collation or DEFAULT_COLLATION
    words = set(known.lower().split("_"))
    exact = is_case_sensitive(known)
    key = f"ts_cs({sql})" if exact else f"ts_ci({lower_i_sql(sql, known)})"
    return f"strip_accents({key})" if "ai" in words else key


def order_key(sql: str, kind: SqlType) -> str:
    """Return DuckDB SQL of a key that sorts as the strings of a type do."""
    known = kind.collation or DEFAULT_COLLATION
    words = set(known.lower().split("_"))
    if words & {"bin", "bin2"}:
        trimmed = f"ts_cs({sql})"
        return trimmed if is_national(kind) else f"ts_encoded({trimmed}, '{codec_of(kind)}')"
    inner = f"strip_accents({sql})" if "ai" in words else sql
    if is_case_sensitive(known):
        return f"ts_cs_order({inner})"
    return f"ts_ci_order({lower_i_sql(inner, known)})"
