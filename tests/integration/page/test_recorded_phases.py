"""A run's phases and declared losses, in its result and in the ledger, by a clock that events move.

The clock moves on by two seconds whenever a phase begins.
"""

from itertools import pairwise
from typing import Any

import pytest

from tableferry.model.phase_span import PhaseSpan, from_json, seconds_by_phase, to_json
from tableferry.runs.events import Event, PhaseStarted
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.retry import Retries
from tableferry.runs.run import sync_table
from tableferry.runs.run_options import RunOptions
from tests.integration.fanout.conftest import FanOut, fan_out

__all__ = ["fan_out"]

WRITTEN = "SELECT phases, losses FROM tableferry.table_runs"
SPANS = {"connect": 2.0, "plan": 2.0, "load": 2.0, "prepare": 2.0, "publish": 2.0}


class Clock:
    """Stands still but for the phases."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def event(self, event: Event) -> None:
        if isinstance(event, PhaseStarted):
            self.now += 2.0


def sync(fan_out: FanOut) -> TableOutcome:
    clock = Clock()
    options = RunOptions(retries=Retries(attempts=1), clock=clock)
    return sync_table(fan_out.spec, fan_out.settings, on_event=clock.event, options=options)


@pytest.mark.parametrize("publish", ["truncate", "merge", "swap"])
def test_each_phase_of_a_load_is_recorded_with_its_time(fan_out: FanOut, publish: str) -> None:
    outcome = sync(fan_out.again(publish=publish))
    assert outcome.ok, outcome.error
    assert seconds_by_phase(outcome.phases) == SPANS
    assert outcome.phases[-1] == PhaseSpan("publish", 8.0, outcome.seconds)
    assert outcome.to_dict()["phases"] == SPANS
    [(phases, losses)] = fan_out.database.rows(WRITTEN)
    assert from_json(phases) == outcome.phases
    assert losses is None


def test_a_failed_load_has_the_phases_up_to_its_failure(fan_out: FanOut) -> None:
    fan_out.database.run("ALTER TABLE t ALTER COLUMN name TYPE point USING NULL")
    outcome = sync(fan_out.again(publish="truncate"))
    assert outcome.status is Status.FAILED
    [(phases, _)] = fan_out.database.rows(WRITTEN)
    assert [span.phase for span in from_json(phases)] == ["connect", "plan"]
    assert from_json(phases) == outcome.phases


def test_the_declared_losses_of_a_load_are_recorded(fan_out: FanOut) -> None:
    fan_out.database.run("ALTER TABLE t ALTER COLUMN name TYPE char(60) USING name")
    outcome = sync(fan_out.again(publish="truncate", type_overrides={"Name": "char(60)"}))
    assert outcome.ok, outcome.error
    [(_, losses)] = fan_out.database.rows(WRITTEN)
    assert losses == dict(outcome.losses)
    assert "pads" in losses["Name"]


def test_the_steps_of_a_fan_out_have_phases_and_losses_that_stay_when_one_is_done_again(
    fan_out: FanOut,
) -> None:
    fan_out.database.run("ALTER TABLE t ALTER COLUMN name TYPE char(60) USING name")
    fan_out = fan_out.again(type_overrides={"Name": "char(60)"})
    fan_out.load_all(fan_out.begin())
    outcome = fan_out.publish()
    assert outcome.ok, outcome.error
    assert [span.phase for span in outcome.phases] == ["load", "prepare", "publish"]
    assert outcome.phases[0].begin == 0.0
    assert all(one.end == next_.begin for one, next_ in pairwise(outcome.phases))
    fan_out.publish()
    [(phases, losses)] = fan_out.database.rows(WRITTEN)
    assert phases == to_json(outcome.phases)
    assert losses == dict(outcome.losses)


def test_a_fan_out_that_is_given_up_has_been_loading_until_then(fan_out: FanOut) -> None:
    fan_out.begin()
    outcome = fan_out.give_up()
    [(phases, _)] = fan_out.database.rows(WRITTEN)
    assert [span.phase for span in from_json(phases)] == ["load"]
    assert phases == to_json(outcome.phases)


@pytest.mark.parametrize("form", [None, [], "load", {"load": 1}])
def test_what_was_not_recorded_is_no_phase(form: Any) -> None:
    assert from_json(form) == ()
