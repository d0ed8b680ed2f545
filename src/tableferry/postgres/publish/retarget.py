"""A query's text, pointed at other tables: for materialised views, which take no other query.

Pure. The text is PostgreSQL's own (``pg_get_viewdef`` with an empty search path): every table in
it is written ``schema.table`` and nothing else is, but functions, types and operators; an alias
stands behind it, without AS, unless it is the table's own name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.model.identifiers import TargetTable, quote_pg

_TOKEN: Final = re.compile(
    r"""(?P<string>'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")*"|[^\W\d][\w$]*)|(?P<blank>\s+)|.""",
    re.DOTALL,
)

_NO_ALIAS: Final = frozenset(
    {"CROSS", "EXCEPT", "FETCH", "FOR", "FULL", "GROUP", "HAVING", "INNER", "INTERSECT", "JOIN"}
    | {"LEFT", "LIMIT", "NATURAL", "OFFSET", "ON", "ORDER", "RIGHT", "TABLESAMPLE", "UNION"}
    | {"USING", "WHERE", "WINDOW", "WITH"}
)
"""What may follow a table in FROM and is no alias: as one it would stand in quotes."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    is_name: bool
    is_blank: bool


_NOTHING: Final = _Token("", is_name=False, is_blank=False)


def retarget(query: str, tables: Mapping[TargetTable, TargetTable]) -> str:
    """Return the query with each of these tables replaced by another, under its old alias."""
    found = _TOKEN.finditer(query)
    tokens = [_Token(one[0], bool(one["name"]), bool(one["blank"])) for one in found]
    result: list[str] = []
    place = 0
    while place < len(tokens):
        table = _table_at(tokens, place)
        if table is None or table not in tables:
            result.append(tokens[place].text)
            place += 1
            continue
        place += 3
        result.append(tables[table].sql)
        if not _has_alias(tokens[place:]):
            result.append(f" {quote_pg(table.name)}")
    return "".join(result)


def _table_at(tokens: Sequence[_Token], place: int) -> TargetTable | None:
    """Return the table that is named at this place: two names with a dot between them."""
    schema, dot, name, following = (*tokens[place : place + 4], *[_NOTHING] * 3)[:4]
    if not (schema.is_name and dot.text == "." and name.is_name):
        return None
    # A column of a column, or a function.
    if (place and tokens[place - 1].text == ".") or following.text in {".", "("}:
        return None
    return TargetTable(_unquoted(schema.text), _unquoted(name.text))


def _has_alias(following: Sequence[_Token]) -> bool:
    word = next((token for token in following if not token.is_blank), _NOTHING)
    return word.is_name and word.text.upper() not in _NO_ALIAS


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
