"""Which char columns are read as nvarchar, because the driver's table of their code page differs.

Seen with mssql-python 1.16, every character of every code page against the server's: the provider
mssql-odbc has the web's tables (WHATWG Encoding), in which code page 950 reads 250 characters as
others, without a word, and the areas for characters of one's own in all four pages of two bytes
are not Windows'. What it does not know at all becomes U+FFFD and is read again (see
``matching.exactly``). The other provider, msodbcsql18, puts a question mark for that.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from tableferry.model.identifiers import SourceTable, quote_mssql, text_mssql
from tableferry.model.schema import SourceColumn
from tableferry.sqlserver.connection import SourceConnection
from tableferry.sqlserver.protection import rows_if_supported
from tableferry.sqlserver.provider import PROVIDER, provider_name

TWO_BYTES: Final = frozenset({932, 936, 949, 950})
"""Japanese, simplified Chinese, Korean, traditional Chinese."""

UTF8: Final = 65001

_CHARS: Final = frozenset({"char", "varchar", "text"})


def columns_to_convert(
    connection: SourceConnection, table: SourceTable, columns: Iterable[SourceColumn]
) -> frozenset[str]:
    """Return the columns whose texts the server is to convert; none where it does not tell."""
    if not any(column.type.name in _CHARS for column in columns):
        return frozenset()
    return frozenset(
        name for name, page in _pages(connection, table).items() if misreads(page, provider_name())
    )


def misreads(page: int, used: str) -> bool:
    """Whether a provider may read another text than the server holds, without a word."""
    return page in TWO_BYTES or (used != PROVIDER and page != UTF8)


def _pages(connection: SourceConnection, table: SourceTable) -> Mapping[str, int]:
    catalog = quote_mssql(table.database)
    # A server that knows nothing of it is of another make: its texts are taken as they are read.
    rows = rows_if_supported(
        connection,
        f"""\
SELECT c.name AS column_name, CAST(COLLATIONPROPERTY(c.collation_name, 'CodePage') AS int)
  AS code_page
FROM {catalog}.sys.columns AS c
WHERE c.object_id = OBJECT_ID({text_mssql(table.sql)}) AND c.collation_name IS NOT NULL""",
        ["column_name", "code_page"],
    )
    return {name: page for name, page in rows if page}
