"""When a watch's runs are due: --every and --cron."""

import datetime as dt
import time
from collections.abc import Callable, Iterator

import pytest

from tableferry.cli.schedule import Cron, Every, LocalZone, schedule_of
from tableferry.errors import ConfigError
from tableferry.runs.watch import Moment

VIENNA = "CET-1CEST,M3.5.0,M10.5.0/3"
"""A zone by its rules (POSIX): a machine without a time zone database knows it as well."""


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], LocalZone]]:
    """Moves this process into a time zone."""

    def move(name: str) -> LocalZone:
        monkeypatch.setenv("TZ", name)
        time.tzset()
        return LocalZone()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("1h", 3600), ("1.5h", 5400), ("1s", 1), ("168h", 604_800)],
)
def test_an_interval_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert schedule_of(text, "") == Every(seconds)


@pytest.mark.parametrize(
    "text", ["30", "s", "-5s", "5 m", "1h30m", "5d", "1e3s", "\u0663\u0660s", "5m\n;"]
)
def test_what_is_no_interval_is_refused_with_the_units(text: str) -> None:
    with pytest.raises(ConfigError, match="--every takes a number and a unit") as refused:
        schedule_of(text, "")
    assert "s stands for seconds" in refused.value.hint


@pytest.mark.parametrize("text", ["0s", "0.5s", "169h", "999999999h"])
def test_an_interval_beyond_the_limits_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--every takes 1s to 168h"):
        schedule_of(text, "")


@pytest.mark.parametrize(("every", "cron"), [("", ""), ("30s", "* * * * *")])
def test_one_of_both_options_is_needed(every: str, cron: str) -> None:
    with pytest.raises(ConfigError, match="needs --every or --cron") as refused:
        schedule_of(every, cron)
    assert '--every 30s (s, m or h), or --cron "*/5 * * * *"' in refused.value.hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("61 * * * *", "Bad minute"),
        ("* * * * MOON", "Bad day-of-week"),
        ("*/0 * * * *", "Bad minute"),
        ("0 0 31 2 *", "Bad day-of-month"),
        ("* * */20 * 1L", "its time never comes"),
        ("* * * *", "five fields, not 4"),
        ("*/5 * * * * *", "five fields, not 6"),  # seconds, or the year: programs differ
        ("@hourly", "five fields, not 1"),
    ],
)
def test_a_line_that_is_not_crons_is_refused_with_what_is_wrong(line: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        schedule_of("", line)
    assert said in refused.value.message
    assert "minute hour day month weekday" in refused.value.hint


def moment(wall: dt.datetime) -> Moment:
    return Moment(wall, 0.0)


def test_the_first_run_of_a_line_is_not_at_once_and_that_of_an_interval_is() -> None:
    assert (schedule_of("30s", "").begins_at_once, Cron("* * * * *").begins_at_once) == (
        True,
        False,
    )


def test_seconds_are_left_until_the_first_time_after_the_last_run() -> None:
    began = dt.datetime(2026, 11, 29, 10, 5, 0, 10_000, dt.UTC)
    cron = Cron("*/5 * * * *")
    assert cron.left(moment(began), moment(began)) == pytest.approx(299.99)
    late = began + dt.timedelta(minutes=12)
    assert cron.left(moment(began), moment(late)) == pytest.approx(-420.01)  # due: once, at once


def test_a_clock_that_was_set_back_does_not_make_the_runs_wait_for_it() -> None:
    began = dt.datetime(2026, 11, 29, 10, 5, tzinfo=dt.UTC)
    set_back = began - dt.timedelta(hours=3, minutes=2)
    assert Cron("*/5 * * * *").left(moment(began), moment(set_back)) == 120


def times(cron: str, start: dt.datetime, count: int) -> list[str]:
    """The next times, in UTC, each a little later than it is due, as a run begins."""
    found, now = [], start
    for _ in range(count):
        left = Cron(cron).left(moment(now), moment(now))
        now = (now.astimezone(dt.UTC) + dt.timedelta(seconds=left)).astimezone(start.tzinfo)
        found.append(now.astimezone(dt.UTC).strftime("%d %H:%M"))
    return found


def test_in_the_hour_that_comes_twice_frequent_runs_go_on(
    in_zone: Callable[[str], LocalZone],
) -> None:
    """On 25 October 2026 at 3:00 clocks in Vienna are put back to 2:00 (1:00 in UTC)."""
    start = dt.datetime(2026, 10, 25, 2, 20, tzinfo=in_zone(VIENNA))
    assert times("*/30 * * * *", start, 4) == ["25 00:30", "25 01:00", "25 01:30", "25 02:00"]


def test_in_the_hour_that_comes_twice_a_fixed_time_comes_once(
    in_zone: Callable[[str], LocalZone],
) -> None:
    start = dt.datetime(2026, 10, 25, 2, 20, tzinfo=in_zone(VIENNA))
    assert times("30 2 * * *", start, 2) == ["25 00:30", "26 01:30"]


def test_a_time_in_the_hour_that_is_skipped_comes_as_soon_as_it_is_over(
    in_zone: Callable[[str], LocalZone],
) -> None:
    """On 29 March 2026 at 2:00 clocks in Vienna are put forward to 3:00 (1:00 in UTC)."""
    start = dt.datetime(2026, 3, 29, 1, 20, tzinfo=in_zone(VIENNA))
    assert times("30 2 * * *", start, 2) == ["29 01:00", "30 00:30"]


@pytest.mark.parametrize("zone", [VIENNA, "NST3:30NDT,M3.2.0,M11.1.0", "IST-5:30", "UTC0"])
def test_the_machines_zone_says_what_the_machine_says(
    zone: str, in_zone: Callable[[str], LocalZone]
) -> None:
    local = in_zone(zone)
    changes = ((3, 7), (3, 28), (10, 24), (10, 31))
    days = [dt.datetime(2026, month, day, tzinfo=dt.UTC) for month, day in changes]
    for moment in (day + dt.timedelta(minutes=30 * n) for day in days for n in range(96)):
        here = moment.astimezone(local)
        assert here.timestamp() == moment.timestamp()
        assert here.replace(tzinfo=None) == moment.astimezone().replace(tzinfo=None)
        assert here.tzname() == moment.astimezone().tzname()
