"""Reads a table's indexes, identity, defaults and comments from SQL Server's catalog.

Each is a query of its own; one that the login may not run, or the server does not support, becomes
a warning: the rows can be loaded all the same.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tableferry.errors import TableferryError, TransientError
from tableferry.model.identifiers import SourceTable
from tableferry.model.table_details import (
    HIDDEN_CONDITION,
    Identity,
    IndexColumn,
    SourceIndex,
    TableDetails,
)
from tableferry.sqlserver.catalog_answers import CatalogAnswers
from tableferry.sqlserver.code_pages import read_code_pages
from tableferry.sqlserver.connection import SourceConnection
from tableferry.sqlserver.questions import Question, Rows

INDEXES: Final = Question(
    """\
SELECT {place}i.name AS index_name, i.type_desc AS kind, i.is_unique AS is_unique,
  i.is_primary_key AS is_primary, i.is_disabled AS is_disabled,
  i.has_filter AS has_filter, i.filter_definition AS condition, c.name AS column_name,
  k.is_descending_key AS is_descending, k.is_included_column AS is_included
FROM {asked}{catalog}.sys.indexes AS i
JOIN {catalog}.sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN {catalog}.sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = {id} AND i.is_hypothetical = 0
  AND (k.key_ordinal > 0 OR k.is_included_column = 1
    OR i.type_desc NOT IN ('CLUSTERED', 'NONCLUSTERED', 'NONCLUSTERED HASH'))
ORDER BY i.index_id, k.is_included_column, k.key_ordinal, k.index_column_id""",
    (
        "index_name",
        "kind",
        "is_unique",
        "is_primary",
        "is_disabled",
        "has_filter",
        "condition",
        "column_name",
        "is_descending",
        "is_included",
    ),
    by_all=False,
)
"""A partitioning column outside the key has the ordinal 0 and is left out. All columns of an XML,
spatial or columnstore index have it, which is read to be named in a warning. A filter's condition
is NULL without VIEW DEFINITION; ``has_filter`` is visible to everyone."""

FULL_TEXT: Final = Question(
    """\
SELECT {place}f.object_id AS table_id FROM {asked}{catalog}.sys.fulltext_indexes AS f
WHERE f.object_id = {id}""",
    ("table_id",),
    by_all=False,
)
"""A table has at most one; it is not in ``sys.indexes``."""

IDENTITY: Final = Question(
    """\
SELECT {place}c.name AS column_name, CAST(c.seed_value AS varchar(40)) AS seed,
  CAST(c.increment_value AS varchar(40)) AS increment
FROM {asked}{catalog}.sys.identity_columns AS c WHERE c.object_id = {id}""",
    (
        "column_name",
        "seed",
        "increment",
    ),
    by_all=False,
)
"""Both numbers are sql_variant, of the column's type."""

DEFAULTS: Final = Question(
    """\
SELECT {place}c.name AS column_name, d.definition AS definition
FROM {asked}{catalog}.sys.columns AS c
LEFT JOIN {catalog}.sys.default_constraints AS d
  ON d.parent_object_id = c.object_id AND d.parent_column_id = c.column_id
WHERE c.object_id = {id} AND c.default_object_id <> 0""",
    (
        "column_name",
        "definition",
    ),
    by_all=False,
)
"""The definition is NULL without VIEW DEFINITION, and for the old CREATE DEFAULT objects."""

COLUMNS: Final = Question(
    """\
SELECT {place}c.name AS column_name, c.is_computed AS is_computed, c.collation_name AS collation
FROM {asked}{catalog}.sys.columns AS c WHERE c.object_id = {id}""",
    (
        "column_name",
        "is_computed",
        "collation",
    ),
    by_all=False,
)

COMMENTS: Final = Question(
    """\
SELECT {place}p.minor_id AS minor, c.name AS column_name, CAST(p.value AS nvarchar(max)) AS comment
FROM {asked}{catalog}.sys.extended_properties AS p
LEFT JOIN {catalog}.sys.columns AS c ON c.object_id = p.major_id AND c.column_id = p.minor_id
WHERE p.class = 1 AND p.name = N'MS_Description' AND p.major_id = {id}""",
    (
        "minor",
        "column_name",
        "comment",
    ),
    by_all=False,
)
"""Class 1 is an object or one of its columns; the minor id of the table itself is 0."""


def read_details(
    connection: SourceConnection, table: SourceTable, answers: CatalogAnswers | None = None
) -> TableDetails:
    """Read indexes, identity, defaults, comments; ``warnings`` names what cannot be read.

    Raises TransientError only.
    """
    questions = _Questions(connection, table, answers or CatalogAnswers())
    columns = questions.rows("the collations", COLUMNS)
    defaults = questions.rows("the defaults", DEFAULTS)
    comments = questions.rows("the comments", COMMENTS)
    if questions.answers.rows_if_supported(connection, FULL_TEXT, table):
        questions.warnings.append(f"the full-text index of {table} is not created")
    identity = questions.rows("the identity column", IDENTITY)
    return TableDetails(
        indexes=_indexes(questions),
        identity=_identity(identity),
        computed=tuple(name for name, computed, _ in columns if computed),
        defaults={name: text or "" for name, text in defaults},
        collations={name: collation for name, _, collation in columns if collation},
        code_pages=read_code_pages(connection, table, questions.answers) if columns else {},
        comment=next((str(text) for minor, _, text in comments if minor == 0 and text), ""),
        column_comments={name: str(text) for _, name, text in comments if name and text},
        warnings=tuple(questions.warnings),
    )


def read_keys(
    connection: SourceConnection, table: SourceTable, answers: CatalogAnswers | None = None
) -> TableDetails:
    """Read the indexes only, for a table whose entry has no primary key."""
    questions = _Questions(connection, table, answers or CatalogAnswers())
    indexes = _indexes(questions)
    return replace(TableDetails(indexes=indexes), warnings=tuple(questions.warnings))


def read_collations(
    connection: SourceConnection, table: SourceTable, answers: CatalogAnswers | None = None
) -> Mapping[str, str]:
    """Return the collations of a table's text columns, by name; empty where it has no such view."""
    rows = (answers or CatalogAnswers()).rows_if_supported(connection, COLUMNS, table)
    return {name: collation for name, _, collation in rows if collation}


@dataclass(slots=True)
class _Questions:
    """Questions about one table; one that fails becomes a warning."""

    connection: SourceConnection
    table: SourceTable
    answers: CatalogAnswers
    warnings: list[str] = field(default_factory=list)

    def rows(self, what: str, question: Question) -> Rows:
        try:
            return self.answers.rows(self.connection, question, self.table)
        except TransientError:
            raise
        except TableferryError as error:
            self.warnings.append(
                f"{what} of {self.table} could not be read, and are not created: {error.message}"
            )
            return []


def _indexes(questions: _Questions) -> tuple[SourceIndex, ...]:
    rows = questions.rows("the keys and indexes", INDEXES)
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
