"""Finds data that would arrive altered: masked, encrypted or filtered data, rounded floats.

Such values arrive without an error and look like any other. Servers without these features (before
2016, or not SQL Server) have no such columns.
"""

import re
from collections.abc import Iterable
from typing import Final

from tableferry.model.identifiers import SourceTable
from tableferry.model.schema import SourceColumn
from tableferry.sqlserver.catalog_answers import CatalogAnswers
from tableferry.sqlserver.connection import SourceConnection
from tableferry.sqlserver.questions import Question, Rows

_GRAPH_COLUMN: Final = re.compile(r"(graph_id|(from|to)_(obj_)?id)_[0-9A-F]+", re.IGNORECASE)
"""The names of a graph table's internal columns: a word and 32 hexadecimal digits."""

_THREE_TENTHS: Final = 0.30000000000000004
"""Three times 0.1 as a float, whose text needs 17 digits."""


PROTECTION: Final = Question(
    """\
SELECT {place}c.name AS column_name, c.is_masked AS is_masked,
  c.encryption_type AS encryption_type,
  CASE WHEN 1 IN (HAS_PERMS_BY_NAME({table}, 'OBJECT', 'UNMASK', c.name, 'COLUMN'),
    HAS_PERMS_BY_NAME({table}, 'OBJECT', 'UNMASK'),
    HAS_PERMS_BY_NAME({database}, 'DATABASE', 'UNMASK'),
    HAS_PERMS_BY_NAME({quoted_database}, 'DATABASE', 'UNMASK')) THEN 1 ELSE 0 END AS may_unmask
FROM {asked}{catalog}.sys.columns AS c
WHERE c.object_id = {id} AND (c.is_masked = 1 OR c.encryption_type IS NOT NULL)""",
    ("column_name", "is_masked", "encryption_type", "may_unmask"),
)

_GRAPH: Final = Question(
    """\
SELECT {place}c.name AS column_name, c.graph_type AS graph_type
FROM {asked}{catalog}.sys.columns AS c
WHERE c.object_id = {id} AND c.graph_type IN (1, 3, 4, 6, 7)""",
    ("column_name", "graph_type"),
    by_all=False,
)

_POLICIES: Final = """(SELECT COUNT(*) FROM {catalog}.sys.security_predicates AS p
    JOIN {catalog}.sys.security_policies AS s ON s.object_id = p.object_id
    WHERE p.target_object_id = {id} AND s.is_enabled = 1
      AND p.predicate_type_desc = 'FILTER') AS policies,
  """

_OTHERS: Final = """(SELECT COUNT(*) FROM {catalog}.sys.tables AS t
    WHERE t.object_id = {id} AND t.is_memory_optimized = 1) AS in_memory,
  (SELECT COUNT(*) FROM {catalog}.sys.views AS v WHERE v.object_id = {id}) AS views{from}"""

_TRAITS: Final = Question(
    f"SELECT {{place}}{_POLICIES}{_OTHERS}", ("policies", "in_memory", "views")
)

_TRAITS_BEFORE_2016: Final = Question(f"SELECT {{place}}{_OTHERS}", ("in_memory", "views"))
"""SQL Server 2014 has memory-optimized tables, but no policies yet."""


def read_protection(
    connection: SourceConnection, table: SourceTable, answers: CatalogAnswers | None = None
) -> dict[str, str]:
    """Return why values would arrive altered, by column; unaltered columns are left out."""
    answers = answers or CatalogAnswers()
    return protection_of(answers.rows_if_supported(connection, PROTECTION, table))


def protection_of(rows: Rows) -> dict[str, str]:
    """Return the same for the answer to ``PROTECTION``."""
    found = {}
    for column, masked, encrypted, may_unmask in rows:
        if encrypted is not None:
            found[column] = "is encrypted (Always Encrypted): only ciphertext would arrive"
        elif masked and not may_unmask:
            found[column] = "is masked for this login: grant it UNMASK"
    return found


def graph_columns(
    connection: SourceConnection,
    table: SourceTable,
    names: Iterable[str],
    answers: CatalogAnswers | None = None,
) -> dict[str, str]:
    """Return the internal columns of node and edge tables, which cannot be read.

    Queried only where a name looks like one. The ``graph_type`` 2, 5 and 8 are the pseudo columns,
    which are computed from them and can be read (sys.columns, Transact-SQL).
    """
    if not any(_GRAPH_COLUMN.fullmatch(name) for name in names):
        return {}
    rows = (answers or CatalogAnswers()).rows_if_supported(connection, _GRAPH, table)
    return {name: "is internal to the graph and cannot be read (13908)" for name, _ in rows}


def inexact_floats(
    connection: SourceConnection,
    columns: Iterable[SourceColumn],
    answers: CatalogAnswers | None = None,
) -> dict[str, str]:
    """Return the columns whose floats the server would convert to text with too few digits.

    Only a sql_variant's floats are read as text, in a style that exists since SQL Server 2016;
    earlier versions treat an unknown style as 0, six digits (CAST and CONVERT).
    """
    variants = [column.name for column in columns if column.type.name == "sql_variant"]
    if not variants:
        return {}
    written = (answers or CatalogAnswers()).once(
        connection,
        "SELECT CONVERT(varchar(30), CAST(0.1 AS float(53)) * 3, 3) AS written",
        ["written"],
    )
    if not written or float(written[0][0]) == _THREE_TENTHS:
        return {}
    return dict.fromkeys(
        variants, "may hold floats, which a server before SQL Server 2016 cannot write exactly"
    )


def read_traits(
    connection: SourceConnection, table: SourceTable, answers: CatalogAnswers | None = None
) -> tuple[bool, bool, bool]:
    """Return whether a policy filters its rows, whether it is memory-optimized, and a view."""
    answers = answers or CatalogAnswers()
    rows = answers.rows_if_supported(connection, _TRAITS, table)
    if not rows:
        without = answers.rows_if_supported(connection, _TRAITS_BEFORE_2016, table)
        rows = [(0, *row) for row in without]
    policies, in_memory, views = rows[0] if rows else (0, 0, 0)
    return bool(policies), bool(in_memory), bool(views)
