"""Finds char columns to read as nvarchar, since the driver decodes their code page differently.

Observed with mssql-python 1.16, every character of every code page against the server's: the
provider mssql-odbc uses the web's tables (WHATWG Encoding), which silently decode 250 characters of
code page 950 as others, and the private-use areas of all four double-byte code pages differently
from Windows. A character that it does not know becomes U+FFFD and is read again (see
``Effort.read_exactly``). The other provider, msodbcsql18, returns a question mark for it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from tableferry.model.identifiers import SourceTable
from tableferry.model.schema import SourceColumn
from tableferry.sqlserver.catalog_answers import CatalogAnswers
from tableferry.sqlserver.connection import SourceConnection
from tableferry.sqlserver.provider import PROVIDER, provider_name
from tableferry.sqlserver.questions import Question, Rows

DOUBLE_BYTE: Final = frozenset({932, 936, 949, 950})
"""Japanese, simplified Chinese, Korean, traditional Chinese."""

UTF8: Final = 65001

CHARS: Final = frozenset({"char", "varchar", "text"})


# A server without the property is not SQL Server: its texts are taken as the driver reads them.
CODE_PAGES: Final = Question(
    """\
SELECT {place}c.name AS column_name,
  CAST(COLLATIONPROPERTY(c.collation_name, 'CodePage') AS int) AS code_page
FROM {asked}{catalog}.sys.columns AS c
WHERE c.object_id = {id} AND c.collation_name IS NOT NULL""",
    ("column_name", "code_page"),
)


def columns_to_convert(
    connection: SourceConnection,
    table: SourceTable,
    columns: Iterable[SourceColumn],
    answers: CatalogAnswers | None = None,
) -> frozenset[str]:
    """Return the columns whose texts the server must convert; none where code pages are unknown."""
    if not any(column.type.name in CHARS for column in columns):
        return frozenset()
    return misread_columns(list(read_code_pages(connection, table, answers).items()))


def misread_columns(rows: Rows) -> frozenset[str]:
    """Return the columns whose texts the server must convert, from an answer to ``CODE_PAGES``."""
    return frozenset(name for name, page in rows if page and misreads(page, provider_name()))


def misreads(page: int, provider: str) -> bool:
    """Whether a provider may silently decode texts of this code page differently."""
    return page in DOUBLE_BYTE or (provider != PROVIDER and page != UTF8)


def read_code_pages(
    connection: SourceConnection, table: SourceTable, answers: CatalogAnswers | None = None
) -> Mapping[str, int]:
    """Return the code pages of a table's text columns, by name; empty where they are unknown."""
    answers = answers or CatalogAnswers()
    rows = answers.rows_if_supported(connection, CODE_PAGES, table)
    return {name: page for name, page in rows if page}
