"""The log of a Lambda: one JSON object a line on stdout, which CloudWatch takes as it is.

Lines hold names, counts, seconds and error reports; no secret and no cell value gets this far.
"""

import logging
import sys
from typing import Final, TextIO

import structlog
from structlog.typing import FilteringBoundLogger

from tableferry.aws.watch import Watch
from tableferry.sync.outcome import Status, TableOutcome
from tableferry.sync.progress import Progress

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")


def json_log(level: str = "INFO", out: TextIO | None = None) -> FilteringBoundLogger:
    """Return a log that writes lines of at least this level (one of LEVELS)."""
    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(out or sys.stdout),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )
    return log


def log_watch(log: FilteringBoundLogger) -> Watch:
    """Return a watch that logs: a line a table, and at DEBUG a line a batch."""

    def progress(now: Progress) -> None:
        log.debug(
            "batch written",
            table=now.table,
            rows=now.rows,
            seconds=round(now.seconds, 3),
            rows_per_second=now.rows_per_second,
            share=None if now.share is None else round(now.share, 3),
        )

    def outcome(outcome: TableOutcome) -> None:
        write = log.error if outcome.status is Status.FAILED else log.info
        write("table ended", **outcome.as_dict())

    return Watch(progress, outcome)
