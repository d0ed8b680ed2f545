"""What a run needs of a source table: SELECT, being tracked, a rowversion column, an index."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tableferry import sqlserver
from tableferry.config import ReadMode, TableSpec
from tableferry.errors import ConfigError, SchemaError, TransientError
from tableferry.inspect.doctor.finding import Finding
from tableferry.inspect.doctor.questions import About
from tableferry.inspect.doctor.topics import Topic
from tableferry.model.identifiers import SourceTable, quote_mssql, shown, text_mssql
from tableferry.model.schema import SourceColumn, SourceSchema, find_column
from tableferry.modes.extract import in_database
from tableferry.modes.rowversion import rowversion_column
from tableferry.modes.tracking import read_database, read_tables
from tableferry.modes.tracking_watermark import require_tracked

_MAY_SELECT: Final = """\
SELECT HAS_PERMS_BY_NAME({table}, 'OBJECT', 'SELECT') AS may_select, USER_NAME() AS user_name"""

_MAY_SEE: Final = """\
SELECT HAS_PERMS_BY_NAME({table}, 'OBJECT', 'VIEW DEFINITION') AS may_see,
  USER_NAME() AS user_name"""
"""Without it, definitions of defaults and of filters are NULL (SQL Server, "Metadata visibility
configuration"); columns, keys and comments are visible with SELECT."""

_FIRST_COLUMNS: Final = """\
SELECT c.name AS column_name FROM {catalog}.sys.indexes AS i
JOIN {catalog}.sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN {catalog}.sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = OBJECT_ID({table}) AND k.key_ordinal = 1 AND i.is_disabled = 0
  AND i.has_filter = 0"""


@dataclass(frozen=True, slots=True)
class SourceTableQuestions:
    """One entry's source table; ``spec`` is located in the database of the settings."""

    about: About
    from_: sqlserver.SourceConnection
    spec: TableSpec

    def examine(self) -> Iterator[Finding]:
        """Ask everything about the table alone; raises nothing."""
        columns: list[SourceColumn] = []
        yield from self.about.asked(Topic.SELECT, lambda: self._select(columns))
        if self.spec.mode is ReadMode.CHANGE_TRACKING:
            yield from self.about.asked(Topic.TRACKED_TABLE, self._tracked)
        if self.spec.mode is ReadMode.ROWVERSION and columns:
            yield from self.about.asked(Topic.ROWVERSION, lambda: self._rowversion(columns))
        if self.spec.mode in {ReadMode.ROWVERSION, ReadMode.WATERMARK} and columns:
            yield from self.about.asked(Topic.WATERMARK_INDEX, lambda: self._index(columns))

    def _select(self, columns: list[SourceColumn]) -> Iterator[Finding]:
        """``columns`` gets the table's, unless it is a view, which has no indexes to look at."""
        topic, table = Topic.SELECT, self.spec.source
        asked = _MAY_SELECT.format(table=text_mssql(table.sql))
        [(may_select, user)] = self.from_.rows(
            in_database(table.database, asked), ["may_select", "user_name"]
        )
        grant = (
            f"In the database {table.database}: GRANT SELECT ON {_two_parts(table)} TO "
            f"{quote_mssql(user or self.from_.settings.user)}"
        )
        try:
            schema = sqlserver.read_schema(self.from_, table)
        except SchemaError as error:
            yield self.about.problem(topic, error.message, f"{grant}; or: {error.hint}")
            return
        columns += schema.columns
        if may_select == 0 and not _reads(self.from_, table, schema):
            yield self.about.problem(topic, f"the login may not read {table} (229)", grant)
            return
        yield self.about.ok(topic, f"{table} can be read")

    def _tracked(self) -> Iterator[Finding]:
        source = self.spec.source
        database = read_database(self.from_.rows, source.database)
        if database.version is None:
            return  # said of the database, once
        table = read_tables(self.from_.rows, [source])[source]
        try:
            require_tracked(database, table)
        except ConfigError as error:
            yield self.about.failed(Topic.TRACKED_TABLE, error)
        else:
            yield self.about.ok(Topic.TRACKED_TABLE, f"the changes of {source} can be read")

    def _rowversion(self, columns: list[SourceColumn]) -> Iterator[Finding]:
        try:
            found = rowversion_column(self.spec.source, columns)
        except SchemaError as error:
            yield self.about.failed(Topic.ROWVERSION, error)
        else:
            yield self.about.ok(Topic.ROWVERSION, f"{shown(found.name)} of {self.spec.source}")

    def _index(self, columns: list[SourceColumn]) -> Iterator[Finding]:
        topic, table = Topic.WATERMARK_INDEX, self.spec.source
        if self.spec.mode is ReadMode.ROWVERSION:
            versions = [column for column in columns if column.type.name == "timestamp"]
            followed = versions[0] if len(versions) == 1 else None
        else:
            followed = find_column(self.spec.watermark, columns)
        if followed is None:
            return  # said by the plan, or above
        asked = _FIRST_COLUMNS.format(
            catalog=quote_mssql(table.database), table=text_mssql(table.sql)
        )
        first = {name for (name,) in self.from_.rows(asked, ["column_name"])}
        if find_column(followed.name, [one for one in columns if one.name in first]):
            yield self.about.ok(topic, f"{shown(followed.name)} of {table} has one")
            return
        name = quote_mssql(f"{table.name}_{followed.name}")
        yield self.about.warning(
            topic,
            f"no index of {table} begins with {shown(followed.name)}: each run scans the table",
            f"In the database {table.database}: CREATE INDEX {name} ON {_two_parts(table)} "
            f"({quote_mssql(followed.name)})",
        )


def definitions(
    about: About, from_: sqlserver.SourceConnection, table: SourceTable
) -> Iterator[Finding]:
    """Whether the login sees what a new target table is created with, beside columns and keys."""
    topic, asked = Topic.DEFINITIONS, _MAY_SEE.format(table=text_mssql(table.sql))
    [(may_see, user)] = from_.rows(in_database(table.database, asked), ["may_see", "user_name"])
    if may_see is None:
        yield about.not_visible(topic, "this server does not say whether the login sees them")
    elif may_see:
        yield about.ok(topic, f"the defaults and filters of {table} are visible")
    else:
        yield about.warning(
            topic,
            f"the login may not see the defaults and filters of {table}: they are not created",
            f"In the database {table.database}: GRANT VIEW DEFINITION ON {_two_parts(table)} TO "
            f"{quote_mssql(user or from_.settings.user)}",
        )


def _reads(from_: sqlserver.SourceConnection, table: SourceTable, schema: SourceSchema) -> bool:
    """Whether a column can be read: SELECT may have been granted on columns alone."""
    for column in schema.columns:
        try:
            from_.rows(
                f"SELECT TOP (0) t.{quote_mssql(column.name)} AS one FROM {table.sql} AS t", ["one"]
            )
        except TransientError:
            raise
        except (ConfigError, SchemaError):
            continue
        return True
    return False


def _two_parts(table: SourceTable) -> str:
    return f"{quote_mssql(table.schema)}.{quote_mssql(table.name)}"
