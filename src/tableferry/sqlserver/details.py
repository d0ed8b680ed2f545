"""Reads a table's indexes, identity, defaults and comments from SQL Server's catalog.

Each is a query of its own; one that the login may not run, or the server does not support, becomes
a warning: the rows can be loaded all the same.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tableferry.errors import TableferryError, TransientError
from tableferry.model.identifiers import SourceTable, quote_mssql, text_mssql
from tableferry.model.table_details import (
    HIDDEN_CONDITION,
    Identity,
    IndexColumn,
    SourceIndex,
    TableDetails,
)
from tableferry.sqlserver.code_pages import read_code_pages
from tableferry.sqlserver.connection import SourceConnection
from tableferry.sqlserver.protection import rows_if_supported

INDEXES: Final = """\
SELECT i.name AS index_name, i.type_desc AS kind, i.is_unique AS is_unique,
  i.is_primary_key AS is_primary, i.is_disabled AS is_disabled,
  i.has_filter AS has_filter, i.filter_definition AS condition, c.name AS column_name,
  k.is_descending_key AS is_descending, k.is_included_column AS is_included
FROM {catalog}.sys.indexes AS i
JOIN {catalog}.sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN {catalog}.sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = OBJECT_ID({table}) AND i.is_hypothetical = 0
  AND (k.key_ordinal > 0 OR k.is_included_column = 1
    OR i.type_desc NOT IN ('CLUSTERED', 'NONCLUSTERED', 'NONCLUSTERED HASH'))
ORDER BY i.index_id, k.is_included_column, k.key_ordinal, k.index_column_id"""
"""A partitioning column outside the key has the ordinal 0 and is left out. All columns of an XML,
spatial or columnstore index have it, which is read to be named in a warning. A filter's condition
is NULL without VIEW DEFINITION; ``has_filter`` is visible to everyone."""

FULL_TEXT: Final = """\
SELECT f.object_id AS table_id FROM {catalog}.sys.fulltext_indexes AS f
WHERE f.object_id = OBJECT_ID({table})"""
"""A table has at most one; it is not in ``sys.indexes``."""

IDENTITY: Final = """\
SELECT c.name AS column_name, CAST(c.seed_value AS varchar(40)) AS seed,
  CAST(c.increment_value AS varchar(40)) AS increment
FROM {catalog}.sys.identity_columns AS c WHERE c.object_id = OBJECT_ID({table})"""
"""Both numbers are sql_variant, of the column's type."""

DEFAULTS: Final = """\
SELECT c.name AS column_name, d.definition AS definition
FROM {catalog}.sys.columns AS c
LEFT JOIN {catalog}.sys.default_constraints AS d
  ON d.parent_object_id = c.object_id AND d.parent_column_id = c.column_id
WHERE c.object_id = OBJECT_ID({table}) AND c.default_object_id <> 0"""
"""The definition is NULL without VIEW DEFINITION, and for the old CREATE DEFAULT objects."""

COLUMNS: Final = """\
SELECT c.name AS column_name, c.is_computed AS is_computed, c.collation_name AS collation
FROM {catalog}.sys.columns AS c WHERE c.object_id = OBJECT_ID({table})"""

COMMENTS: Final = """\
SELECT p.minor_id AS minor, c.name AS column_name, CAST(p.value AS nvarchar(max)) AS comment
FROM {catalog}.sys.extended_properties AS p
LEFT JOIN {catalog}.sys.columns AS c ON c.object_id = p.major_id AND c.column_id = p.minor_id
WHERE p.class = 1 AND p.name = N'MS_Description' AND p.major_id = OBJECT_ID({table})"""
"""Class 1 is an object or one of its columns; the minor id of the table itself is 0."""

Rows = list[tuple[Any, ...]]


def read_details(connection: SourceConnection, table: SourceTable) -> TableDetails:
    """Read indexes, identity, defaults, comments; ``warnings`` names what cannot be read.

    Raises TransientError only.
    """
    queries = _Queries(connection, table)
    columns = queries.rows("the collations", COLUMNS, "column_name", "is_computed", "collation")
    defaults = queries.rows("the defaults", DEFAULTS, "column_name", "definition")
    comments = queries.rows("the comments", COMMENTS, "minor", "column_name", "comment")
    if rows_if_supported(connection, queries.about(FULL_TEXT), ["table_id"]):
        queries.warnings.append(f"the full-text index of {table} is not created")
    identity = queries.rows("the identity column", IDENTITY, "column_name", "seed", "increment")
    return TableDetails(
        indexes=_indexes(queries),
        identity=_identity(identity),
        computed=tuple(name for name, computed, _ in columns if computed),
        defaults={name: text or "" for name, text in defaults},
        collations={name: collation for name, _, collation in columns if collation},
        code_pages=read_code_pages(connection, table) if columns else {},
        comment=next((str(text) for minor, _, text in comments if minor == 0 and text), ""),
        column_comments={name: str(text) for _, name, text in comments if name and text},
        warnings=tuple(queries.warnings),
    )


def read_keys(connection: SourceConnection, table: SourceTable) -> TableDetails:
    """Read the indexes only, for a table whose entry has no primary key."""
    queries = _Queries(connection, table)
    indexes = _indexes(queries)
    return replace(TableDetails(indexes=indexes), warnings=tuple(queries.warnings))


def read_collations(connection: SourceConnection, table: SourceTable) -> Mapping[str, str]:
    """Return the collations of a table's text columns, by name; empty where it has no such view."""
    sql = _Queries(connection, table).about(COLUMNS)
    rows = rows_if_supported(connection, sql, ["column_name", "is_computed", "collation"])
    return {name: collation for name, _, collation in rows if collation}


class _Queries:
    """Queries about one table; a failed one becomes a warning."""

    def __init__(self, connection: SourceConnection, table: SourceTable) -> None:
        self._connection = connection
        self._table = table
        self.warnings: list[str] = []

    def about(self, sql: str) -> str:
        """Return a query with the table's name and its database's filled in."""
        catalog, table = quote_mssql(self._table.database), text_mssql(self._table.sql)
        return sql.replace("{catalog}", catalog).replace("{table}", table)

    def rows(self, what: str, sql: str, *columns: str) -> Rows:
        try:
            return self._connection.rows(self.about(sql), columns)
        except TransientError:
            raise
        except TableferryError as error:
            self.warnings.append(
                f"{what} of {self._table} could not be read, and are not created: {error.message}"
            )
            return []


def _indexes(queries: _Queries) -> tuple[SourceIndex, ...]:
    names = ("index_name", "kind", "is_unique", "is_primary", "is_disabled", "has_filter")
    column = ("condition", "column_name", "is_descending", "is_included")
    rows = queries.rows("the keys and indexes", INDEXES, *names, *column)
    grouped = itertools.groupby(rows, key=lambda row: row[0])
    return tuple(_index(list(found)) for _, found in grouped)


def _index(rows: Sequence[tuple[Any, ...]]) -> SourceIndex:
    name, kind, unique, primary, disabled, filtered, condition, *_ = rows[0]
    return SourceIndex(
        name=name,
        columns=tuple(IndexColumn(row[7], bool(row[8])) for row in rows if not row[9]),
        included=tuple(row[7] for row in rows if row[9]),
        unique=bool(unique),
        primary=bool(primary),
        disabled=bool(disabled),
        kind=str(kind),
        condition=condition or (HIDDEN_CONDITION if filtered else ""),
    )


def _identity(rows: Rows) -> Identity | None:
    if not rows:
        return None
    name, seed, increment = rows[0]
    if seed is None or increment is None:
        return None
    return Identity(name, int(seed), int(increment))
