"""The texts of keys as PostgreSQL writes and reads them, in the forms of ``planning.key_texts``.

What a settings of the session would decide (DateStyle, the time zone) has one form here.
"""

from collections.abc import Sequence
from typing import Final

from psycopg import sql

from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.model.schema import TargetColumn
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.errors import translated

Texts = tuple[str | None, ...]
"""One key of the target: its columns as PostgreSQL writes them, None for no finite value."""

_ISO: Final = 'YYYY-MM-DD"T"HH24:MI:SS.US'
"""Whatever DateStyle is; of an infinite moment the text is NULL."""

_TYPES: Final = """\
SELECT a.attname::text, format_type(a.atttypid, -1) FROM pg_attribute a
WHERE a.attrelid = to_regclass(%s) AND a.attname = ANY (%s)"""
"""Without their modifiers: a cast to char(3) would cut a text, and one to char is to char(1)."""


def text_sql(column: TargetColumn) -> str:
    """Return the SQL of a value's text; the column has no prefix."""
    name = quote_pg(column.name)
    match column.type.name:
        case "bool":
            return f"{name}::int::text"
        case "date":
            return f"to_char({name}, 'YYYY-MM-DD')"
        case "timestamp":
            return f"to_char({name}, '{_ISO}')"
        case "timestamptz":
            return f"to_char({name} AT TIME ZONE 'UTC', '{_ISO}')"
        case "bytea":
            return f"'0x' || upper(encode({name}, 'hex'))"
    return f"{name}::text"


def values_sql(
    connection: TargetConnection, table: TargetTable, columns: Sequence[TargetColumn]
) -> str:
    """Return the SELECT that makes keys of their texts, in columns of these names and types.

    It takes an array of texts for each of the columns. Raises TableferryError.
    """
    names = [column.name for column in columns]
    with connection.in_one_transaction():
        types: dict[str, str] = dict(connection.rows(_TYPES, (table.sql, names)))
    values = ", ".join(
        f"{_value_sql(column, f'v.a{place}', types[column.name])} AS {quote_pg(column.name)}"
        for place, column in enumerate(columns)
    )
    arrays = ", ".join("%s::text[]" for _ in columns)
    aliases = ", ".join(f"a{place}" for place in range(len(columns)))
    return f"SELECT {values} FROM unnest({arrays}) AS v ({aliases})"


def has_key_sql(
    connection: TargetConnection,
    table: TargetTable,
    columns: Sequence[TargetColumn],
    keys: Sequence[Sequence[str | None]],
) -> str:
    """Return the condition, without parameters, that a row of the table ``t`` has one of the keys.

    Raises TableferryError.
    """
    values = values_sql(connection, table, columns)
    first, *others = values.split("%s")
    with translated(connection.settings):
        literals = [
            sql.Literal(texts).as_string(connection.raw) for texts in arrays_of(keys, len(columns))
        ]
    values = first + "".join(map("".join, zip(literals, others, strict=True)))
    same = " AND ".join(
        f"k.{name} = t.{name}" for name in (quote_pg(column.name) for column in columns)
    )
    return f"EXISTS (SELECT FROM ({values}) AS k WHERE {same})"


def _value_sql(column: TargetColumn, text: str, kind: str) -> str:
    match column.type.name:
        case "bool":
            return f"{text}::int::bool"
        case "timestamptz":
            return f"({text} || '+00')::timestamptz"
        case "bytea":
            return f"decode(substr({text}, 3), 'hex')"
    return f"{text}::{kind}"


def arrays_of(keys: Sequence[Sequence[str | None]], columns: int) -> tuple[list[str | None], ...]:
    """Return the parameters of ``values_sql``: the texts of each column."""
    return tuple([key[place] for key in keys] for place in range(columns))
