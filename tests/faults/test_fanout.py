"""A fan-out whose processes are killed, cut off, too late or twice: nothing is lost or doubled."""

import json
import threading
from typing import Any

import pytest

from tableferry import postgres
from tableferry.errors import (
    CommitUnknownError,
    DataError,
    DeadlineError,
    LeaseHeldError,
    LeaseLostError,
    TransientError,
    VerificationError,
)
from tableferry.fanout import chunk as load_module
from tableferry.postgres.ledger import checkpoint
from tableferry.runs.deadline import Deadline
from tableferry.runs.outcome import Status
from tableferry_sandbox.faults import CutConnection, EndEarly, SendError, Stall
from tests.faults.hostile_settings import FORMATS, LONGER, TIMEOUTS
from tests.faults.support import FROM_T, wait_for
from tests.integration.fanout.conftest import CHUNKS, OLD, ROWS, FanOut
from tests.support.ledger import SLOW, a_run
from tests.support.proxy import Direction, TcpProxy

pytestmark = pytest.mark.with_ledger

READS = rf"{FROM_T}.*ROWCOUNT"
IN_COPY = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND query LIKE 'COPY %staging_%' AND pid <> pg_backend_pid()"
)
WIDE = "UPDATE dbo.T SET Name = REPLICATE(N'x', 40)"
"""So that the first rows fill a packet, which the server sends before it falls silent."""
STORED = "SELECT number FROM tableferry.chunks WHERE done_at IS NOT NULL ORDER BY 1"


def completed(fan_out: FanOut) -> None:
    """Carry the rest, and see that the target has the source's rows, each once."""
    fan_out.load_all(fan_out.begin())
    assert fan_out.publish().status is Status.OK
    assert fan_out.seen() == fan_out.expected()
    assert fan_out.staging() == []


def test_a_process_that_is_killed_in_mid_load_leaves_nothing_of_its_chunk(fan_out: FanOut) -> None:
    fan_out.sandbox.run(WIDE)
    fan_out.begin()
    fan_out.load(0)
    # After its first batch, which begins the COPY.
    fan_out.sandbox.server.faults.on_statement(READS, Stall(30, after_rows=200))
    doomed = fan_out.process("load", chunk=1)
    assert wait_for(lambda: fan_out.database.rows(IN_COPY) == [(1,)])
    doomed.kill()
    doomed.communicate()
    assert fan_out.database.rows(STORED) == [(0,)]
    completed(fan_out)


def test_a_chunk_whose_source_falls_silent_in_the_midst_of_a_value_can_be_tried_again(
    fan_out: FanOut,
) -> None:
    fan_out.sandbox.run("ALTER TABLE dbo.T ALTER COLUMN Name nvarchar(max) NULL")
    fan_out.sandbox.run("UPDATE dbo.T SET Name = REPLICATE(CAST(Name AS nvarchar(max)), 1000)")
    impatient = fan_out.again(statement_timeout=2)
    impatient.begin()
    fan_out.sandbox.server.faults.on_statement(READS, Stall(120, after_rows=100))
    told, _ = impatient.process("load", chunk=1).communicate(timeout=60)
    error = json.loads(told)
    assert error["error"] == "TransientError"
    assert "stalled for 2 s mid-value" in error["message"]
    assert impatient.database.rows(STORED) == []
    again, _ = impatient.process("load", chunk=1).communicate(timeout=60)
    assert json.loads(again)["rows"] == ROWS // CHUNKS
    assert impatient.database.rows(STORED) == [(1,)]


def test_a_process_that_gave_up_a_silent_source_ends_in_order(fan_out: FanOut) -> None:
    impatient = fan_out.again(statement_timeout=1)
    impatient.begin()
    fan_out.sandbox.server.faults.on_statement(READS, Stall(120, after_rows=100), times=9)
    steps = [impatient.process("load", chunk=number) for number in range(4)]
    for step in steps:
        told, _ = step.communicate(timeout=60)
        assert "said nothing for 1 seconds" in told
        assert step.returncode == 0
    assert impatient.database.rows(STORED) == []


def test_settings_of_the_database_do_not_end_the_steps(fan_out: FanOut) -> None:
    hostile = {**TIMEOUTS, **FORMATS, "default_transaction_read_only": "on"}
    with fan_out.database.connect() as connection:
        for name, value in hostile.items():
            text = f"ALTER DATABASE {fan_out.database.name} SET {name} = '{value}'"
            connection.execute(text.encode())
    begun = fan_out.begin()
    fan_out.sandbox.server.faults.on_statement(READS, Stall(LONGER, after_rows=100))
    assert len(fan_out.load_all(begun)) == CHUNKS
    assert fan_out.publish().status is Status.OK
    assert fan_out.seen() == fan_out.expected()
    again = fan_out.again()
    again.begin()
    assert again.give_up(DataError("gone")).status is Status.FAILED
    assert again.outcome() == ("failed", "failed")
    assert again.staging() == []


def test_a_step_waits_longer_than_the_stall_timeout_as_no_reader_waits_for_it(
    fan_out: FanOut,
) -> None:
    patient = fan_out.again(stall_timeout=1)
    begun = patient.begin()
    fan_out.sandbox.server.faults.on_statement(READS, Stall(2.5, after_rows=100))
    assert len(patient.load_all(begun)) == CHUNKS
    assert patient.publish().status is Status.OK


@pytest.mark.parametrize("arrived", [True, False])
def test_a_chunk_whose_commit_lost_its_answer_is_decided_from_the_ledger(
    fan_out: FanOut, pg_proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    fan_out.begin()
    commit = postgres.TargetConnection.commit

    def lose_the_answer(connection: postgres.TargetConnection, *questions: Any) -> Any:
        if arrived:
            pg_proxy.faults.stall(Direction.TO_CLIENT)
            timer = threading.Timer(0.5, lambda: (pg_proxy.faults.heal(), pg_proxy.cut_all()))
            timer.start()
        else:
            pg_proxy.cut_all()
        return commit(connection, *questions)

    through = fan_out.through(pg_proxy.host, pg_proxy.port)
    with monkeypatch.context() as patched:
        patched.setattr(postgres.TargetConnection, "commit", lose_the_answer)
        if arrived:
            assert through.load(2).rows == ROWS // CHUNKS
        else:
            with pytest.raises(
                TransientError, match="the ledger says that chunk 2 was not committed"
            ) as lost:
                through.load(2)
            assert not isinstance(lost.value, CommitUnknownError)
    assert fan_out.database.rows(STORED) == ([(2,)] if arrived else [])
    completed(fan_out)


def test_two_processes_with_the_same_chunk_store_it_once(
    fan_out: FanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    fan_out.begin()
    both_have_read = threading.Barrier(2)

    def together(*arguments: Any, **told: Any) -> None:
        both_have_read.wait(30)
        checkpoint(*arguments, **told)

    answers: list[Any] = []
    with monkeypatch.context() as patched:
        patched.setattr(load_module, "checkpoint", together)
        threads = [
            threading.Thread(target=lambda: answers.append(fan_out.load(4))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sorted((one.rows, one.again) for one in answers) == [
        (ROWS // CHUNKS, False),
        (ROWS // CHUNKS, True),
    ]
    completed(fan_out)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (CutConnection(after_rows=10), TransientError),
        (SendError(1205, "Transaction (Process ID 55) was deadlocked on lock", 10), TransientError),
        (SendError(40501, "The service is currently busy."), TransientError),
        (EndEarly(after_rows=10), VerificationError),
    ],
)
def test_a_fault_of_the_source_leaves_nothing_of_the_chunk_and_is_noted(
    fan_out: FanOut, fault: Any, kind: type[Exception]
) -> None:
    fan_out.begin()
    fan_out.sandbox.server.faults.on_statement(READS, fault)
    with pytest.raises(kind):
        fan_out.load(1)
    assert fan_out.database.rows(STORED) == []
    [(noted, status)] = fan_out.database.rows(
        "SELECT error_kind, status FROM tableferry.table_runs"
    )
    assert (noted, status) == (kind.__name__, "running")
    completed(fan_out)
    assert fan_out.database.rows("SELECT error_kind FROM tableferry.table_runs") == [(None,)]


def test_what_was_stored_before_a_passing_failure_is_gone_on_with(fan_out: FanOut) -> None:
    fan_out.begin()
    for number in (0, 2, 5):
        fan_out.load(number)
    fan_out.sandbox.server.faults.on_statement(READS, CutConnection(after_rows=10))
    with pytest.raises(TransientError) as failed:
        fan_out.load(1)
    outcome = fan_out.give_up(failed.value)
    assert (outcome.status, outcome.rows_read) == (Status.FAILED, 3 * ROWS // CHUNKS)
    assert outcome.error
    assert (outcome.error.kind, outcome.error.message) == ("TransientError", str(failed.value))
    assert fan_out.outcome() == ("failed", "failed")
    next_one = fan_out.again()
    assert next_one.begin().pending == (1, 3, 4, 6, 7)
    completed(next_one)


def test_what_cannot_be_stored_is_told_and_its_staging_table_dropped(fan_out: FanOut) -> None:
    fan_out.sandbox.run("UPDATE dbo.T SET Name = N'a' + NCHAR(0) WHERE ID = 600")
    fan_out.begin()
    fan_out.load(0)
    with pytest.raises(DataError):
        fan_out.load(2)
    fan_out.sandbox.server.faults.on_statement(READS, CutConnection(after_rows=10))
    with pytest.raises(TransientError):
        fan_out.load(3)
    outcome = fan_out.give_up()
    assert outcome.error
    assert outcome.error.kind == "DataError", "what passes does not hide what does not"
    assert "'Name'" in outcome.error.message
    assert fan_out.staging() == []
    assert fan_out.seen() == OLD


def test_chunks_on_their_way_when_the_run_is_given_up_come_to_nothing(fan_out: FanOut) -> None:
    fan_out.sandbox.run(WIDE)
    fan_out.begin()
    fan_out.sandbox.server.faults.on_statement(READS, Stall(5, after_rows=200))
    late = fan_out.process("load", chunk=1)
    assert wait_for(lambda: fan_out.database.rows(IN_COPY) == [(1,)])
    assert fan_out.give_up(DataError("another chunk could not be stored")).error
    assert fan_out.staging() == [], "nobody's lock kept it"
    answer = json.loads(late.communicate()[0])
    assert answer["error"] in {"LeaseLostError", "TransientError"}
    assert fan_out.seen() == OLD


def test_a_run_that_is_silent_between_its_steps_is_not_taken_for_dead(fan_out: FanOut) -> None:
    fan_out.load_all(fan_out.begin())
    fan_out.database.run("UPDATE tableferry.runs SET updated_at = now() - interval '20 minutes'")
    with a_run(fan_out.database, timing=SLOW, key="other"):
        assert fan_out.outcome() == ("running", "running")
    assert fan_out.publish().status is Status.OK
    assert fan_out.outcome() == ("ok", "ok")


def test_a_second_run_is_told_at_once_who_has_the_table(fan_out: FanOut) -> None:
    def wait(_seconds: float) -> None:
        raise AssertionError("a lease that lasts for long is not watched")

    fan_out.begin()
    told = pytest.raises(LeaseHeldError, match="is being loaded by fan-out of t since")
    with a_run(fan_out.database, sleep=wait) as second, told:
        second.acquire()
    assert fan_out.sync().status is Status.HELD
    with pytest.raises(LeaseHeldError):
        fan_out.again().begin()
    completed(fan_out)


def test_a_fan_out_that_meets_a_living_run_ends_as_held(fan_out: FanOut) -> None:
    with a_run(fan_out.database) as other:
        other.acquire()
        with pytest.raises(LeaseHeldError) as held:
            fan_out.begin()
        outcome = fan_out.give_up(held.value)
    assert outcome.status is Status.HELD
    assert fan_out.outcome() == ("held", "held")
    assert fan_out.seen() == OLD


def test_a_fan_out_that_was_cut_off_as_a_whole_is_abandoned_and_succeeded(fan_out: FanOut) -> None:
    fan_out.begin()
    for number in (0, 1, 2):
        fan_out.load(number)
    fan_out.expire()
    successor = fan_out.again()
    assert successor.begin().pending == (3, 4, 5, 6, 7)
    assert fan_out.outcome() == ("abandoned", "abandoned")
    with pytest.raises(LeaseLostError):
        fan_out.load(3)
    with pytest.raises(LeaseLostError) as lost:
        fan_out.publish()
    assert fan_out.give_up(lost.value).status is Status.FAILED
    completed(successor)


def test_a_lease_that_ran_out_unwanted_is_still_good(fan_out: FanOut) -> None:
    begun = fan_out.begin()
    fan_out.load_all(begun)
    fan_out.expire()
    assert fan_out.publish().status is Status.OK
    assert fan_out.database.rows("SELECT run_id FROM tableferry.leases") == [(None,)]


def test_a_staging_table_that_lost_its_rows_is_filled_again(fan_out: FanOut) -> None:
    fan_out.begin()
    fan_out.load(0)
    [(staging,)] = fan_out.staging()
    fan_out.database.run(f"TRUNCATE tableferry.{staging}")
    assert fan_out.begin().pending == tuple(range(CHUNKS))
    completed(fan_out)


def test_a_chunk_ends_with_its_deadline_and_is_kept_for_the_next_run(fan_out: FanOut) -> None:
    fan_out.begin()
    fan_out.load(0)
    with pytest.raises(DeadlineError) as over:
        fan_out.load(1, deadline=Deadline(0.0, lambda: 1.0))
    assert fan_out.give_up(over.value).status is Status.DEADLINE
    assert fan_out.outcome() == ("deadline", "deadline")
    assert fan_out.again().begin().pending == tuple(range(1, CHUNKS))


def test_a_run_of_which_nothing_is_known_is_given_up_all_the_same(fan_out: FanOut) -> None:
    with a_run(fan_out.database):
        outcome = fan_out.give_up()
    assert outcome.status is Status.FAILED
    assert outcome.error
    assert "before it could say why" in outcome.error.message
