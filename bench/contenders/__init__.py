"""The contenders by name, each run in a process of its own: ``python -m bench.contenders NAME``.

A contender prepares what is not to be measured and returns the work itself, which returns how many
rows it wrote.
"""

from collections.abc import Callable
from typing import Final

from bench.contenders import changes, comparing, engine, in_process, limits, plain
from bench.workload import Workload

Contender = Callable[[Workload], Callable[[], int]]

CONTENDERS: Final[dict[str, Contender]] = {
    "auto": engine.auto,
    "truncate": engine.truncate,
    "swap": engine.swap,
    "merge": engine.merge,
    "quarantine": engine.quarantine,
    "as_configured": engine.as_configured,
    "drain": limits.drain,
    "copy": limits.copy,
    "copy_then_index": limits.copy_then_index,
    "update": changes.update,
    "merge_limit": changes.merge_limit,
    "reconcile": changes.reconcile,
    "plain": plain.plain,
    "verify": comparing.verify,
    "repair": comparing.repair,
    "rows_read": comparing.rows_read,
    "convert": in_process.convert,
    "policies": in_process.policies,
}
