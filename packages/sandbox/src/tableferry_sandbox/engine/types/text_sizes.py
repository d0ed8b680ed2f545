"""Sizes of strings: UTF-16 units of nvarchar, bytes of a code page of varchar."""

from typing import Final

from tableferry_sandbox.code_pages import MULTI_BYTE
from tableferry_sandbox.collations import collation
from tableferry_sandbox.engine.types.type_rules import is_national
from tableferry_sandbox.sqltypes import DEFAULT_COLLATION, SqlType

_UTF16: Final = "utf-16"


def codec_of(kind: SqlType) -> str:
    """Return the codec of a character type, ``utf-16`` for nchar and nvarchar.

    A type without a collation has that of the server.
    """
    return _UTF16 if is_national(kind) else collation(kind.collation or DEFAULT_COLLATION).codec


def size(sql: str, kind: SqlType) -> str:
    """Return SQL of a string's size in the unit that its type's length counts."""
    codec = codec_of(kind)
    return f"ts_byte_length({sql}, '{codec}')" if codec in MULTI_BYTE else f"ts_units({sql})"


def cut(sql: str, length: int, kind: SqlType) -> str:
    """Return SQL of a string truncated to a length of its type."""
    codec = codec_of(kind)
    if codec in MULTI_BYTE:
        return f"ts_cut_bytes({sql}, {length}, '{codec}')"
    return f"ts_cut({sql}, {length})"


def pad(sql: str, length: int, kind: SqlType) -> str:
    """Return SQL of a string padded with blanks to a length of its type."""
    if codec_of(kind) in MULTI_BYTE:
        return f"({sql} || repeat(' ', greatest({length} - {size(sql, kind)}, 0)))"
    return f"ts_pad({sql}, {length})"


def encoded(sql: str, kind: SqlType) -> str:
    """Return SQL of a string's bytes as SQL Server stores them."""
    codec = codec_of(kind)
    return f"py_utf16({sql})" if codec == _UTF16 else f"py_encode({sql}, '{codec}')"


def decoded(sql: str, kind: SqlType) -> str:
    """Return SQL of the string that bytes are in a type."""
    codec = codec_of(kind)
    return f"py_from_utf16({sql})" if codec == _UTF16 else f"py_decode({sql}, '{codec}')"


def stored(sql: str, kind: SqlType) -> str:
    """Return SQL of a string with ``?`` for what its type's code page lacks."""
    codec = codec_of(kind)
    return sql if codec == _UTF16 else f"ts_varchar({sql}, '{codec}')"
