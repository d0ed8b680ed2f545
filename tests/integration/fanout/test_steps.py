"""The steps of a fan-out, each of which any process may do, and do again."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tableferry.errors import ConfigError, LeaseLostError, SchemaError, TransientError
from tableferry.fanout import Route, assign, begin, finish, route_of
from tableferry.postgres.publish import merge_check
from tableferry.runs.outcome import Status
from tableferry_sandbox.faults import SendError
from tests.integration.fanout.conftest import CHUNKS, OLD, ROWS, STAGING, FanOut
from tests.support.specs import spec

pytestmark = pytest.mark.with_ledger

PAIRS = {"ID": "id", "Name": "name", "Note": "note"}


def step(fan_out: FanOut, name: str, **more: Any) -> dict[str, Any]:
    """Do a step in a process of its own."""
    answer: dict[str, Any] = json.loads(fan_out.process(name, **more).communicate()[0])
    return answer


def test_steps_in_processes_of_their_own_carry_a_table(fan_out: FanOut) -> None:
    begun = step(fan_out, "begin")
    assert begun["pending"] == list(range(CHUNKS))
    assert begun["parallel"] == 4
    with ThreadPoolExecutor(2) as pool:
        stored = list(pool.map(lambda n: step(fan_out, "load", chunk=n), range(2)))
    # The others in this one: they would show no more.
    stored += [fan_out.load(number).to_dict() for number in begun["pending"][2:]]
    assert sum(one["rows"] for one in stored) == ROWS
    assert fan_out.seen() == OLD, "nothing is visible yet"
    outcome = step(fan_out, "publish")
    assert (outcome["status"], outcome["rows_written"]) == ("ok", ROWS)
    assert outcome["changes"]["deleted"] == 1
    assert fan_out.seen() == fan_out.expected()
    assert fan_out.outcome() == ("ok", "ok")
    assert fan_out.staging() == []
    assert fan_out.database.rows("SELECT run_id FROM tableferry.leases") == [(None,)]


def test_a_chunk_that_is_stored_is_answered_without_reading_it_again(fan_out: FanOut) -> None:
    fan_out.begin()
    first = fan_out.load(3)
    unreachable = fan_out.settings.sources["mctm"].model_copy(update={"port": 1})
    settings = replace(fan_out.settings, sources={"mctm": unreachable})
    again = replace(fan_out, settings=settings).load(3)
    assert (first.rows, first.again) == (ROWS // CHUNKS, False)
    assert (again.rows, again.again) == (ROWS // CHUNKS, True)


def test_an_isolation_that_the_source_refuses_is_replaced_for_all_steps(fan_out: FanOut) -> None:
    faults = fan_out.sandbox.server.faults
    text = "Snapshot isolation transaction failed accessing database 'X' because snapshot isolation"
    faults.on_statement(r"MIN\(", SendError(3952, text))
    text = "Cannot specify an index or locking hint for a remote data source."
    faults.on_statement(r"MIN\(", SendError(7377, text))
    begun = fan_out.begin()
    fan_out.load_all(begun)
    outcome = fan_out.publish()
    assert outcome.status is Status.OK, outcome.error
    assert outcome.consistency == "read_committed"
    assert any("so rows are read with READ COMMITTED" in warning for warning in outcome.warnings)
    assert not any("NOLOCK" in warning for warning in outcome.warnings)
    assert fan_out.seen() == fan_out.expected()


def test_every_step_done_twice_comes_to_the_same(fan_out: FanOut) -> None:
    assert fan_out.begin().pending == fan_out.begin().pending
    fan_out.load(0)
    begun = fan_out.begin()
    assert begun.pending == tuple(range(1, CHUNKS)), "what is stored stays"
    fan_out.load_all(begun)
    first, second = fan_out.publish(), fan_out.publish()
    assert first.status is second.status is Status.OK
    assert (second.rows_written, second.warnings) == (ROWS, first.warnings)
    assert fan_out.give_up().status is Status.OK, "what is published is not given up"
    assert fan_out.seen() == fan_out.expected()
    assert len(fan_out.database.rows("SELECT FROM tableferry.runs")) == 1


def test_a_first_step_done_again_under_another_plan_leaves_no_staging_table(
    fan_out: FanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_check, "SMALL_ROWS", -1)  # it is swapped, as if it were large
    cut_off = fan_out.again(publish="auto")
    cut_off.begin()
    cut_off.load(0)
    cut_off.give_up(TransientError("a moment's trouble"))
    after = cut_off.again()
    assert after.begin().pending == tuple(range(1, CHUNKS)), "it goes on with the chunk"
    fan_out.database.run("CREATE TABLE orders (t_id int REFERENCES t)")  # now it is to be merged
    assert len(after.begin().pending) == CHUNKS
    assert len(fan_out.database.rows(STAGING)) == 1
    fan_out.database.run("DROP TABLE orders")


def test_nothing_is_published_while_a_chunk_is_missing(fan_out: FanOut) -> None:
    begun = fan_out.begin()
    fan_out.load_all(replace(begun, pending=begun.pending[:-1]))
    with pytest.raises(TransientError, match=r"1 of 8 chunks of public\.t is not stored"):
        fan_out.publish()
    assert fan_out.seen() == OLD
    fan_out.load(CHUNKS - 1)
    assert fan_out.publish().status is Status.OK
    assert fan_out.seen() == fan_out.expected()


@pytest.mark.parametrize("way", ["merge", "swap"])
def test_a_publish_that_failed_after_its_preparations_is_done_again(
    fan_out: FanOut, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def fail(*_: object) -> None:
        raise TransientError("the link was lost")

    fan_out = fan_out.again(publish=way)
    fan_out.load_all(fan_out.begin())
    with monkeypatch.context() as patched, pytest.raises(TransientError):
        patched.setattr(finish, "commit_together", fail)
        fan_out.publish()
    assert fan_out.seen() == OLD
    assert fan_out.publish().status is Status.OK
    assert fan_out.seen() == fan_out.expected()
    assert fan_out.staging() == []


def test_a_swap_is_filled_by_many_and_keeps_what_hangs_on_the_table(fan_out: FanOut) -> None:
    fan_out.database.run("CREATE VIEW v AS SELECT count(*) AS n FROM t", "CREATE INDEX ON t (name)")
    fan_out = fan_out.again(publish="swap")
    fan_out.begin()
    fan_out.load(0)
    with pytest.raises(TransientError):
        fan_out.publish()
    assert fan_out.give_up(TransientError("enough")).status is Status.FAILED
    successor = fan_out.again()
    begun = successor.begin()
    assert begun.pending == tuple(range(1, CHUNKS))
    successor.load_all(begun)
    assert successor.publish().status is Status.OK
    assert successor.seen() == successor.expected()
    assert successor.database.rows("SELECT n FROM v") == [(ROWS,)]
    indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid"
    assert successor.database.rows(indexes) == [(2,)]


def test_a_table_that_is_missing_is_created_and_filled(fan_out: FanOut) -> None:
    fan_out.database.run("DROP TABLE t")
    fan_out.load_all(fan_out.begin())
    outcome = fan_out.publish()
    assert (outcome.status, outcome.created) == (Status.OK, True)
    assert fan_out.seen() == fan_out.expected()


def test_a_table_too_small_to_be_cut_is_one_chunk(fan_out: FanOut) -> None:
    fan_out.sandbox.run("DELETE FROM dbo.T WHERE ID > 1")
    begun = fan_out.begin()
    assert begun.pending == (0,)
    fan_out.load_all(begun)
    assert fan_out.publish().rows_written == 1
    assert fan_out.seen() == fan_out.expected()


def test_a_table_that_changed_after_the_cut_is_not_loaded(fan_out: FanOut) -> None:
    fan_out.begin()
    fan_out.load(0)
    fan_out.database.run("ALTER TABLE t ALTER name TYPE varchar(60)")
    with pytest.raises(SchemaError, match="has changed since the fan-out began"):
        fan_out.load(1)
    with pytest.raises(SchemaError, match="has changed since the fan-out began"):
        fan_out.publish()
    outcome = fan_out.give_up()
    assert (outcome.status, outcome.error and outcome.error.kind) == (Status.FAILED, "SchemaError")
    assert fan_out.seen() == OLD
    assert fan_out.staging() == [], "nobody can use it"


def test_a_range_is_never_taken_from_who_calls(fan_out: FanOut) -> None:
    fan_out.begin()
    with pytest.raises(ConfigError, match="has no chunk 8 in run"):
        fan_out.load(CHUNKS)
    with pytest.raises(ConfigError, match="The ledger has no run"):
        fan_out.again().load(0)


def test_texts_that_the_driver_may_have_altered_are_read_another_way(fan_out: FanOut) -> None:
    fan_out.sandbox.run("UPDATE dbo.T SET Name = NCHAR(0xFFFD) + N'x' WHERE ID IN (300, 1900)")
    fan_out.load_all(fan_out.begin())
    assert fan_out.publish().status is Status.OK
    assert fan_out.seen() == fan_out.expected()


def test_what_was_altered_as_allowed_is_counted_over_all_chunks(fan_out: FanOut) -> None:
    fan_out.sandbox.run("UPDATE dbo.T SET Name = N'a' + NCHAR(0) + N'b' WHERE ID % 500 = 0")
    stripped = fan_out.again(on_invalid="strip")
    stripped.load_all(stripped.begin())
    outcome = stripped.publish()
    assert sum(outcome.touched["Name"].values()) == ROWS // 500
    assert stripped.database.rows("SELECT count(*) FROM t WHERE name = 'ab'") == [(4,)]


def test_the_outcome_tells_that_chunks_were_read_at_different_moments(fan_out: FanOut) -> None:
    fan_out.load_all(fan_out.begin())
    assert "the chunks were read at different moments" in fan_out.publish().warnings
    [(moment, warnings)] = fan_out.database.rows(
        "SELECT read_at_one_moment, warnings FROM tableferry.table_runs"
    )
    assert moment is False
    assert "the chunks were read at different moments" in str(warnings)


def test_a_run_that_is_over_loads_and_publishes_nothing(fan_out: FanOut) -> None:
    fan_out.begin()
    assert fan_out.give_up(TransientError("enough")).status is Status.FAILED
    with pytest.raises(LeaseLostError):
        fan_out.load(0)
    with pytest.raises(LeaseLostError):
        fan_out.publish()
    with pytest.raises(LeaseLostError):
        fan_out.begin()
    assert fan_out.outcome() == ("failed", "failed")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"chunks": 1, "parallel": 1}, "'chunks' is 1"),
        ({"publish": "truncate"}, "is one transaction"),
        ({"publish": "truncate", "ledger": "off"}, "is one transaction"),
    ],
)
def test_a_table_that_cannot_be_carried_in_chunks_is_carried_whole(
    fan_out: FanOut, changes: dict[str, Any], why: str
) -> None:
    whole = fan_out.again(**changes)
    way, told = route_of(whole.spec)
    assert way is Route.WHOLE
    assert why in told
    with pytest.raises(ConfigError, match="is carried whole"):
        begin(whole.spec, whole.settings, whole.assignment)


def test_an_assignment_is_the_same_whenever_it_is_asked_for(fan_out: FanOut) -> None:
    other = spec(key="other")
    assert assign(fan_out.spec, fan_out.fanout_id) == fan_out.assignment
    assert assign(other, fan_out.fanout_id).run_id != fan_out.assignment.run_id
    assert route_of(fan_out.spec) == (Route.CHUNKS, "")


def test_a_watchdog_that_no_chunk_could_start_is_one_warning_of_the_outcome(
    fan_out: FanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    fan_out.sandbox.run("ALTER TABLE dbo.T ADD Note nvarchar(max)")
    fan_out.database.run("ALTER TABLE t ADD note text")
    fan_out = fan_out.again(columns=[*PAIRS], pg_columns=[*PAIRS.values()])
    monkeypatch.setattr(sys, "executable", "/dev/null/python")
    fan_out.load_all(fan_out.begin())
    first, again = fan_out.publish(), fan_out.publish()
    warning = "the watchdog process could not be started: Not a directory"
    assert first.warnings.count(warning) == again.warnings.count(warning) == 1
