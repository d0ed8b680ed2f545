"""How old a table's rows are when readers get to see them, by a clock that events move on."""

import datetime as dt
from typing import Any

import pytest

from tableferry.runs.deadline import Deadline
from tableferry.runs.events import Progress
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.retry import Retries
from tableferry.runs.run import sync_table
from tableferry.runs.run_options import RunOptions
from tests.integration.fanout.conftest import CHUNKS, ROWS, FanOut, fan_out

__all__ = ["fan_out"]

pytestmark = pytest.mark.with_ledger

AN_HOUR_AGO = (
    "UPDATE tableferry.chunks SET done_at = done_at - interval '1 hour', "
    "read_at = read_at - interval '1 hour'"
)
WITHIN = {"resume_within": 7200}
HOUR = 3600.0
BATCHES_OF_A_CHUNK = 3


class Clock:
    """Moves on by ten seconds with every batch that was written."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def batch(self, _: Progress) -> None:
        self.now += 10.0


def sync(fan_out: FanOut, clock: Clock, **more: Any) -> TableOutcome:
    options = RunOptions(retries=Retries(attempts=1), clock=clock, **more)
    return sync_table(fan_out.spec, fan_out.settings, clock.batch, options=options)


@pytest.mark.parametrize("publish", ["truncate", "merge", "swap"])
def test_the_rows_lag_by_the_seconds_from_the_first_question_to_the_commit(
    fan_out: FanOut, publish: str
) -> None:
    clock = Clock()
    outcome = sync(fan_out.again(publish=publish), clock)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.lag == 10.0 * CHUNKS * BATCHES_OF_A_CHUNK
    assert outcome.to_dict()["lag_seconds"] == outcome.lag


def test_what_was_not_published_has_no_lag(fan_out: FanOut) -> None:
    clock = Clock()
    late = Deadline(clock.now + 15.0, clock)
    outcome = sync(fan_out, clock, deadline=late)
    assert outcome.status is Status.DEADLINE
    assert outcome.lag is None
    assert "lag_seconds" not in outcome.to_dict()


def test_of_rows_that_an_earlier_run_stored_the_oldest_counts(fan_out: FanOut) -> None:
    clock = Clock()
    one = fan_out.again(parallel=1, **WITHIN)
    until = Deadline(clock.now + 10.0 * CHUNKS * BATCHES_OF_A_CHUNK / 2, clock)
    stopped = sync(one, clock, deadline=until)
    assert (stopped.status, stopped.resumable) == (Status.DEADLINE, True)
    fan_out.database.run(AN_HOUR_AGO)
    clock = Clock()
    outcome = sync(one, clock)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.lag is not None
    assert outcome.lag > HOUR + outcome.seconds
    [(oldest, recorded)] = fan_out.database.rows(
        "SELECT min(c.read_at), min(t.rows_as_of) FROM tableferry.chunks c "
        "JOIN tableferry.table_runs t USING (run_id, table_key) WHERE t.status = 'ok'"
    )
    assert outcome.as_of == recorded
    assert isinstance(oldest, dt.datetime)
    assert outcome.to_dict()["rows_as_of"] == outcome.as_of.isoformat()
    moment = f"{oldest.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
    assert any(f"earlier run: rows as of {moment}" in one for one in outcome.warnings)


def test_rows_that_an_earlier_run_stored_too_long_ago_are_read_again(fan_out: FanOut) -> None:
    clock = Clock()
    one = fan_out.again(parallel=1)
    until = Deadline(clock.now + 10.0 * CHUNKS * BATCHES_OF_A_CHUNK / 2, clock)
    assert sync(one, clock, deadline=until).resumable
    fan_out.database.run(AN_HOUR_AGO)
    fan_out.sandbox.run("UPDATE dbo.T SET Name = N'committed before the run began' WHERE ID = 1")
    outcome = sync(one, Clock())
    assert outcome.status is Status.OK, outcome.error
    assert not any("earlier run" in warning for warning in outcome.warnings)
    assert outcome.lag is not None
    assert outcome.lag < HOUR
    assert fan_out.seen()[0] == (1, "committed before the run began")


def test_a_chain_of_invocations_goes_on_with_its_own_chunks_however_old(fan_out: FanOut) -> None:
    clock = Clock()
    one = fan_out.again(parallel=1)
    until = Deadline(clock.now + 10.0 * CHUNKS * BATCHES_OF_A_CHUNK / 2, clock)
    assert sync(one, clock, deadline=until).resumable
    fan_out.database.run("UPDATE tableferry.chunks SET read_at = read_at - interval '1 day'")
    outcome = sync(one, Clock(), continues=True)
    assert outcome.status is Status.OK, outcome.error
    assert any("earlier run" in warning for warning in outcome.warnings)
    assert outcome.lag is not None
    assert outcome.lag > 24 * HOUR


def test_a_fan_outs_rows_lag_by_the_seconds_from_its_beginning(fan_out: FanOut) -> None:
    stored = fan_out.load_all(fan_out.begin())
    assert sum(one.bytes for one in stored) > ROWS * 8
    fan_out.database.run(
        "UPDATE tableferry.table_runs SET started_at = started_at - interval '1 hour'"
    )
    outcome = fan_out.publish()
    assert outcome.lag is not None
    assert outcome.lag >= outcome.seconds > HOUR
    told_again = fan_out.publish()
    assert told_again.lag is not None
    assert told_again.lag > HOUR


def test_a_fan_out_that_went_on_with_an_earlier_one_has_the_earlier_ones_oldest_rows(
    fan_out: FanOut,
) -> None:
    fan_out.begin()
    fan_out.load(0)
    fan_out.database.run(AN_HOUR_AGO)
    fan_out.expire()
    later = fan_out.again(**WITHIN)
    begun = later.begin()
    assert 0 not in begun.pending
    later.load_all(begun)
    outcome = later.publish()
    assert outcome.lag is not None
    assert outcome.lag > HOUR > outcome.seconds
