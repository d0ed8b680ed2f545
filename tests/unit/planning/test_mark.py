"""The column that marks deleted rows, as the plan of a table sees it."""

import pytest

from tableferry.config import DeleteHandling, Deletes, DriftPolicy, Publish, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.schema import (
    Isolation,
    PgType,
    SourceColumn,
    SourceSchema,
    SourceType,
    TargetColumn,
    TargetSchema,
)
from tableferry.model.table_details import IndexColumn, SourceIndex, TableDetails
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tests.support.specs import spec

SOFT = Deletes(DeleteHandling.SOFT, "gone_at")
ID = SourceColumn("ID", SourceType("int", 4, 10), nullable=False)
NAME = SourceColumn("Name", SourceType("nvarchar", 100))
MARK = TargetColumn("gone_at", PgType("timestamptz"))
TARGET = (TargetColumn("id", PgType("int4"), nullable=False), TargetColumn("name", PgType("text")))


def soft(**changes: object) -> TableSpec:
    """A specification that names no columns."""
    given = {"columns": (), "derived_names": True, "publish": Publish.AUTO, "deletes": SOFT}
    return spec(**{**given, "primary_key": ("ID",), **changes})


def plan(
    table: TableSpec,
    *columns: SourceColumn,
    into: tuple[TargetColumn, ...] | None = None,
    details: TableDetails | None = None,
) -> SyncPlan:
    return plan_table(
        table,
        SourceSchema(columns or (ID, NAME)),
        None if into is None else TargetSchema(into),
        strategies=STRATEGIES,
        isolation=Isolation(snapshot=True),
        **({"details": details} if details else {}),
    )


def test_a_table_that_is_created_gets_the_column_last() -> None:
    planned = plan(soft())
    assert planned.ddl[0].endswith('  "name" text,\n  "gone_at" timestamptz\n)')
    assert planned.mark
    assert planned.mark.column == MARK
    assert "gone_at" not in planned.result_columns


def test_a_unique_index_of_a_created_table_leaves_marked_rows_out() -> None:
    names = (IndexColumn("Name"),)
    details = TableDetails(
        indexes=(
            SourceIndex("u", names, unique=True),
            SourceIndex("n", names),
            SourceIndex("f", names, unique=True, condition="([ID]>(5))"),
        )
    )
    _, _, unique, plain, filtered = plan(soft(), details=details).ddl
    assert unique.startswith("CREATE UNIQUE INDEX")
    assert unique.endswith(' WHERE "gone_at" IS NULL')
    assert plain.endswith('("name")')
    assert filtered.endswith(' WHERE (("id" > 5)) AND ("gone_at" IS NULL)')
    assert "WHERE" not in plan(soft(deletes=Deletes(DeleteHandling.HARD)), details=details).ddl[2]


@pytest.mark.parametrize("drift", DriftPolicy)
def test_the_column_is_no_drift(drift: DriftPolicy) -> None:
    planned = plan(soft(drift=drift), into=(*TARGET, MARK))
    assert planned.drift.messages == ()
    assert planned.warnings == ()


def test_a_boolean_that_needs_a_value_gets_one() -> None:
    needs = TargetColumn("gone_at", PgType("bool"), nullable=False, needs_value=True)
    planned = plan(soft(), into=(*TARGET, needs))
    assert planned.mark
    assert planned.mark.column == needs


def test_auto_merges_a_table_whose_deleted_rows_are_marked() -> None:
    planned = plan(soft(), into=(*TARGET, MARK))
    assert planned.publish == "merge"
    assert "not swap: it would lose rows that the source has deleted" in planned.strategy_reason


@pytest.mark.parametrize("into", [None, (*TARGET, MARK)])
@pytest.mark.parametrize("name", ["GoneAt", "gone_at", "Gone At"])
def test_a_source_column_that_would_fill_the_mark_is_refused(
    name: str, into: tuple[TargetColumn, ...] | None
) -> None:
    carried = SourceColumn(name, SourceType("datetime2", 8, 27, 7))
    with pytest.raises(SchemaError, match="names 'gone_at', which is filled from") as refused:
        plan(soft(drift=DriftPolicy.ADD_COLUMNS), ID, NAME, carried, into=into)
    assert "'exclude'" in refused.value.hint
    planned = plan(soft(exclude=(name,)), ID, NAME, carried, into=into)
    assert planned.mark
    assert planned.mark.column == MARK


def test_a_source_column_that_is_only_spelled_like_the_mark_fills_another_column() -> None:
    alike = SourceColumn("goneat", SourceType("int", 4, 10))
    with pytest.raises(SchemaError, match="t has no column 'goneat' for 'goneat'"):
        plan(soft(), ID, NAME, alike, into=(*TARGET, MARK))
    planned = plan(soft(drift=DriftPolicy.ADD_COLUMNS), ID, NAME, alike, into=(*TARGET, MARK))
    assert [column.name for column in planned.drift.added] == ["goneat"]


def test_a_companion_column_of_the_marks_name_is_refused() -> None:
    when = SourceColumn("Gone", SourceType("datetimeoffset", 10, 34, 7))
    overrides = (("Gone", "timestamptz + offset"),)
    named = plan(soft(type_overrides=overrides), ID, when).columns[-1].target.name
    table = soft(type_overrides=overrides, deletes=Deletes(DeleteHandling.SOFT, named))
    with pytest.raises(SchemaError, match=f"names '{named}', which is filled from"):
        plan(table, ID, when)


@pytest.mark.parametrize("into", [None, (*TARGET, MARK)])
def test_a_table_without_a_key_has_no_rows_to_be_marked(
    into: tuple[TargetColumn, ...] | None,
) -> None:
    with pytest.raises(SchemaError, match="deleted rows of t cannot be told from the others"):
        plan(soft(primary_key=()), into=into)


def test_a_plan_made_for_another_mark_is_another_plan() -> None:
    planned = plan(soft(), into=(*TARGET, MARK)).fingerprint
    other = TargetColumn("gone_at", PgType("bool"))
    assert plan(soft(), into=(*TARGET, other)).fingerprint != planned
    hard = soft(deletes=Deletes(DeleteHandling.HARD), publish=Publish.MERGE)
    assert plan(hard, into=TARGET).fingerprint != planned


def test_rows_marked_elsewhere_or_not_at_all_are_other_contents() -> None:
    other = TargetColumn("deleted", PgType("timestamptz"))
    into = (*TARGET, MARK, other)
    tables = [
        soft(drift=DriftPolicy.IGNORE, deletes=Deletes.parse(deletes))
        for deletes in ("soft:gone_at", "soft:deleted", "hard")
    ]
    assert len({plan(table, into=into).contents for table in tables}) == len(tables)
