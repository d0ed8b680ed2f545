"""Differences between the source and an existing table are named, and handled by policy."""

from typing import Any

import pytest

from tableferry.config import parse_table_configs
from tableferry.errors import ConfigError, SchemaError
from tableferry.model.schema import (
    UNLIMITED,
    Isolation,
    PgType,
    SourceColumn,
    SourceSchema,
    SourceType,
    TargetColumn,
    TargetSchema,
)
from tableferry.planning.plan import SyncPlan
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tableferry.typemap import RULES, parse_pg_type, pg_type_holds
from tests.support.specs import entry

INT = SourceType("int", 4, 10)
NAME = SourceType("nvarchar", 100)
SHAPE = SourceType("geography", UNLIMITED)
AT = SourceType("datetimeoffset", 10, 34, 7)

PG_INT, TEXT = PgType("int4"), PgType("text")
ID = TargetColumn("id", PG_INT, nullable=False)


def source(**columns: SourceType) -> SourceSchema:
    found = (SourceColumn(name, kind, nullable=name != "ID") for name, kind in columns.items())
    return SourceSchema(tuple(found))


def target(*columns: TargetColumn | str, **changes: Any) -> TargetSchema:
    made = (TargetColumn(c, TEXT) if isinstance(c, str) else c for c in columns)
    return TargetSchema((ID, *made), **changes)


def plan(
    there: SourceSchema, into: TargetSchema | None, drift: str | None = None, **changes: Any
) -> SyncPlan:
    """The plan of a table whose columns are discovered, unless ``changes`` name them."""
    left_out = {"columns": None, "pg_columns": None, "primary_key": None, "order_by": None}
    configured = entry(**{**left_out, "drift": drift, "pg_table": "t", **changes})
    spec = parse_table_configs({"t": configured})["t"]
    return plan_table(spec, there, into, strategies=STRATEGIES, isolation=Isolation(snapshot=True))


def refused(*arguments: Any, **changes: Any) -> SchemaError:
    with pytest.raises(SchemaError) as raised:
        plan(*arguments, **changes)
    return raised.value


def test_equal_columns_are_no_drift_whatever_the_policy() -> None:
    for policy in (None, "stop", "add_columns", "ignore"):
        planned = plan(source(ID=INT, Name=NAME), target("name"), policy)
        assert planned.drift.messages == planned.warnings == planned.ddl == ()


def test_a_missing_table_is_created_and_has_no_drift() -> None:
    planned = plan(source(ID=INT, Name=NAME), None, "add_columns")
    assert planned.drift.messages == ()
    assert planned.ddl[0].startswith("CREATE TABLE")


def test_a_new_column_of_the_source_stops_by_default_and_the_hint_names_the_key() -> None:
    error = refused(source(ID=INT, Name=NAME, Qty=INT), target("name"))
    assert "t has no column 'qty' for 'Qty'" in error.message
    assert "add_columns" in error.hint


def test_a_new_column_is_added_before_the_rows_and_reported() -> None:
    planned = plan(source(ID=INT, Name=NAME, Qty=INT), target("name"), "add_columns")
    assert planned.ddl == ('ALTER TABLE "t" ADD COLUMN "qty" integer',)
    assert [c.target.name for c in planned.columns] == ["id", "name", "qty"]
    (told,) = planned.drift.messages
    assert "'qty'" in told
    assert "is added, of type integer" in told
    assert told in planned.warnings


def test_added_columns_are_not_null_like_the_sources_unless_child_tables_keep_rows() -> None:
    there = SourceSchema((SourceColumn("ID", INT), SourceColumn("Qty", INT, nullable=False)))
    assert plan(there, target(), "add_columns").ddl[0].endswith('"qty" integer NOT NULL')
    heirs = target(has_children=True)
    assert plan(there, heirs, "add_columns").ddl[0].endswith('"qty" integer')


def test_an_added_column_brings_its_companion_and_an_existing_one_gets_it_later() -> None:
    added = plan(source(ID=INT, Area=SHAPE), target(), "add_columns")
    assert added.ddl == ('ALTER TABLE "t" ADD COLUMN "area" bytea, ADD COLUMN "area_srid" integer',)
    into = target(TargetColumn("area", PgType("bytea")))
    late = plan(source(ID=INT, Area=SHAPE), into, "add_columns")
    assert late.ddl == ('ALTER TABLE "t" ADD COLUMN "area_srid" integer',)
    assert late.losses == {}
    assert "SRID is not kept" in plan(source(ID=INT, Area=SHAPE), into).losses["Area"]


def test_an_added_column_has_the_type_that_the_configuration_asks_for() -> None:
    wishes = {"At": "timestamptz + offset", "Qty": "bigint"}
    planned = plan(source(ID=INT, At=AT, Qty=INT), target(), "add_columns", type_overrides=wishes)
    (sql,) = planned.ddl
    assert sql == (
        'ALTER TABLE "t" ADD COLUMN "at" timestamptz, ADD COLUMN "at_offset" smallint, '
        'ADD COLUMN "qty" bigint'
    )


def test_columns_are_added_only_by_a_login_that_may_alter_the_table() -> None:
    into = target(may_alter=False)
    error = refused(source(ID=INT, Qty=INT), into, "add_columns")
    assert "cannot add columns ('qty') to t" in error.message
    assert plan(source(ID=INT), into, "add_columns").ddl == ()


def test_a_new_column_is_left_out_with_a_warning() -> None:
    planned = plan(source(ID=INT, Name=NAME, Qty=INT), target("name"), "ignore")
    assert planned.ddl == ()
    assert "Qty" not in planned.select
    assert [name for name, _ in planned.spec.columns] == ["ID", "Name"]
    (warning,) = planned.warnings
    assert warning == "t has no column 'qty' for 'Qty': it is left out"


def test_a_left_out_key_is_no_key_and_without_any_column_left_it_is_refused() -> None:
    planned = plan(source(ID=INT, Name=NAME), TargetSchema((TargetColumn("name", TEXT),)),
                   "ignore", primary_key="ID")  # fmt: skip
    assert planned.spec.primary_key == ()
    error = refused(source(Other=INT), target("name"), "ignore")
    assert "none of the columns" in error.message


def test_configured_columns_that_the_target_lacks_follow_the_policy_too() -> None:
    named = {"columns": ["ID", "Name"], "pg_columns": ["id", "label"]}
    there, into = source(ID=INT, Name=NAME), target("old")
    assert "no column 'label' for 'Name'" in refused(there, into, **named).message
    added = plan(there, into, "add_columns", **named)
    assert added.ddl == ('ALTER TABLE "t" ADD COLUMN "label" text',)
    assert [c.target.name for c in plan(there, into, "ignore", **named).columns] == ["id"]


def test_extra_target_columns_are_ignored_where_the_columns_are_configured() -> None:
    named = {"columns": ["ID"], "pg_columns": ["id"]}
    assert plan(source(ID=INT), target("old"), **named).drift.messages == ()


def test_a_column_dropped_in_the_source_stops_by_default() -> None:
    error = refused(source(ID=INT), target("name"))
    assert "has no column for 'name' of t" in error.message
    assert "keep the columns that only the target has" in error.hint


@pytest.mark.parametrize("policy", ["add_columns", "ignore"])
def test_a_column_dropped_in_the_source_is_kept_with_a_warning(policy: str) -> None:
    planned = plan(source(ID=INT), target("name"), policy)
    assert planned.ddl == ()
    (warning,) = planned.warnings
    assert "'name'" in warning
    assert "kept, each row gets its default or NULL" in warning


@pytest.mark.parametrize("policy", ["stop", "add_columns", "ignore"])
def test_a_dropped_column_that_requires_a_value_is_refused_under_every_policy(policy: str) -> None:
    must = TargetColumn("must", PG_INT, nullable=False, needs_value=True)
    message = refused(source(ID=INT), target(must), policy).message
    assert message.count("'must'") == 1


def test_excluded_columns_and_generated_ones_are_no_drift() -> None:
    there = source(ID=INT, Area=SHAPE, Note=NAME)
    total = TargetColumn("total", PG_INT, generated=True)
    planned = plan(there, target("area", "area_srid", "note", total), exclude=["AREA", "note"])
    assert planned.drift.messages == ()


def test_a_likely_rename_is_reported_with_the_statement_that_would_follow_it() -> None:
    there, into = source(ID=INT, FullName=NAME), target("name")
    message = refused(there, into).message
    assert "looks like 'name' of t renamed: both are text" in message
    assert 'ALTER TABLE "t" RENAME COLUMN "name" TO "full_name"' in message
    for policy in ("add_columns", "ignore"):
        assert any("renamed" in warning for warning in plan(there, into, policy).warnings)


def test_a_rename_of_a_column_that_requires_a_value_is_reported_with_the_refusal() -> None:
    must = TargetColumn("name", TEXT, nullable=False, needs_value=True)
    message = refused(source(ID=INT, FullName=NAME), target(must), "add_columns").message
    assert "'name' requires a value" in message
    assert "renamed" in message


@pytest.mark.parametrize(
    "into",
    [target(TargetColumn("name", PG_INT)), target("name", "other"), target()],
    ids=["of another type", "two that it may be", "none gone"],
)
def test_ambiguous_columns_are_not_reported_as_a_rename(into: TargetSchema) -> None:
    assert "renamed" not in refused(source(ID=INT, FullName=NAME), into).message


def test_a_configured_column_that_the_source_renamed_is_reported_with_its_likely_new_name() -> None:
    named = {"columns": ["ID", "Name"], "pg_columns": ["id", "name"]}
    message = refused(source(ID=INT, FullName=NAME), target("name"), **named).message
    assert "no column 'Name' (it looks renamed to 'FullName')" in message
    for there in (source(ID=INT, A=NAME, B=NAME), source(ID=INT, A=INT), source(ID=INT)):
        assert "renamed" not in refused(there, target("name"), **named).message


@pytest.mark.parametrize("policy", ["stop", "add_columns", "ignore"])
@pytest.mark.parametrize(
    ("kind", "into", "said"),
    [
        (SourceType("bigint", 8, 19), PG_INT, "widened"),
        (SourceType("decimal", 9, 12, 2), PgType("numeric", (10, 2)), "widened"),
        (SourceType("nvarchar", 200), PgType("varchar", (50,)), "widened"),
        (SourceType("nvarchar", UNLIMITED), PgType("varchar", (50,)), "widened"),
        (SourceType("datetime2", 8, 27, 7), PgType("timestamp", (3,)), "widened"),
        (SourceType("float", 8, 53), PgType("float4"), "widened"),
        (NAME, PG_INT, "changed"),
        (SourceType("date"), TEXT, "changed"),
    ],
)
def test_a_type_that_does_not_fit_is_refused_under_every_policy_as_widened_or_changed(
    policy: str, kind: SourceType, into: PgType, said: str
) -> None:
    message = refused(source(ID=INT, X=kind), target(TargetColumn("x", into)), policy).message
    assert f"column 'x' of type {into} cannot hold every value of 'X' of type {kind}" in message
    assert f"({said}: " in message


@pytest.mark.parametrize(
    ("kind", "into", "said"),
    [
        (INT, PgType("int8"), "narrowed"),
        (SourceType("decimal", 9, 8, 2), PgType("numeric", (10, 2)), "narrowed"),
        (SourceType("varchar", 20), PgType("varchar", (50,)), "narrowed"),
        (SourceType("datetime", 8), PgType("timestamp"), "narrowed"),
        (SourceType("real", 4), PgType("float8"), "narrowed"),
        (SourceType("date"), PgType("timestamp"), "changed"),
        (SourceType("bit", 1), PgType("int2"), "changed"),
        (NAME, PgType("varchar", (50,)), ""),
        (NAME, PgType("varchar"), ""),
        (SourceType("datetime2", 8, 27, 7), PgType("timestamp"), ""),
        (SourceType("xml", UNLIMITED), TEXT, ""),
        (SourceType("hierarchyid", 892), PgType("varchar", (4000,)), ""),
        (SourceType("hierarchyid", 892), PgType("varchar", (9000,)), "narrowed"),
    ],
)
def test_a_type_that_fits_is_carried_and_reported_where_it_differs(
    kind: SourceType, into: PgType, said: str
) -> None:
    planned = plan(source(ID=INT, X=kind), target(TargetColumn("x", into)))
    told = " ".join(planned.drift.messages)
    assert told.partition(":")[0] == said
    assert planned.warnings == ()
    if said:
        assert f"'X' is of type {kind}, column 'x' of type {into}" in told


@pytest.mark.parametrize("code", [SourceType("char", 5), SourceType("nchar", 10)], ids=str)
def test_a_char_is_filled_where_both_sides_pad_it_to_the_same_length(code: SourceType) -> None:
    planned = plan(source(ID=INT, X=code), target(TargetColumn("x", PgType("bpchar", (5,)))))
    assert planned.drift.messages == ()
    assert "gets more blanks" in planned.losses["X"]


@pytest.mark.parametrize("code", [SourceType("char", 4), SourceType("varchar", 5)], ids=str)
def test_a_char_that_pads_otherwise_is_refused_with_the_override_that_fills_it(
    code: SourceType,
) -> None:
    into = target(TargetColumn("x", PgType("bpchar", (5,))))
    message = refused(source(ID=INT, X=code), into).message
    assert "\"type_overrides\": {'X': 'char(5)'} would convert it" in message
    assert "PostgreSQL pads char(n) with blanks" in message
    planned = plan(source(ID=INT, X=code), into, type_overrides={"X": "char(5)"})
    assert "PostgreSQL pads char(n)" in planned.losses["X"]


def test_a_type_from_type_overrides_is_not_reported_as_a_change() -> None:
    into = target(TargetColumn("x", PgType("int8")))
    planned = plan(source(ID=INT, X=INT), into, type_overrides={"X": "bigint"})
    assert planned.drift.messages == ()


def test_a_column_that_may_be_null_only_in_the_source_is_reported() -> None:
    into = target(TargetColumn("name", TEXT, nullable=False, needs_value=True))
    (told,) = plan(source(ID=INT, Name=NAME), into).drift.messages
    assert "'Name' may be NULL, column 'name' may not" in told


def test_drift_changes_the_fingerprint_and_nothing_else_does() -> None:
    def fingerprint(policy: str, *columns: str, **sources: SourceType) -> str:
        return plan(source(ID=INT, **sources), target(*columns), policy).fingerprint

    equal = fingerprint("ignore", "name", Name=NAME)
    assert fingerprint("add_columns", "name", Name=NAME) == equal
    assert fingerprint("ignore", "name", Name=NAME, Qty=INT) != equal
    assert fingerprint("ignore", "name", "more", Name=NAME) != equal


def test_an_unknown_policy_is_refused_in_the_configuration() -> None:
    with pytest.raises(
        ConfigError, match="'drift' must be one of stop, add_columns, evolve, ignore"
    ):
        parse_table_configs({"t": entry(drift="drop")})


@pytest.mark.parametrize(
    ("wide", "narrow", "holds"),
    [
        (PgType("int8"), PgType("int4"), True),
        (PgType("int2"), PgType("int4"), False),
        (PgType("numeric"), PgType("numeric", (38, 10)), True),
        (PgType("numeric", (38, 10)), PgType("numeric"), False),
        (PgType("numeric", (10, 0)), PgType("int4"), True),
        (PgType("numeric", (9, 0)), PgType("int4"), False),
        (PgType("int4"), PgType("numeric", (9, 0)), True),
        (PgType("int4"), PgType("numeric", (10, 0)), False),
        (PgType("int4"), PgType("numeric", (5, 1)), False),
        (PgType("text"), PgType("varchar", (5,)), True),
        (PgType("varchar"), PgType("text"), True),
        (PgType("varchar", (5,)), PgType("varchar", (6,)), False),
        (PgType("time", (3,)), PgType("time"), False),
        (PgType("timestamptz", (3,)), PgType("timestamp", (3,)), False),
        (PgType("uuid"), PgType("uuid"), True),
        (PgType("text"), PgType("int4"), False),
    ],
)
def test_one_type_holds_another_of_its_kind_or_not(
    wide: PgType, narrow: PgType, holds: bool
) -> None:
    assert pg_type_holds(wide, narrow) is holds


SIZES = [(UNLIMITED, 0, 0), (100, 0, 0), (8, 18, 0), (9, 10, 3), (17, 38, 6), (8, 27, 7)]
WRITTEN = [
    *("boolean", "smallint", "integer", "bigint", "real", "double precision", "numeric"),
    *("numeric(5,0)", "numeric(10,3)", "numeric(19,4)", "numeric(38,6)", "numeric(40,7)"),
    *("text", "varchar", "varchar(50)", "varchar(100)", "bytea", "uuid", "xml", "jsonb", "date"),
    *(f"{kind}{digits}" for kind in ("time", "timestamp", "timestamptz") for digits in ("", "(3)")),
]


@pytest.mark.parametrize("name", RULES)
def test_a_target_type_that_holds_the_created_one_takes_every_value_of_the_source(
    name: str,
) -> None:
    rule = RULES[name]
    held = 0
    for kind in (SourceType(name, *size) for size in SIZES):
        for into in filter(None, map(parse_pg_type, WRITTEN)):
            if pg_type_holds(into, rule.create(kind)):
                held += 1
                assert rule.fits(kind, into), (kind, into)
    assert held or name == "vector"
