"""Connections between two tables: whose they are, how many, and for how long."""

from collections.abc import Hashable

import pytest

from tableferry.runs.kept_connections import IDLE_SECONDS, Kept


class Connection:
    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_connection_that_is_taken_is_nobody_elses() -> None:
    kept: Kept[Connection] = Kept(2)
    connection = Connection()
    assert kept.keep("here", connection)
    assert kept.take("here") is connection
    assert kept.take("here") is None


@pytest.mark.parametrize(("place", "other"), [("mctm", "voipdb"), (("mctm", 7), ("mctm", 9))])
def test_a_connection_to_one_place_does_not_lead_to_another(
    place: Hashable, other: Hashable
) -> None:
    kept: Kept[Connection] = Kept(2)
    kept.keep(place, Connection())
    assert kept.take(other) is None


def test_no_more_are_kept_than_tables_are_loaded_at_once() -> None:
    kept: Kept[Connection] = Kept(2)
    assert [kept.keep("here", Connection()) for _ in range(3)] == [True, True, False]
    assert kept.keep("there", Connection())


def test_the_connection_that_was_used_last_is_used_next() -> None:
    kept: Kept[Connection] = Kept(2)
    first, second = Connection(), Connection()
    kept.keep("here", first)
    kept.keep("here", second)
    assert kept.take("here") is second


def test_a_connection_that_was_idle_for_long_is_closed_and_not_used() -> None:
    clock = Clock()
    kept: Kept[Connection] = Kept(2, clock)
    old, new = Connection(), Connection()
    kept.keep("here", old)
    clock.now += IDLE_SECONDS / 2
    kept.keep("here", new)
    clock.now += IDLE_SECONDS / 2
    assert kept.take("here") is new
    assert kept.take("here") is None
    assert (old.closed, new.closed) == (1, 0)


def test_what_is_dropped_is_closed_and_others_may_be_kept() -> None:
    kept: Kept[Connection] = Kept(2)
    connection = Connection()
    kept.keep("here", connection)
    kept.drop()
    assert connection.closed == 1
    assert kept.take("here") is None
    assert kept.keep("here", Connection())


def test_nothing_is_kept_once_the_run_has_ended() -> None:
    kept: Kept[Connection] = Kept(2)
    connection = Connection()
    kept.keep("here", connection)
    kept.close()
    assert connection.closed == 1
    assert not kept.keep("here", Connection())
