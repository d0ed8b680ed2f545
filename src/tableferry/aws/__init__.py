"""A deployment's two doors, Lambda events and the shell: one request in, one response out."""

from tableferry.aws.invocation import Invocation
from tableferry.aws.request import SYNCS, Mode, Request, parse_event
from tableferry.aws.response import Response, Result, respond
from tableferry.aws.watch import Watch

__all__ = [
    "SYNCS",
    "Invocation",
    "Mode",
    "Request",
    "Response",
    "Result",
    "Watch",
    "parse_event",
    "respond",
]
