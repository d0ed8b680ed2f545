"""What the plan says of checked conversions, and what it does not create for their columns."""

from dataclasses import replace
from typing import Any

import pytest

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
from tableferry.planning.ddl.defaults import translated_default
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.typemap import may_alter, stays_distinct
from tests.unit.planning.test_complete_spec import spec
from tests.unit.planning.test_drift import INT, plan, refused, source, target

TEXT36 = SourceType("varchar", 36)
MONEY = SourceType("money", 8, 19, 4)
MOMENT = SourceType("datetime2", 8, 27, 7)
DATETIME = SourceType("datetime", 8, 23, 3)
MOOD = PgType("enum", enum="mood")


def into(kind: PgType) -> TargetSchema:
    return target(TargetColumn("x", kind))


@pytest.mark.parametrize(
    ("kind", "existing", "written", "checked"),
    [
        (TEXT36, PgType("uuid"), "uuid", "32 hexadecimal digits"),
        (TEXT36, MOOD, "enum", "it is a label of the type"),
        (TEXT36, PgType("varchar", (10,)), "varchar(10)", "no more characters than the column"),
        (MONEY, PgType("numeric", (18, 2)), "numeric(18,2)", "no other digits"),
        (MOMENT, PgType("timestamptz"), "timestamptz at UTC", ""),
        (MOMENT, PgType("timestamp", (3,)), "timestamp(3)", ""),
        (SourceType("bigint", 8, 19), PgType("int4"), "integer", "in range"),
        (SourceType("tinyint", 1, 3), PgType("bool"), "boolean", "it is 0 or 1"),
        (DATETIME, PgType("date"), "date", "midnight"),
    ],
    ids=str,
)
def test_a_mismatch_names_the_override_that_fills_the_column(
    kind: SourceType, existing: PgType, written: str, checked: str
) -> None:
    message = refused(source(ID=INT, X=kind), into(existing)).message
    assert f"\"type_overrides\": {{'X': '{written}'}} would convert it" in message
    assert checked in message
    (_, column) = plan(
        source(ID=INT, X=kind), into(existing), type_overrides={"X": written}
    ).columns
    assert column.target.type == existing
    assert checked in column.checks


def test_an_enum_is_filled_but_not_created() -> None:
    for there in (None, target()):
        error = refused(
            source(ID=INT, X=TEXT36), there, "add_columns", type_overrides={"X": "enum"}
        )
        assert "'x' for 'X' is not created" in error.message


def test_an_override_of_another_form_is_refused() -> None:
    for written in ("timestamptz", "timestamptz + offset"):
        error = refused(
            source(ID=INT, X=MOMENT), into(PgType("timestamptz")), type_overrides={"X": written}
        )
        assert "'timestamptz at UTC'" in error.message


def test_the_conversion_takes_part_in_the_fingerprint() -> None:
    def fingerprint(kind: SourceType, existing: PgType, written: str | None) -> str:
        overrides = {"X": written} if written else None
        return plan(source(ID=INT, X=kind), into(existing), type_overrides=overrides).fingerprint

    wide = SourceType("datetimeoffset", 10, 34, 7)
    found = [
        fingerprint(wide, PgType("timestamptz"), None),
        fingerprint(wide, PgType("timestamptz", (3,)), "timestamptz(3)"),
        fingerprint(wide, PgType("timestamptz", (0,)), "timestamptz(0)"),
        fingerprint(MOMENT, PgType("timestamptz"), "timestamptz at UTC"),
        fingerprint(TEXT36, PgType("uuid"), "uuid"),
        fingerprint(TEXT36, PgType("citext"), None),
        fingerprint(TEXT36, MOOD, "enum"),
        fingerprint(TEXT36, replace(MOOD, enum="other"), "enum"),
        fingerprint(TEXT36, PgType("jsonb"), "jsonb"),
        fingerprint(TEXT36, PgType("json"), "json"),
    ]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("kind", "existing", "definition"),
    [
        (MONEY, PgType("numeric", (18, 2)), "((1.2345))"),
        (MOMENT, PgType("timestamptz"), "('2024-01-31T00:00:00')"),
        (DATETIME, PgType("date"), "(getdate())"),
        (MOMENT, PgType("timestamp", (0,)), "(sysdatetime())"),
        (SourceType("bigint", 8, 19), PgType("int4"), "((5000000000.))"),
        (TEXT36, PgType("varchar", (3,)), "('abcdef')"),
        (TEXT36, PgType("uuid"), "(newid())"),
    ],
    ids=str,
)
def test_no_default_is_created_that_the_column_may_read_differently(
    kind: SourceType, existing: PgType, definition: str
) -> None:
    assert may_alter(kind, existing)
    assert translated_default(definition, kind, existing) is None
    assert translated_default("(NULL)", kind, existing) == "NULL"


@pytest.mark.parametrize(
    ("kind", "existing", "distinct"),
    [
        (TEXT36, PgType("citext"), False),
        (TEXT36, PgType("uuid"), False),
        (TEXT36, PgType("bool"), False),
        (TEXT36, PgType("varchar", (3,)), True),
        (MOMENT, PgType("timestamp", (3,)), False),
        (MOMENT, PgType("date"), False),
        (replace(MOMENT, scale=3), PgType("timestamptz"), True),
        (MONEY, PgType("numeric", (18, 2)), True),
        (SourceType("float", 8, 53), PgType("int8"), False),
    ],
    ids=str,
)
def test_it_is_known_which_values_may_become_equal(
    kind: SourceType, existing: PgType, distinct: bool
) -> None:
    assert stays_distinct(kind, existing) is distinct


def test_an_index_on_such_a_column_has_no_condition_and_is_not_unique() -> None:
    columns = (SourceColumn("ID", INT, nullable=False), SourceColumn("X", TEXT36))
    indexes = (
        SourceIndex("PK", (IndexColumn("ID"),), unique=True, primary=True),
        SourceIndex("U", (IndexColumn("X"),), unique=True),
        SourceIndex("F", (IndexColumn("ID"),), unique=True, condition="([X]='abc')"),
    )
    made: Any = plan_table(
        spec(type_overrides={"X": "uuid"}),
        SourceSchema(columns),
        None,
        strategies=STRATEGIES,
        isolation=Isolation(snapshot=True),
        details=TableDetails(indexes=indexes),
    )
    created = [sql for sql in made.ddl if " INDEX " in sql]
    assert len(created) == 1
    assert "UNIQUE" not in created[0]
    assert any("'F' is not created" in warning for warning in made.warnings)
