"""sys views about the server, its sessions, and how many rows tables have."""

from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine.binding.context import Row, SessionInfo
from tableferry_sandbox.engine.binding.system_views_objects import Rows, as_datetime
from tableferry_sandbox.engine.database.catalog_objects import PAGE_ROWS, Database


def _databases(session: SessionInfo, _: Database) -> Iterator[Row]:
    for item in session.server.databases():
        yield (
            item.name,
            item.database_id,
            None,
            as_datetime(item.created),
            item.compatibility,
            item.collation,
            0,
            "MULTI_USER",
            item.read_only,
            False,
            False,
            0,
            "ONLINE",
            int(item.allow_snapshot),
            "ON" if item.allow_snapshot else "OFF",
            item.read_committed_snapshot,
            3,
            "SIMPLE",
            False,
            False,
            False,
            False,
        )


def _partitions(session: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        rows = session.server.count_rows(table)
        heap = [] if any(i.clustered for i in table.indexes) else [0]
        for index_id in [*heap, *(i.index_id for i in table.indexes)]:
            key = table.object_id * 65536 + index_id
            yield (key, table.object_id, index_id, 1, key, 0, rows, 0, "NONE")


def _partition_stats(session: SessionInfo, database: Database) -> Iterator[Row]:
    for key, object_id, index_id, number, _, _, rows, *_ in _partitions(session, database):
        pages = rows // PAGE_ROWS + 1 if rows else 0
        yield (
            key,
            object_id,
            index_id,
            number,
            pages,
            pages,
            pages,
            0,
            0,
            0,
            0,
            pages,
            pages,
            rows,
        )


def _allocation_units(session: SessionInfo, database: Database) -> Iterator[Row]:
    tables = {table.object_id: table for table in database.tables()}
    for key, object_id, index_id, _, _, _, rows, *_ in _partitions(session, database):
        pages = rows // PAGE_ROWS + 1 if rows else 0
        yield (key, 1, "IN_ROW_DATA", key, 1, pages, pages, pages)
        large = session.server.count_large_pages(tables[object_id]) if index_id < 2 else None
        if large is not None:
            yield (-key, 2, "LOB_DATA", key, 1, large, large, 0)


_LEVELS: Final = {
    "read uncommitted": 1,
    "read committed": 2,
    "repeatable read": 3,
    "serializable": 4,
    "snapshot": 5,
}


def _sessions(session: SessionInfo, _: Database) -> Iterator[Row]:
    level = session.options.get("transaction isolation level", "read committed")
    yield (
        session.session_id,
        session.login_time,
        session.host_name,
        session.application,
        session.login_name,
        "running",
        session.current.database_id,
        _LEVELS[level],
        int(session.options.get("lock_timeout", "-1")),
        session.options["language"],
        session.options["dateformat"],
        int(session.options["datefirst"]),
        True,
        session.transaction_count,
        session.login_name,
        0,
        session.options["quoted_identifier"] == "on",
        session.options["arithabort"] == "on",
        True,
        True,
        session.options["ansi_warnings"] == "on",
        True,
        int(session.options["deadlock_priority"]),
        session.row_count,
        int(session.options["textsize"]),
    )


def _connections(session: SessionInfo, _: Database) -> Iterator[Row]:
    encrypted = "TRUE" if getattr(session, "encrypted", False) else "FALSE"
    yield (
        session.session_id,
        session.login_time,
        "TCP",
        "TSQL",
        1946157060,
        encrypted,
        "SQL",
        "127.0.0.1",
        "127.0.0.1",
        4096,
    )


def _configurations(_: SessionInfo, __: Database) -> Iterator[Row]:
    for number, name, value in (
        (101, "recovery interval (min)", 0),
        (103, "user connections", 0),
        (115, "nested triggers", 1),
        (1127, "two digit year cutoff", 2049),
        (1539, "max degree of parallelism", 0),
        (1544, "max server memory (MB)", 2147483647),
        (1562, "clr enabled", 0),
        (16390, "xp_cmdshell", 0),
    ):
        yield (number, name, value, 0, 2147483647, value, name, True, True)


def _logins(session: SessionInfo, _: Database) -> Iterator[Row]:
    for number, login in enumerate(session.server.logins(), 259):
        if session.login.sysadmin or login is session.login:
            database = login.default_database
            yield (login.name, number, "S", "SQL_LOGIN", login.disabled, database, "us_english")


def _users(_: SessionInfo, database: Database) -> Iterator[Row]:
    for user in database.security.principals.values():
        kind = ("R", "DATABASE_ROLE") if user.kind == "R" else ("S", "SQL_USER")
        schema = None if user.kind == "R" or user.name in ("sys", "INFORMATION_SCHEMA") else "dbo"
        yield (user.name, user.principal_id, *kind, schema)


def _members(_: SessionInfo, database: Database) -> Iterator[Row]:
    principals = database.security.principals
    for member in principals.values():
        for role in sorted(member.roles):
            yield (principals[role].principal_id, member.principal_id)


_CLASSES: Final = {"DATABASE": (0, "DATABASE"), "OBJECT": (1, "OBJECT_OR_COLUMN"),
                   "SCHEMA": (3, "SCHEMA")}  # fmt: skip


_STATES: Final = {True: ("G", "GRANT"), False: ("D", "DENY")}


def _permissions(_: SessionInfo, database: Database) -> Iterator[Row]:
    for (grantee, permission, (kind, key)), given in database.security.rights.items():
        major = database.schema_id(key) if isinstance(key, str) else key
        yield (*_CLASSES[kind], major, 0, grantee, 1, permission, *_STATES[given])
    for object_id, columns in database.security.columns.items():
        for (grantee, permission, column), given in columns.items():
            yield (*_CLASSES["OBJECT"], object_id, column, grantee, 1, permission, *_STATES[given])


SERVER_VIEWS: Final[dict[str, tuple[str, Rows]]] = {
    "sys.databases": (
        (
            "name sysname!, database_id int!, source_database_id int, create_date datetime!, "
            "compatibility_level tinyint!, collation_name sysname, user_access tinyint, "
            "user_access_desc nvarchar(60), is_read_only bit, is_auto_close_on bit!, "
            "is_auto_shrink_on bit, state tinyint, state_desc nvarchar(60), "
            "snapshot_isolation_state tinyint, snapshot_isolation_state_desc nvarchar(60), "
            "is_read_committed_snapshot_on bit, recovery_model tinyint, recovery_model_desc "
            "nvarchar(60), "
            "is_cdc_enabled bit!, is_encrypted bit, is_published bit!, is_broker_enabled bit!"
        ),
        _databases,
    ),
    "sys.partitions": (
        (
            "partition_id bigint!, object_id int!, index_id int!, partition_number int!, hobt_id "
            "bigint!, "
            "filestream_filegroup_id smallint!, rows bigint, data_compression tinyint!, "
            "data_compression_desc nvarchar(60)"
        ),
        _partitions,
    ),
    "sys.dm_db_partition_stats": (
        (
            "partition_id bigint, object_id int!, index_id int!, partition_number int!, "
            "in_row_data_page_count bigint, in_row_used_page_count bigint, "
            "in_row_reserved_page_count "
            "bigint, lob_used_page_count bigint, lob_reserved_page_count bigint, "
            "row_overflow_used_page_count bigint, row_overflow_reserved_page_count bigint, "
            "used_page_count bigint, reserved_page_count bigint, row_count bigint"
        ),
        _partition_stats,
    ),
    "sys.allocation_units": (
        (
            "allocation_unit_id bigint!, type tinyint!, type_desc nvarchar(60), container_id "
            "bigint!, "
            "data_space_id int, total_pages bigint!, used_pages bigint!, data_pages bigint!"
        ),
        _allocation_units,
    ),
    "sys.dm_exec_sessions": (
        (
            "session_id smallint!, login_time datetime!, host_name nvarchar(128), "
            "program_name nvarchar(128), login_name nvarchar(128)!, status nvarchar(30)!, "
            "database_id smallint!, transaction_isolation_level smallint!, lock_timeout int!, "
            "language nvarchar(128), date_format nvarchar(3), date_first smallint!, "
            "is_user_process bit!, open_transaction_count int!, original_login_name "
            "nvarchar(128)!, "
            "last_successful_logon int, quoted_identifier bit!, arithabort bit!, "
            "ansi_nulls bit!, ansi_padding bit!, ansi_warnings bit!, "
            "concat_null_yields_null bit!, deadlock_priority int!, row_count bigint!, "
            "text_size int!"
        ),
        _sessions,
    ),
    "sys.dm_exec_connections": (
        (
            "session_id int, connect_time datetime!, net_transport nvarchar(40)!, "
            "protocol_type nvarchar(40), protocol_version int, encrypt_option nvarchar(40)!, "
            "auth_scheme nvarchar(40)!, client_net_address varchar(48), local_net_address "
            "varchar(48), "
            "net_packet_size int"
        ),
        _connections,
    ),
    "sys.configurations": (
        (
            "configuration_id int!, name nvarchar(35)!, value int, minimum int, maximum int, "
            "value_in_use int, description nvarchar(255)!, is_dynamic bit!, is_advanced bit!"
        ),
        _configurations,
    ),
    "sys.server_principals": (
        (
            "name sysname!, principal_id int!, type char(1)!, type_desc nvarchar(60), "
            "is_disabled bit, "
            "default_database_name sysname, default_language_name sysname"
        ),
        _logins,
    ),
    "sys.database_principals": (
        (
            "name sysname!, principal_id int!, type char(1)!, type_desc nvarchar(60), "
            "default_schema_name sysname"
        ),
        _users,
    ),
    "sys.database_role_members": (
        "role_principal_id int!, member_principal_id int!",
        _members,
    ),
    "sys.database_permissions": (
        (
            "class tinyint!, class_desc nvarchar(60), major_id int!, minor_id int!, "
            "grantee_principal_id int!, grantor_principal_id int!, permission_name nvarchar(128), "
            "state char(1)!, state_desc nvarchar(60)"
        ),
        _permissions,
    ),
}
