"""Collations as DuckDB keys: one by which strings are equal, one by which they sort."""

from typing import Final

from tableferry_sandbox.collations import collation
from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION

_WESTERN: Final = ("sql_latin1_general_cp1_", "latin1_general_", "sql_latin1_general_cp1252_")


def check_collation(name: str, *, national: bool) -> str:
    """Return a collation's name if strings of this kind can have it.

    Raises 448 for an unknown collation, 50000 for code pages that the sandbox lacks.
    """
    lowered = name.lower()
    if lowered == "database_default":
        return DEFAULT_COLLATION
    words = lowered.split("_")
    if not {"ci", "cs", "bin", "bin2"} & set(words):
        raise SqlError(448, f"Invalid collation '{name}'.", severity=16)
    if not national and (not lowered.startswith(_WESTERN) or "utf8" in words):
        raise unsupported(f"varchar in the collation {name}: only code page 1252")
    return name


def code_page(name: str) -> int | None:
    """Return the code page of a collation's char data, None for an unknown collation."""
    try:
        codec = collation(name).codec
    except SqlError:
        return None
    return {"utf-8": 65001, "gbk": 936}.get(codec) or int(codec.removeprefix("cp"))


def equality_key(sql: str, collation: str | None) -> str:
    """Return DuckDB SQL of a key: two strings are equal when their keys are."""
    words = set((collation or DEFAULT_COLLATION).lower().split("_"))
    key = f"ts_cs({sql})" if words & {"bin", "bin2", "cs"} else f"ts_ci({sql})"
    return f"strip_accents({key})" if "ai" in words else key


def order_key(sql: str, collation: str | None) -> str:
    """Return DuckDB SQL of a key that sorts as the strings do."""
    words = set((collation or DEFAULT_COLLATION).lower().split("_"))
    if words & {"bin", "bin2"}:
        return f"ts_cs({sql})"
    inner = f"strip_accents({sql})" if "ai" in words else sql
    return f"ts_cs_order({inner})" if "cs" in words else f"ts_ci_order({inner})"
