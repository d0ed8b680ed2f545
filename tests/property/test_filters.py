"""A filter holds in PostgreSQL for the values for which it holds in SQL Server, or is left out.

SQL Server's side is written down here from its documentation: a constant is converted to the type
of the column it is compared with ("Data type precedence", CREATE INDEX), and CAST and CONVERT say
what it becomes.
"""

import datetime as dt
import operator
import random
import struct
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import psycopg
import pytest

from tableferry.model.schema import PgType, SourceColumn, SourceType, TargetColumn
from tableferry.planning.ddl.filters import translated_condition
from tableferry.typemap import RULES
from tests.support.databases import PgDatabase

OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    "!>": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "!<": operator.ge,
}


def single(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


DECIMALS = ["0", "0.1", "-0.1", "0.25", "1", "1.5", "-7", "123456.789", "0.3333", "16777216", "2"]
TEXTS = ["", "a", "DE", "it's", "Ж", "x\\y"]
DAYS = ["20240101", "20240131", "19000101", "20991231"]
GUIDS = ["00000000-0000-0000-0000-000000000001", "6f9619ff-8b86-d011-b42d-00c04fc964ff"]


def numbers(digits: int, scale: int) -> list[str]:
    """The constants that a column of this precision and scale can hold."""
    found = [Decimal(text) for text in DECIMALS]
    step = Decimal(1).scaleb(-scale)
    limit = Decimal(1).scaleb(digits - scale)
    return [f"{n:f}" for n in found if n == n.quantize(step) and abs(n) < limit]


CASES: dict[str, tuple[SourceType, PgType | None, list[str], Callable[[str], Any]]] = {
    "int": (SourceType("int", 4, 10), None, numbers(10, 0), int),
    "int as numeric": (SourceType("int", 4, 10), PgType("numeric"), numbers(10, 0), int),
    "int as double": (SourceType("int", 4, 10), PgType("float8"), numbers(10, 0), int),
    "tinyint": (SourceType("tinyint", 1, 3), None, ["0", "1", "2"], int),
    "bit": (SourceType("bit", 1), None, ["0", "1"], lambda text: bool(int(text))),
    "bit as number": (SourceType("bit", 1), PgType("int2"), ["0", "1"], int),
    "decimal": (SourceType("decimal", 9, 12, 4), None, numbers(12, 4), Decimal),
    "money": (SourceType("money", 8, 19, 4), None, numbers(19, 4), Decimal),
    "real": (SourceType("real", 4, 24), None, DECIMALS, lambda text: single(float(text))),
    "real as double": (
        SourceType("real", 4, 24),
        PgType("float8"),
        DECIMALS,
        lambda text: single(float(text)),
    ),
    "float(24)": (SourceType("float", 4, 24), None, DECIMALS, lambda text: single(float(text))),
    "float": (SourceType("float", 8, 53), None, DECIMALS, float),
    "date": (SourceType("date", 3), None, DAYS, lambda text: moment(text).date()),
    "datetime": (SourceType("datetime", 8), None, DAYS, moment),
    "datetime2": (SourceType("datetime2", 7, 23, 3), None, DAYS, moment),
    "nvarchar": (SourceType("nvarchar", 40), None, TEXTS, str),
    "uniqueidentifier": (SourceType("uniqueidentifier", 16), None, GUIDS, uuid.UUID),
    "varbinary": (SourceType("varbinary", 9), None, ["0x01", "0x0A0B"], bytes),
}
QUOTED = {"date", "datetime", "datetime2", "uniqueidentifier"}
UNORDERED = {"nvarchar", "uniqueidentifier", "varbinary"}


def written(kind: str, constant: str, chosen: random.Random) -> str:
    """The constant as a filter's definition may show it."""
    if kind == "nvarchar":
        return "N'" + constant.replace("'", "''") + "'"
    if kind in QUOTED:
        return f"'{constant}'"
    if kind.startswith(("real", "float", "decimal", "money")) and chosen.random() < 0.3:
        number = Decimal(constant)
        if number == number.quantize(Decimal("0.0001")):
            return f"{'-' if number < 0 else ''}${abs(number):f}"
    negative = constant.startswith("-")
    return f"(-({constant[1:]}))" if negative and chosen.random() < 0.5 else f"({constant})"


@pytest.fixture(scope="module")
def connection(module_pg_database: PgDatabase) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(module_pg_database.conninfo, autocommit=True) as opened:
        yield opened


def stored(kind: str, constant: str) -> Any:
    if kind == "varbinary":
        return bytes.fromhex(constant[2:])
    return CASES[kind][3](constant)


@pytest.mark.parametrize("kind", CASES)
def test_a_comparison_holds_for_the_same_values_or_is_not_translated(
    connection: psycopg.Connection[Any], kind: str
) -> None:
    chosen = random.Random(kind)
    source, target, constants, _ = CASES[kind]
    into = target or RULES[source.name].create(source)
    columns = {"C": (SourceColumn("C", source), TargetColumn("c", into))}
    values = [stored(kind, constant) for constant in constants]
    connection.execute("DROP TABLE IF EXISTS v")
    connection.execute(f"CREATE TABLE v (place int, c {into})")
    for place, value in enumerate(values):
        connection.execute("INSERT INTO v VALUES (%s, %s)", (place, value))
    connection.execute("INSERT INTO v VALUES (-1, NULL)")
    translated = 0
    for sign, holds in OPERATORS.items():
        for constant in constants:
            wanted = stored(kind, constant)
            condition = translated_condition(
                f"([C]{sign}{written(kind, constant, chosen)})", columns
            )
            if condition is None:
                assert kind in UNORDERED, (sign, constant)
                continue
            translated += 1
            connection.execute(f"CREATE INDEX ON v (place) WHERE {condition}")  # is immutable
            found = connection.execute(f"SELECT place FROM v WHERE {condition} ORDER BY 1")
            expected = [place for place, value in enumerate(values) if holds(value, wanted)]
            assert [place for (place,) in found] == expected, condition
    assert translated >= 3 * len(constants)


@pytest.mark.parametrize(
    ("source", "condition"),
    [
        # A float decides how a real is compared, and a decimal column becomes a float.
        (SourceType("real", 4, 24), "([C]>(1e-1))"),
        (SourceType("decimal", 9, 12, 4), "([C]=(1e-1))"),
        (SourceType("int", 4, 10), "([C]=(1e0))"),
        # The column would be converted, which CREATE INDEX refuses, or the constant rounded.
        (SourceType("int", 4, 10), "([C]>(0.5))"),
        (SourceType("tinyint", 1, 3), "([C]<(300))"),
        (SourceType("bit", 1), "([C]=(5))"),
        (SourceType("decimal", 9, 12, 4), "([C]=(0.12345))"),
        (SourceType("money", 8, 19, 4), "([C]<(0.12345))"),
        (SourceType("nvarchar", 40), "([C]=(5))"),
        (SourceType("nvarchar", 40), "([C]='Ж')"),
        (SourceType("varchar", 40), "([C]=N'Ж')"),
        (SourceType("float", 8, 53), "([C]=(0.1234567890123456789))"),
        (SourceType("datetime2", 8, 27, 7), "([C]>='2024-01-01 00:00:00.1234567')"),
        (SourceType("datetime", 8), "([C]>='2024-01-01 00:00:00.001')"),
        (SourceType("datetime", 8), "([C]>='2024-01-02')"),
        (SourceType("varbinary", 9), "([C]>0x01)"),
        (SourceType("uniqueidentifier", 16), f"([C]>'{GUIDS[0]}')"),
        (SourceType("int", 4, 10), "([C] BETWEEN (1) AND (2))"),
    ],
)
def test_what_may_hold_for_other_values_is_not_translated(
    source: SourceType, condition: str
) -> None:
    column = TargetColumn("c", RULES[source.name].create(source))
    assert translated_condition(condition, {"C": (SourceColumn("C", source), column)}) is None


def test_a_list_of_constants_is_compared_one_by_one(connection: psycopg.Connection[Any]) -> None:
    real = SourceType("real", 4, 24)
    columns = {"C": (SourceColumn("C", real), TargetColumn("c", PgType("float4")))}
    condition = translated_condition("([C] IN ((0.1), ($0.3), (2)) AND [C] IS NOT NULL)", columns)
    assert condition == "(\"c\" IN ('0.1'::real, '0.3'::real, '2'::real) AND \"c\" IS NOT NULL)"
    connection.execute("DROP TABLE IF EXISTS v")
    connection.execute("CREATE TABLE v (c real)")
    connection.execute("INSERT INTO v VALUES (0.1), (0.2), (0.3), (2)")
    found = connection.execute(f"SELECT c::text FROM v WHERE {condition} ORDER BY c").fetchall()
    assert found == [("0.1",), ("0.3",), ("2",)]
