"""Rows that are refused in the chunks of a fan-out wait with their chunk, and count for all."""

import pytest

from tableferry.errors import DataError
from tableferry.runs.outcome import Status
from tests.integration.fanout.conftest import CHUNKS, OLD, ROWS, FanOut

pytestmark = pytest.mark.with_ledger

BAD = 5


@pytest.fixture
def bad(fan_out: FanOut) -> FanOut:
    """Five rows hold U+0000, two of them in the first chunk."""
    fan_out.sandbox.run(
        "UPDATE dbo.T SET Name = N'a' + NCHAR(0) WHERE ID IN (1, 2, 500, 1000, 1999)"
    )
    return fan_out


@pytest.mark.parametrize("publish", ["merge", "swap"])
def test_refused_rows_are_in_quarantine_when_the_load_is_published(
    bad: FanOut, publish: str
) -> None:
    fan_out = bad.again(on_invalid="quarantine", max_invalid=BAD, publish=publish, max_shrink=100)
    stored = fan_out.load_all(fan_out.begin())
    assert sum(one.rows for one in stored) == ROWS - BAD
    in_quarantine = "SELECT row_key->>'ID', column_name, reason FROM tableferry.quarantine"
    assert fan_out.database.rows(in_quarantine) == []
    outcome = fan_out.publish()
    assert outcome.status is Status.OK, outcome.error
    assert (outcome.rows_read, outcome.rows_written) == (ROWS, ROWS - BAD)
    assert outcome.to_dict()["quarantined"] == {"Name": {"U+0000": BAD}}
    assert sorted(fan_out.database.rows(in_quarantine), key=str) == sorted(
        [(str(number), "Name", "U+0000") for number in (1, 2, 500, 1000, 1999)], key=str
    )
    assert len(fan_out.seen()) == ROWS - BAD


def test_more_rows_than_all_chunks_may_refuse_fail_the_load(bad: FanOut) -> None:
    fan_out = bad.again(on_invalid="quarantine", max_invalid=BAD - 1, publish="merge")
    fan_out.load_all(fan_out.begin())
    with pytest.raises(DataError, match="5 rows were refused, 'max_invalid' allows 4: Name") as no:
        fan_out.publish()
    assert fan_out.give_up(no.value).status is Status.FAILED
    assert fan_out.seen() == OLD
    assert fan_out.database.rows("SELECT count(*) FROM tableferry.quarantine") == [(0,)]


def test_a_run_that_takes_up_chunks_takes_up_what_they_refused(bad: FanOut) -> None:
    cut_off = bad.again(on_invalid="quarantine", max_invalid=BAD, publish="merge")
    for number in cut_off.begin().pending[: CHUNKS // 2]:
        cut_off.load(number)
    cut_off.give_up()
    outcome = cut_off.again().sync()
    assert outcome.status is Status.OK, outcome.error
    assert any("had been read by an earlier run" in warning for warning in outcome.warnings)
    assert (outcome.rows_read, outcome.rows_written) == (ROWS, ROWS - BAD)
    assert outcome.to_dict()["quarantined"] == {"Name": {"U+0000": BAD}}
    assert cut_off.database.rows("SELECT count(*) FROM tableferry.quarantine") == [(BAD,)]


def test_what_was_stored_under_another_policy_is_not_taken_up(bad: FanOut) -> None:
    cut_off = bad.again(on_invalid="strip", publish="merge")
    cut_off.load_all(cut_off.begin())
    cut_off.give_up()
    outcome = cut_off.again(on_invalid="replace").sync()
    assert outcome.status is Status.OK, outcome.error
    assert not any("earlier run" in warning for warning in outcome.warnings)
    assert outcome.to_dict()["touched"] == {"Name": {"U+0000 replaced by U+FFFD": BAD}}
