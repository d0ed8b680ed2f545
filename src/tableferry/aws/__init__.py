"""A deployment's two doors, Lambda events and the shell: one request in, one response out."""

from tableferry.aws.fanout import run_step
from tableferry.aws.invocation import Invocation
from tableferry.aws.request import SYNCS, Mode, Request, parse_event
from tableferry.aws.response import Response, Result, respond
from tableferry.aws.step import is_step
from tableferry.aws.watch import Watch

__all__ = [
    "SYNCS",
    "Invocation",
    "Mode",
    "Request",
    "Response",
    "Result",
    "Watch",
    "is_step",
    "parse_event",
    "respond",
    "run_step",
]
