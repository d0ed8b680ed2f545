"""A Lambda function's log level, alerts, tracing, continuation and jobs, from its environment."""

import os
import re
from dataclasses import dataclass
from typing import Final

from tableferry.errors import ConfigError
from tableferry.model.jobs import MOST_JOBS

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")

LAMBDA_LEVELS: Final = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "ERROR", "CRITICAL": "ERROR"}
"""Lambda's own log levels as ours (AWS: log-level filtering)."""

S3_FOLDER: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/\x00-\x1f\x7f]+)*")
"""A bucket, by the rules for its name, and the beginning of keys in it."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """``alert_topic`` is an SNS topic's ARN; ``trace_id`` is X-Ray's, where it traces.

    ``trace_parent`` is the function's own segment, ``xray_daemon`` the address (host:port) to send
    subsegments to, empty where the request is not sampled. ``continues``: a run that the deadline
    stopped invokes its function again. ``jobs``: so many tables at once; None: not set.
    ``report_folder`` is where status pages are written, ``s3://bucket/prefix`` without a slash at
    its end.
    """

    log_level: str = "INFO"
    alert_topic: str = ""
    trace_id: str = ""
    trace_parent: str = ""
    xray_daemon: str = ""
    continues: bool = False
    jobs: int | None = None
    report_folder: str = ""


def load_reporting() -> Reporting:
    """Read LOG_LEVEL, ALERT_TOPIC_ARN, CONTINUE, JOBS and REPORT_S3.

    Raises one ConfigError for all problems.
    """
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
    folder = os.environ.get("REPORT_S3", "").strip().rstrip("/")
    if folder and not S3_FOLDER.fullmatch(folder):
        problems["REPORT_S3 is not valid"] = "Set REPORT_S3 to s3://BUCKET/PREFIX, or leave it out."
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
        report_folder=folder,
    )


def _lambda_log_level() -> str:
    """Return the log level of the function's configuration (set with the JSON log format)."""
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").strip().upper()
    level = LAMBDA_LEVELS.get(level, level)
    return level if level in LEVELS else "INFO"
