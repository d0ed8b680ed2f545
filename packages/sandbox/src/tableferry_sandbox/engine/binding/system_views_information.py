"""INFORMATION_SCHEMA views."""

from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine.binding.context import Row, SessionInfo
from tableferry_sandbox.engine.binding.system_views_objects import Rows
from tableferry_sandbox.engine.database.catalog_objects import Database, Table, View
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.types.collation_keys import character_set
from tableferry_sandbox.engine.types.type_rules import family, is_national
from tableferry_sandbox.sqltypes import MAX, SqlType

_LARGE: Final = {"text": 2147483647, "ntext": 1073741823, "image": 2147483647}


def _tables(_: SessionInfo, database: Database) -> Iterator[Row]:
    for item in sorted(database.objects.values(), key=lambda o: o.object_id):
        kind = "VIEW" if isinstance(item, View) else "BASE TABLE"
        yield (database.name, item.schema, item.name, kind)


def _lengths(sql_type: SqlType) -> tuple[int | None, int | None]:
    """Return the length in characters and in bytes, None for types without one."""
    kind = family(sql_type)
    if sql_type.name in _LARGE:
        return _LARGE[sql_type.name], 2147483646 if sql_type.name == "ntext" else 2147483647
    if kind == "xml":
        return MAX, MAX
    if kind not in ("string", "binary") or sql_type.name == "timestamp":
        return None, None
    if sql_type.length == MAX:
        return MAX, MAX
    return sql_type.length, sql_type.length * (2 if is_national(sql_type) else 1)


def _column_row(
    database: Database, item: Table | View, number: int, column: TableColumn, default: str | None
) -> Row:
    kind, sql_type = family(column.type), column.type
    characters, octets = _lengths(sql_type)
    numeric = kind in ("int", "decimal", "money", "float") and sql_type.name != "bit"
    radix = (2 if kind == "float" else 10) if numeric else None
    scale = sql_type.scale if numeric and kind != "float" else None
    moment = kind in ("date", "time", "datetime", "offset")
    charset = character_set(sql_type) if kind == "string" else None
    collation = (sql_type.collation or database.collation) if kind == "string" else None
    alias = column.alias if column.alias and column.alias.schema != "sys" else None
    domain = (database.name, alias.schema, alias.name) if alias else (None,) * 3
    return (
        database.name, item.schema, item.name, column.name, number, default,
        "YES" if column.nullable else "NO", sql_type.name, characters, octets,
        sql_type.precision if numeric else None, radix, scale,
        (3 if sql_type.name == "datetime" else sql_type.scale) if moment else None,
        None, None, charset, None, None, collation, *domain,
    )  # fmt: skip


def _columns(_: SessionInfo, database: Database) -> Iterator[Row]:
    for item in sorted(database.objects.values(), key=lambda o: o.object_id):
        if isinstance(item, Table):
            for number, column in enumerate(item.columns, 1):
                default = column.default.text if column.default else None
                yield _column_row(database, item, number, column, default)
        else:
            for number, (name, sql_type, nullable) in enumerate(item.shape, 1):
                column = TableColumn(number, name, sql_type, nullable)
                yield _column_row(database, item, number, column, None)


def _constraints(_: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        found = [
            (i.name, "PRIMARY KEY" if i.primary else "UNIQUE")
            for i in table.indexes
            if i.constraint_id
        ]
        found += [(c.name, "CHECK") for c in table.checks]
        found += [(f.name, "FOREIGN KEY") for f in table.foreign_keys]
        for name, kind in found:
            yield (database.name, table.schema, name, database.name, table.schema, table.name, kind,
                   "NO", "NO")  # fmt: skip


def _keys(_: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        keys = [(i.name, [c for c, _ in i.columns]) for i in table.indexes if i.constraint_id]
        keys += [(f.name, f.columns) for f in table.foreign_keys]
        for name, columns in keys:
            for number, column in enumerate(columns, 1):
                yield (database.name, table.schema, name, database.name, table.schema, table.name,
                       column.name, number)  # fmt: skip


def _constraint_columns(session: SessionInfo, database: Database) -> Iterator[Row]:
    for row in _keys(session, database):
        yield (*row[3:7], *row[:3])


def _schemata(_: SessionInfo, database: Database) -> Iterator[Row]:
    for name, schema_id in database.schemas.values():
        owner = name if schema_id <= 4 else "dbo"
        yield (database.name, name, owner, None, None, "iso_1")


def _views(_: SessionInfo, database: Database) -> Iterator[Row]:
    for view in database.views():
        yield (database.name, view.schema, view.name, view.text[:4000], "NONE", "NO")


def _referential(_: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        for key in table.foreign_keys:
            primary = key.table.primary_key
            yield (database.name, table.schema, key.name, database.name, key.table.schema,
                   primary.name if primary else None, "SIMPLE",
                   key.on_update.replace("_", " "), key.on_delete.replace("_", " "))  # fmt: skip


def _routines(_: SessionInfo, __: Database) -> Iterator[Row]:
    return iter(())


_TABLE: Final = "TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME sysname!"
_CONSTRAINT: Final = (
    "CONSTRAINT_CATALOG nvarchar(128), CONSTRAINT_SCHEMA nvarchar(128), CONSTRAINT_NAME sysname!"
)
INFORMATION_VIEWS: Final[dict[str, tuple[str, Rows]]] = {
    "INFORMATION_SCHEMA.TABLES": (f"{_TABLE}, TABLE_TYPE varchar(10)", _tables),
    "INFORMATION_SCHEMA.COLUMNS": (
        (f"{_TABLE}, COLUMN_NAME sysname, ORDINAL_POSITION int, COLUMN_DEFAULT nvarchar(4000), "
        "IS_NULLABLE varchar(3), DATA_TYPE nvarchar(128), CHARACTER_MAXIMUM_LENGTH int, "
        "CHARACTER_OCTET_LENGTH int, NUMERIC_PRECISION tinyint, NUMERIC_PRECISION_RADIX smallint, "
        "NUMERIC_SCALE int, DATETIME_PRECISION smallint, CHARACTER_SET_CATALOG sysname, "
        "CHARACTER_SET_SCHEMA sysname, CHARACTER_SET_NAME sysname, COLLATION_CATALOG sysname, "
        "COLLATION_SCHEMA sysname, COLLATION_NAME sysname, DOMAIN_CATALOG sysname, "
        "DOMAIN_SCHEMA sysname, DOMAIN_NAME sysname"), _columns,
    ),
    "INFORMATION_SCHEMA.TABLE_CONSTRAINTS": (
        (f"{_CONSTRAINT}, {_TABLE}, CONSTRAINT_TYPE varchar(11), IS_DEFERRABLE varchar(2)!, "
        "INITIALLY_DEFERRED varchar(2)!"), _constraints,
    ),
    "INFORMATION_SCHEMA.KEY_COLUMN_USAGE": (
        f"{_CONSTRAINT}, {_TABLE}, COLUMN_NAME nvarchar(128), ORDINAL_POSITION int!", _keys,
    ),
    "INFORMATION_SCHEMA.CONSTRAINT_COLUMN_USAGE": (
        f"{_TABLE}, COLUMN_NAME nvarchar(128), {_CONSTRAINT}", _constraint_columns,
    ),
    "INFORMATION_SCHEMA.SCHEMATA": (
        ("CATALOG_NAME sysname, SCHEMA_NAME nvarchar(128)!, SCHEMA_OWNER nvarchar(128), "
        "DEFAULT_CHARACTER_SET_CATALOG varchar(6), DEFAULT_CHARACTER_SET_SCHEMA varchar(3), "
        "DEFAULT_CHARACTER_SET_NAME sysname"), _schemata,
    ),
    "INFORMATION_SCHEMA.VIEWS": (
        (f"{_TABLE}, VIEW_DEFINITION nvarchar(4000), CHECK_OPTION varchar(7), IS_UPDATABLE "
        f"varchar(2)!"),
        _views,
    ),
    "INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS": (
        (f"{_CONSTRAINT}, UNIQUE_CONSTRAINT_CATALOG sysname, UNIQUE_CONSTRAINT_SCHEMA sysname, "
        "UNIQUE_CONSTRAINT_NAME sysname, MATCH_OPTION varchar(7), UPDATE_RULE varchar(11), "
        "DELETE_RULE varchar(11)"), _referential,
    ),
    "INFORMATION_SCHEMA.ROUTINES": (
        ("SPECIFIC_CATALOG nvarchar(128), SPECIFIC_SCHEMA nvarchar(128), SPECIFIC_NAME sysname!, "
        "ROUTINE_NAME sysname!, ROUTINE_TYPE nvarchar(20)"), _routines,
    ),
}  # fmt: skip
