"""The steps of a verification that is fanned out by a state machine: small answers.

Answers hold keys, as that of a plain verification does; the log holds counts only.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from tableferry.aws.invocation import Invocation
from tableferry.aws.load_config import Config, LoadConfig
from tableferry.aws.step_request import Step, StepRequest
from tableferry.frontend.response import respond
from tableferry.verification.asked_options import verify_options
from tableferry.verification.result import TableVerification, Verification
from tableferry.verification.result_form import small_form

if TYPE_CHECKING:
    from tableferry.config import Settings, TableSpec

TABLE_BYTES: Final = 1_000
"""The verification of a table, with as many rows that differ as fit: 200 tables pass through one
state of 256 KB."""

OF_KEYS: Final = frozenset({"chunks", "differences"})
"""The keys of an answer that hold keys of rows."""

STEPS: Final = frozenset(step for step in Step if step.value.startswith("verify_"))


def answer_verification(
    request: StepRequest, invocation: Invocation, load_config: LoadConfig
) -> dict[str, Any]:
    """Run a step of a verification; raises TransientError, and ConfigError."""
    if request.step is Step.VERIFY_PLAN:
        return _plan(request, load_config(request.tables))
    if request.step is Step.VERIFY_SUMMARY:
        return _summary(request, invocation)
    from tableferry import fanout

    config = load_config([request.table])
    (spec,), settings = config.tables, config.settings
    fanout_id = request.fanout_id or UUID(int=0)
    wanted = verify_options(request.options)
    deadline = invocation.deadline
    match request.step:
        case Step.VERIFY_BEGIN:
            return fanout.begin_verification(spec, settings, fanout_id, deadline=deadline).to_dict()
        case Step.VERIFY_CHUNK:
            chunk = request.handed_on
            return fanout.verify_chunk(spec, settings, chunk, wanted, deadline=deadline).to_dict()
        case Step.VERIFY_END:
            begun, results = request.handed_on
            found = fanout.end_verification(spec, settings, begun, results, wanted)
            invocation.table_verified(found)
        case _:
            found = _whole(request, spec, settings, invocation)
    return small_form(found, TABLE_BYTES)


def without_keys(answer: Any) -> Any:
    """Return an answer for the log: without the parts that hold keys of rows."""
    if isinstance(answer, list):
        return [without_keys(one) for one in answer]
    if isinstance(answer, Mapping):
        return {key: without_keys(one) for key, one in answer.items() if key not in OF_KEYS}
    return answer


def _plan(request: StepRequest, config: Config) -> dict[str, Any]:
    from tableferry.fanout import plan_verification
    from tableferry.runs.verdict import not_verified, unknown_yet

    wanted = verify_options(request.options)
    tables = []
    for planned in plan_verification(config.tables, config.settings, wanted):
        table = {**planned.to_dict(), "target": str(planned.spec.target)}
        if error := planned.error:
            del table["error"]  # the verification has it
            found = not_verified(unknown_yet(planned.spec, wanted), error)
            table["verification"] = small_form(found, TABLE_BYTES)
        tables.append(table)
    return {"fanout_id": str(uuid4()), "options": dict(request.options), "tables": tables}


def _whole(
    request: StepRequest, spec: "TableSpec", settings: "Settings", invocation: Invocation
) -> TableVerification:
    from tableferry.runs.run_options import RunOptions
    from tableferry.runs.verify_tables import verify_tables

    wanted = verify_options(request.options)
    options = RunOptions(deadline=invocation.deadline, run_id=request.fanout_id)
    return verify_tables(
        [spec], settings, wanted, on_event=invocation.event, options=options
    ).tables[0]


def _summary(request: StepRequest, invocation: Invocation) -> dict[str, Any]:
    """Report all tables as one verification: log, metrics, and an alert where tables differ."""
    tables = tuple(request.handed_on)
    seconds = max((one.seconds for one in tables), default=0.0)  # they are verified in parallel
    verification = Verification(tables, seconds, str(request.fanout_id))
    response, result = respond(lambda: verification)
    invocation.ended(response, result)
    return {
        "statusCode": response.status_code,
        **verification.to_dict(),
        "tables": [small_form(one, TABLE_BYTES) for one in tables],
    }
