"""The statement that brings a table to the staging table's state, touching only what differs.

One statement for all three: PostgreSQL checks foreign keys at the end of a statement, so that a
row of the same table may point to one that has just come, or leave one that goes. Within it rows
are deleted first, then updated, then inserted: what a unique index holds is free for the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tableferry.model.identifiers import quote_pg
from tableferry.planning.key_spellings import Spelling, alike
from tableferry.planning.mark import Mark


@dataclass(frozen=True, slots=True)
class Changes:
    """What a merge did to the target's rows; ``unchanged`` ones were not rewritten.

    ``deleted`` counts the rows that were marked as deleted where rows are marked.
    """

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
    table with the keys of deleted rows, empty where nothing is deleted. With a ``mark`` deleted
    rows are marked instead, once, and a row that comes back loses its mark. ``spellings`` are the
    key's text columns, where changes alone are merged.
    """

    target: str
    staging: str
    columns: Sequence[str]
    key: Sequence[str]
    fixed: Sequence[str] = ()
    key_is_unique: bool = True
    complete: bool = True
    deleted_keys: str = ""
    mark: Mark | None = None
    spellings: Sequence[Spelling] = ()

    @property
    def into(self) -> str:
        """The target for INSERT, which knows no ONLY."""
        return self.target.removeprefix("ONLY ")

    @property
    def same_key(self) -> str:
        """``s`` and ``t`` are one row: the key's columns are equal, as the target's types say."""
        return " AND ".join(f"s.{name} = t.{name}" for name in map(quote_pg, self.key))

    def lacks(self, table: str) -> str:
        """Ask whether the target lacks one of the keys of a table of staged rows or of keys."""
        return (
            f"SELECT EXISTS (SELECT FROM {table} AS s "
            f"WHERE NOT EXISTS (SELECT FROM {self.target} AS t WHERE {self.same_key}))"
        )

    @property
    def respelled(self) -> dict[str, str]:
        """Remove the rows whose keys are spelled anew, by the table that has the new spellings.

        Their rows come under the new spelling; those that are gone since are gone here as well.
        """
        alike_keys = alike(self.key, self.spellings, "s", "t")
        another = f"{alike_keys} AND NOT ({self.same_key})"
        exact = f"NOT EXISTS (SELECT FROM {self.staging} AS s WHERE {self.same_key})"
        staged = f"DELETE FROM {self.target} AS t USING {self.staging} AS s WHERE {another}"
        found = {self.staging: _counted(f"{staged} AND {exact}")}
        if self.deleted_keys:
            gone = f"NOT EXISTS (SELECT FROM {self.staging} AS s WHERE {alike_keys})"
            where = f"{another} AND {gone}"
            if self.mark:
                removed = (
                    f"UPDATE {self.target} AS t SET {self.mark.name} = {self.mark.value} "
                    f"FROM {self.deleted_keys} AS s WHERE {where} AND {self.mark.is_clear}"
                )
            else:
                keys = f"{self.deleted_keys} AS s"
                removed = f"DELETE FROM {self.target} AS t USING {keys} WHERE {where}"
            found[self.deleted_keys] = _counted(removed)
        return found

    @property
    def stale_rows(self) -> str:
        """Count the rows that are to be updated."""
        return (
            f"SELECT count(*) FROM {self.target} AS t JOIN {self.staging} AS s "
            f"ON {self.same_key} WHERE {self.is_stale}"
        )

    @property
    def swallowed(self) -> str:
        """Ask whether a row that should have come or gone has not, once all is done."""
        left = f"EXISTS (SELECT FROM {self.target} AS t WHERE {self._missing})"
        return f"SELECT ({self.lacks(self.staging)}) OR {'false' if self.mark else left}"

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
    def movable(self) -> list[str]:
        """The columns that an update may change."""
        return [name for name in self.columns if name not in self.fixed]

    @property
    def is_stale(self) -> str:
        """``t`` is to become what ``s`` is: it differs, or is marked as deleted."""
        stale = [self.differs(self.movable)] if self.movable else []
        stale += [self.mark.is_set] if self.mark else []
        return f"({' OR '.join(stale)})" if stale else "false"

    @property
    def statement(self) -> str:
        """Change what differs; answers with how many were inserted, updated, deleted."""
        names = [quote_pg(name) for name in self.columns]
        staged = [f"s.{name}" for name in names]
        if self.mark:
            names.append(self.mark.name)
            staged.append(self.mark.cleared)
        # Counting what went before makes PostgreSQL finish that first. Which rows are new is found
        # before others are updated: afterwards the index leads to their new versions as well, each
        # of which has to be looked at (measured for 100,000 updates: a quarter of the statement).
        return f"""\
WITH {self._delete}, fresh AS MATERIALIZED (
  SELECT s.ctid AS place FROM {self.staging} AS s
  WHERE NOT EXISTS (SELECT FROM {self.target} AS t WHERE {self.same_key})
), changed AS ({self._update}
), come AS (
  INSERT INTO {self.into} ({", ".join(names)}) OVERRIDING SYSTEM VALUE
  SELECT {", ".join(staged)} FROM {self.staging} AS s
  WHERE s.ctid IN (SELECT f.place FROM fresh AS f)
    AND (SELECT count(*) FROM changed) >= 0
  RETURNING 1
)
SELECT (SELECT count(*) FROM come), (SELECT count(*) FROM changed), (SELECT count(*) FROM gone)"""

    @property
    def _delete(self) -> str:
        if self.mark is None:
            surplus = f"\n    OR {self._doubled}" if self._doubled else ""
            return f"""\
gone AS (
  DELETE FROM {self.target} AS t
  WHERE {self._missing}{surplus}
  RETURNING 1
)"""
        mark = f"""\
gone AS (
  UPDATE {self.target} AS t SET {self.mark.name} = {self.mark.value}
  WHERE {self._missing} AND {self.mark.is_clear}"""
        if not self._doubled:  # nothing is deleted, so that right is not needed
            return f"""{mark}
  RETURNING 1
)"""
        # Of several rows with one key only one can be marked, and unmarked: the others go.
        return f"""\
doubled AS (
  DELETE FROM {self.target} AS t WHERE {self._doubled} RETURNING 1
), {mark}
    AND (SELECT count(*) FROM doubled) >= 0
  RETURNING 1
)"""

    @property
    def _missing(self) -> str:
        if self.complete:
            return f"NOT EXISTS (SELECT FROM {self.staging} AS s WHERE {self.same_key})"
        if not self.deleted_keys:
            return "false"
        # A key whose row has come is in the staging table, and stays. It is looked up there, and
        # not in the target, which is larger.
        has_come = " AND ".join(f"n.{name} = s.{name}" for name in map(quote_pg, self.key))
        return f"""EXISTS (SELECT FROM {self.deleted_keys} AS s WHERE {self.same_key}
    AND NOT EXISTS (SELECT FROM {self.staging} AS n WHERE {has_come}))"""

    @property
    def _update(self) -> str:
        assigned = [f"{name} = s.{name}" for name in map(quote_pg, self.movable)]
        assigned += [f"{self.mark.name} = {self.mark.cleared}"] if self.mark else []
        if not assigned:
            return "SELECT FROM gone WHERE false"
        return f"""
  UPDATE {self.target} AS t SET {", ".join(assigned)} FROM {self.staging} AS s
  WHERE {self.same_key} AND {self.is_stale}
    AND (SELECT count(*) FROM gone) >= 0 AND (SELECT count(*) FROM fresh) >= 0
  RETURNING 1"""

    @property
    def _doubled(self) -> str:
        """Of rows with one key the first stays."""
        if self.key_is_unique:
            return ""
        same = " AND ".join(f"o.{name} = t.{name}" for name in map(quote_pg, self.key))
        return f"""EXISTS (SELECT FROM {self.target} AS o
      WHERE {same} AND (o.tableoid, o.ctid) < (t.tableoid, t.ctid))"""


def _counted(removal: str) -> str:
    return f"WITH gone AS ({removal} RETURNING 1) SELECT count(*) FROM gone"
