"""sys views about indexes, constraints and extended properties of tables."""

from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine.binding.context import Row, SessionInfo
from tableferry_sandbox.engine.binding.system_views_objects import (
    OBJECT_COLUMNS,
    Rows,
    object_rows,
)
from tableferry_sandbox.engine.database.catalog_objects import Database, Index, Table, View
from tableferry_sandbox.engine.database.definition_texts import filter_text

_TYPES: Final = (
    "HEAP",
    "CLUSTERED",
    "NONCLUSTERED",
    "XML",
    "SPATIAL",
    "CLUSTERED COLUMNSTORE",
    "NONCLUSTERED COLUMNSTORE",
    "NONCLUSTERED HASH",
)
"""``type_desc`` of indexes, at the place of their ``type``."""


def _type(index: Index) -> str:
    return index.kind or ("CLUSTERED" if index.clustered else "NONCLUSTERED")


def _indexes(session: SessionInfo, database: Database) -> Iterator[Row]:
    indexed = [view for view in database.views() if view.indexes]
    owners: list[Table | View] = [*database.tables(), *indexed]
    for table in owners:
        shown = session.may("VIEW DEFINITION", database, table)
        if not any(index.clustered for index in table.indexes):
            yield (
                table.object_id,
                None,
                0,
                0,
                "HEAP",
                False,
                1,
                False,
                False,
                False,
                0,
                False,
                False,
                False,
                True,
                True,
                False,
                None,
                False,
            )
        for index in sorted(table.indexes, key=lambda i: i.index_id):
            condition = filter_text(index.condition_text) if index.condition_text else None
            yield (
                table.object_id,
                index.name,
                index.index_id,
                _TYPES.index(_type(index)),
                _type(index),
                index.unique,
                1,
                False,
                index.primary,
                bool(index.constraint_id) and not index.primary,
                0,
                False,
                index.disabled,
                False,
                True,
                True,
                condition is not None,
                condition if shown else None,
                False,
            )


def _index_columns(_: SessionInfo, database: Database) -> Iterator[Row]:
    owners: list[Table | View] = [*database.tables(), *database.views()]
    for table in owners:
        for index in table.indexes:
            number = 0
            for number, (column, descending) in enumerate(index.columns, 1):
                yield (
                    table.object_id,
                    index.index_id,
                    number,
                    column.column_id,
                    number,
                    0,
                    descending,
                    False,
                )
            for extra, column in enumerate(index.included, number + 1):
                yield (table.object_id, index.index_id, extra, column.column_id, 0, 0, False, True)


def _key_constraints(session: SessionInfo, database: Database) -> Iterator[Row]:
    by_id = {i.constraint_id: i for t in database.tables() for i in t.indexes if i.constraint_id}
    for row in object_rows(session, database):
        if row[5] in ("PK", "UQ"):
            index = by_id[row[1]]
            yield (*row, index.index_id, index.named_by_system, True)


def _default_constraints(session: SessionInfo, database: Database) -> Iterator[Row]:
    by_id = {
        c.default.object_id: (t, c, c.default)
        for t in database.tables()
        for c in t.columns
        if c.default
    }
    for row in object_rows(session, database):
        if row[5] == "D " and row[4]:  # an object of CREATE DEFAULT has no parent
            table, column, default = by_id[row[1]]
            # SELECT permission alone shows that there is a default, not its definition.
            text = default.text if session.may("VIEW DEFINITION", database, table) else None
            yield (*row, column.column_id, text, default.named_by_system)


def _check_constraints(session: SessionInfo, database: Database) -> Iterator[Row]:
    by_id = {c.object_id: c for t in database.tables() for c in t.checks}
    for row in object_rows(session, database):
        if row[5] == "C ":
            check = by_id[row[1]]
            yield (
                *row,
                check.disabled,
                check.not_for_replication,
                check.untrusted,
                check.column_id,
                f"({check.text})",
                True,
                check.named_by_system,
            )


_ACTIONS: Final = ("NO_ACTION", "CASCADE", "SET_NULL", "SET_DEFAULT")


def _foreign_keys(session: SessionInfo, database: Database) -> Iterator[Row]:
    by_id = {f.object_id: f for t in database.tables() for f in t.foreign_keys}
    for row in object_rows(session, database):
        if row[5] == "F ":
            key = by_id[row[1]]
            yield (
                *row,
                key.table.object_id,
                1,
                key.disabled,
                key.not_for_replication,
                key.untrusted,
                _ACTIONS.index(key.on_delete),
                key.on_delete,
                _ACTIONS.index(key.on_update),
                key.on_update,
                key.named_by_system,
            )


def _foreign_key_columns(_: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        for key in table.foreign_keys:
            for number, (here, there) in enumerate(
                zip(key.columns, key.referenced, strict=True), 1
            ):
                yield (
                    key.object_id,
                    number,
                    table.object_id,
                    here.column_id,
                    key.table.object_id,
                    there.column_id,
                )


_CLASSES: Final = {
    0: "DATABASE", 1: "OBJECT_OR_COLUMN", 3: "SCHEMA", 4: "DATABASE_PRINCIPAL", 6: "TYPE",
    7: "INDEX", 10: "XML_SCHEMA_COLLECTION", 20: "DATASPACE", 21: "PARTITION_FUNCTION",
}  # fmt: skip


def _extended_properties(session: SessionInfo, database: Database) -> Iterator[Row]:
    known = {(1, row[1], 0) for row in object_rows(session, database)}
    for item in database.objects.values():
        if isinstance(item, Table):
            known.update((1, item.object_id, column.column_id) for column in item.columns)
        else:
            known.update((1, item.object_id, n) for n in range(1, len(item.shape) + 1))
        known.update((7, item.object_id, index.index_id) for index in item.indexes)
    for (kind, major, minor, _key), (name, value) in sorted(database.properties.items()):
        if kind not in (1, 7) or (kind, major, minor) in known:
            yield (kind, _CLASSES[kind], major, minor, name, value)


def _nothing(_: SessionInfo, __: Database) -> Iterator[Row]:
    return iter(())


KEY_VIEWS: Final[dict[str, tuple[str, Rows]]] = {
    "sys.indexes": (
        (
            "object_id int!, name sysname, index_id int!, type tinyint!, type_desc nvarchar(60), "
            "is_unique bit, data_space_id int, ignore_dup_key bit, is_primary_key bit, "
            "is_unique_constraint bit, fill_factor tinyint!, is_padded bit, is_disabled bit, "
            "is_hypothetical bit, allow_row_locks bit, allow_page_locks bit, has_filter bit, "
            "filter_definition nvarchar(max), auto_created bit"
        ),
        _indexes,
    ),
    "sys.index_columns": (
        (
            "object_id int!, index_id int!, index_column_id int!, column_id int!, key_ordinal "
            "tinyint!, "
            "partition_ordinal tinyint!, is_descending_key bit, is_included_column bit"
        ),
        _index_columns,
    ),
    "sys.key_constraints": (
        OBJECT_COLUMNS + ", unique_index_id int, is_system_named bit!, is_enforced bit",
        _key_constraints,
    ),
    "sys.default_constraints": (
        OBJECT_COLUMNS + ", parent_column_id int!, definition nvarchar(max), is_system_named bit!",
        _default_constraints,
    ),
    "sys.check_constraints": (
        OBJECT_COLUMNS + ", is_disabled bit!, is_not_for_replication bit!, is_not_trusted bit!, "
        "parent_column_id int!, definition nvarchar(max), uses_database_collation bit, "
        "is_system_named bit!",
        _check_constraints,
    ),
    "sys.foreign_keys": (
        OBJECT_COLUMNS + ", referenced_object_id int, key_index_id int, is_disabled bit!, "
        "is_not_for_replication bit!, is_not_trusted bit!, delete_referential_action tinyint, "
        "delete_referential_action_desc nvarchar(60), update_referential_action tinyint, "
        "update_referential_action_desc nvarchar(60), is_system_named bit!",
        _foreign_keys,
    ),
    "sys.foreign_key_columns": (
        (
            "constraint_object_id int!, constraint_column_id int!, parent_object_id int!, "
            "parent_column_id int!, referenced_object_id int!, referenced_column_id int!"
        ),
        _foreign_key_columns,
    ),
    "sys.extended_properties": (
        (
            "class tinyint!, class_desc nvarchar(60), major_id int!, minor_id int!, name sysname!, "
            "value nvarchar(4000)"
        ),
        _extended_properties,
    ),
    "sys.triggers": (OBJECT_COLUMNS + ", is_disabled bit!, is_instead_of_trigger bit!", _nothing),
    "sys.procedures": (OBJECT_COLUMNS, _nothing),
}
