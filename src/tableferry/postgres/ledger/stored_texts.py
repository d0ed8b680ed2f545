"""Names and texts as the ledger stores them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg.types.json import Jsonb

from tableferry.model.identifiers import TargetTable
from tableferry.model.target_database import can_encode
from tableferry.planning.target_encoding import require_encodable_table
from tableferry.postgres.connection import TargetConnection

CANONICAL: Final = """\
SELECT coalesce(n.nspname, %(schema)s, current_schema(), ''), coalesce(c.relname, %(name)s)
FROM (SELECT) one
LEFT JOIN pg_class c ON c.oid = to_regclass(%(sql)s)
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace"""


def canonical(connection: TargetConnection, table: TargetTable) -> str:
    """Return a table's name with the schema that it is in, or would be created in.

    Raises SchemaError for a name that the database's encoding lacks a character of.
    """
    require_encodable_table(table, connection.encoding)
    if table.schema:  # it is there, or would be created there
        return str(TargetTable(table.schema, table.name))
    [(schema, name)] = connection.rows(CANONICAL, canonical_parameters(table))
    return str(TargetTable(schema, name))


def canonical_parameters(table: TargetTable) -> dict[str, Any]:
    """Return what ``CANONICAL`` needs of a table."""
    return {"schema": table.schema or None, "name": table.name, "sql": table.sql}


def json_list(texts: Sequence[str], encoding: str) -> Jsonb:
    """Return texts as a jsonb array, for a database of this encoding."""
    return Jsonb([storable(text, encoding) for text in texts])


def json_object(texts: Mapping[str, str], encoding: str) -> Jsonb | None:
    """Return texts by name as a jsonb object, None where there are none."""
    if not texts:
        return None
    return Jsonb({storable(of, encoding): storable(text, encoding) for of, text in texts.items()})


def storable(text: str, encoding: str) -> str:
    """Return a text that a database of this encoding can store, with U+FFFD for what it cannot.

    An encoding that has no U+FFFD gets a question mark.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    whole = whole.replace("\0", "\ufffd")
    if can_encode(whole, encoding):
        return whole
    return "".join(one if can_encode(one, encoding) else "?" for one in whole)
