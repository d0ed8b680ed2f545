"""What ``mode: rowversion`` asks and reads, and what it refuses."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tableferry.config import DeleteHandling, Deletes
from tableferry.errors import ConfigError, SchemaError
from tableferry.model.identifiers import SourceTable
from tableferry.model.schema import SourceColumn, SourceType
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes.extract import Extract
from tableferry.modes.rowversion import ROWVERSION
from tableferry.planning.plan import SyncPlan
from tests.support.specs import planned, sync_plan

INT = SourceType("int", 4, 10)
RV = SourceColumn("RV", SourceType("timestamp", 8), nullable=False)
ID = SourceColumn("ID", INT, nullable=False)
RECONCILE, IGNORE = Deletes(DeleteHandling.RECONCILE), Deletes(DeleteHandling.IGNORE)


def at(number: int) -> str:
    """The exact text of a rowversion."""
    return f"0x{number:016X}"


def saved(number: int, **changes: Any) -> str:
    """The watermark's text that a run leaves."""
    mark = {"column": "RV", "type": "timestamp", "value": at(number)}
    return json.dumps({**mark, "clock": "", "utc": "", "ahead": 0, "identity": {}, **changes})


def plan(columns: Sequence[SourceColumn] = (ID, RV), **changes: Any) -> SyncPlan:
    made = sync_plan(planned("ID", INT), primary_key=("ID",), **{"deletes": IGNORE, **changes})
    return replace(made, source_columns=tuple(columns))


class Source:
    """Answers as a database does whose lowest active rowversion is ``lowest``."""

    def __init__(self, lowest: int = 5000, **changes: Any) -> None:
        self.answer = {
            "lowest_active": at(lowest), "updateability": "READ_WRITE", "is_read_only": False,
            "kind": "U ", **changes,
        }  # fmt: skip
        self.identity: dict[str, str] = {}
        self.asked: list[str] = []

    def __call__(self, sql: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        answer = {**self.identity, **self.answer}
        return [tuple(answer.get(name) for name in columns)]


def extract(given: SyncPlan, watermark: Watermark | None, source: Source) -> Extract:
    found = ROWVERSION.extract(given, watermark, source)
    found.require_sound(watermark)
    return found


def condition(found: Extract, given: SyncPlan) -> str:
    return found.select(None).removeprefix(given.select).strip()  # type: ignore[arg-type]


def test_the_first_load_reads_everything_and_keeps_the_lowest_active_rowversion() -> None:
    given = plan()
    found = extract(given, None, Source(5000))
    assert found.complete
    assert found.select == given.chunk
    assert json.loads(found.next_watermark or "") == json.loads(saved(5000))


def test_a_later_run_reads_from_the_watermark_up_to_the_lowest_active_rowversion() -> None:
    given = plan()
    found = extract(given, Watermark(saved(4000)), Source(5000))
    assert not found.complete
    assert condition(found, given) == (
        f"WHERE ((t.[RV] >= CAST({at(4000)} AS binary(8)) AND t.[RV] < "
        f"CAST({at(5000)} AS binary(8)) OR t.[RV] IS NULL))"
    )
    assert json.loads(found.next_watermark or "") == json.loads(saved(5000))
    assert found.reason is None


def test_nothing_is_reloaded_where_nothing_has_changed() -> None:
    assert not extract(plan(), Watermark(saved(5000)), Source(5000)).complete


def test_a_counter_below_the_watermark_means_another_past_so_everything_is_read() -> None:
    found = extract(plan(), Watermark(saved(5001)), Source(5000))
    assert (found.complete, found.reason) == (True, ReloadReason.RESET)
    assert json.loads(found.next_watermark or "") == json.loads(saved(5000))


def test_a_restored_database_is_read_whole_though_its_counter_has_passed_the_watermark() -> None:
    source = Source(5000)
    source.identity = {"recovery_fork_guid": "F1"}
    first = extract(plan(), None, source)
    assert not extract(plan(), Watermark(first.next_watermark or ""), source).complete
    source.identity = {"recovery_fork_guid": "F2"}
    found = extract(plan(), Watermark(first.next_watermark or ""), source)
    assert (found.complete, found.reason) == (True, ReloadReason.OTHER_DATABASE)


def test_the_watermark_of_another_column_counts_for_nothing() -> None:
    found = extract(plan(), Watermark(saved(4000, column="Old")), Source(5000))
    assert (found.complete, found.reason) == (True, ReloadReason.ENTRY_CHANGED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4000",
        "[]",
        "{}",
        saved(4000, value="0x00 OR 1=1"),
        saved(4000, value=4000),
        saved(4000, ahead=-1),
        saved(4000, ahead="1"),
        saved(4000, clock="now"),
        saved(4000, more=1),
        saved(4000, identity=None),
        saved(4000, identity={"database_guid": 1}),
    ],
)
def test_a_watermark_that_tableferry_has_not_written_is_refused_and_not_started_over(
    text: str,
) -> None:
    with pytest.raises(ConfigError, match="was not written by tableferry") as caught:
        extract(plan(), Watermark(text), Source())
    assert "tableferry.watermarks" in caught.value.hint


def test_the_counter_is_asked_in_the_tables_own_database_before_anything_is_read() -> None:
    given = plan(source=SourceTable("Sh]op's", "dbo", "T"))
    source = Source()
    extract(given, None, source)
    [_, sql] = source.asked
    assert sql.startswith("EXEC [Sh]]op's].sys.sp_executesql N'SELECT")
    assert "OBJECT_ID(N''[Sh]]op''''s].[dbo].[T]'')" in sql


def test_a_table_without_a_rowversion_column_is_refused_with_the_statement_that_adds_one() -> None:
    with pytest.raises(SchemaError, match="has no rowversion column") as caught:
        ROWVERSION.check(plan(columns=[ID]))
    assert "ALTER TABLE [McTM].[dbo].[T] ADD row_version rowversion" in caught.value.hint
    assert "'watermark'" in caught.value.hint


def test_a_view_with_two_rowversion_columns_is_refused_by_their_names() -> None:
    other = replace(RV, name="Other")
    with pytest.raises(SchemaError, match="more than one rowversion column: 'RV', 'Other'"):
        ROWVERSION.check(plan(columns=[ID, RV, other]))


def test_a_rowversion_that_arrives_altered_is_refused() -> None:
    hidden = replace(RV, protection="is masked")
    with pytest.raises(SchemaError, match="'RV' is masked"):
        ROWVERSION.check(plan(columns=[ID, hidden]))


def test_the_rowversion_column_need_not_be_carried() -> None:
    given = plan()
    assert "RV" not in given.select
    assert "t.[RV]" in extract(given, Watermark(saved(1)), Source()).select(None)  # type: ignore[arg-type]


def test_a_copy_that_follows_another_database_is_refused() -> None:
    copy = Source(updateability="READ_ONLY", is_read_only=False)
    with pytest.raises(SchemaError, match="is a copy that follows another database") as caught:
        extract(plan(), None, copy)
    assert "primary" in caught.value.hint


def test_a_copy_is_refused_as_well_where_its_settings_are_not_visible() -> None:
    with pytest.raises(SchemaError, match="is a copy"):
        extract(plan(), None, Source(updateability="READ_ONLY", is_read_only=None))


def test_a_database_that_was_made_read_only_has_no_open_transactions_and_is_read() -> None:
    assert extract(plan(), None, Source(updateability="READ_ONLY", is_read_only=True)).complete


def test_a_view_has_a_warning_that_only_one_table_is_followed() -> None:
    [warning] = extract(plan(), None, Source(kind="V ")).warnings
    assert warning.startswith("McTM.dbo.T is a view: 'RV' only tells of changes in the table")
    assert extract(plan(), None, Source(kind=None)).warnings == ()


def test_a_server_without_an_answer_is_refused() -> None:
    with pytest.raises(SchemaError, match="does not say which rowversions are in use"):
        extract(plan(), None, Source(lowest_active=None))


@pytest.mark.parametrize(
    ("deletes", "every", "reconciled", "due"),
    [
        (RECONCILE, 3600, None, True),
        (RECONCILE, 3600, 3599.0, False),
        (RECONCILE, 3600, 3600.0, True),
        (RECONCILE, 0, 0.0, True),
        (IGNORE, 3600, None, False),
    ],
)
def test_the_keys_are_compared_when_it_is_time(
    deletes: Deletes, every: int, reconciled: float | None, due: bool
) -> None:
    given = plan(deletes=deletes, reconcile_every=every)
    found = extract(given, Watermark(saved(1), reconciled=reconciled), Source())
    assert found.reconcile is due


def test_a_complete_load_compares_no_keys() -> None:
    assert not extract(plan(deletes=RECONCILE), None, Source()).reconcile


def test_the_keys_of_changed_rows_that_left_where_are_asked_for() -> None:
    given = plan(deletes=RECONCILE, where="Active = 1 -- on")
    found = extract(given, Watermark(saved(4000), reconciled=0.0), Source(5000))
    assert found.deletes == (
        "SELECT\n  t.[ID] AS [ID]\nFROM [McTM].[dbo].[T] AS t WITH (NOLOCK)\n"
        f"WHERE ((t.[RV] >= CAST({at(4000)} AS binary(8)) OR t.[RV] IS NULL) "
        "AND CASE WHEN (Active = 1 -- on\n) THEN 1 ELSE 0 END = 0)"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"deletes": RECONCILE},
        {"deletes": IGNORE, "where": "Active = 1"},
    ],
)
def test_no_deleted_keys_are_asked_for_without_where_or_where_deletes_are_ignored(
    changes: dict[str, Any],
) -> None:
    assert extract(plan(**changes), Watermark(saved(1), reconciled=0.0), Source()).deletes == ""


def test_a_comparison_of_all_keys_takes_the_place_of_those_that_left_where() -> None:
    given = plan(deletes=RECONCILE, where="Active = 1")
    found = extract(given, Watermark(saved(1)), Source())
    assert (found.reconcile, found.deletes) == (True, "")


def test_the_plan_says_what_cannot_be_seen() -> None:
    unseen, ignored = ROWVERSION.check(plan())
    assert unseen.startswith("rowversions do not show rows that are deleted")
    assert ignored == ("deletes not followed: rows deleted from McTM.dbo.T stay in t")
    assert ROWVERSION.check(plan(deletes=RECONCILE)) == (unseen,)


def test_rows_at_the_watermark_or_above_have_certainly_changed_whatever_where_says() -> None:
    given = plan(where="Active = 1")
    found = ROWVERSION.changed(given, Watermark(saved(4000)), Source())
    assert str(found).endswith(f"WHERE (t.[RV] >= CAST({at(4000)} AS binary(8)))")
    assert "AS [ID]" in str(found)


def test_where_the_watermark_is_of_another_column_nothing_is_known_to_have_changed() -> None:
    found = ROWVERSION.changed(plan(), Watermark(saved(4000, column="Other")), Source())
    assert found is ReloadReason.ENTRY_CHANGED
