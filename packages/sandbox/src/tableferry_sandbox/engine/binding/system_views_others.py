"""sys views about types, synonyms, sequences, functions, XML schemas, periods, partitions."""

from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine.binding.context import Row, SessionInfo
from tableferry_sandbox.engine.binding.system_views_objects import (
    OBJECT_COLUMNS,
    Rows,
    as_datetime,
    object_rows,
)
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.database.other_objects import (
    InlineFunction,
    ScalarFunction,
    Sequence,
    Synonym,
    XmlCollection,
)
from tableferry_sandbox.engine.types.system_types import SYSTEM_TYPES, system_type
from tableferry_sandbox.engine.types.type_rules import family, max_length


def _synonyms(session: SessionInfo, database: Database) -> Iterator[Row]:
    by_id = {o.object_id: o for o in database.others.values() if isinstance(o, Synonym)}
    for row in object_rows(session, database):
        if row[5] == "SN":
            yield (*row, ".".join(f"[{part}]" for part in by_id[row[1]].base))


def _sequences(session: SessionInfo, database: Database) -> Iterator[Row]:
    by_id = {o.object_id: o for o in database.others.values() if isinstance(o, Sequence)}
    for row in object_rows(session, database):
        if row[5] == "SO":
            sequence = by_id[row[1]]
            kind = system_type(sequence.type)
            yield (
                *row,
                sequence.start,
                sequence.increment,
                sequence.minimum,
                sequence.maximum,
                sequence.cycle,
                True,
                None,
                kind.system_type_id,
                kind.user_type_id,
                sequence.type.precision,
                sequence.type.scale,
                session.server.last_value(sequence),
                False,
            )


def _sql_modules(_: SessionInfo, database: Database) -> Iterator[Row]:
    for view in database.views():
        yield (view.object_id, view.text, True, True, view.schema_bound, False, False, None)
    for item in database.others.values():
        if isinstance(item, ScalarFunction | InlineFunction):
            bound = item.schema_bound
            yield (item.object_id, item.text, True, True, bound, False, False, None)


def _collection_row(database: Database, item: XmlCollection) -> Row:
    made = as_datetime(item.created)
    return (item.collection_id, database.schema_id(item.schema), None, item.name, made, made)


def _xml_collections(_: SessionInfo, database: Database) -> Iterator[Row]:
    yield (1, 4, None, "sys", 0, 0)
    for item in database.xml_collections.values():
        yield _collection_row(database, item)


def _xml_namespaces(_: SessionInfo, database: Database) -> Iterator[Row]:
    for item in database.xml_collections.values():
        for number, uri in enumerate(item.namespaces, 1):
            yield (item.collection_id, uri, number)


def _xml_indexes(_: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        for index in table.indexes:
            if index.kind == "XML":
                yield (table.object_id, index.name, index.index_id, 3, "XML", index.disabled)


def _periods(_: SessionInfo, database: Database) -> Iterator[Row]:
    for table in database.tables():
        if table.period is not None:
            start, end = table.period
            yield (
                "SYSTEM_TIME",
                1,
                "SYSTEM_TIME_PERIOD",
                table.object_id,
                start.column_id,
                end.column_id,
            )


def _partition_functions(_: SessionInfo, database: Database) -> Iterator[Row]:
    for item in database.partitionings.values():
        if item.kind == "function":
            yield (item.name, item.number, "R ", "RANGE", item.boundaries + 1, item.right, False)


def _partition_schemes(_: SessionInfo, database: Database) -> Iterator[Row]:
    functions = {n: p.number for (kind, n), p in database.partitionings.items() if kind[0] == "f"}
    for item in database.partitionings.values():
        if item.kind == "scheme":
            number = functions.get(database.key(item.function), 0)
            yield (item.name, item.number, "PS", "PARTITION_SCHEME", False, number)


def _types(_: SessionInfo, database: Database) -> Iterator[Row]:
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


OTHER_VIEWS: Final[dict[str, tuple[str, Rows]]] = {
    "sys.synonyms": (OBJECT_COLUMNS + ", base_object_name nvarchar(1035)", _synonyms),
    "sys.sequences": (
        # SQL Server returns the values as sql_variant with the sequence's own type.
        OBJECT_COLUMNS + ", start_value bigint!, increment bigint!, minimum_value bigint!, "
        "maximum_value bigint!, is_cycling bit, is_cached bit, cache_size int, "
        "system_type_id tinyint!, user_type_id int!, precision tinyint!, scale tinyint, "
        "current_value bigint!, is_exhausted bit!",
        _sequences,
    ),
    "sys.sql_modules": (
        (
            "object_id int!, definition nvarchar(max), uses_ansi_nulls bit, "
            "uses_quoted_identifier bit, "
            "is_schema_bound bit, uses_database_collation bit, is_recompiled bit, "
            "execute_as_principal_id int"
        ),
        _sql_modules,
    ),
    "sys.xml_schema_collections": (
        (
            "xml_collection_id int!, schema_id int!, principal_id int, name sysname!, "
            "create_date datetime!, modify_date datetime!"
        ),
        _xml_collections,
    ),
    "sys.xml_schema_namespaces": (
        "xml_collection_id int!, name nvarchar(4000), xml_namespace_id int!",
        _xml_namespaces,
    ),
    "sys.xml_indexes": (
        (
            "object_id int!, name sysname, index_id int!, type tinyint!, type_desc nvarchar(60), "
            "is_disabled bit"
        ),
        _xml_indexes,
    ),
    "sys.periods": (
        (
            "name sysname, period_type tinyint, period_type_desc nvarchar(60), object_id int!, "
            "start_column_id int!, end_column_id int!"
        ),
        _periods,
    ),
    "sys.partition_functions": (
        (
            "name sysname!, function_id int!, type char(2)!, type_desc nvarchar(60), fanout int!, "
            "boundary_value_on_right bit!, is_system bit!"
        ),
        _partition_functions,
    ),
    "sys.partition_schemes": (
        (
            "name sysname!, data_space_id int!, type char(2)!, type_desc nvarchar(60), "
            "is_default bit, function_id int!"
        ),
        _partition_schemes,
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
}
