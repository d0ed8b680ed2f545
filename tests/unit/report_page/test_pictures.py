"""The page's pictures: bars of past runs, and the phases of the last run."""

import datetime as dt
import re
from dataclasses import replace

import pytest

from tableferry.model.phase_span import PhaseSpan
from tableferry.report.page.gantt import gantt
from tableferry.report.page.last_run import TableBars, bars_of
from tableferry.report.page.markup import age, briefly, duration
from tableferry.report.page.sparkline import RUNS, sparkline
from tableferry.states.records import VerificationRecord
from tableferry.states.words import Word
from tests.support.page_content import BEGAN, LAST, PHASES, record, report, state

VERTICAL = re.compile(r"v(\d+)")


def heights(picture: str) -> list[int]:
    return [int(height) for height in VERTICAL.findall(picture)]


def test_a_bar_is_as_high_as_its_run_took_long_and_the_newest_is_at_the_right() -> None:
    runs = [record("t", seconds=seconds) for seconds in (90, 45, 30)]
    assert heights(sparkline(runs)) == [3, 4, 9]
    assert "M12 0v3m1-3v4m1-4v9" in sparkline(runs)


def test_a_run_that_took_no_time_is_seen() -> None:
    assert heights(sparkline([record("t", seconds=0), record("t", seconds=0)])) == [1, 1]
    assert heights(sparkline([record("t", seconds=0), record("t", seconds=900)])) == [9, 1]


def test_failed_runs_and_runs_that_were_not_begun_look_different() -> None:
    runs = [record("t", "held"), record("t", "failed"), record("t", "abandoned"), record("t")]
    picture = sparkline(runs)
    assert '<path d="M11 0v9"/>' in picture
    assert '<path class=n d="M14 0v9"/>' in picture
    assert '<path class=x d="M12 0v9m1-9v9"/>' in picture
    assert 'aria-label="1 held, 1 failed, 1 abandoned, 1 ok"' in picture


def test_a_run_that_goes_on_has_no_bar_and_no_more_than_the_newest_have() -> None:
    assert sparkline([record("t", "running")]) == ""
    assert sparkline([]) == ""
    assert len(heights(sparkline([record("t") for _ in range(99)]))) == RUNS


def test_the_phases_of_a_table_are_placed_after_its_runs_beginning() -> None:
    [bars] = bars_of(report(state("one", number=2)))
    assert bars.bars[0] == PhaseSpan("connect", 24.0, 26.4)
    assert [bar.phase for bar in bars.bars] == list(PHASES)
    assert bars.seconds == pytest.approx(12.0)
    assert not bars.has_failed


def test_a_verification_by_the_run_is_its_last_bar_and_anothers_is_none() -> None:
    at = BEGAN + dt.timedelta(seconds=30)
    found = VerificationRecord(at, "rows", "equal", run_id=LAST, seconds=4.0)
    [bars] = bars_of(report(replace(state("one"), verified=found)))
    assert bars.bars[-1] == PhaseSpan("verify", 26.0, 30.0)
    [bars] = bars_of(report(replace(state("one"), verified=replace(found, run_id="other"))))
    assert bars.bars[-1].phase == "publish"


def test_a_clock_that_went_back_leaves_bars_within_the_run() -> None:
    before = BEGAN - dt.timedelta(hours=3)
    told = state("one")
    last = replace(told.runs[0], started_at=before, ended_at=before - dt.timedelta(seconds=1))
    assert last.seconds == 0.0
    found = VerificationRecord(before, "rows", "equal", run_id=LAST, seconds=4.0)
    for phases in (last.phases, ()):
        there = replace(told, runs=(replace(last, phases=phases),), verified=found)
        [bars] = bars_of(report(there))
        assert {(bar.begin, bar.end) for bar in bars.bars} == {(0.0, 0.0)}
        assert "<svg" in gantt([bars])


def test_a_run_without_recorded_phases_is_one_bar() -> None:
    last = record("one", run_id=LAST, began=BEGAN, seconds=7.0)
    [bars] = bars_of(report(replace(state("one"), runs=(last,))))
    assert bars.bars == (PhaseSpan("run", 0.0, 7.0),)


def test_a_table_that_was_not_begun_has_no_bar_and_one_without_a_record_is_left_out() -> None:
    skipped = record("one", "skipped", run_id=LAST)
    tables = bars_of(
        report(replace(state("one"), runs=(skipped,)), replace(state("two"), runs=(record("two"),)))
    )
    assert tables == (TableBars("one", "skipped"),)
    assert gantt(tables) == ""


def test_tables_are_in_the_order_in_which_they_were_begun() -> None:
    found = bars_of(report(state("late", number=9), state("early", number=1)))
    assert [table.table for table in found] == ["early", "late"]


def test_a_bar_begins_and_ends_at_its_share_of_the_width() -> None:
    table = TableBars("t", "ok", (PhaseSpan("load", 0.0, 75.0), PhaseSpan("publish", 75.0, 100.0)))
    picture = gantt([table])
    assert '<path class=load d="M0 10h750"/>' in picture
    assert '<path class=publish d="M750 10h250"/>' in picture


def test_a_phase_of_a_moment_is_seen_and_stays_inside_the_picture() -> None:
    table = TableBars(
        "t", "ok", (PhaseSpan("load", 0.0, 100.0), PhaseSpan("publish", 100.0, 100.0))
    )
    assert '<path class=publish d="M997 10h3"/>' in gantt([table])


def test_a_table_that_did_not_publish_ends_with_a_mark_that_the_legend_explains() -> None:
    failed = TableBars("t", "failed", (PhaseSpan("load", 0.0, 50.0),))
    ok = TableBars("u", "ok", (PhaseSpan("load", 50.0, 100.0),))
    assert '<path class=x d="M500 3v14"/>' in gantt([failed, ok])
    assert "did not publish" in gantt([failed, ok])
    assert "did not publish" not in gantt([ok])


def test_the_legend_has_the_phases_that_occur() -> None:
    legend = gantt([TableBars("t", "ok", (PhaseSpan("connect", 0, 1), PhaseSpan("load", 1, 2)))])
    assert "connect, plan" in legend
    assert "load: read and write" in legend
    assert "verify" not in legend


@pytest.mark.parametrize(
    ("seconds", "marks"),
    [
        (0.05, ["0 s", "0.01 s", "0.02 s", "0.03 s", "0.04 s"]),
        (4.0, ["0 s", "1 s", "2 s", "3 s"]),
        (50.0, ["0 s", "10 s", "20 s", "30 s", "40 s"]),
        (446.0, ["0 s", "2 min", "4 min", "6 min"]),
        (20_000.0, ["0 s", "1 h", "2 h", "3 h", "4 h", "5 h"]),
        (400_000.0, ["0 s", "19 h", "1 d 14 h", "2 d 9 h", "3 d 4 h", "3 d 23 h"]),
    ],
)
def test_the_axis_has_round_marks(seconds: float, marks: list[str]) -> None:
    picture = gantt([TableBars("t", "ok", (PhaseSpan("load", 0.0, seconds),))])
    assert re.findall(r">([^<]*)</text>", picture) == marks


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (9.96, "10.0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3_600, "1 h"),
        (11_520, "3 h 12 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_duration_has_one_unit_or_two(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_an_age_has_no_fraction() -> None:
    assert age(4.8) == "4 s"
    assert age(-3) == "0 s"
    assert age(75) == "1 min 15 s"
    assert briefly(11_520) == "3 h"


def test_a_word_of_every_kind_has_a_line_in_the_chart() -> None:
    tables = [state(f"of_{word}", word, place) for place, word in enumerate(Word)]
    shown = {bars.table: bars.status for bars in bars_of(report(*tables))}
    assert shown["of_failing"] == "failed"
    assert shown["of_running"] == "running"
    assert "of_never" not in shown
