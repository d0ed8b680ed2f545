"""A deployment's two doors, Lambda events and the shell: one request in, one response out."""

from tableferry.aws.deadline import deadline_of
from tableferry.aws.log import json_log, log_watch
from tableferry.aws.request import Mode, Request, parse_event
from tableferry.aws.response import Response, Result, respond
from tableferry.aws.watch import Watch

__all__ = [
    "Mode",
    "Request",
    "Response",
    "Result",
    "Watch",
    "deadline_of",
    "json_log",
    "log_watch",
    "parse_event",
    "respond",
]
