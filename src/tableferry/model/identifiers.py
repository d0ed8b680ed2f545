"""Parse and quote the names of tables and columns, for both databases.

No other module puts a name into SQL text, so a name with a bracket, a quote, a semicolon or a
newline in it stays a name.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from tableferry.errors import ConfigError

PG_NAME_BYTES: Final = 63
"""PostgreSQL silently truncates longer names (NAMEDATALEN - 1)."""

MSSQL_NAME_UNITS: Final = 128
"""SQL Server's ``sysname`` is nvarchar(128): UTF-16 code units."""

_PART = re.compile(
    r"""\s*(?:\[(?P<bracketed>(?:[^\]]|\]\])*)\]|"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^.\[\]"]+))\s*"""
)

_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
"""NUL, or a surrogate without the other half of its pair."""


def quote_mssql(name: str) -> str:
    """Return ``name`` in brackets for T-SQL; raises ConfigError for an invalid name."""
    _require_valid(name)
    if len(name.encode("utf-16-le", "surrogatepass")) // 2 > MSSQL_NAME_UNITS:
        raise ConfigError(
            f"The SQL Server name {shown(name)} is longer than {MSSQL_NAME_UNITS} characters",
            hint="Check the spelling in the table's configuration.",
        )
    return "[" + name.replace("]", "]]") + "]"


def quote_pg(name: str) -> str:
    """Return ``name`` in double quotes for PostgreSQL; raises ConfigError for an invalid name."""
    _require_valid(name)
    if len(name.encode("utf-8", "surrogatepass")) > PG_NAME_BYTES:
        raise ConfigError(
            f"The PostgreSQL name {shown(name)} is longer than {PG_NAME_BYTES} bytes, "
            "which PostgreSQL would truncate",
            hint="Choose a shorter name in the table's configuration.",
        )
    return '"' + name.replace('"', '""') + '"'


def text_mssql(text: str) -> str:
    """Return ``text`` as a T-SQL nvarchar literal."""
    return "N'" + text.replace("'", "''") + "'"


def text_pg(text: str) -> str:
    """Return ``text`` as a PostgreSQL literal, valid under any ``standard_conforming_strings``.

    Raises ConfigError for a text that PostgreSQL cannot store.
    """
    if _UNSTORABLE.search(text):
        raise ConfigError(
            "A text holds NUL or an unpaired surrogate, which PostgreSQL cannot store",
            hint="Change the text in the source.",
        )
    doubled = text.replace("'", "''")
    if "\\" in doubled:
        return "E'" + doubled.replace("\\", "\\\\") + "'"
    return f"'{doubled}'"


def shown(name: str) -> str:
    """Return ``name`` quoted for a message, always on one line."""
    return repr(name)


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A SQL Server table: database, schema and name, unquoted."""

    database: str
    schema: str
    name: str

    @classmethod
    def parse(cls, text: str, default_database: str) -> "SourceTable":
        """Parse ``[Database].[schema].[Table]``; database and schema (dbo) are optional.

        ``Database..Table`` omits the schema. Brackets and double quotes follow SQL Server's rules
        and are doubled inside a name. Raises ConfigError.
        """
        match split_name(text, may_omit_schema=True):
            case [name]:
                table = cls(default_database, "dbo", name)
            case [schema, name]:
                table = cls(default_database, schema, name)
            case [database, schema, name]:
                table = cls(database, schema or "dbo", name)
            case _:
                raise ConfigError(
                    f"{shown(text)} is not a table name of the form [Database].[schema].[Table]",
                    hint="Linked servers (four parts) are not read; write a ] inside a name as ]].",
                )
        _ = table.sql  # refuses invalid names here, not during the sync
        return table

    @property
    def sql(self) -> str:
        """The three-part name, quoted for T-SQL."""
        return ".".join(map(quote_mssql, (self.database, self.schema, self.name)))

    def __str__(self) -> str:
        return ".".join(_displayed(part) for part in (self.database, self.schema, self.name))


@dataclass(frozen=True, slots=True)
class TargetTable:
    """A PostgreSQL table; ``schema`` is empty where the search path decides.

    ``written`` is the name for messages, where that is not the whole name.
    """

    schema: str
    name: str
    written: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> "TargetTable":
        """Parse ``table`` or ``schema.table``, keeping the case. Raises ConfigError."""
        match split_name(text):
            case [name]:
                table = cls("", name)
            case [schema, name]:
                table = cls(schema, name)
            case _:
                raise ConfigError(
                    f"{shown(text)} is not a table name of the form table or schema.table",
                    hint='Write a name with a dot in it in double quotes: "a.b".',
                )
        _ = table.sql  # refuses names that are too long here, not during the load
        return table

    @property
    def sql(self) -> str:
        """The name, quoted for PostgreSQL."""
        return ".".join(quote_pg(part) for part in (self.schema, self.name) if part)

    def located_in(self, schema: str) -> "TargetTable":
        """Return the table with the schema that was found for it; messages keep its name."""
        return TargetTable(schema, self.name, str(self))

    def __str__(self) -> str:
        whole = ".".join(_displayed(part) for part in (self.schema, self.name) if part)
        return self.written or whole


def split_name(text: str, *, may_omit_schema: bool = False) -> list[str]:
    """Split a multi-part name at its dots, except those inside ``[...]`` and ``"..."``.

    Returns the unquoted parts; with ``may_omit_schema``, the second is empty in ``a..b``. Raises
    ConfigError where the text is not a name.
    """
    parts: list[str] = []
    position = 0
    while True:
        if may_omit_schema and len(parts) == 1 and text.startswith(".", position):
            parts.append("")
            position += 1
        match = _PART.match(text, position)
        part = _unquoted(match) if match else ""
        if not match or not part:
            raise ConfigError(
                f"{shown(text)} is not a name",
                hint="Write unusual names in brackets, a ] inside them as ]].",
            )
        parts.append(part)
        position = match.end()
        if position == len(text):
            return parts
        if text[position] != ".":
            raise ConfigError(
                f"{shown(text)} is not a name: a dot was expected after {shown(part)}",
                hint="Write unusual names in brackets, a ] inside them as ]].",
            )
        position += 1


def _unquoted(match: re.Match[str]) -> str:
    if (bracketed := match["bracketed"]) is not None:
        return bracketed.replace("]]", "]")
    if (quoted := match["quoted"]) is not None:
        return quoted.replace('""', '"')
    return match["plain"].strip()


def _require_valid(name: str) -> None:
    if not name or _UNSTORABLE.search(name):
        raise ConfigError(
            f"{shown(name)} is not a valid name",
            hint="Names are not empty and hold neither NUL nor an unpaired surrogate.",
        )


def _displayed(part: str) -> str:
    """Return a part for display: in brackets unless it is a plain word."""
    return part if re.fullmatch(r"\w+", part) else quote_mssql(part).replace("\n", "\\n")
