"""What is exchanged: a table, and the materialised views that are built anew with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString

from tableferry.model.identifiers import TargetTable

BODY: Final[LiteralString] = """\
WITH RECURSIVE body AS (
  SELECT g.place, c.oid, c.relkind AS kind, g.prefix, g.shadow, n.nspname AS schema,
    format('%%I.%%I', n.nspname, c.relname) AS old, to_regclass(g.shadow)::oid AS made
  FROM unnest(%(oids)s::oid[], %(shadows)s::text[], %(prefixes)s::text[]) WITH ORDINALITY
    AS g (oid, shadow, prefix, place)
  JOIN pg_class c ON c.oid = g.oid JOIN pg_namespace n ON n.oid = c.relnamespace
)"""
"""The table, and the materialised views that are built anew with it; ``made`` is the shadow."""


@dataclass(frozen=True, slots=True)
class Body:
    """A table (``kind`` r) or materialised view (m), and the shadow that takes its place."""

    oid: int
    kind: str
    table: TargetTable
    shadow: TargetTable


def parameters_of(found: Sequence[tuple[int, TargetTable, str | None]]) -> dict[str, Any]:
    """Return what ``BODY`` needs of each: oid, shadow, and what names its indexes begin with."""
    return {
        "oids": [oid for oid, _, _ in found],
        "shadows": [shadow.sql for _, shadow, _ in found],
        "prefixes": [prefix for _, _, prefix in found],
    }
