"""A key of the target, written as the source's type writes it, or known to be none of its."""

from dataclasses import replace

import pytest

from tableferry.config import OnInvalid
from tableferry.errors import GuardError, SchemaError, VerificationError
from tableferry.model.identifiers import TargetTable
from tableferry.model.key_range import KeyColumn
from tableferry.model.schema import PgType, SourceType
from tableferry.planning.guards import require_few_deleted
from tableferry.planning.key_texts import bounds_of, require_askable
from tableferry.sqlserver import select_keys
from tests.support.specs import planned, sync_plan

INT = SourceType("int", 4, 10)
DATETIME2 = SourceType("datetime2", 8, 27, 7)

SAME = [
    (SourceType("bit", 1), "1", "1"),
    (SourceType("tinyint", 1, 3), "255", "255"),
    (INT, "-2147483648", "-2147483648"),
    (SourceType("bigint", 8, 19), "9.0", "9"),
    (SourceType("bigint", 8, 19), "1e+15", "1000000000000000"),
    (SourceType("decimal", 9, 10, 2), "1.5000", "1.50"),
    (SourceType("numeric", 17, 38, 0), "9" * 38, "9" * 38),
    (SourceType("money", 8, 19, 4), "-0.5", "-0.5000"),
    (SourceType("smallmoney", 4, 10, 4), "214748.3647", "214748.3647"),
    (SourceType("date", 3), "2024-02-29", "2024-02-29"),
    (SourceType("date", 3), "2024-02-29T00:00:00.000000", "2024-02-29"),
    (SourceType("time", 5, 16, 3), "23:59:59.5", "23:59:59.500"),
    (SourceType("time", 3, 8, 0), "23:59:59", "23:59:59"),
    (SourceType("smalldatetime", 4), "1900-01-01T00:01:00.000000", "1900-01-01T00:01:00"),
    (SourceType("datetime", 8), "1753-01-01T00:00:00.003000", "1753-01-01T00:00:00.003"),
    (SourceType("datetime", 8), "2024-01-01 00:00:00.997", "2024-01-01T00:00:00.997"),
    (SourceType("datetime2", 6, 19, 0), "2024-01-01T05:06:07.000000", "2024-01-01T05:06:07"),
    (DATETIME2, "2024-01-01 05:06:07.1234567", "2024-01-01T05:06:07.1234567"),
    (SourceType("datetimeoffset", 8, 26, 0), "2024-01-01T05:06:07.000000",
     "2024-01-01 05:06:07 +00:00"),
    (SourceType("datetimeoffset", 8, 26, 0), "2024-01-01 05:06:07 -05:30",
     "2024-01-01 05:06:07 -05:30"),
    (SourceType("uniqueidentifier", 16), "0" * 8 + "-0000-0000-0000-" + "0" * 12,
     "0" * 8 + "-0000-0000-0000-" + "0" * 12),
    (SourceType("nvarchar", 40), "aé\U0001f600", "0x6100E9003DD800DE"),
    (SourceType("char", 10), "", "0x"),
    (SourceType("varbinary", 4), "0x00FF", "0x00FF"),
    (SourceType("timestamp", 8), "0x00000000000007D1", "0x00000000000007D1"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "exact"), SAME)
def test_a_value_that_the_source_can_hold_has_its_exact_text(
    kind: SourceType, text: str, exact: str
) -> None:
    assert bounds_of(kind, text) == (exact, exact)


@pytest.mark.parametrize(
    ("kind", "text", "low", "high"),
    [
        (DATETIME2, "2024-01-01T05:06:07.123456", "2024-01-01T05:06:07.1234560",
         "2024-01-01T05:06:07.1234569"),
        (SourceType("time", 5, 16, 7), "05:06:07", "05:06:07.0000000", "05:06:07.0000009"),
        (SourceType("datetimeoffset", 10, 34, 7), "2024-01-01T05:06:07.100000",
         "2024-01-01 05:06:07.1000000 +00:00", "2024-01-01 05:06:07.1000009 +00:00"),
    ],
)  # fmt: skip
def test_the_seventh_digit_of_a_second_may_be_any(
    kind: SourceType, text: str, low: str, high: str
) -> None:
    assert bounds_of(kind, text) == (low, high)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (INT, "2147483648"),
        (INT, "1.5"),
        (INT, "NaN"),
        (INT, "zero"),
        (SourceType("bit", 1), "2"),
        (SourceType("decimal", 5, 5, 2), "1000"),
        (SourceType("decimal", 5, 5, 2), "0.001"),
        (SourceType("decimal", 5, 5, 2), "Infinity"),
        (SourceType("smallmoney", 4, 10, 4), "214748.3648"),
        (SourceType("money", 8, 19, 4), "0.00001"),
        (SourceType("date", 3), "2024-02-29T00:00:01.000000"),
        (SourceType("date", 3), None),
        (SourceType("time", 3, 8, 0), "24:00:00"),
        (SourceType("time", 3, 8, 0), "23:59:59.5"),
        (SourceType("datetime", 8), "1752-12-31T23:59:59.000000"),
        (SourceType("datetime", 8), "2024-01-01T00:00:00.000100"),
        (SourceType("smalldatetime", 4), "2024-01-01T00:00:01.000000"),
        (SourceType("smalldatetime", 4), "2079-06-07T00:00:00.000000"),
        (DATETIME2, "20000-01-01T00:00:00.000000"),
        (SourceType("timestamp", 8), "0x01"),
    ],
)
def test_a_value_that_the_source_cannot_hold_has_none(kind: SourceType, text: str | None) -> None:
    assert bounds_of(kind, text) is None


@pytest.mark.parametrize(
    ("kind", "target", "changes"),
    [
        (SourceType("float", 8, 53), PgType("float8"), {}),
        (SourceType("nvarchar", 20), PgType("text"), {"on_invalid": OnInvalid.STRIP}),
        (INT, PgType("int2"), {}),
        (SourceType("timestamp", 8), PgType("int8"), {}),
    ],
)
def test_keys_that_have_another_form_in_the_target_cannot_be_asked_for(
    kind: SourceType, target: PgType, changes: dict[str, OnInvalid]
) -> None:
    plan = sync_plan(planned("K", kind, target), **changes)
    with pytest.raises(SchemaError, match="cannot ask again"):
        require_askable(plan)
    require_askable(replace(plan, at_one_moment=True))


def test_a_select_asks_for_every_column_of_a_key_with_literals_of_its_type() -> None:
    plan = sync_plan(planned("A", INT), planned("B", DATETIME2), primary_key=("A", "B")).of_key()
    key = (KeyColumn("A", INT), KeyColumn("B", DATETIME2))
    day = "2024-01-01T00:00:00"
    sql = select_keys(plan, key, [(("1", "1"), (f"{day}.0000000", f"{day}.0000009"))])
    assert (
        "EXISTS (SELECT 1 FROM (VALUES (CAST(1 AS int), "
        f"CAST('{day}.0000000' AS datetime2(7)), CAST('{day}.0000009' AS datetime2(7)))) "
        "AS v (a0, a1, b1) WHERE t.[A] = v.a0 AND t.[B] BETWEEN v.a1 AND v.b1)"
    ) in sql


def test_what_is_no_literal_of_its_column_never_becomes_t_sql() -> None:
    plan = sync_plan(planned("A", INT)).of_key()
    with pytest.raises(VerificationError, match="is no literal of int"):
        select_keys(plan, (KeyColumn("A", INT),), [(("1) OR (1=1", "1) OR (1=1"),)])


@pytest.mark.parametrize(
    ("rows", "deleted", "share", "allowed"),
    [
        (100, 10, 10, True),
        (100, 11, 10, False),
        (5, 1, 10, True),
        (5, 2, 10, False),
        (101, 11, 10, True),
        (5, 5, 100, True),
        (5, 0, 0, True),
        (5, 1, 0, False),
        (0, 0, 0, True),
    ],
)
def test_the_guard_allows_a_share_of_the_targets_rows(
    rows: int, deleted: int, share: int, allowed: bool
) -> None:
    table = TargetTable.parse("s.t")
    if allowed:
        require_few_deleted(table, rows, deleted, share)
        return
    with pytest.raises(GuardError, match=r"s\.t has, of .*'max_delete_share', \d+ %") as error:
        require_few_deleted(table, rows, deleted, share)
    assert "'max_delete_share': 100" in error.value.hint
