"""The step that publishes a fan-out verifies it, where the entry asks for it."""

import pickle

from tableferry.runs.outcome import Status
from tableferry.verification.result import Verdict
from tests.integration.fanout.conftest import ROWS, FanOut

RECORDED = "SELECT run_id::text, verdict, source_rows FROM tableferry.verifications"

DAMAGE = (
    """CREATE FUNCTION damage() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.id = 3 THEN NEW.name := 'damaged'; END IF; RETURN NEW; END $$""",
    "CREATE TRIGGER damage BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION damage()",
)


def test_what_is_published_is_verified_and_recorded_for_its_run(fan_out: FanOut) -> None:
    verified = fan_out.again(verify="rows")
    verified.load_all(verified.begin())
    outcome = verified.publish()
    assert outcome.ok, outcome.error
    assert outcome.verified is not None
    assert outcome.verified.verdict is Verdict.EQUAL
    assert fan_out.database.rows(RECORDED) == [(str(verified.assignment.run_id), "equal", ROWS)]
    assert verified.publish().verified is not None, "a repeated step verifies again"


def test_a_difference_fails_the_outcome_which_other_processes_can_read(fan_out: FanOut) -> None:
    fan_out.database.run(*DAMAGE)
    verified = fan_out.again(verify="rows")
    verified.load_all(verified.begin())
    outcome = verified.publish()
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    assert outcome.error.kind == "VerificationError"
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    assert fan_out.database.rows("SELECT status FROM tableferry.table_runs") == [("ok",)]
