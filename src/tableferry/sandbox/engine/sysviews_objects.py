"""sys views about the objects of one database."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from tableferry.sandbox.engine.catalog import Database, Table, TableColumn, View
from tableferry.sandbox.engine.scope import Facts
from tableferry.sandbox.engine.systypes import SYSTEM_TYPES, system_type
from tableferry.sandbox.engine.typerules import family, max_length

Row = tuple[Any, ...]
Rows = Callable[[Facts, Database], Iterable[Row]]


def _datetime(ticks: int) -> int:
    """Cut ticks to the second, which every datetime can hold."""
    return ticks // 10_000_000 * 10_000_000


def _schemas(_: Facts, database: Database) -> Iterator[Row]:
    for name, schema_id in database.schemas.values():
        yield (name, schema_id, 1 if schema_id > 4 else schema_id)


def _object_row(  # noqa: PLR0917 - the row's cells, in order
    database: Database, name: str, object_id: int, schema: str, parent: int, kind: str, made: int
) -> Row:
    words = {
        "U ": "USER_TABLE",
        "V ": "VIEW",
        "PK": "PRIMARY_KEY_CONSTRAINT",
        "UQ": "UNIQUE_CONSTRAINT",
        "D ": "DEFAULT_CONSTRAINT",
        "C ": "CHECK_CONSTRAINT",
        "F ": "FOREIGN_KEY_CONSTRAINT",
    }
    schema_id = database.schema_id(schema)
    moment = _datetime(made)
    return (
        name,
        object_id,
        None,
        schema_id,
        parent,
        kind,
        words[kind],
        moment,
        moment,
        False,
        False,
        False,
    )


def _objects(_: Facts, database: Database) -> Iterator[Row]:
    for item in sorted(database.objects.values(), key=lambda o: o.object_id):
        kind = "V " if isinstance(item, View) else "U "
        yield _object_row(database, item.name, item.object_id, item.schema, 0, kind, item.created)
        if isinstance(item, View):
            continue
        made, schema, parent = item.created, item.schema, item.object_id
        for index in item.indexes:
            if index.constraint_id:
                code = "PK" if index.primary else "UQ"
                yield _object_row(
                    database, index.name, index.constraint_id, schema, parent, code, made
                )
        for column in item.columns:
            if column.default:
                d = column.default
                yield _object_row(database, d.name, d.object_id, schema, parent, "D ", made)
        for check in item.checks:
            yield _object_row(database, check.name, check.object_id, schema, parent, "C ", made)
        for key in item.foreign_keys:
            yield _object_row(database, key.name, key.object_id, schema, parent, "F ", made)


def _tables(session: Facts, database: Database) -> Iterator[Row]:
    for row in _objects(session, database):
        if row[5] == "U ":
            yield (
                *row,
                1,
                0,
                False,
                0,
                "SCHEMA_AND_DATA",
                False,
                0,
                "NON_TEMPORAL_TABLE",
                False,
                False,
                False,
                "TABLE",
                0,
            )


def _views(session: Facts, database: Database) -> Iterator[Row]:
    for row in _objects(session, database):
        if row[5] == "V ":
            yield (*row, False, False, False)


def _column_row(object_id: int, column: TableColumn, database: Database) -> Row:
    kind = system_type(column.type)
    user_type = column.alias.user_type_id if column.alias else kind.user_type_id
    collation = (
        column.type.collation or database.collation if family(column.type) == "string" else None
    )
    default_id = column.default.object_id if column.default else 0
    computed = column.computed is not None
    return (
        object_id,
        column.name,
        column.column_id,
        kind.system_type_id,
        user_type,
        max_length(column.type),
        column.type.precision,
        column.type.scale,
        collation,
        column.nullable,
        True,
        column.rowguid,
        column.identity is not None,
        computed,
        False,
        False,
        False,
        False,
        0,
        default_id,
        0,
        column.sparse,
        False,
        0,
        "NOT_APPLICABLE",
        False,
        False,
    )


def _shape(view: View) -> Iterator[TableColumn]:
    for number, (name, sql_type, nullable) in enumerate(view.shape, 1):
        yield TableColumn(number, name, sql_type, nullable)


def _columns(_: Facts, database: Database) -> Iterator[Row]:
    for item in database.objects.values():
        columns = item.columns if isinstance(item, Table) else _shape(item)
        for column in columns:
            if isinstance(column, TableColumn):
                yield _column_row(item.object_id, column, database)


def _identity_columns(_: Facts, database: Database) -> Iterator[Row]:
    for table in database.tables():
        for column in table.columns:
            if column.identity:
                seed, step = column.identity
                yield (
                    *_column_row(table.object_id, column, database),
                    seed,
                    step,
                    table.identity_last,
                    False,
                )


def _computed_columns(_: Facts, database: Database) -> Iterator[Row]:
    for table in database.tables():
        for column in table.columns:
            if column.computed is not None:
                text = f"({column.computed_text})"
                if column.computed_text.startswith("(") and column.computed_text.endswith(")"):
                    text = column.computed_text
                yield (
                    *_column_row(table.object_id, column, database),
                    text,
                    True,
                    column.persisted,
                )


def _types(_: Facts, database: Database) -> Iterator[Row]:
    for item in SYSTEM_TYPES:
        nullable = item.name not in ("timestamp", "sysname")
        yield (
            item.name,
            item.system_type_id,
            item.user_type_id,
            4,
            None,
            item.max_length,
            item.precision,
            item.scale,
            database.collation if item.text else None,
            nullable,
            False,
            item.system_type_id == 240,
            0,
            0,
            False,
        )
    for alias in database.types.values():
        kind = system_type(alias.type)
        yield (
            alias.name,
            kind.system_type_id,
            alias.user_type_id,
            database.schema_id(alias.schema),
            None,
            max_length(alias.type),
            alias.type.precision,
            alias.type.scale,
            database.collation if family(alias.type) == "string" else None,
            alias.nullable,
            True,
            False,
            0,
            0,
            False,
        )


def _indexes(_: Facts, database: Database) -> Iterator[Row]:
    for table in database.tables():
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
            condition = f"({index.condition_text})" if index.condition_text else None
            yield (
                table.object_id,
                index.name,
                index.index_id,
                1 if index.clustered else 2,
                "CLUSTERED" if index.clustered else "NONCLUSTERED",
                index.unique,
                1,
                False,
                index.primary,
                bool(index.constraint_id) and not index.primary,
                0,
                False,
                False,
                False,
                True,
                True,
                condition is not None,
                condition,
                False,
            )


def _index_columns(_: Facts, database: Database) -> Iterator[Row]:
    for table in database.tables():
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


def _key_constraints(session: Facts, database: Database) -> Iterator[Row]:
    by_id = {i.constraint_id: i for t in database.tables() for i in t.indexes if i.constraint_id}
    for row in _objects(session, database):
        if row[5] in ("PK", "UQ"):
            index = by_id[row[1]]
            yield (*row, index.index_id, index.named_by_system, True)


def _default_constraints(session: Facts, database: Database) -> Iterator[Row]:
    by_id = {
        c.default.object_id: (c, c.default)
        for t in database.tables()
        for c in t.columns
        if c.default
    }
    for row in _objects(session, database):
        if row[5] == "D ":
            column, default = by_id[row[1]]
            yield (*row, column.column_id, default.text, default.named_by_system)


def _check_constraints(session: Facts, database: Database) -> Iterator[Row]:
    by_id = {c.object_id: c for t in database.tables() for c in t.checks}
    for row in _objects(session, database):
        if row[5] == "C ":
            check = by_id[row[1]]
            yield (
                *row,
                False,
                False,
                False,
                check.column_id,
                f"({check.text})",
                True,
                check.named_by_system,
            )


_ACTIONS: Final = ("NO_ACTION", "CASCADE", "SET_NULL", "SET_DEFAULT")


def _foreign_keys(session: Facts, database: Database) -> Iterator[Row]:
    by_id = {f.object_id: f for t in database.tables() for f in t.foreign_keys}
    for row in _objects(session, database):
        if row[5] == "F ":
            key = by_id[row[1]]
            yield (
                *row,
                key.table.object_id,
                1,
                False,
                False,
                False,
                _ACTIONS.index(key.on_delete),
                key.on_delete,
                _ACTIONS.index(key.on_update),
                key.on_update,
                key.named_by_system,
            )


def _foreign_key_columns(_: Facts, database: Database) -> Iterator[Row]:
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


def _nothing(_: Facts, __: Database) -> Iterator[Row]:
    return iter(())


def _sql_modules(_: Facts, database: Database) -> Iterator[Row]:
    for view in database.views():
        yield (view.object_id, view.text, True, True, False, False, False, None)


OBJECT_COLUMNS: Final = (
    "name sysname!, object_id int!, principal_id int, schema_id int!, parent_object_id int!, "
    "type char(2), type_desc nvarchar(60), create_date datetime!, modify_date datetime!, "
    "is_ms_shipped bit!, is_published bit!, is_schema_published bit!"
)
COLUMN_COLUMNS: Final = (
    "object_id int!, name sysname, column_id int!, system_type_id tinyint!, user_type_id int!, "
    "max_length smallint!, precision tinyint!, scale tinyint!, collation_name sysname, "
    "is_nullable bit, is_ansi_padded bit!, is_rowguidcol bit!, is_identity bit!, is_computed bit!, "
    "is_filestream bit!, is_replicated bit, is_non_sql_subscribed bit, is_merge_published bit, "
    "xml_collection_id int!, default_object_id int!, rule_object_id int!, is_sparse bit!, "
    "is_column_set bit!, generated_always_type tinyint, generated_always_type_desc nvarchar(60), "
    "is_hidden bit!, is_masked bit!"
)
OBJECT_VIEWS: Final[dict[str, tuple[str, Rows]]] = {
    "sys.schemas": ("name sysname!, schema_id int!, principal_id int", _schemas),
    "sys.objects": (OBJECT_COLUMNS, _objects),
    "sys.all_objects": (OBJECT_COLUMNS, _objects),
    "sys.tables": (
        OBJECT_COLUMNS + ", lob_data_space_id int!, max_column_id_used int!, "
        "lock_on_bulk_load bit!, durability tinyint, durability_desc nvarchar(60), "
        "is_memory_optimized bit, temporal_type tinyint, temporal_type_desc nvarchar(60), "
        "is_filetable bit, is_external bit!, is_tracked_by_cdc bit, lock_escalation_desc "
        "nvarchar(60), "
        "history_table_id int",
        _tables,
    ),
    "sys.views": (
        OBJECT_COLUMNS + ", with_check_option bit!, is_date_correlation_view bit!, "
        "is_replicated bit",
        _views,
    ),
    "sys.columns": (COLUMN_COLUMNS, _columns),
    "sys.all_columns": (COLUMN_COLUMNS, _columns),
    "sys.identity_columns": (
        COLUMN_COLUMNS + ", seed_value bigint, increment_value bigint, "
        "last_value bigint, is_not_for_replication bit",
        _identity_columns,
    ),
    "sys.computed_columns": (
        COLUMN_COLUMNS + ", definition nvarchar(max), "
        "uses_database_collation bit!, is_persisted bit!",
        _computed_columns,
    ),
    "sys.types": (
        (
            "name sysname!, system_type_id tinyint!, user_type_id int!, schema_id int!, "
            "principal_id int, "
            "max_length smallint!, precision tinyint!, scale tinyint!, collation_name sysname, "
            "is_nullable bit, is_user_defined bit!, is_assembly_type bit!, default_object_id int!, "
            "rule_object_id int!, is_table_type bit!"
        ),
        _types,
    ),
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
        _nothing,
    ),
    "sys.triggers": (OBJECT_COLUMNS + ", is_disabled bit!, is_instead_of_trigger bit!", _nothing),
    "sys.procedures": (OBJECT_COLUMNS, _nothing),
    "sys.synonyms": (OBJECT_COLUMNS + ", base_object_name nvarchar(1035)", _nothing),
    "sys.sequences": (OBJECT_COLUMNS, _nothing),
    "sys.sql_modules": (
        (
            "object_id int!, definition nvarchar(max), uses_ansi_nulls bit, "
            "uses_quoted_identifier bit, "
            "is_schema_bound bit, uses_database_collation bit, is_recompiled bit, "
            "execute_as_principal_id int"
        ),
        _sql_modules,
    ),
    "sys.change_tracking_tables": (
        (
            "object_id int!, is_track_columns_updated_on bit!, min_valid_version bigint, "
            "begin_version bigint, cleanup_version bigint"
        ),
        _nothing,
    ),
}
