"""Which expressions aggregate."""

from dataclasses import fields
from functools import cache
from typing import Any, Final

from tableferry_sandbox.engine.tree import syntax as s

AGGREGATES: Final = frozenset({
    "count", "count_big", "sum", "min", "max", "avg", "string_agg", "stdev", "stdevp", "var",
    "varp", "checksum_agg", "approx_count_distinct", "grouping",
})  # fmt: skip

_QUERIES: Final = (s.Query, s.Subquery, s.Exists)


def has_aggregate(node: object) -> bool:
    """Return whether an expression aggregates, not looking into subqueries."""
    if isinstance(node, tuple):
        return any(map(has_aggregate, node))
    # Most parts of a tree are names and numbers.
    if not isinstance(node, s.Node) or isinstance(node, _QUERIES):
        return False
    if isinstance(node, s.Call) and node.name in AGGREGATES and node.over is None:
        return True
    kind: Any = type(node)
    return any(has_aggregate(getattr(node, part)) for part in _parts(kind))


@cache
def _parts(kind: Any) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind))
