"""The compatibility views of SQL Server 2000: sysobjects, syscolumns, sysindexes and others.

Old scripts read them by their bare names, dbo's or sys's.
"""

from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine.binding.context import Row, SessionInfo
from tableferry_sandbox.engine.binding.system_views_objects import Rows, as_datetime, object_rows
from tableferry_sandbox.engine.database.catalog_objects import Database, Table, View
from tableferry_sandbox.engine.types.languages import LANGUAGES
from tableferry_sandbox.engine.types.system_types import SYSTEM_TYPES, system_type
from tableferry_sandbox.engine.types.type_rules import max_length

_STATES: Final = {"U ": 3, "V ": 2, "P ": 4, "D ": 6, "R ": 7, "TR": 8}
"""The low four bits of ``sysstat``, by which old scripts tell the kinds of objects apart."""


def _objects(session: SessionInfo, database: Database) -> Iterator[Row]:
    for row in object_rows(session, database):
        name, object_id, _, schema_id, parent, kind, _, created = row[:8]
        old = "K " if kind in ("PK", "UQ") else kind
        state = _STATES.get(kind, 0)
        yield (
            name, object_id, kind, schema_id, 0, 0, 0, 0, parent, created, 0, 0, 0, old, 1, state,
            0, created, 0, 0, 0, 0, 0, 0, 0,
        )  # fmt: skip


def _columns(_: SessionInfo, database: Database) -> Iterator[Row]:
    for item in database.objects.values():
        columns = item.columns if isinstance(item, Table) else []
        for column in columns:
            if isinstance(column, str):
                continue
            kind = system_type(column.type)
            user_type = column.alias.user_type_id if column.alias else kind.user_type_id
            yield (
                column.name, item.object_id, kind.system_type_id, 0, user_type,
                max_length(column.type), column.type.precision, column.type.scale,
                column.column_id, column.column_id,
                column.default.object_id if column.default else 0, int(column.nullable),
                int(column.is_computed), column.type.collation,
                128 if column.identity else 0,
            )  # fmt: skip
        if isinstance(item, View):
            for number, (name, sql_type, nullable) in enumerate(item.shape, 1):
                kind = system_type(sql_type)
                yield (
                    name, item.object_id, kind.system_type_id, 0, kind.user_type_id,
                    max_length(sql_type), sql_type.precision, sql_type.scale, number, number, 0,
                    int(nullable), 0, sql_type.collation, 0,
                )  # fmt: skip


def _indexes(session: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        rows = session.server.count_rows(table)
        if not any(index.clustered for index in table.indexes):
            yield (table.object_id, 0, 0, None, 0, rows)
        for index in sorted(table.indexes, key=lambda i: i.index_id):
            state = 2 * index.unique | 16 * index.clustered | 2048 * index.primary
            state |= 4096 * (bool(index.constraint_id) and not index.primary)
            yield (table.object_id, state, index.index_id, index.name, len(index.columns), rows)


def _types(_: SessionInfo, database: Database) -> Iterator[Row]:
    for item in SYSTEM_TYPES:
        yield (
            item.name, item.system_type_id, 0, item.user_type_id, item.max_length, item.precision,
            item.scale, item.name != "timestamp", 4,
        )  # fmt: skip
    for alias in database.types.values():
        kind = system_type(alias.type)
        yield (
            alias.name, kind.system_type_id, 0, alias.user_type_id, max_length(alias.type),
            alias.type.precision, alias.type.scale, alias.nullable,
            database.schema_id(alias.schema),
        )  # fmt: skip


def _databases(session: SessionInfo, _: Database) -> Iterator[Row]:
    for database in session.server.databases():
        yield (
            database.name, database.database_id, 0, 65536, 0,
            as_datetime(database.created), 0, database.compatibility, None, 957,
        )  # fmt: skip


def _users(_: SessionInfo, database: Database) -> Iterator[Row]:
    for name, schema_id in database.schemas.values():
        yield (schema_id, 0, name, int(schema_id > 4))


def _comments(_: SessionInfo, database: Database) -> Iterator[Row]:
    for view in database.views():
        for number, start in enumerate(range(0, len(view.text), 4000), 1):
            yield (view.object_id, 0, number, view.text[start : start + 4000])


def _languages(_: SessionInfo, database: Database) -> Iterator[Row]:
    del database
    yield from LANGUAGES


COMPATIBILITY_VIEWS: Final[dict[str, tuple[str, Rows]]] = {
    "sys.sysobjects": (
        (
            "name sysname!, id int!, xtype char(2)!, uid smallint, info smallint, status int, "
            "base_schema_ver int, replinfo int, parent_obj int!, crdate datetime!, "
            "ftcatid smallint, "
            "schema_ver int, stats_schema_ver int, type char(2), userstat smallint, "
            "sysstat smallint, "
            "indexdel smallint, refdate datetime!, version int, deltrig int, instrig int, "
            "updtrig int, "
            "seltrig int, category int, cache smallint"
        ),
        _objects,
    ),
    "sys.syscolumns": (
        (
            "name sysname, id int!, xtype tinyint!, typestat tinyint, xusertype smallint, "
            "length smallint!, xprec tinyint!, xscale tinyint!, colid smallint, colorder smallint, "
            "cdefault int, isnullable int, iscomputed int, collation sysname, status tinyint"
        ),
        _columns,
    ),
    "sys.sysindexes": (
        "id int!, status int, indid smallint, name sysname, keycnt smallint, rows int",
        _indexes,
    ),
    "sys.systypes": (
        (
            "name sysname!, xtype tinyint!, status tinyint, xusertype smallint, length smallint!, "
            "xprec tinyint!, xscale tinyint!, allownulls bit, uid smallint"
        ),
        _types,
    ),
    "sys.sysdatabases": (
        (
            "name sysname!, dbid smallint, mode smallint, status int, status2 int, "
            "crdate datetime!, "
            "category int, cmptlevel tinyint!, filename nvarchar(260), version smallint"
        ),
        _databases,
    ),
    "sys.sysusers": ("uid smallint, status smallint, name sysname, issqluser int", _users),
    "sys.syscomments": (
        "id int!, number smallint, colid smallint!, text nvarchar(4000)",
        _comments,
    ),
    "sys.syslanguages": (
        (
            "langid smallint!, dateformat nchar(3)!, datefirst tinyint!, upgrade int, "
            "name sysname!, alias sysname!, months nvarchar(372), shortmonths nvarchar(132), "
            "days nvarchar(217), lcid int!, msglangid smallint!"
        ),
        _languages,
    ),
}
