"""Overrides and companions: what a specification may request, and what is refused by name."""

from typing import Any

import pytest

from tableferry.errors import SchemaError
from tableferry.model.schema import (
    UNLIMITED,
    PgType,
    SourceColumn,
    SourceType,
    TargetColumn,
    TargetSchema,
)
from tableferry.planning.column_plan import ColumnPlan, read_as_utf16
from tableferry.planning.match_columns import match_columns
from tableferry.typemap import RULES, parse_pg_type
from tests.support.specs import planned, spec

GUID = SourceType("uniqueidentifier", 16)
AT = SourceType("datetimeoffset", 10, 34, 7)
SHAPE = SourceType("geography", UNLIMITED)
VARIANT = SourceType("sql_variant", 8016)


def matched(
    source: SourceType, override: str | None = None, target: dict[str, Any] | None = None
) -> tuple[ColumnPlan, ...]:
    """The plans of a column X of this type, into a new table or one with these columns."""
    overrides = () if override is None else (("X", override),)
    found = [(SourceColumn("X", source), "x")]
    there = None
    if target is not None:
        columns = [
            c if isinstance(c, TargetColumn) else TargetColumn(n, c) for n, c in target.items()
        ]
        there = TargetSchema(tuple(columns))
    given = spec(("X", "x"), type_overrides=overrides, primary_key=())
    return match_columns(given, found, there).columns


@pytest.mark.parametrize(
    ("source", "override", "created", "select"),
    [
        (GUID, "text", "text", "CONVERT(char(36), t.[X])"),
        (GUID, "varchar(36)", "varchar(36)", "CONVERT(char(36), t.[X])"),
        (GUID, "char(36)", "char(36)", "CONVERT(char(36), t.[X])"),
        (SourceType("datetime2", 8, 27, 7), "text", "text", "CONVERT(varchar(27), t.[X], 121)"),
        (SourceType("time", 5, 16, 7), "text", "text", "CONVERT(varchar(16), t.[X], 121)"),
        (AT, "text", "text", "CONVERT(varchar(34), t.[X], 121)"),
        (SourceType("timestamp", 8), "bigint", "bigint", "CAST(t.[X] AS binary(8))"),
        (SourceType("int", 4, 10), "bigint", "bigint", "t.[X]"),
        (SourceType("int", 4, 10), "text", "text", "CONVERT(varchar(11), t.[X])"),
        (SourceType("money", 8, 19, 4), "numeric", "numeric", "t.[X]"),
        (SourceType("nvarchar", 100), "VARCHAR ( 50 )", "varchar(50)", "t.[X]"),
        (SourceType("json", UNLIMITED), "json", "json", "CAST(t.[X] AS nvarchar(max))"),
        (SourceType("vector", 20), "text", "text", "CAST(t.[X] AS nvarchar(max))"),
        (SourceType("xml", UNLIMITED), "xml", "xml", "CAST(t.[X] AS nvarchar(max))"),
    ],
)
def test_an_override_with_an_exact_rule_is_created_and_read_by_it(
    source: SourceType, override: str, created: str, select: str
) -> None:
    (plan,) = matched(source, override)
    assert str(plan.target.type) == created
    assert plan.select == select
    assert "seventh" not in plan.loss


@pytest.mark.parametrize(
    ("source", "override"),
    [
        (SourceType("float", 8, 53), "text"),
        (SourceType("datetime2", 8, 27, 7), "timestamptz"),
        (SourceType("datetime2", 8, 27, 7), "timestamp at UTC"),
        (AT, "timestamp"),
        (SourceType("int", 4, 10), "integer at UTC"),
        (SourceType("datetime2", 8, 27, 7), "varchar(26)"),
        (SourceType("datetime2", 8, 27, 7), "timestamp + offset"),
        (SourceType("nvarchar", 100), "inet"),
        (SourceType("nvarchar", 100), "enum"),
        (SourceType("varbinary", 10), "text"),
        (GUID, "char(35)"),
        (SourceType("decimal", 9, 10, 2), "numeric(39,1)"),
        (SourceType("float", 8, 53), "numeric(18,2)"),
    ],
)
def test_an_override_without_an_exact_rule_is_refused_by_name(
    source: SourceType, override: str
) -> None:
    with pytest.raises(SchemaError, match="'X'"):
        matched(source, override)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "nosuch",
        "text)",
        "int; DROP TABLE t",
        "timestamp(7)",
        "numeric(3,5)",
        "text[]",
        "varchar(0)",
    ],
)
def test_an_override_that_names_no_type_is_refused(written: str) -> None:
    with pytest.raises(SchemaError, match="type_overrides"):
        matched(SourceType("int", 4, 10), written)


def test_an_override_of_a_column_that_is_not_carried_is_refused() -> None:
    given = spec(("X", "x"), type_overrides=(("Y", "text"),), primary_key=())
    with pytest.raises(SchemaError, match="'type_overrides' names 'Y'"):
        match_columns(given, [(SourceColumn("X", GUID), "x")], None)


def test_an_existing_column_in_another_form_is_used_only_on_request() -> None:
    with pytest.raises(SchemaError, match="type_overrides"):
        matched(GUID, None, {"x": PgType("text")})
    (plan,) = matched(GUID, "text", {"x": PgType("text")})
    assert plan.select == "CONVERT(char(36), t.[X])"


def test_an_override_that_the_existing_column_contradicts_is_refused() -> None:
    with pytest.raises(SchemaError, match="'x' is of type uuid"):
        matched(GUID, "text", {"x": PgType("uuid")})


COMPANIONS = [
    (SHAPE, None, "x_srid", "integer", "t.[X].STSrid"),
    (SourceType("geometry", UNLIMITED), None, "x_srid", "integer", "t.[X].STSrid"),
    (VARIANT, None, "x_type", "text", "SQL_VARIANT_PROPERTY(t.[X], 'BaseType')"),
    (AT, "timestamptz + offset", "x_offset", "smallint", "DATEPART(TZOFFSET, t.[X])"),
]


@pytest.mark.parametrize(("source", "override", "name", "kind", "select"), COMPANIONS)
def test_a_companion_is_created_and_read_beside_its_column(
    source: SourceType, override: str | None, name: str, kind: str, select: str
) -> None:
    first, second = matched(source, override)
    assert (second.target.name, str(second.target.type)) == (name, kind)
    assert select in second.select
    assert second.companion
    assert not first.companion
    assert "offset" not in first.loss


@pytest.mark.parametrize(("source", "kind"), [(SHAPE, "bytea"), (VARIANT, "text")])
def test_without_a_column_for_the_companion_its_loss_is_declared(
    source: SourceType, kind: str
) -> None:
    (plan,) = matched(source, None, {"x": PgType(kind)})
    assert "is not kept" in plan.loss


def test_an_existing_companion_is_filled_even_if_it_requires_a_value() -> None:
    needy = TargetColumn("x_srid", PgType("int8"), nullable=False, needs_value=True)
    _, second = matched(SHAPE, None, {"x": PgType("bytea"), "x_srid": needy})
    assert second.target is needy


def test_a_companion_of_a_type_that_cannot_hold_it_is_refused() -> None:
    with pytest.raises(SchemaError, match="'x_srid' of type smallint"):
        matched(SHAPE, None, {"x": PgType("bytea"), "x_srid": PgType("int2")})


def test_a_requested_offset_without_a_column_is_refused() -> None:
    with pytest.raises(SchemaError, match="no column 'x_offset'"):
        matched(AT, "timestamptz + offset", {"x": PgType("timestamptz")})


def test_a_companions_name_that_another_column_has_is_refused() -> None:
    found = [(SourceColumn("X", SHAPE), "x"), (SourceColumn("Y", SourceType("int")), "x_srid")]
    with pytest.raises(SchemaError, match="'x_srid'"):
        match_columns(spec(("X", "x"), ("Y", "x_srid"), primary_key=()), found, None)


def test_reading_as_utf16_wraps_the_texts_of_the_named_columns_once() -> None:
    columns = [planned("a", SourceType("nvarchar", 20)), planned("b", SourceType("int", 4, 10))]
    again = read_as_utf16(columns, frozenset({"a", "b"}))
    assert again[0].select == "CAST(CAST(t.[a] AS nvarchar(max)) AS varbinary(max))"
    assert again[1] == columns[1]
    assert read_as_utf16(again, frozenset({"a"})) == again


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("INT", "integer"),
        ("timestamp without time zone", "timestamp"),
        ("timestamp(3)  with time zone", "timestamptz(3)"),
        ("time(0) without time zone", "time(0)"),
        ("character varying(20)", "varchar(20)"),
        ("char", "char(1)"),
        ("decimal(9)", "numeric(9,0)"),
        ("Double Precision", "double precision"),
        ("real[]", "real[]"),
        ("float8", "double precision"),
    ],
)
def test_type_names_parse_as_in_postgresql(written: str, shown: str) -> None:
    assert str(parse_pg_type(written)) == shown


def test_every_created_type_is_one_that_an_override_could_name() -> None:
    for name, rule in RULES.items():
        created = rule.create(SourceType(name, 8, 18, 3))
        assert parse_pg_type(str(created)) == created


def test_more_columns_than_postgresql_has_room_for_are_refused_in_the_plan() -> None:
    found = [(SourceColumn(f"C{n}", VARIANT), f"c{n}") for n in range(801)]
    given = spec(*((f"C{n}", f"c{n}") for n in range(801)), primary_key=())
    assert len(match_columns(given, found[:800], None).columns) == 1600
    with pytest.raises(SchemaError, match=r"would have 1,602 columns.*room for 1,600") as raised:
        match_columns(given, found, None)
    assert "fewer" in raised.value.hint


def test_a_companions_name_has_at_most_63_bytes() -> None:
    name = "ж" * 30
    given = spec(("X", name), primary_key=())
    shape, srid = match_columns(given, [(SourceColumn("X", SHAPE), name)], None).columns
    assert shape.target.name == name
    assert len(srid.target.name.encode()) <= 63
    assert srid.target.name.startswith("ж" * 26)


def test_a_column_named_like_a_system_column_is_refused() -> None:
    found = [(SourceColumn("X", GUID), "ctid")]
    given = spec(("X", "ctid"), primary_key=())
    with pytest.raises(SchemaError, match=r"'ctid' cannot be .* system column of that name"):
        match_columns(given, found, None)
