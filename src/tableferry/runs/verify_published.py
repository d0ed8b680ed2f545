"""What a run has just published, verified where the table's entry asks for it."""

from tableferry.runs.retry import Retries
from tableferry.runs.run_options import RunOptions
from tableferry.runs.task import Task
from tableferry.runs.verify_table import repair_of, verify_table
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification


def verify_published(
    task: Task, retries: Retries, *, options: RunOptions
) -> TableVerification | None:
    """Verify a table as its entry says, and repair it; None where the entry asks for nothing.

    Raises no Exception.
    """
    spec = task.spec
    if spec.verify is None:
        return None
    repair = repair_of(task, options) if spec.repair else None
    wanted = VerifyOptions(spec.verify, repair=spec.repair)
    return verify_table(task, wanted, retries, repair)
