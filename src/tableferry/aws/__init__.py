"""A deployment's two doors, Lambda events and the shell: one request in, one response out."""

from tableferry.aws.fanout_request import is_step
from tableferry.aws.fanout_steps import run_step
from tableferry.aws.invocation import Invocation
from tableferry.frontend.request import SYNCS, Mode, Request, parse_event
from tableferry.frontend.response import Response, Result, respond
from tableferry.frontend.watch import RunCallbacks

__all__ = [
    "SYNCS",
    "Invocation",
    "Mode",
    "Request",
    "Response",
    "Result",
    "RunCallbacks",
    "is_step",
    "parse_event",
    "respond",
    "run_step",
]
