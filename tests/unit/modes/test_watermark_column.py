"""What ``mode: watermark`` asks and reads, and what it refuses; most of it runs in integration."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tableferry.config import Consistency, DeleteHandling, Deletes
from tableferry.errors import SchemaError, VerificationError
from tableferry.model.schema import SourceColumn, SourceType
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes.extract import Extract
from tableferry.modes.watermark_column import WATERMARK
from tableferry.planning.plan import SyncPlan
from tests.support.specs import planned, sync_plan

INT = SourceType("int", 4, 10)
TIME = SourceType("datetime2", 8, 27, 7)
RECONCILE, IGNORE = Deletes(DeleteHandling.RECONCILE), Deletes(DeleteHandling.IGNORE)


def plan(kind: SourceType = INT, column: dict[str, Any] | None = None, **changes: Any) -> SyncPlan:
    given = {"deletes": IGNORE, "watermark": "W", **changes}
    made = sync_plan(planned("ID", INT), primary_key=("ID",), **given)
    followed = SourceColumn("W", kind, **{"nullable": False, **(column or {})})
    return replace(made, consistency=Consistency.SNAPSHOT, source_columns=(followed,))


def saved(value: str | None, kind: SourceType = INT, **changes: Any) -> str:
    mark = {"column": "W", "type": str(kind), "value": value}
    return json.dumps({**mark, "clock": "", "utc": "", "ahead": 0, "identity": {}, **changes})


class Source:
    """Answers with the newest value and the rest of what is asked; keeps the statements."""

    def __init__(self, newest: str | None, **changes: Any) -> None:
        self.answer = {"newest": newest, "fell": 0, "in_future": 0, **changes}
        self.asked: list[str] = []

    def __call__(self, sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        return [tuple(self.answer.get(name) for name in columns)]


def extract(given: SyncPlan, watermark: Watermark | None, source: Source) -> Extract:
    found = WATERMARK.extract(given, watermark, source)
    found.require_sound(watermark)
    return found


def condition(found: Extract, given: SyncPlan) -> str:
    return found.select(None).removeprefix(given.select).strip()  # type: ignore[arg-type]


def value(found: Extract) -> Any:
    return json.loads(found.next_watermark or "")["value"]


@pytest.mark.parametrize(
    "kind",
    [
        SourceType("nvarchar", 40),
        SourceType("float", 8, 53),
        SourceType("time", 5, 16, 7),
        SourceType("decimal", 9, 18, 2),
        SourceType("uniqueidentifier", 16),
        SourceType("bit", 1),
        SourceType("money", 8, 19, 4),
    ],
    ids=str,
)
def test_a_column_that_is_not_exact_and_in_order_is_refused_by_its_type(kind: SourceType) -> None:
    with pytest.raises(SchemaError, match=r"'W' of McTM\.dbo\.T is of type") as caught:
        WATERMARK.check(plan(kind))
    assert "integers, dates or times" in caught.value.hint


def test_a_column_that_the_table_does_not_have_is_refused_by_its_name() -> None:
    with pytest.raises(SchemaError, match=r"McTM\.dbo\.T has no column 'Missing'"):
        WATERMARK.check(plan(watermark="Missing"))


def test_a_column_whose_values_arrive_altered_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"'W' of McTM\.dbo\.T is masked"):
        WATERMARK.check(plan(column={"protection": "is masked"}))


@pytest.mark.parametrize(
    ("kind", "overlap", "missed"),
    [
        (INT, None, "with a value below the newest"),
        (INT, 5, "with a value more than 5 below the newest"),
        (TIME, None, "with a value more than 600 seconds below the newest"),
        (TIME, 0, "with a value below the newest"),
        (TIME, 3600, "with a value more than 3,600 seconds below the newest"),
    ],
)
def test_the_plan_says_how_late_a_row_may_be_committed(
    kind: SourceType, overlap: int | None, missed: str
) -> None:
    assert missed in WATERMARK.check(plan(kind, overlap=overlap))[0]


def test_without_an_overlap_nothing_is_calculated_and_the_watermarks_own_value_is_read() -> None:
    given, source = plan(), Source("9")
    found = extract(given, Watermark(saved("7")), source)
    assert condition(found, given) == "WHERE ((t.[W] >= CAST(7 AS int) OR t.[W] IS NULL))"
    assert (value(found), found.reason) == ("9", None)
    assert not any("AS low" in sql for sql in source.asked)


def test_the_newest_value_is_asked_for_at_the_level_at_which_the_rows_are_read() -> None:
    for level in ("SNAPSHOT", "READ COMMITTED"):
        source = Source("9")
        consistency = Consistency(level.lower().replace(" ", "_"))
        extract(replace(plan(), consistency=consistency), None, source)
        assert source.asked[-1].startswith(f"SET TRANSACTION ISOLATION LEVEL {level};\nSELECT ")


def test_a_value_in_an_unknown_form_never_becomes_sql() -> None:
    with pytest.raises(VerificationError, match="in an unknown form"):
        extract(plan(), None, Source("1); DROP TABLE t --"))


def test_a_number_below_the_watermark_is_read_whole_only_where_deletes_are_followed() -> None:
    fallen = Source("3", fell=1)
    found = extract(plan(deletes=RECONCILE), Watermark(saved("7")), fallen)
    assert (found.complete, found.reason, value(found)) == (True, ReloadReason.RESET, "3")
    found = extract(plan(), Watermark(saved("7")), fallen)
    assert (found.complete, value(found)) == (False, "3")
    assert "below the watermark" in found.warnings[0]


def test_a_time_below_the_watermark_is_no_news() -> None:
    source = Source("2024-01-01T00:00:00", fell=1)
    mark = Watermark(saved("2024-01-02T00:00:00", TIME))
    found = extract(plan(TIME, deletes=RECONCILE, overlap=0), mark, source)
    assert (found.complete, found.warnings) == (False, ())


def test_a_restored_database_is_read_whole() -> None:
    source = Source("9", recovery_fork_guid="F2")
    mark = saved("7", identity={"recovery_fork_guid": "F1"})
    found = extract(plan(), Watermark(mark), source)
    assert (found.complete, found.reason) == (True, ReloadReason.OTHER_DATABASE)


CLOCKS = {"clock": "2024-01-02T10:00:00", "utc": "2024-01-02T09:00:00"}


@pytest.mark.parametrize(
    ("local", "utc", "age", "ahead", "further"),
    [
        (600, 600, 600.4, 0, 0),
        (700, 700, 600.0, 0, 0),
        (-3000, 600, 600.0, 0, 3602),
        (600, -3000, 600.0, 0, 3602),
        (-3000, -3000, 600.0, 500, 4102),
        (600, 600, 600.0, 1000, 1000),
    ],
)
def test_what_a_clock_was_set_back_by_is_read_again_in_addition(
    local: int, utc: int, age: float, ahead: int, further: int
) -> None:
    source = Source("2024-01-02T08:00:00", clock_seconds=local, utc_seconds=utc, **CLOCKS)
    source.answer["low"] = "2024-01-01T00:00:00"
    mark = Watermark(saved("2024-01-02T07:00:00", TIME, ahead=ahead, **CLOCKS), age=age)
    found = extract(plan(TIME, overlap=0), mark, source)
    lows = [sql for sql in source.asked if "AS low" in sql]
    assert bool(lows) is bool(further)
    assert all(f"DATEADD(second, -{further}, " in sql for sql in lows)
    kept = json.loads(found.next_watermark or "")["ahead"]
    assert kept == (further if further > ahead else max(0, ahead - 600))
    assert bool(found.warnings) is (further > 3600)


@pytest.mark.parametrize(
    "kind", [SourceType("datetimeoffset", 10, 34, 7), INT, TIME], ids=["offset", "int", "time"]
)
def test_only_the_clocks_that_the_column_can_follow_are_asked(kind: SourceType) -> None:
    values = {"int": "7", "datetime2": "2024-01-02T07:00:00"}
    text = values.get(kind.name, "2024-01-02 07:00:00.0000000 +01:00")
    source = Source(text, low=text, clock_seconds=9, utc_seconds=9, **CLOCKS)
    mark = Watermark(saved(text, kind, **({} if kind is INT else CLOCKS)))
    extract(plan(kind), mark, source)
    [sql] = [sql for sql in source.asked if "AS newest" in sql and "AS fell" in sql]
    assert ("SYSUTCDATETIME()) AS utc_seconds" in sql) is (kind is not INT)
    assert ("SYSDATETIME()) AS clock_seconds" in sql) is (kind is TIME)


def test_only_rows_above_the_watermark_have_certainly_changed() -> None:
    """Those at it, or within its overlap, are read again, but most were carried before."""
    found = WATERMARK.changed(plan(overlap=5), Watermark(saved("7")), Source("9"))
    assert str(found).endswith("WHERE (t.[W] > CAST(7 AS int))")


def test_where_no_row_had_a_value_every_row_with_one_has_changed() -> None:
    found = WATERMARK.changed(plan(), Watermark(saved(None)), Source("9"))
    assert str(found).endswith("WHERE (t.[W] IS NOT NULL)")
