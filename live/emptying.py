"""Empties a database between probes: CREATE DATABASE takes much longer, minutes in Azure.

Most probes create a table and nothing else, or nothing at all. What else may be left is looked for
only where the statements have the word for it: each look is a question to the catalog.
"""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tableferry import sqlserver
from tableferry.errors import TableferryError
from tableferry.model.identifiers import quote_mssql

_OBJECTS: Final = """\
SELECT RTRIM(o.type) AS kind, s.name AS owner, o.name AS name FROM sys.objects AS o
JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.is_ms_shipped = 0 AND o.parent_object_id = 0
AND o.type IN ('U', 'V', 'P', 'FN', 'IF', 'TF', 'SN', 'SO', 'SP', 'D', 'R')"""

_WORDS: Final = {
    "SP": "SECURITY POLICY", "V": "VIEW", "P": "PROCEDURE", "FN": "FUNCTION", "IF": "FUNCTION",
    "TF": "FUNCTION", "SN": "SYNONYM", "U": "TABLE", "SO": "SEQUENCE", "D": "DEFAULT", "R": "RULE",
}  # fmt: skip
"""What sys.objects calls them and DROP does, in an order in which most can be dropped."""

_SYSTEM: Final = "'dbo', 'guest', 'INFORMATION_SCHEMA', 'sys', 'cdc', 'public'"


@dataclass(frozen=True, slots=True)
class _Rest:
    """Something that is not an object: its word in a statement, what finds it, what ends it.

    ``columns`` are those of ``query``, in the order of the places in ``statement``.
    """

    word: str
    columns: tuple[str, ...]
    query: str
    statement: str


_BEFORE: Final = (
    _Rest(
        "SYSTEM_VERSIONING",
        ("owner", "name"),
        "SELECT s.name AS owner, t.name AS name FROM sys.tables AS t "
        "JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE t.temporal_type = 2",
        "ALTER TABLE {0}.{1} SET (SYSTEM_VERSIONING = OFF)",
    ),
    _Rest(
        "REFERENCES",
        ("owner", "name", "more"),
        "SELECT s.name AS owner, t.name AS name, f.name AS more FROM sys.foreign_keys AS f "
        "JOIN sys.tables AS t ON t.object_id = f.parent_object_id "
        "JOIN sys.schemas AS s ON s.schema_id = t.schema_id",
        "ALTER TABLE {0}.{1} DROP CONSTRAINT {2}",
    ),
)
"""What keeps tables from being dropped."""

_AFTER: Final = (
    _Rest(
        "TYPE",
        ("owner", "name"),
        "SELECT s.name AS owner, t.name AS name FROM sys.types AS t "
        "JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE t.is_user_defined = 1",
        "DROP TYPE {0}.{1}",
    ),
    _Rest(
        "COLLECTION",
        ("owner", "name"),
        "SELECT s.name AS owner, x.name AS name FROM sys.xml_schema_collections AS x "
        "JOIN sys.schemas AS s ON s.schema_id = x.schema_id WHERE s.name <> 'sys'",
        "DROP XML SCHEMA COLLECTION {0}.{1}",
    ),
    _Rest(
        "PARTITION",
        ("name",),
        "SELECT name FROM sys.partition_schemes",
        "DROP PARTITION SCHEME {0}",
    ),
    _Rest(
        "PARTITION",
        ("name",),
        "SELECT name FROM sys.partition_functions",
        "DROP PARTITION FUNCTION {0}",
    ),
    _Rest(
        "SCHEMA",
        ("name",),
        f"SELECT name FROM sys.schemas WHERE name NOT IN ({_SYSTEM}) AND name NOT LIKE 'db[_]%'",
        "DROP SCHEMA {0}",
    ),
    _Rest(
        "USER",
        ("name",),
        f"SELECT name FROM sys.database_principals WHERE type = 'S' AND name NOT IN ({_SYSTEM})",
        "DROP USER {0}",
    ),
    _Rest(
        "ROLE",
        ("name",),
        "SELECT name FROM sys.database_principals WHERE type = 'R' AND is_fixed_role = 0 "
        f"AND name NOT IN ({_SYSTEM})",
        "DROP ROLE {0}",
    ),
)
"""What is left when the objects are gone."""

PASSES: Final = 4
"""Views of views of views need one each."""


def empty(connection: sqlserver.SourceConnection, statements: Sequence[str]) -> bool:
    """Drop what these statements may have created; False where something is left.

    Raises TableferryError where the server does not say what there is.
    """
    text = "\n".join(statements).upper()
    words = frozenset(re.findall(r"\w+", text))
    if not words & {"CREATE", "INTO", "SP_EXECUTESQL", "EXEC"}:
        return True
    for rest in _BEFORE:
        if rest.word in words:
            _end(connection, rest)
    if not _drop_objects(connection):
        return False
    left = [not _end(connection, rest) for rest in _AFTER if rest.word in words]
    return not any(left)


def _drop_objects(connection: sqlserver.SourceConnection) -> bool:
    places = list(_WORDS)
    for _ in range(PASSES):
        found = connection.rows(_OBJECTS, ["kind", "owner", "name"])
        known = [(str(kind).upper(), owner, name) for kind, owner, name in found]
        if not all(kind in places for kind, _, _ in known):
            return False
        # What others depend on is dropped in the next pass.
        dropped = [
            _done(connection, f"DROP {_WORDS[kind]} {quote_mssql(owner)}.{quote_mssql(name)}")
            for kind, owner, name in sorted(known, key=lambda row: places.index(row[0]))
        ]
        if all(dropped):
            return True
    return False


def _end(connection: sqlserver.SourceConnection, rest: _Rest) -> bool:
    try:
        found = connection.rows(rest.query, list(rest.columns))
    except TableferryError:
        return True  # a server without such a view has no such things
    left = [not _done(connection, rest.statement.format(*map(quote_mssql, row))) for row in found]
    return not any(left)


def _done(connection: sqlserver.SourceConnection, sql: str) -> bool:
    with contextlib.suppress(TableferryError):
        connection.execute(sql)
        return True
    return False
