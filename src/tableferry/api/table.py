"""``Table``: one table's specification from keyword arguments, the keys of ``TABLE_CONFIGS``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypedDict, Unpack

from tableferry.config import TableSet, TableSpec, parse_table_set
from tableferry.config.config_file import read_table_set
from tableferry.config.resolve import resolve_tables
from tableferry.errors import ConfigError
from tableferry.model.identifiers import SourceTable
from tableferry.model.naming import pg_name

DEFAULT_DB_TYPE: Final = "source"
"""The name of the source of a table that names none."""


_TABLES_HINT: Final = (
    "Pass tableferry.Table objects, a dict as TABLE_CONFIGS is, or the Path of a table file."
)


class TableOptions(TypedDict, total=False):
    """The keys of an entry, besides ``sql_table`` and ``pg_table``; README describes each."""

    db_type: str
    sql_server_db: str
    columns: Sequence[str]
    pg_columns: Sequence[str]
    primary_key: str | Sequence[str]
    exclude: Sequence[str]
    exclude_tables: Sequence[str]
    views: bool
    new_tables: str
    order_by: str | Sequence[str]
    batch_size: int
    description: str
    mode: str
    watermark: str
    overlap: int
    deletes: str
    on_expired: str
    reconcile_every: int
    max_delete_share: int
    consistency: str
    where: str
    type_overrides: Mapping[str, str]
    on_invalid: str
    max_invalid: int
    trailing_blanks: str
    drift: str
    publish: str
    max_shrink: int
    chunks: int
    parallel: int
    resume_within: int
    ledger: str
    verify: str
    repair: bool
    max_age: int
    max_rows_per_second: int
    lock_timeout: int
    statement_timeout: int
    stall_timeout: int


@dataclass(frozen=True, init=False)
class Table:
    """One table to sync, or a pattern of tables: an entry of ``TABLE_CONFIGS``, checked at once.

    ``db_type`` may be left out where there is one source, ``sql_server_db`` where the source's
    settings name the database.
    """

    key: str
    _entry: Mapping[str, Any] = field(hash=False)

    def __init__(
        self,
        sql_table: str,
        pg_table: str | None = None,
        *,
        key: str = "",
        **options: Unpack[TableOptions],
    ) -> None:
        """``key`` is the table's name in results and in the ledger; without one, ``pg_table``.

        Without ``pg_table``, the target's name is derived from the source table's, and so is the
        one of each table that a pattern (``dbo.*``) matches. Raises one ConfigError that names
        every problem.
        """
        named = {} if pg_table is None else {"pg_table": pg_table}
        entry = {"sql_table": sql_table, **named, **options}
        object.__setattr__(self, "key", key or pg_table or sql_table)
        object.__setattr__(self, "_entry", MappingProxyType(entry))
        table_set = table_set_of([self])
        if not table_set.patterns:
            resolve_tables(table_set)

    @property
    def entry(self) -> dict[str, Any]:
        """The keys and values as they were given."""
        return dict(self._entry)

    @property
    def db_type(self) -> str:
        """The name of its source."""
        return str(self._entry.get("db_type", DEFAULT_DB_TYPE))


Tables = Table | Iterable[Table] | Mapping[str, Mapping[str, Any]] | Path
"""One table, several, a whole ``TABLE_CONFIGS``, or a table file."""


def as_list(tables: Tables) -> list[Table]:
    """Return the tables in their order; raises ConfigError where there are none, or two of a key.

    A ``TABLE_CONFIGS`` must say ``db_type`` and ``sql_server_db``, as it does for the command.
    """
    if isinstance(tables, Table):
        return [tables]
    if isinstance(tables, Mapping):
        found_set = parse_table_set(tables)
        if not found_set.patterns:
            resolve_tables(found_set)
        found = [Table(key=key, **entry) for key, entry in tables.items()]
    elif isinstance(tables, Iterable):
        found = list(tables)
    else:
        raise ConfigError(f"The tables are a {type(tables).__name__}", hint=_TABLES_HINT)
    if strange := [one for one in found if not isinstance(one, Table)]:
        raise ConfigError(
            f"A table is a {type(strange[0]).__name__}",
            hint=_TABLES_HINT,
        )
    keys = [one.key for one in found]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ConfigError(
            f"Two tables have the key {', '.join(twice)}", hint="Give each a key of its own."
        )
    if not found:
        raise ConfigError("No table was named", hint="Pass at least one tableferry.Table.")
    return found


def table_set_of(
    tables: Tables,
    databases: Mapping[str, str] = MappingProxyType({}),
) -> TableSet:
    """Return the tables as a set; raises one ConfigError that names every problem.

    ``databases`` are the names in the sources' settings, by ``db_type``. The target tables' names
    begin with a source's name; without one, with its database's.
    """
    if isinstance(tables, Path):
        return read_table_set(tables)
    configs = {
        table.key: {
            "db_type": table.db_type,
            "sql_server_db": databases.get(table.db_type) or _database(table.entry["sql_table"]),
            **table.entry,
        }
        for table in as_list(tables)
    }
    prefixes = {
        name: pg_name(database.lower())
        for name, database in databases.items()
        if name == DEFAULT_DB_TYPE
    }
    return parse_table_set(configs, named="the arguments of Table", prefixes=prefixes)


def specs_of(
    tables: Tables, databases: Mapping[str, str] = MappingProxyType({})
) -> list[TableSpec]:
    """Return the specifications of tables without patterns, as ``table_set_of``."""
    return list(resolve_tables(table_set_of(tables, databases)).specs.values())


def db_types_of(tables: Tables) -> list[str]:
    """Return the sources that the tables name, each once; raises ConfigError."""
    if isinstance(tables, Path):
        return read_table_set(tables).db_types
    return list(dict.fromkeys(table.db_type for table in as_list(tables)))


def _database(sql_table: object) -> str:
    """Return the database in a name of three parts; any other stands for one not known yet."""
    try:
        return SourceTable.parse(str(sql_table), DEFAULT_DB_TYPE).database
    except ConfigError:
        return DEFAULT_DB_TYPE  # what is wrong with the name is reported with everything else
