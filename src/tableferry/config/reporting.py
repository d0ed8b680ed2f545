"""A Lambda function's log level, alerts, tracing, continuation and jobs, from its environment."""

import os
from dataclasses import dataclass
from typing import Final

from tableferry.errors import ConfigError
from tableferry.model.jobs import MOST_JOBS

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")

LAMBDA_LEVELS: Final = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "ERROR", "CRITICAL": "ERROR"}
"""Lambda's own log levels as ours (AWS: log-level filtering)."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """``alert_topic`` is an SNS topic's ARN; ``trace_id`` is X-Ray's, where it traces.

    ``trace_parent`` is the function's own segment, ``xray_daemon`` the address (host:port) to send
    subsegments to, empty where the request is not sampled. ``continues``: a run that the deadline
    stopped invokes its function again. ``jobs``: so many tables at once; None: not set.
    """

    log_level: str = "INFO"
    alert_topic: str = ""
    trace_id: str = ""
    trace_parent: str = ""
    xray_daemon: str = ""
    continues: bool = False
    jobs: int | None = None


def load_reporting() -> Reporting:
    """Read LOG_LEVEL, ALERT_TOPIC_ARN, CONTINUE, JOBS; raises one ConfigError for all problems."""
    problems: dict[str, str] = {}
    level = os.environ.get("LOG_LEVEL", "").strip().upper() or _lambda_log_level()
    if level not in LEVELS:
        problems["LOG_LEVEL is not valid"] = (
            f"Set LOG_LEVEL to one of {', '.join(LEVELS)}, or leave it out."
        )
    topic = os.environ.get("ALERT_TOPIC_ARN", "").strip()
    if topic and not (topic.startswith("arn:") and ":sns:" in topic):
        problems["ALERT_TOPIC_ARN is not valid"] = (
            "Set ALERT_TOPIC_ARN to the ARN of an SNS topic, or leave it out."
        )
    again = os.environ.get("CONTINUE", "").strip().lower()
    if again not in {"", "self"}:
        problems["CONTINUE is not valid"] = "Set CONTINUE to self, or leave it out."
    jobs = os.environ.get("JOBS", "").strip()
    if jobs and not (jobs.isascii() and jobs.isdecimal() and 1 <= int(jobs[:9]) <= MOST_JOBS):
        problems["JOBS is not valid"] = f"Set JOBS to a number from 1 to {MOST_JOBS}."
    if problems:
        raise ConfigError("\n".join(problems), hint=" ".join(problems.values()))
    # "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=...;Sampled=1" (AWS: X-Ray tracing header)
    parts = dict(
        part.split("=", 1)
        for part in os.environ.get("_X_AMZN_TRACE_ID", "").split(";")
        if "=" in part
    )
    sampled = parts.get("Sampled") == "1"
    return Reporting(
        level,
        topic,
        parts.get("Root", ""),
        parts.get("Parent", ""),
        os.environ.get("AWS_XRAY_DAEMON_ADDRESS", "") if sampled else "",
        continues=again == "self",
        jobs=int(jobs) if jobs else None,
    )


def _lambda_log_level() -> str:
    """Return the log level of the function's configuration (set with the JSON log format)."""
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").strip().upper()
    level = LAMBDA_LEVELS.get(level, level)
    return level if level in LEVELS else "INFO"
