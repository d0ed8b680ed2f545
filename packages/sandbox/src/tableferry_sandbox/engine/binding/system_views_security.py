"""sys views about security policies, and about full-text indexes, of which there are none."""

from collections.abc import Iterator
from typing import Final

from tableferry_sandbox.engine.binding.context import Row, SessionInfo
from tableferry_sandbox.engine.binding.system_views_objects import (
    OBJECT_COLUMNS,
    Rows,
    object_rows,
)
from tableferry_sandbox.engine.database.catalog_objects import Database
from tableferry_sandbox.engine.database.security_policies import SecurityPolicy

_OPERATIONS: Final = ("AFTER INSERT", "AFTER UPDATE", "BEFORE UPDATE", "BEFORE DELETE")
"""Operations of block predicates, in the order of their numbers, which begin with 1."""


def _seen(session: SessionInfo, database: Database) -> dict[int, SecurityPolicy]:
    """Return the policies that the session sees, by their ids."""
    if not session.may("ALTER ANY SECURITY POLICY", database) and (
        not session.may("VIEW DEFINITION", database)
    ):
        return {}
    found = (o for o in database.others.values() if isinstance(o, SecurityPolicy))
    return {policy.object_id: policy for policy in found}


def _policies(session: SessionInfo, database: Database) -> Iterator[Row]:
    seen = _seen(session, database)
    for row in object_rows(session, database) if seen else ():
        policy = seen.get(row[1])
        if policy is not None:
            yield (
                *row[:-2], policy.enabled, policy.not_for_replication, False, policy.schema_bound,
            )  # fmt: skip


def _predicates(session: SessionInfo, database: Database) -> Iterator[Row]:
    for policy in _seen(session, database).values():
        for one in policy.predicates:
            number = _OPERATIONS.index(one.operation) + 1 if one.operation else None
            yield (
                policy.object_id, one.predicate_id, one.target, f"({one.text})", int(one.block),
                "BLOCK" if one.block else "FILTER", number, one.operation or None,
            )  # fmt: skip


def _nothing(_: SessionInfo, __: Database) -> Iterator[Row]:
    return iter(())


SECURITY_VIEWS: Final[dict[str, tuple[str, Rows]]] = {
    "sys.security_policies": (
        (
            OBJECT_COLUMNS.removesuffix(", is_published bit!, is_schema_published bit!")
            + ", is_enabled bit!, is_not_for_replication bit!, uses_database_collation bit, "
            "is_schema_bound bit!"
        ),
        _policies,
    ),
    "sys.security_predicates": (
        (
            "object_id int!, security_predicate_id int!, target_object_id int!, "
            "predicate_definition nvarchar(max), predicate_type int, "
            "predicate_type_desc nvarchar(60), operation int, operation_desc nvarchar(60)"
        ),
        _predicates,
    ),
    "sys.fulltext_indexes": (
        (
            "object_id int!, unique_index_id int!, fulltext_catalog_id int, is_enabled bit!, "
            "change_tracking_state char(1), change_tracking_state_desc nvarchar(60), "
            "has_crawl_completed bit!, crawl_type char(1)!, crawl_type_desc nvarchar(60), "
            "crawl_start_date datetime, crawl_end_date datetime, incremental_timestamp binary(8), "
            "stoplist_id int, data_space_id int!, property_list_id int"
        ),
        _nothing,
    ),
    "sys.fulltext_index_columns": (
        (
            "object_id int!, column_id int!, type_column_id int, language_id int!, "
            "statistical_semantics int!"
        ),
        _nothing,
    ),
    "sys.fulltext_catalogs": (
        (
            "fulltext_catalog_id int!, name sysname!, path nvarchar(260), is_default bit!, "
            "is_accent_sensitivity_on bit!, data_space_id int, file_id int, principal_id int, "
            "is_importing bit!"
        ),
        _nothing,
    ),
}
