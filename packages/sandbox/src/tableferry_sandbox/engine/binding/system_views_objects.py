"""sys views about the objects of one database."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tableferry_sandbox.engine.binding.context import Row, SessionInfo
from tableferry_sandbox.engine.database.catalog_objects import Database, Table, View
from tableferry_sandbox.engine.database.other_objects import InlineFunction
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.types.system_types import system_type
from tableferry_sandbox.engine.types.type_rules import family, max_length

Rows = Callable[[SessionInfo, Database], Iterable[Row]]


def as_datetime(ticks: int) -> int:
    """Round ticks down to a value of datetime, of which a second has 300."""
    parts = ticks * 300 // 10_000_000
    return (parts * 10 + 1) // 3 * 10_000


def _schemas(_: SessionInfo, database: Database) -> Iterator[Row]:
    for name, schema_id in database.schemas.values():
        yield (name, schema_id, 1 if schema_id > 4 else schema_id)


_WORDS: Final = {
    "U ": "USER_TABLE",
    "V ": "VIEW",
    "PK": "PRIMARY_KEY_CONSTRAINT",
    "UQ": "UNIQUE_CONSTRAINT",
    "D ": "DEFAULT_CONSTRAINT",
    "C ": "CHECK_CONSTRAINT",
    "F ": "FOREIGN_KEY_CONSTRAINT",
    "SN": "SYNONYM",
    "SO": "SEQUENCE_OBJECT",
    "FN": "SQL_SCALAR_FUNCTION",
    "IF": "SQL_INLINE_TABLE_VALUED_FUNCTION",
    "SP": "SECURITY_POLICY",
    "R ": "RULE",
}


def _object_row(  # noqa: PLR0917 - the row's cells, in order
    database: Database, name: str, object_id: int, schema: str, parent: int, kind: str, made: int
) -> Row:
    schema_id = database.schema_id(schema)
    moment = as_datetime(made)
    return (
        name,
        object_id,
        None,
        schema_id,
        parent,
        kind,
        _WORDS[kind],
        moment,
        moment,
        False,
        False,
        False,
    )


def object_rows(_: SessionInfo, database: Database) -> Iterator[Row]:
    """Return the rows of sys.objects."""
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
            if column.default and column.default.bound is None:
                d = column.default
                yield _object_row(database, d.name, d.object_id, schema, parent, "D ", made)
        for check in item.checks:
            yield _object_row(database, check.name, check.object_id, schema, parent, "C ", made)
        for key in item.foreign_keys:
            yield _object_row(database, key.name, key.object_id, schema, parent, "F ", made)
    for other in database.others.values():
        yield _object_row(
            database, other.name, other.object_id, other.schema, 0, other.kind, other.created
        )


_TEMPORAL: Final = ("NON_TEMPORAL_TABLE", "HISTORY_TABLE", "SYSTEM_VERSIONED_TEMPORAL_TABLE")


def _tables(session: SessionInfo, database: Database) -> Iterator[Row]:
    tables = {table.object_id: table for table in database.tables()}
    histories = {t.history.object_id for t in tables.values() if t.history is not None}
    for row in object_rows(session, database):
        if row[5] == "U ":
            history = tables[row[1]].history
            kind = 2 if history is not None else int(row[1] in histories)
            yield (
                *row,
                1,
                0,
                False,
                0,
                "SCHEMA_AND_DATA",
                False,
                kind,
                _TEMPORAL[kind],
                False,
                False,
                False,
                "TABLE",
                history.object_id if history is not None else None,
                tables[row[1]].graph == "node",
                tables[row[1]].graph == "edge",
            )


def _views(session: SessionInfo, database: Database) -> Iterator[Row]:
    for row in object_rows(session, database):
        if row[5] == "V ":
            yield (*row, False, False, False)


_GENERATED: Final = {
    "": (0, "NOT_APPLICABLE"),
    "start": (1, "AS_ROW_START"),
    "end": (2, "AS_ROW_END"),
}


_GRAPH_TYPES: Final = (
    None, "GRAPH_ID", "GRAPH_ID_COMPUTED", "GRAPH_FROM_ID", "GRAPH_FROM_OBJ_ID",
    "GRAPH_FROM_ID_COMPUTED", "GRAPH_TO_ID", "GRAPH_TO_OBJ_ID", "GRAPH_TO_ID_COMPUTED",
)  # fmt: skip
"""``graph_type_desc``, at the place of its ``graph_type`` (SQL Graph architecture)."""


def _column_row(object_id: int, column: TableColumn, database: Database) -> Row:
    kind = system_type(column.type)
    user_type = column.alias.user_type_id if column.alias else kind.user_type_id
    collation = (
        column.type.collation or database.collation if family(column.type) == "string" else None
    )
    default_id = column.default.object_id if column.default else 0
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
        column.is_computed,
        False,
        False,
        False,
        False,
        column.xml_collection.collection_id if column.xml_collection else 0,
        default_id,
        column.rule.object_id if column.rule else 0,
        column.sparse,
        column.column_set,
        *_GENERATED[column.generated],
        column.hidden,
        bool(column.masked),
        None,
        column.graph or None,
        _GRAPH_TYPES[column.graph],
    )


def _shape(view: View | InlineFunction) -> Iterator[TableColumn]:
    for number, (name, sql_type, nullable) in enumerate(view.shape, 1):
        yield TableColumn(number, name, sql_type, nullable)


def _columns(_: SessionInfo, database: Database) -> Iterator[Row]:
    for item in database.objects.values():
        columns = item.columns if isinstance(item, Table) else _shape(item)
        for column in columns:
            yield _column_row(item.object_id, column, database)
    for other in database.others.values():
        if isinstance(other, InlineFunction):
            for column in _shape(other):
                yield _column_row(other.object_id, column, database)


def _masked_columns(_: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        for column in table.columns:
            if column.masked:
                yield (*_column_row(table.object_id, column, database), column.masked)


def _identity_columns(_: SessionInfo, database: Database) -> Iterator[Row]:
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


def _computed_columns(_: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        for column in table.columns:
            if column.is_computed:
                text = f"({column.computed_text})"
                if column.computed_text.startswith("(") and column.computed_text.endswith(")"):
                    text = column.computed_text
                yield (
                    *_column_row(table.object_id, column, database),
                    text,
                    True,
                    column.persisted,
                )


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
    "is_hidden bit!, is_masked bit!, encryption_type int, "
    "graph_type int, graph_type_desc nvarchar(60)"
)
OBJECT_VIEWS: Final[dict[str, tuple[str, Rows]]] = {
    "sys.schemas": ("name sysname!, schema_id int!, principal_id int", _schemas),
    "sys.objects": (OBJECT_COLUMNS, object_rows),
    "sys.all_objects": (OBJECT_COLUMNS, object_rows),
    "sys.tables": (
        OBJECT_COLUMNS + ", lob_data_space_id int!, max_column_id_used int!, "
        "lock_on_bulk_load bit!, durability tinyint, durability_desc nvarchar(60), "
        "is_memory_optimized bit, temporal_type tinyint, temporal_type_desc nvarchar(60), "
        "is_filetable bit, is_external bit!, is_tracked_by_cdc bit, lock_escalation_desc "
        "nvarchar(60), "
        "history_table_id int, is_node bit, is_edge bit",
        _tables,
    ),
    "sys.views": (
        OBJECT_COLUMNS + ", with_check_option bit!, is_date_correlation_view bit!, "
        "is_replicated bit",
        _views,
    ),
    "sys.columns": (COLUMN_COLUMNS, _columns),
    "sys.all_columns": (COLUMN_COLUMNS, _columns),
    "sys.masked_columns": (
        COLUMN_COLUMNS + ", masking_function nvarchar(4000)",
        _masked_columns,
    ),
    "sys.identity_columns": (
        # SQL Server returns these as sql_variant with the column's own type.
        COLUMN_COLUMNS + ", seed_value decimal(38:0), increment_value decimal(38:0), "
        "last_value decimal(38:0), is_not_for_replication bit",
        _identity_columns,
    ),
    "sys.computed_columns": (
        COLUMN_COLUMNS + ", definition nvarchar(max), "
        "uses_database_collation bit!, is_persisted bit!",
        _computed_columns,
    ),
}
