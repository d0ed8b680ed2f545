"""``drift: evolve``: which types are widened, what prevents it, and what a refusal says to run."""

import itertools
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tableferry.errors import SchemaError
from tableferry.model.schema import (
    UNLIMITED,
    ColumnUse,
    PgType,
    SourceColumn,
    SourceSchema,
    SourceType,
    TargetColumn,
)
from tableferry.planning.evolve import (
    ALWAYS_PREVENTS,
    FAMILIES,
    FIXES_TYPE,
    KEEPS_NOT_NULL,
    PREVENTS_REWRITING,
    evolved_type,
    rewrites,
)
from tableferry.typemap import parse_pg_type, pg_type_holds
from tests.unit.planning.test_drift import ID, INT, NAME, SHAPE, plan, refused, source, target

DRIFT_PAGE = (Path(__file__).parents[3] / "docs" / "drift.md").read_text()

BIGINT = SourceType("bigint", 8, 19)


def kind(text: str) -> PgType:
    found = parse_pg_type(text)
    assert found is not None
    return found


def column(written: str, **changes: Any) -> TargetColumn:
    return TargetColumn("x", kind(written), **changes)


@pytest.mark.parametrize(("before", "after", "anew"), FAMILIES)
def test_a_type_is_widened_to_one_that_holds_every_value_of_both(
    before: str, after: str, anew: bool
) -> None:
    assert evolved_type(kind(before), kind(after)) == kind(after)
    assert evolved_type(kind(after), kind(before)) == kind(after), "it never becomes narrower"
    assert rewrites(kind(before), kind(after)) is anew


WRITTEN = [
    *("boolean", "smallint", "integer", "bigint", "real", "double precision", "numeric"),
    *("numeric(5,0)", "numeric(10,3)", "numeric(12,2)", "text", "varchar", "varchar(50)"),
    *("varchar(100)", "bytea", "uuid", "xml", "jsonb", "date", "char(5)"),
    *(f"{kind}{digits}" for kind in ("time", "timestamp", "timestamptz") for digits in ("", "(3)")),
]


@pytest.mark.parametrize("before", WRITTEN)
def test_what_becomes_of_any_two_types_holds_both_and_stays_in_the_family(before: str) -> None:
    for wanted in WRITTEN:
        there, other = kind(before), kind(wanted)
        after = evolved_type(there, other)
        if after is not None:
            assert pg_type_holds(after, there), (before, wanted)
            assert pg_type_holds(after, other), (before, wanted)
            assert (
                {after.name, there.name} <= {"text", "varchar"}
                or after.name == there.name
                or (after.name.startswith("int") and there.name.startswith("int"))
            )


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("integer", "numeric(12,0)"),
        ("numeric(9,0)", "bigint"),
        ("real", "double precision"),
        ("timestamp(3)", "timestamptz(3)"),
        ("date", "timestamp"),
        ("integer", "text"),
        ("char(5)", "varchar(10)"),
        ("boolean", "smallint"),
    ],
)
def test_a_type_of_another_family_is_not_evolved(before: str, wanted: str) -> None:
    assert evolved_type(kind(before), kind(wanted)) is None


def test_a_numeric_grows_on_both_sides_of_the_point() -> None:
    assert evolved_type(kind("numeric(10,4)"), kind("numeric(12,2)")) == kind("numeric(14,4)")
    assert evolved_type(PgType("numeric", (1000, 0)), PgType("numeric", (10, 9))) == kind("numeric")


@pytest.mark.parametrize(
    ("there", "source_type", "clause"),
    [
        ("smallint", INT, "integer"),
        ("integer", BIGINT, "bigint"),
        ("varchar(20)", NAME, "varchar(50)"),
        ("varchar(20)", SourceType("nvarchar", UNLIMITED), "text"),
        ("numeric(10,2)", SourceType("decimal", 9, 12, 2), "numeric(12,2)"),
        ("timestamp(3)", SourceType("datetime2", 8, 27, 7), "timestamp(6)"),
        ("time(0)", SourceType("time", 5, 16, 3), "time(3)"),
        ("timestamptz(0)", SourceType("datetimeoffset", 8, 26, 2), "timestamptz(2)"),
    ],
)
def test_a_column_that_is_too_narrow_is_widened_by_the_plan_and_shown(
    there: str, source_type: SourceType, clause: str
) -> None:
    planned = plan(source(ID=INT, X=source_type), target(column(there)), "evolve")
    assert planned.ddl == (f'ALTER TABLE "t" ALTER COLUMN "x" TYPE {clause}',)
    (warning,) = [one for one in planned.warnings if one.startswith("evolved")]
    assert warning == f"evolved: column 'x' becomes {clause}, from {kind(there)}"
    assert planned.columns[1].target.type == kind(clause)
    merged = plan(
        source(ID=INT, X=source_type), target(column(there)), "evolve",
        publish="merge", primary_key="ID",
    )  # fmt: skip
    cost = "every row of the table anew" if rewrites(kind(there), kind(clause)) else "catalog only"
    assert any(cost in one for one in merged.warnings)
    assert merged.readers_wait.endswith("as the table is altered")


def test_a_column_that_holds_every_value_is_left_alone() -> None:
    assert plan(source(ID=INT, X=INT), target(column("bigint")), "evolve").ddl == ()


def test_columns_are_added_and_altered_in_one_plan() -> None:
    planned = plan(source(ID=INT, X=BIGINT, New=INT), target(column("integer")), "evolve")
    assert planned.ddl == (
        'ALTER TABLE "t" ADD COLUMN "new" integer',
        'ALTER TABLE "t" ALTER COLUMN "x" TYPE bigint',
    )


def test_a_companion_column_is_widened_too() -> None:
    into = target(TargetColumn("area", PgType("bytea")), TargetColumn("area_srid", PgType("int2")))
    planned = plan(source(ID=INT, Area=SHAPE), into, "evolve")
    assert planned.ddl == ('ALTER TABLE "t" ALTER COLUMN "area_srid" TYPE integer',)


def test_an_override_is_followed_within_the_family_only() -> None:
    wishes = {"X": "bigint"}
    planned = plan(
        source(ID=INT, X=INT), target(column("integer")), "evolve", type_overrides=wishes
    )
    assert planned.ddl == ('ALTER TABLE "t" ALTER COLUMN "x" TYPE bigint',)
    error = refused(source(ID=INT, X=INT), target(column("text")), "evolve", type_overrides=wishes)
    assert "'type_overrides' of 'X' says 'bigint'" in error.message
    assert 'ALTER COLUMN "x" TYPE bigint USING "x"::text::bigint' in error.hint


NULLABLE = SourceSchema((SourceColumn("ID", INT, nullable=False), SourceColumn("X", INT)))


def test_a_column_may_be_null_once_it_may_be_in_the_source() -> None:
    planned = plan(NULLABLE, target(column("integer", nullable=False)), "evolve")
    assert planned.ddl == ('ALTER TABLE "t" ALTER COLUMN "x" DROP NOT NULL',)
    assert any("'x' may be NULL from now on" in warning for warning in planned.warnings)
    assert not any("may not: a NULL" in message for message in planned.drift.messages)


@pytest.mark.parametrize("use", KEEPS_NOT_NULL)
def test_a_column_that_postgresql_keeps_not_null_is_reported_as_under_other_policies(
    use: str,
) -> None:
    into = target(column("integer", nullable=False), uses={"x": (ColumnUse(use, ""),)})
    planned = plan(NULLABLE, into, "evolve")
    assert planned.ddl == ()
    assert any("'X' may be NULL, column 'x' may not" in told for told in planned.drift.messages)


def test_the_key_stays_not_null() -> None:
    there = SourceSchema((SourceColumn("ID", INT), SourceColumn("X", INT)))
    into = target(column("integer"))
    strict = TargetColumn("id", ID.type, nullable=False)
    keyed = type(into)((strict, *into.columns[1:]))
    assert plan(there, keyed, "evolve", primary_key="ID").ddl == ()


PREVENTS: Final = [*ALWAYS_PREVENTS, *PREVENTS_REWRITING]


@pytest.mark.parametrize("use", [use for use in PREVENTS if use not in FIXES_TYPE])
def test_what_uses_a_column_prevents_its_change_and_is_named_with_the_statements(use: str) -> None:
    error = refused_for(use)
    assert f"column 'x' is not evolved to bigint, as it is used by the {use} thing" in error.message
    assert (
        f'DROP {use} thing; ALTER TABLE "t" ALTER COLUMN "x" TYPE bigint; CREATE {use} thing'
    ) in error.hint


@pytest.mark.parametrize("use", FIXES_TYPE)
def test_no_statement_is_proposed_for_a_column_whose_type_postgresql_lets_nobody_change(
    use: str,
) -> None:
    error = refused_for(use)
    assert f"column 'x' is not evolved to bigint, as it is used by the {use} thing" in error.message
    assert "ALTER COLUMN" not in error.hint


def refused_for(use: str) -> SchemaError:
    used = ColumnUse(use, "thing", f"DROP {use} thing", f"CREATE {use} thing")
    into = target(column("integer"), uses={"x": (used,)})
    return refused(source(ID=INT, X=BIGINT), into, "evolve")


def test_an_index_stays_where_the_table_is_not_rewritten() -> None:
    into = target(column("varchar(20)"), uses={"x": (ColumnUse("index", "i"),)})
    assert plan(source(ID=INT, X=NAME), into, "evolve").ddl != ()


def test_a_login_that_may_not_alter_the_table_gets_the_statement_for_its_owner() -> None:
    error = refused(source(ID=INT, X=BIGINT), target(column("integer"), may_alter=False), "evolve")
    assert "cannot alter columns ('x') of t: only the owner" in error.message
    assert 'By hand: ALTER TABLE "t" ALTER COLUMN "x" TYPE bigint' in error.hint


POLICIES = ["stop", "add_columns", "ignore", "evolve"]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("there", "into", "changes", "statement"),
    [
        pytest.param(
            {"X": NAME}, [column("integer")], {},
            'ALTER COLUMN "x" TYPE text USING "x"::text::text', id="another type",
        ),
        pytest.param(
            {}, [TargetColumn("must", PgType("int4"), nullable=False, needs_value=True)], {},
            'ALTER COLUMN "must" DROP NOT NULL', id="a value that nobody has",
        ),
        pytest.param(
            {"X": INT}, [column("integer", generated=True)], {},
            'ALTER COLUMN "x" DROP EXPRESSION', id="generated",
        ),
        pytest.param(
            {"X": INT}, [column("integer")], {"type_overrides": {"X": "text"}},
            'ALTER COLUMN "x" TYPE text USING "x"::text::text', id="an override",
        ),
    ],
)  # fmt: skip
def test_every_refused_difference_names_the_statement_under_every_policy(
    policy: str,
    there: dict[str, SourceType],
    into: list[TargetColumn],
    changes: dict[str, Any],
    statement: str,
) -> None:
    error = refused(source(ID=INT, **there), target(*into), policy, **changes)
    assert f'By hand: ALTER TABLE "t" {statement}' in error.hint


@pytest.mark.parametrize("policy", ["stop", "add_columns", "ignore"])
def test_a_narrow_type_is_refused_with_the_statement_that_evolve_would_run(policy: str) -> None:
    error = refused(source(ID=INT, X=BIGINT), target(column("integer")), policy)
    assert 'By hand: ALTER TABLE "t" ALTER COLUMN "x" TYPE bigint' in error.hint


def test_columns_of_one_side_are_refused_with_the_statements_for_both() -> None:
    error = refused(source(ID=INT, New=INT), target("old"), "stop")
    assert 'ALTER TABLE "t" ADD COLUMN "new" integer' in error.hint
    assert 'ALTER TABLE "t" DROP COLUMN "old"' in error.hint


def test_the_page_lists_what_is_widened_and_what_prevents_it() -> None:
    (table,) = re.findall(r"<!-- evolve -->\n(.*)\n<!-- /evolve -->", DRIFT_PAGE, re.DOTALL)
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (.*) \|$", table, re.MULTILINE)
    says = {True: "writes every row anew", False: "changes the catalog only"}
    assert rows == [(before, after, says[anew]) for before, after, anew in FAMILIES]
    for use in itertools.chain(ALWAYS_PREVENTS, PREVENTS_REWRITING, KEEPS_NOT_NULL):
        assert use in DRIFT_PAGE, use


def test_the_errors_class_is_that_of_every_refusal() -> None:
    with pytest.raises(SchemaError):
        plan(source(ID=INT, X=NAME), target(column("integer")), "evolve")
