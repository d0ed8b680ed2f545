"""What a fan-out has published is verified by the process that has published it."""

import time
from dataclasses import replace

from tableferry.config import Settings, TableSpec
from tableferry.fanout.assignment import Assignment
from tableferry.runs.deadline import Clock, Deadline
from tableferry.runs.outcome import TableOutcome
from tableferry.runs.outcomes import verified
from tableferry.runs.retry import Retries
from tableferry.runs.run_options import RunOptions
from tableferry.runs.task import Task
from tableferry.runs.verification_log import VerificationLog
from tableferry.runs.verify_published import verify_published


def verify_outcome(
    spec: TableSpec,
    settings: Settings,
    assignment: Assignment,
    outcome: TableOutcome,
    *,
    retries: Retries,
    deadline: Deadline,
    clock: Clock = time.monotonic,
) -> TableOutcome:
    """Return the outcome with what a verification has found, where the entry asks for one.

    Its run has ended and its lease is free: a repair is a run of its own.
    """
    if not outcome.ok or spec.verify is None:
        return outcome
    began = clock()
    task = Task(spec, settings, elapsed=lambda: clock() - began, deadline=deadline)
    options = RunOptions(retries=retries, deadline=deadline, clock=clock)
    found = verify_published(task, retries, options=options)
    if found is None:
        return outcome
    with VerificationLog(settings.target, assignment.run_id) as log:
        warnings = log.write(spec, found)
    # The outcome is passed on to other processes: counts, no keys.
    outcome = verified(outcome, replace(found, differences=()))
    return replace(outcome, warnings=outcome.warnings + warnings)
