"""Backups of a database: its committed rows, its catalog, and what Change Tracking knows of it.

A backup is taken and restored from Python. It is in the store of its server, and gone with it.
"""

import copy
from dataclasses import dataclass
from typing import Any, Final

from tableferry_sandbox.engine.database import change_log
from tableferry_sandbox.engine.database.catalog_objects import Database, Table
from tableferry_sandbox.engine.database.store import Store
from tableferry_sandbox.engine.database.versions import visible
from tableferry_sandbox.events import SqlError

_KEPT: Final = frozenset(
    {"database_id", "name", "created", "recovery", "version", "next_object_id"}
)
"""What a restore leaves as it is. Object ids go on, so that none is given twice."""


@dataclass(frozen=True)
class Backup:
    """The catalog as it was, and the DuckDB tables with the rows and changes of each table."""

    database: str
    catalog: dict[str, Any]
    copies: dict[str, str]


def take(store: Store, database: Database) -> Backup:
    """Back up what is committed."""
    with store.writing:
        snapshot = store.versions.now()
        copies = {}
        for table in database.tables():
            stored = ", ".join(c.physical for c in table.columns if c.stored)
            copies[table.physical] = _copy(
                store,
                f"SELECT {stored}, 0 AS v_from, CAST(NULL AS BIGINT) AS v_to "
                f"FROM {table.physical} WHERE {visible(snapshot, None)}",
            )
            if table.tracking is not None:
                log = table.tracking.log
                seen = f"version <= {database.tracking.version} AND gone IS NULL"
                copies[log] = _copy(store, f"SELECT * FROM {log} WHERE {seen}")
        return Backup(database.name, _catalog(database, vars(database)), copies)


def restore(store: Store, database: Database, backup: Backup) -> None:
    """Put a database back to what it was; raises 3101 while a transaction has changed rows in it.

    It is on a new recovery fork afterwards. Its snapshots can no longer be read.
    """
    with store.writing:
        if any(table.database is database for table in store.versions.written()):
            raise SqlError(
                3101, "Exclusive access could not be obtained because the database is in use."
            )
        for table in database.tables():
            store.drop(table)
        vars(database).update(_catalog(database, backup.catalog))
        for table in database.tables():
            _restore_table(store, table, backup)
        database.version += 1
        database.recovery = database.recovery.restored(database.tracking.version)


def _catalog(database: Database, catalog: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a catalog, whose tables belong to the same database."""
    kept = {name: value for name, value in catalog.items() if name not in _KEPT}
    return copy.deepcopy(kept, {id(database): database})


def _restore_table(store: Store, table: Table, backup: Backup) -> None:
    rows = backup.copies[table.physical]
    table.physical = store.new_name()
    store.create(table)
    store.root.execute(f"INSERT INTO {table.physical} BY NAME SELECT * FROM {rows}")
    table.versioned, table.counted = False, None
    if table.tracking is not None:
        changes = backup.copies[table.tracking.log]
        table.tracking.log, table.tracking.removed = store.new_name(), False
        store.root.execute(change_log.create(table, table.tracking.log))
        store.root.execute(f"INSERT INTO {table.tracking.log} SELECT * FROM {changes}")
    store.versions.note_altered(table)


def _copy(store: Store, rows: str) -> str:
    name = store.new_name()
    store.root.execute(f"CREATE TABLE {name} AS {rows}")
    return name
