"""Generate entries of TABLE_CONFIGS from a source's catalog. Nothing is written anywhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry.config.derived_names import derived_key, written
from tableferry.config.setting_types import encoding_problem
from tableferry.errors import ConfigError, SchemaError
from tableferry.inspect.entry_columns import choose_columns
from tableferry.model.html_table import html_table
from tableferry.model.identifiers import SourceTable, TargetTable
from tableferry.model.naming import shortened, unique_name
from tableferry.model.schema import SourceSchema
from tableferry.model.table_details import TableDetails


@dataclass(frozen=True, slots=True)
class Discovered:
    """One table's entry, by its ``key``, and ``notes`` for the person who edits it.

    ``rows`` (an estimate) and ``size`` (bytes) are None where the login may not see them, and for a
    view. The entry names no columns unless it has to, so that a column which is added to the source
    later is noticed, and ``drift`` decides.
    """

    table: SourceTable
    key: str
    config: dict[str, Any]
    rows: int | None
    size: int | None
    notes: tuple[str, ...]
    is_view: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "table": str(self.table),
            "key": self.key,
            **({"view": True} if self.is_view else {}),
            "rows": self.rows,
            "bytes": self.size,
            "notes": list(self.notes),
            "config": self.config,
        }


@dataclass(frozen=True, slots=True)
class Discovery:
    """The tables of a source; ``Table(key=one.key, **one.config)`` makes a Table of each."""

    source: str
    tables: tuple[Discovered, ...]

    def __iter__(self) -> Iterator[Discovered]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    @property
    def ok(self) -> bool:
        """True: a source without tables is a SchemaError."""
        return True

    @property
    def any_ok(self) -> bool:
        """True, likewise."""
        return True

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"source": self.source, "tables": [table.to_dict() for table in self.tables]}

    def _repr_html_(self) -> str:
        """Return the list as a table, for notebooks."""
        return html_table(
            ("table", "key", "rows", "bytes", "notes"),
            [(one.table, one.key, one.rows, one.size, "; ".join(one.notes)) for one in self],
        )


def discover(
    db_type: str,
    settings: SourceSettings,
    *,
    schema: str = "",
    like: str = "",
    views: bool = False,
    named: str = "",
) -> Discovery:
    """Return an entry for each table; raises TableferryError, SchemaError where there is none.

    ``schema`` and ``like`` (a LIKE pattern) restrict the tables, "" does not. Views are found as
    well with ``views``, or where ``like`` asks for names. The proposed target tables begin with
    ``named``, by default with ``db_type``. Raises ConfigError for what is no text.
    """
    for name, value in (("schema", schema), ("like", like)):
        if not isinstance(value, str) or (problem := encoding_problem(value)):
            why = problem if isinstance(value, str) else f"it is a {type(value).__name__}"
            raise ConfigError(
                f"{name!r} cannot be searched for: {why}", hint="Pass a text, or leave it out."
            )
    with sqlserver.connect(settings) as connection:
        found = sqlserver.find_tables(
            connection, schema=schema, like=like, views=views or bool(like)
        )
        if not found:
            raise SchemaError(
                f"{settings} has no such table, or {settings.user!r} may see none",
                hint="Correct 'schema' and 'like' (without case; % stands for any characters), and "
                "grant the login SELECT on the tables. Views are found with 'views' or 'like'.",
            )
        keys = _keys([entry.table for entry in found])
        tables = tuple(
            _discovered(
                {"db_type": db_type, "pg_table": f"{(named or db_type).lower()}_{key}"},
                entry,
                key,
                sqlserver.read_schema(connection, entry.table),
                sqlserver.read_keys(connection, entry.table),
            )
            for entry, key in zip(found, keys, strict=True)
        )
    return Discovery(db_type, tables)


def _keys(tables: Sequence[SourceTable]) -> list[str]:
    """Return a key for each: its name; with its schema where that is not ``dbo``."""
    taken: set[str] = set()
    return [unique_name(derived_key(table), taken) for table in tables]


def _discovered(
    names_of: Mapping[str, str],
    found: sqlserver.FoundTable,
    key: str,
    schema: SourceSchema,
    details: TableDetails,
) -> Discovered:
    columns = choose_columns(schema)
    notes = [*details.warnings, *columns.notes]
    primary_key = list(details.primary_key)
    if not columns.carried >= set(primary_key):
        primary_key = []
    if not primary_key:
        notes.append("no primary key was found")
    config = {
        "db_type": names_of["db_type"],
        "sql_server_db": found.table.database,
        "sql_table": found.table.sql,
        "pg_table": written(TargetTable("", shortened(names_of["pg_table"]))),
        **columns.config,
        **({"primary_key": primary_key} if primary_key else {}),
    }
    return Discovered(
        found.table, key, config, found.rows, found.size, tuple(notes), is_view=found.is_view
    )
