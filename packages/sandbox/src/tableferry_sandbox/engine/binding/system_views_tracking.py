"""sys views about Change Tracking, and of what tells whether a database is still the same."""

from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine.binding.context import Row, SessionInfo
from tableferry_sandbox.engine.binding.system_views_objects import (
    OBJECT_COLUMNS,
    Rows,
    as_datetime,
)
from tableferry_sandbox.engine.database.catalog_objects import Database

_UNITS: Final = {"MINUTES": 1, "HOURS": 2, "DAYS": 3}


def _databases(session: SessionInfo, _: Database) -> Iterator[Row]:
    for database in session.server.databases():
        tracking = database.tracking
        if tracking.on:
            unit = tracking.retention_unit
            yield (
                database.database_id,
                int(tracking.auto_cleanup),
                tracking.retention,
                _UNITS[unit],
                unit,
                tracking.cleaned,
            )


def _tables(_: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        found = table.tracking
        if found is not None:
            yield (table.object_id, found.with_columns, found.minimum, found.begin, found.cleaned)


def _internal_tables(session: SessionInfo, database: Database) -> Iterator[Row]:
    """Those of tracked tables; permissions on a table show its internal table to nobody."""
    if not session.may("VIEW DEFINITION", database):
        return
    for table in database.tables():
        found = table.tracking
        if found is not None:
            made = as_datetime(found.created)
            yield (
                f"change_tracking_{table.object_id}", found.object_id, None,
                database.schema_id("sys"), 0, "IT", "INTERNAL_TABLE", made, made, True, False,
                False, 209, "CHANGE_TRACKING", table.object_id, 0, 0, None,
            )  # fmt: skip


def _recovery_status(session: SessionInfo, _: Database) -> Iterator[Row]:
    for database in session.server.databases():
        found = database.recovery
        yield (
            database.database_id, found.guid, found.family, None, found.fork, found.first_fork,
            found.forked_at,
        )  # fmt: skip


TRACKING_VIEWS: Final[dict[str, tuple[str, Rows]]] = {
    "sys.change_tracking_databases": (
        (
            "database_id int!, is_auto_cleanup_on tinyint, retention_period int, "
            "retention_period_units tinyint, retention_period_units_desc nvarchar(60), "
            "max_cleanup_version bigint"
        ),
        _databases,
    ),
    "sys.change_tracking_tables": (
        (
            "object_id int!, is_track_columns_updated_on bit!, min_valid_version bigint, "
            "begin_version bigint, cleanup_version bigint"
        ),
        _tables,
    ),
    "sys.internal_tables": (
        (
            OBJECT_COLUMNS + ", internal_type tinyint, internal_type_desc nvarchar(60), "
            "parent_id int!, parent_minor_id int!, lob_data_space_id int!, "
            "filestream_data_space_id int"
        ),
        _internal_tables,
    ),
    "sys.database_recovery_status": (
        (
            "database_id int!, database_guid uniqueidentifier, family_guid uniqueidentifier, "
            "last_log_backup_lsn numeric(25:0), recovery_fork_guid uniqueidentifier, "
            "first_recovery_fork_guid uniqueidentifier, fork_point_lsn numeric(25:0)"
        ),
        _recovery_status,
    ),
}
