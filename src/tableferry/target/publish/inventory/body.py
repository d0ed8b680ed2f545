"""What is exchanged: a table, and the materialised views that are built anew with it."""

from dataclasses import dataclass

from tableferry.identifiers import TargetTable


@dataclass(frozen=True, slots=True)
class Body:
    """A table (``kind`` r) or materialised view (m), and the shadow that takes its place."""

    oid: int
    kind: str
    table: TargetTable
    shadow: TargetTable
