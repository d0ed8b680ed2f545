"""Conversions between strings, and between strings and bytes, by code page."""

from tableferry_sandbox.engine.types import text_sizes
from tableferry_sandbox.engine.types.convert_basics import fit_bytes, fit_text, flag, once
from tableferry_sandbox.engine.types.type_rules import family, is_national
from tableferry_sandbox.sqltypes import SqlType


def same_characters(source: SqlType, target: SqlType) -> bool:
    """Return whether a string type can hold every character of another one."""
    if is_national(target):
        return True
    if is_national(source):
        return False
    if source.collation is None:  # of a database whose collation is not known here
        return target.collation is None
    return text_sizes.codec_of(source) == text_sizes.codec_of(target)


def string_to_string(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Convert a string or xml to a string type.

    Characters that the target's code page lacks become ``?``.
    """
    del style, attempt
    if not same_characters(source, target):
        sql = once(sql, lambda text: text_sizes.stored(text, target))
    return fit_text(sql, target)


def to_binary(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Convert strings, by code page or from hexadecimal digits, or other bytes to bytes."""
    if family(source) == "string":
        if style in (1, 2):
            sql = f"py_hex({sql}, {style}, {flag(attempt)})"
        else:
            sql = text_sizes.encoded(sql, source)
    return fit_bytes(sql, target)


def binary_to_string(sql: str, source: SqlType, target: SqlType, style: int, attempt: bool) -> str:
    """Read bytes as the characters of the target's code page, or write hexadecimal digits."""
    del source, attempt
    if style in (1, 2):
        text = f"hex({sql})"
        return fit_text(f"'0x' || {text}" if style == 1 else text, target)
    return fit_text(text_sizes.decoded(sql, target), target)
