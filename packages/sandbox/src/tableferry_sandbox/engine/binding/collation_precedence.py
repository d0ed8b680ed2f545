"""Which collation an expression of several strings has (Collation Precedence, Transact-SQL).

A COLLATE clause wins over columns, columns win over literals and variables, whose types have no
collation here: they take that of the other side, or the database's.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tableferry_sandbox import code_pages
from tableferry_sandbox.code_pages import MULTI_BYTE
from tableferry_sandbox.engine.binding.scope import Typed
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.collation_keys import check_collation
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.text_sizes import codec_of
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType


def common_collation(values: Iterable[Typed], operation: str) -> tuple[str | None, bool]:
    """Return the collation of an operation's result, and whether a COLLATE clause decides it.

    None is the database's. Raises 468 if two values have different collations.
    """
    strings = [v for v in values if v.type.collation is not None and t.family(v.type) == "string"]
    explicit = [v for v in strings if v.explicit_collation]
    found: str | None = None
    for value in explicit or strings:
        name = value.type.collation
        if found is not None and name is not None and name.lower() != found.lower():
            raise SqlError(
                468,
                f'Cannot resolve the collation conflict between "{name}" and "{found}" in the '
                f"{operation} operation.",
                state=9,
            )
        found = found or name
    return found, bool(explicit)


def collated(operand: Typed, name: str, default: str) -> Typed:
    """Bind ``operand COLLATE name``; raises 447 for what is no string, 448.

    A varchar moves to the code page of the collation.
    """
    if t.family(operand.type) != "string":
        raise SqlError(447, f"Expression type {operand.type.name} is invalid for COLLATE clause.")
    kind = replace(operand.type, collation=check_collation(name, default))
    if not t.is_national(kind) and kind.length != MAX:
        # A character of one byte may take up to three in UTF-8, two in the double-byte code pages.
        widest = {"utf-8": 3, **dict.fromkeys(MULTI_BYTE - {"utf-8"}, 2)}
        factor = widest.get(codec_of(kind), 1) if codec_of(operand.type) != codec_of(kind) else 1
        kind = replace(kind, length=min(8000, kind.length * factor))
    sql = convert(operand.sql, operand.type, kind)
    return replace(operand, sql=sql, type=kind, explicit_collation=True, name="")


def converted(
    sql: str, source: SqlType, target: SqlType, default: str,
    *, style: int = 0, attempt: bool = False, explicit: bool = True,
) -> str:  # fmt: skip
    """Return SQL of a converted value, as ``convert`` does, in the database's code page.

    Types without a collation have ``default``, the database's; a string that is converted to a
    string keeps its collation.
    """
    if t.family(source) == "string":
        source = replace(source, collation=source.collation or default)
    if t.family(target) == "string" and target.collation is None:
        target = replace(target, collation=source.collation or default)
    return convert(sql, source, target, style=style, attempt=attempt, explicit=explicit)


def as_stored(value: Any, kind: SqlType, collation: str) -> tuple[Any, SqlType]:
    """Return a literal's value and type, whose length counts bytes.

    Without N, a string loses what the database's code page lacks.
    """
    if t.family(kind) != "string" or t.is_national(kind) or value.isascii():
        return value, kind
    raw = code_pages.encode(value, codec := codec_of(replace(kind, collation=collation)))
    return code_pages.decode(raw, codec), t.varchar(len(raw))
