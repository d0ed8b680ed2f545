"""The one form that both sides' values are brought to before they become bytes.

Most types have one binary form. Where a value has several, the side that can write the other's is
asked to, so that rows that are equal have equal bytes and need no second look. Nothing can hide in
it: a form only adds zeros to a number or leaves them out, adds the blanks of a char(n), or writes
JSON as jsonb does. What has other bytes nevertheless is compared by ``value_rules``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tableferry.model.schema import PgType
from tableferry.verification.json_values import jsonb_text

MAX_DIGITS: Final = 38
"""Digits of Arrow's decimal128."""

VERSION: Final = "\x01"
"""What jsonb's binary form has before the text."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a column is asked of the target, and what is done to the source's converted arrays.

    ``sql`` has ``{}`` or ``{0}`` for the column.
    """

    sql: str = "{}"
    source: Callable[[pa.Array], pa.Array] | None = None


AS_IT_IS: Final = Form()

AS_TEXT: Final = Form("{}::pg_catalog.text")
"""xml: sent as such, PostgreSQL leaves the declaration out (``xml_send``)."""


def form_of(kind: PgType, arrives: pa.DataType) -> Form:
    """Return the form of a column of this type, whose converted values have this Arrow type."""
    match kind.name:
        case "numeric":
            return _scaled(kind, arrives)
        case "bpchar":
            return Form(source=lambda texts: _padded(texts, kind.modifier[0]))
        case "jsonb":
            return Form(source=_json)
        case "xml":
            return AS_TEXT
    return AS_IT_IS


def _scaled(kind: PgType, arrives: pa.DataType) -> Form:
    """Give numbers as many decimal places on both sides.

    A numeric(p,s) always shows s of them, and the source's number gets as many. Where it cannot,
    and where the column has no scale, so that each value keeps the one that it was stored with, the
    target is asked for the source's: only of a number that needs no more of them.
    """
    if kind.modifier:
        scale = kind.modifier[1]
        if scale == arrives.scale:
            return AS_IT_IS
        if arrives.scale < scale <= MAX_DIGITS - arrives.precision + arrives.scale:
            wanted = pa.decimal128(MAX_DIGITS, scale)
            return Form(source=lambda numbers: numbers.cast(wanted))
    rounded = f"pg_catalog.round({{0}}, {arrives.scale})"
    return Form(
        f"CASE WHEN pg_catalog.scale({{0}}) = {arrives.scale} THEN {{0}} "
        f"WHEN {{0}} = {rounded} THEN {rounded} ELSE {{0}} END"
    )


def _padded(texts: pa.Array, length: int) -> pa.Array:
    """Pad texts with blanks, as PostgreSQL does; blanks beyond the length are cut off."""
    return pc.utf8_rpad(pc.utf8_rtrim(texts, " "), length, " ")


def _json(texts: pa.Array) -> pa.Array:
    written = [
        None if text is None else VERSION + jsonb_text(text.removeprefix(VERSION))
        for text in texts.to_pylist()
    ]
    return pa.array(written, texts.type)
