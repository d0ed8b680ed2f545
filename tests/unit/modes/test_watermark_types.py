"""How far below a watermark is read again, as a server calculates it for each type."""

from collections.abc import Callable, Iterator

import pytest

from tableferry.model.literals import exact_text
from tableferry.model.schema import SourceType
from tableferry.modes.watermark_types import lowered
from tableferry_sandbox.engine.server import Server

INT, BIGINT = SourceType("int", 4, 10), SourceType("bigint", 8, 19)
WIDE, NARROW = SourceType("decimal", 17, 38), SourceType("numeric", 5, 5)
DATE, DATETIME = SourceType("date", 3, 10), SourceType("datetime", 8, 23, 3)
SMALL, TIME = SourceType("smalldatetime", 4, 16), SourceType("datetime2", 8, 27, 7)
OFFSET, ROWVERSION = SourceType("datetimeoffset", 10, 34, 7), SourceType("timestamp", 8)
NINES = "9" * 38


@pytest.fixture(scope="module")
def calculated() -> Iterator[Callable[[SourceType, str, int], str]]:
    """The exact text that the stand-in makes of a value that is lowered."""
    server = Server()
    database = server.create_database("Any")

    def ask(kind: SourceType, text: str, by: int) -> str:
        sql = f"SELECT {exact_text(kind, lowered(kind, text, by))} AS low"
        return str(database.query(sql).to_pydict()["low"][0])

    yield ask
    server.close()


@pytest.mark.parametrize(
    ("kind", "text", "by", "low"),
    [
        (INT, "100", 0, "100"),
        (INT, "100", 10, "90"),
        (BIGINT, "9223372036854775807", 1, "9223372036854775806"),
        (WIDE, NINES, 10**9, str(int(NINES) - 10**9)),
        (NARROW, "99999", 1, "99998"),
        (ROWVERSION, "0x0000000000000800", 1, "0x00000000000007FF"),
        (ROWVERSION, "0x7FFFFFFFFFFFFFFF", 1, "0x7FFFFFFFFFFFFFFE"),
        (ROWVERSION, "0x0000000200000000", 2**32, "0x0000000100000000"),
        (TIME, "2024-03-01T00:00:00.0000001", 600, "2024-02-29T23:50:00.0000001"),
        (DATETIME, "2024-03-01T00:00:00.003", 1, "2024-02-29T23:59:59.003"),
        (OFFSET, "2024-03-01 00:00:00.0000001 +05:30", 1, "2024-02-29 23:59:59.0000001 +05:30"),
    ],
)
def test_a_value_is_lowered_to_the_last_digit(
    calculated: Callable[[SourceType, str, int], str],
    kind: SourceType,
    text: str,
    by: int,
    low: str,
) -> None:
    assert calculated(kind, text, by) == low


@pytest.mark.parametrize(
    ("kind", "text", "by", "low"),
    [
        (DATE, "2024-03-01", 1, "2024-02-29"),
        (DATE, "2024-03-01", 86_400, "2024-02-29"),
        (DATE, "2024-03-01", 86_401, "2024-02-28"),
        (SMALL, "2024-03-01T00:00:00", 1, "2024-02-29T23:59:00"),
        (SMALL, "2024-03-01T00:00:00", 61, "2024-02-29T23:58:00"),
    ],
)
def test_a_part_of_a_types_unit_counts_as_a_whole_one(
    calculated: Callable[[SourceType, str, int], str],
    kind: SourceType,
    text: str,
    by: int,
    low: str,
) -> None:
    assert calculated(kind, text, by) == low


@pytest.mark.parametrize("by", [1, 600, 2**31, 10**12])
@pytest.mark.parametrize(
    ("kind", "least"),
    [
        (SourceType("tinyint", 1, 3), "0"),
        (SourceType("smallint", 2, 5), "-32768"),
        (INT, "-2147483648"),
        (BIGINT, "-9223372036854775808"),
        (WIDE, f"-{NINES}"),
        (NARROW, "-99999"),
        (ROWVERSION, "0x0000000000000000"),
        (DATE, "0001-01-01"),
        (SMALL, "1900-01-01T00:00:00"),
        (DATETIME, "1753-01-01T00:00:00"),
        (TIME, "0001-01-01T00:00:00.0000000"),
        (OFFSET, "0001-01-01 00:00:00.0000000 +00:00"),
    ],
    ids=str,
)
def test_nothing_is_lower_than_the_lowest_value_of_the_type(
    calculated: Callable[[SourceType, str, int], str], kind: SourceType, least: str, by: int
) -> None:
    assert calculated(kind, least, by) == least
