"""How many tables of a run are loaded at once: what is asked for, checked."""

from typing import Final

MOST_JOBS: Final = 64
"""Each job needs a connection to the source and one to the target, more with ``parallel``; by
default PostgreSQL allows 100 connections in all."""

JOBS_HINT: Final = f"'jobs' is a whole number from 1 to {MOST_JOBS}; publish_together loads one \
table after another."


def jobs_problem(jobs: object, *, together: bool = False) -> str:
    """Return why a run cannot have this number of jobs, "" where it can; None is no number."""
    if jobs is None:
        return ""
    if not isinstance(jobs, int) or isinstance(jobs, bool):
        return "'jobs' must be a whole number"
    if not 1 <= jobs <= MOST_JOBS:
        return f"'jobs' is {jobs:,}, and must be from 1 to {MOST_JOBS}"
    if together and jobs > 1:
        return (
            "'jobs' does not go with publish_together: tables that become visible in one "
            "transaction share its connection"
        )
    return ""
