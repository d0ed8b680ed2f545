"""The statement that brings a table to the staging table's state, touching only what differs.

One statement for all three: PostgreSQL checks foreign keys at the end of a statement, so that a
row of the same table may point to one that has just come, or leave one that goes. Within it rows
are deleted first, then updated, then inserted: what a unique index holds is free for the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tableferry.model.identifiers import quote_pg


@dataclass(frozen=True, slots=True)
class Changes:
    """What a merge did to the target's rows; ``unchanged`` ones were not rewritten."""

    inserted: int
    updated: int
    deleted: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Merging:
    """What is merged: ``target`` and ``staging`` are SQL, the rest are names of columns.

    ``target`` has ONLY before it where other tables inherit from it. ``fixed`` are columns that
    PostgreSQL lets nobody update. ``key_is_unique`` says whether a unique index of the target makes
    sure that no key is there twice. ``complete``: the staging table holds every row that the target
    should have, so that a missing row is a deleted one; where it does not, ``deleted_keys`` is a
    table with the keys of deleted rows, empty where nothing is deleted.
    """

    target: str
    staging: str
    columns: Sequence[str]
    key: Sequence[str]
    fixed: Sequence[str] = ()
    key_is_unique: bool = True
    complete: bool = True
    deleted_keys: str = ""

    @property
    def into(self) -> str:
        """The target for INSERT, which knows no ONLY."""
        return self.target.removeprefix("ONLY ")

    @property
    def same_key(self) -> str:
        """``s`` and ``t`` are one row: the key's columns are equal, as the target's types say."""
        return " AND ".join(f"s.{name} = t.{name}" for name in map(quote_pg, self.key))

    def differs(self, columns: Sequence[str]) -> str:
        """``s`` and ``t`` differ in these columns by their bytes.

        So -0.0 and 0.0, 1.0 and 1.00, texts that a collation holds for equal, and types without
        an equality of their own (json, xml) are compared exactly (``record_image_ne``).
        """
        ours, theirs = (
            ", ".join(f"{alias}.{quote_pg(name)}" for name in columns) for alias in ("t", "s")
        )
        return f"pg_catalog.record_image_ne(ROW({ours}), ROW({theirs}))"

    @property
    def statement(self) -> str:
        """Change what differs; answers with how many were inserted, updated, deleted."""
        names = ", ".join(map(quote_pg, self.columns))
        staged = ", ".join(f"s.{quote_pg(name)}" for name in self.columns)
        # Counting what went before makes PostgreSQL finish that first.
        return f"""\
WITH gone AS (
  DELETE FROM {self.target} AS t
  WHERE {self._missing}{self._doubled}
  RETURNING 1
), changed AS ({self._update}
), come AS (
  INSERT INTO {self.into} ({names}) OVERRIDING SYSTEM VALUE
  SELECT {staged} FROM {self.staging} AS s
  WHERE NOT EXISTS (SELECT FROM {self.target} AS t WHERE {self.same_key})
    AND (SELECT count(*) FROM changed) >= 0
  RETURNING 1
)
SELECT (SELECT count(*) FROM come), (SELECT count(*) FROM changed), (SELECT count(*) FROM gone)"""

    @property
    def _missing(self) -> str:
        missing = f"NOT EXISTS (SELECT FROM {self.staging} AS s WHERE {self.same_key})"
        if self.complete:
            return missing
        if not self.deleted_keys:
            return "false"
        # A key that was deleted and used again is in the staging table, and stays.
        return f"EXISTS (SELECT FROM {self.deleted_keys} AS s WHERE {self.same_key}) AND {missing}"

    @property
    def _update(self) -> str:
        moving = [name for name in self.columns if name not in self.fixed]
        if not moving:
            return "SELECT FROM gone WHERE false"
        assigned = ", ".join(f"{name} = s.{name}" for name in map(quote_pg, moving))
        return f"""
  UPDATE {self.target} AS t SET {assigned} FROM {self.staging} AS s
  WHERE {self.same_key} AND {self.differs(moving)}
    AND (SELECT count(*) FROM gone) >= 0
  RETURNING 1"""

    @property
    def _doubled(self) -> str:
        """Of rows with one key the first stays."""
        if self.key_is_unique:
            return ""
        same = " AND ".join(f"o.{name} = t.{name}" for name in map(quote_pg, self.key))
        return f"""
    OR EXISTS (SELECT FROM {self.target} AS o
      WHERE {same} AND (o.tableoid, o.ctid) < (t.tableoid, t.ctid))"""
