"""One table's chunks, carried by many processes: each step a function that any process may call.

``assign`` -> ``begin`` -> ``load_chunk`` for each chunk, at the same time if wanted -> ``publish``;
``give_up`` after a failure. A step gets a table's name, a run's id and a number, and finds all
else in the ledger; a step that is done again comes to the same. No process stays alive between the
steps, so the lease is a long one. Steps try once: their caller retries, by the error's class.
"""

from tableferry.fanout.assignment import (
    Assignment,
    Begun,
    Route,
    Stored,
    assign,
    route_of,
)
from tableferry.fanout.begin import begin
from tableferry.fanout.chunk import load_chunk
from tableferry.fanout.finish import publish
from tableferry.fanout.give_up import give_up
from tableferry.fanout.routes import RoutedTable, plan_fanout, plan_verification
from tableferry.fanout.verification import ChunkToVerify, ChunkVerified, VerificationBegun
from tableferry.fanout.verify_chunks import begin_verification, end_verification, verify_chunk

__all__ = [
    "Assignment",
    "Begun",
    "ChunkToVerify",
    "ChunkVerified",
    "Route",
    "RoutedTable",
    "Stored",
    "VerificationBegun",
    "assign",
    "begin",
    "begin_verification",
    "end_verification",
    "give_up",
    "load_chunk",
    "plan_fanout",
    "plan_verification",
    "publish",
    "route_of",
    "verify_chunk",
]
