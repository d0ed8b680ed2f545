"""The type rules: every type has one, which knows the columns that hold all its values."""

import pytest

from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.typemap import RULES

CREATED = [
    (SourceType("bit", 1, 1), "boolean"),
    (SourceType("tinyint", 1, 3), "smallint"),
    (SourceType("smallint", 2, 5), "smallint"),
    (SourceType("int", 4, 10), "integer"),
    (SourceType("bigint", 8, 19), "bigint"),
    (SourceType("decimal", 17, 38, 38), "numeric(38,38)"),
    (SourceType("numeric", 9, 18, 4), "numeric(18,4)"),
    (SourceType("money", 8, 19, 4), "numeric(19,4)"),
    (SourceType("smallmoney", 4, 10, 4), "numeric(10,4)"),
    (SourceType("real", 4, 24), "real"),
    (SourceType("float", 8, 53), "double precision"),
    (SourceType("float", 4, 24), "real"),
    (SourceType("date", 3, 10), "date"),
    (SourceType("time", 3, 8, 0), "time(0)"),
    (SourceType("time", 5, 16, 7), "time(6)"),
    (SourceType("smalldatetime", 4, 16), "timestamp(0)"),
    (SourceType("datetime", 8, 23, 3), "timestamp(3)"),
    (SourceType("datetime2", 6, 19, 0), "timestamp(0)"),
    (SourceType("datetime2", 8, 27, 7), "timestamp(6)"),
    (SourceType("datetimeoffset", 10, 34, 7), "timestamptz(6)"),
    (SourceType("char", 10), "text"),
    (SourceType("nchar", 20), "text"),
    (SourceType("varchar", 10), "text"),
    (SourceType("nvarchar", UNLIMITED), "text"),
    (SourceType("text", 16), "text"),
    (SourceType("ntext", 16), "text"),
    (SourceType("xml", UNLIMITED), "text"),
    (SourceType("binary", 10), "bytea"),
    (SourceType("varbinary", UNLIMITED), "bytea"),
    (SourceType("image", 16), "bytea"),
    (SourceType("uniqueidentifier", 16), "uuid"),
    (SourceType("timestamp", 8), "bytea"),
    (SourceType("hierarchyid", 892), "text"),
    (SourceType("geography", UNLIMITED), "bytea"),
    (SourceType("geometry", UNLIMITED), "bytea"),
    (SourceType("sql_variant", 8016), "text"),
    (SourceType("json", UNLIMITED), "jsonb"),
    (SourceType("vector", 20), "real[]"),
]


@pytest.mark.parametrize(("source", "target"), CREATED, ids=str)
def test_a_new_column_gets_the_documented_type(source: SourceType, target: str) -> None:
    rule = RULES[source.name]
    assert str(rule.create(source)) == target
    assert rule.fits(source, rule.create(source))


def test_every_rule_is_among_the_documented_types() -> None:
    assert set(RULES) == {source.name for source, _ in CREATED}


FITTING = [
    (SourceType("bit", 1), "int2"),
    (SourceType("tinyint", 1), "int4"),
    (SourceType("int", 4), "float8"),
    (SourceType("int", 4), "numeric"),
    (SourceType("decimal", 9, 18, 0), "int8"),
    (SourceType("decimal", 9, 9, 0), "int4"),
    (SourceType("money", 8, 19, 4), "numeric"),
    (SourceType("real", 4, 24), "float8"),
    (SourceType("date", 3), "timestamp"),
    (SourceType("datetime2", 8, 27, 7), "timestamp"),
    (SourceType("datetime", 8, 23, 3), "timestamp"),
    (SourceType("nvarchar", UNLIMITED), "varchar"),
    (SourceType("xml", UNLIMITED), "xml"),
    (SourceType("nvarchar", 20), "citext"),
]


@pytest.mark.parametrize(("source", "target"), FITTING, ids=str)
def test_a_wider_column_fits(source: SourceType, target: str) -> None:
    assert RULES[source.name].fits(source, PgType(target))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (SourceType("int", 4), PgType("int2")),
        (SourceType("int", 4), PgType("float4")),
        (SourceType("int", 4), PgType("bool")),
        (SourceType("bigint", 8), PgType("float8")),
        (SourceType("bigint", 8), PgType("numeric", (18, 0))),
        (SourceType("decimal", 9, 10, 2), PgType("numeric", (10, 1))),
        (SourceType("decimal", 9, 10, 2), PgType("numeric", (11, 4))),
        (SourceType("decimal", 9, 10, 0), PgType("int4")),
        (SourceType("decimal", 9, 19, 0), PgType("int8")),
        (SourceType("decimal", 9, 5, 2), PgType("float8")),
        (SourceType("money", 8, 19, 4), PgType("money")),
        (SourceType("float", 8, 53), PgType("float4")),
        (SourceType("date", 3), PgType("timestamptz")),
        (SourceType("datetime2", 8, 27, 7), PgType("timestamptz")),
        (SourceType("datetime2", 8, 27, 7), PgType("timestamp", (3,))),
        (SourceType("datetime", 8, 23, 3), PgType("date")),
        (SourceType("datetimeoffset", 10, 34, 7), PgType("timestamp")),
        (SourceType("time", 5, 16, 7), PgType("timetz")),
        (SourceType("nvarchar", 20), PgType("varchar", (9,))),
        (SourceType("nvarchar", UNLIMITED), PgType("varchar", (10_000,))),
        (SourceType("char", 10), PgType("bpchar", (11,))),
        (SourceType("varchar", 10), PgType("bpchar", (10,))),
        (SourceType("ntext", 16), PgType("varchar", (16,))),
        (SourceType("varbinary", 10), PgType("text")),
        (SourceType("uniqueidentifier", 16), PgType("text")),
        (SourceType("int", 4), PgType("_int4")),
        (SourceType("xml", UNLIMITED), PgType("citext")),
    ],
    ids=str,
)
def test_a_column_that_cannot_hold_every_value_is_refused(
    source: SourceType, target: PgType
) -> None:
    assert not RULES[source.name].fits(source, target)


def loss_of(source: SourceType) -> str:
    rule = RULES[source.name]
    way = rule.conversion(source, rule.create(source))
    assert way is not None
    return way.loss_of(source)


@pytest.mark.parametrize("name", ["time", "datetime2", "datetimeoffset"])
def test_the_seventh_digit_is_a_declared_loss(name: str) -> None:
    assert "seventh digit" in loss_of(SourceType(name, 8, 27, 7))


@pytest.mark.parametrize("name", ["time", "datetime2"])
def test_six_digits_lose_nothing(name: str) -> None:
    assert loss_of(SourceType(name, 8, 26, 6)) == ""


def test_a_lost_offset_is_declared_for_any_number_of_digits() -> None:
    assert "offset" in loss_of(SourceType("datetimeoffset", 8, 26, 0))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (SourceType("nvarchar", 100), "nvarchar(50)"),
        (SourceType("varchar", UNLIMITED), "varchar(max)"),
        (SourceType("decimal", 9, 18, 4), "decimal(18,4)"),
        (SourceType("datetime2", 8, 27, 7), "datetime2(7)"),
        (SourceType("float", 8, 53), "float(53)"),
        (SourceType("xml", UNLIMITED), "xml"),
    ],
)
def test_a_source_type_prints_as_in_sql_server(source: SourceType, text: str) -> None:
    assert str(source) == text
