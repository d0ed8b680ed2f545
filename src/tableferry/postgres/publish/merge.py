"""Publish by merge: only the rows that differ are touched, in one transaction. Readers never wait.

The rows come into a staging table, which then is compared with the target: what the source lacks
is deleted, what differs updated, what is new inserted. The other rows stay where they are. Other
writers wait for the length of that transaction, so that nothing changes between its steps.
"""

from collections.abc import Sequence
from typing import Final

from tableferry.errors import DataError, SchemaError, VerificationError
from tableferry.model.counting import counted
from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.planning.alter_table import add_columns_sql, drop_not_null
from tableferry.planning.evolve import evolve_sql
from tableferry.postgres.ledger import SCHEMA
from tableferry.postgres.locks import lock_beside_readers, lock_exclusively
from tableferry.postgres.messages import Question, Rows
from tableferry.postgres.publish.deleted_keys import evolved_columns
from tableferry.postgres.publish.loads import AT_ONCE, Staged
from tableferry.postgres.publish.merge_check import LOOK, check, suits
from tableferry.postgres.publish.merge_keys import TAKEN, key_sql, naming_keys
from tableferry.postgres.publish.merge_sql import Changes, Merging
from tableferry.postgres.publish.old_rows import count_old_rows, counted_in_passing, guards
from tableferry.postgres.publish.staging import dropping, keys_of
from tableferry.postgres.publish.strategy import Opening, PublishStrategy
from tableferry.postgres.publish.target_table import (
    NO_TABLE,
    Standing,
    as_planned,
    asking_as_planned,
    count,
    counting,
    find,
    finding,
    found_in,
    gone,
    guard,
    present,
)
from tableferry.postgres.publish.unique_swaps import make_room, not_exchanged

_FACTS: Final = """\
SELECT EXISTS (SELECT FROM pg_index i
    WHERE i.indrelid = to_regclass(%(name)s) AND i.indisunique AND i.indisvalid
      AND i.indpred IS NULL AND i.indexprs IS NULL
      AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[])
          WITH ORDINALITY AS k (attnum, sorted_by, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE k.place <= i.indnkeyatts
          AND (a.attname <> ALL (%(key)s::text[]) OR a.attcollation <> k.sorted_by))),
  ARRAY(SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = to_regclass(%(name)s) AND a.attidentity = 'a' AND NOT a.attisdropped),
  EXISTS (SELECT FROM pg_trigger g
    WHERE g.tgrelid = to_regclass(%(name)s) AND NOT g.tgisinternal AND g.tgtype & 3 = 3)"""
"""Whether a unique index holds no other columns than those of the key, compared as their columns
are; the columns that only PostgreSQL numbers; whether a trigger may swallow rows (``tgtype``: 1
for each row, 2 before)."""

_REFUSING: Final = """\
SELECT format('ALTER %%I SET NOT NULL', a.attname) FROM pg_attribute a
WHERE a.attrelid = %(oid)s AND a.attnotnull AND a.attname = ANY (%(columns)s)
UNION ALL
SELECT format('ADD CONSTRAINT %%I %%s', k.conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k
WHERE k.conrelid = %(oid)s AND k.contype = 'c' AND NOT EXISTS (
  SELECT FROM unnest(k.conkey) n JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n
  WHERE a.attname <> ALL (%(columns)s))"""
"""What the target refuses of a row that is looked at by itself, of the columns that are carried."""


class MergeLoad(Staged):
    """One table's rows being merged (see ``Load``)."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening, self._make)
        self._complete = opening.complete and not opening.plan.ignores_deletes
        self._columns = [column.target.name for column in opening.plan.columns]
        keys = TargetTable(SCHEMA, keys_of(opening.staging.name)).sql
        self._deleted_keys = keys if opening.deletes else ""
        self._standing: Standing | None = None

    def _make(self) -> None:
        """Make the table with the target's own types, collations and domains, but nothing else."""
        drift, target = self._plan.drift, self._plan.spec.target
        new = {column.name: column.type for column in drift.added}
        options = "WITH (autovacuum_enabled = false)"  # it lives for one load
        create = f"CREATE UNLOGGED TABLE {self._staged.sql}"
        columns = ", ".join(
            f"CAST(NULL AS {new[name]}) AS {quote_pg(name)}" if name in new else one
            for name, one in zip(self._columns, evolved_columns(self._plan), strict=True)
        )
        like = f"SELECT {columns} FROM {target.sql} WITH NO DATA"
        with present(target):
            self._connection.execute(f"{create} {options} AS {like}")
        if self._sifts:
            self._refuse_here_already(find(self._connection, target))

    def _refuse_here_already(self, standing: Standing) -> None:
        """Let the staging table refuse the rows that the merge would fail for.

        Its other refusals (of another unique index, a foreign key, a trigger) fail the load.
        """
        about = {"oid": standing.oid, "columns": self._columns}
        for (clause,) in self._connection.rows(_REFUSING, about):
            self._connection.execute(f"ALTER TABLE {self._staged.sql} {clause}")
        for one in self._plan.drift.evolved:
            if one.drops_not_null:
                staged = TargetTable(SCHEMA, self._staged.name)
                self._connection.execute(drop_not_null(staged, one.column))
        self._connection.execute(*self._adding_key)

    @property
    def _key_sql(self) -> str:
        return key_sql(self._plan)

    @property
    def _adding_key(self) -> Question:
        return (f"ALTER TABLE {self._staged.sql} ADD PRIMARY KEY ({self._key_sql})", ())

    @property
    def _analyzing(self) -> Question:
        """What lets PostgreSQL know the staging table's size and keys.

        Other columns are compared row by row; to sample them takes four times as long.
        """
        return (f"ANALYZE {self._staged.sql} ({self._key_sql})", ())

    def prepare(self) -> None:
        """See that no key came twice, and let PostgreSQL know the staging table."""
        if self._staged.is_new and self.rows <= AT_ONCE:
            self._prepare_at_once()
            return
        self._staged.close()
        if self._complete:
            guard(self._plan, count_old_rows(self._connection, self._plan), self.rows)
        # Known already: row by row, or from an attempt that was not published.
        if not (self._sifts or self._staged.has_key):
            with naming_keys(self._plan):
                self._connection.rows_and_commit(self._adding_key)
        self._connection.rows_and_commit(self._analyzing)

    def _prepare_at_once(self) -> None:
        """Do the same in one message, for a few rows that have just come."""
        plan = self._plan
        count = [(counting(plan), ())] if self._complete and guards(plan) else []
        key = [] if self._sifts else [self._adding_key]
        with naming_keys(self._plan), counted_in_passing(self._connection, plan):
            *counted, found = self._staged.close(
                *count, *key, self._analyzing, finding(plan.spec.target)
            )
        if counted:
            guard(plan, counted[0][0][0], self.rows)
        self._standing = found_in(plan.spec.target, found)

    def publish(self) -> None:
        """Change what differs; nothing of it is visible before the COMMIT."""
        self._connection.begin()
        self._merge()
        self._connection.owe(dropping(self._staged.name))
        self._is_published = True

    def _merge(self) -> None:
        plan, connection = self._plan, self._connection
        standing, ((key_is_unique, fixed, swallows),) = self._locked()
        if plan.drift.added:
            connection.execute(add_columns_sql(standing.table, plan.drift.added, nullable=True))
        if plan.drift.evolved:
            connection.execute(evolve_sql(standing.table, plan.drift.evolved))
        before = count(connection, standing) if swallows and plan.mark is None else 0
        merging = Merging(
            target=standing.rows_sql,
            staging=self._staged.sql,
            columns=self._columns,
            key=plan.target_key,
            fixed=fixed,
            key_is_unique=key_is_unique,
            complete=self._complete,
            deleted_keys=self._deleted_keys,
            mark=plan.mark,
            spellings=() if self._complete else plan.spellings,
        )
        followed = swallows and not self._complete
        stale = int(connection.rows(merging.stale_rows)[0][0]) if followed else 0
        changes = self._changes = self._change(standing, merging)
        held = before - changes.deleted + changes.inserted
        if swallows and plan.mark:
            held = count(connection, standing, plan.mark)
        if swallows and self._complete and held != self.rows:
            raise VerificationError(
                f"{standing.table} does not hold {counted(self.rows, 'row')}, as the source does",
                hint="A trigger kept rows from being inserted or deleted. The old rows stay.",
            )
        if followed:
            self._require_followed(standing, merging, changes.updated == stale)
        for column in plan.drift.added:
            if not column.nullable:
                name = quote_pg(column.name)
                connection.execute(f"ALTER TABLE {standing.table.sql} ALTER {name} SET NOT NULL")
        for sql in plan.after:
            connection.execute(sql)

    def _require_followed(self, standing: Standing, merging: Merging, all_updated: bool) -> None:
        ((swallowed,),) = self._connection.rows(merging.swallowed)
        if swallowed or not all_updated:
            raise VerificationError(
                f"{standing.table} does not hold what has changed at the source",
                hint="A trigger kept rows from being inserted, updated or deleted. The old rows "
                "stay.",
            )

    def _locked(self) -> tuple[Standing, Rows]:
        """Lock the target, as it was planned, and return what ``_FACTS`` says; raises SchemaError.

        In one message, if the lock is free.
        """
        plan, connection = self._plan, self._connection
        standing = self._standing or find(connection, plan.spec.target)
        facts = {"name": plan.spec.target.sql, "key": list(plan.target_key)}
        asked = [*asking_as_planned(plan), (_FACTS, facts), self._staged.counting]
        try:
            found, columns, about, counted = self._lock(standing, asked)
        except SchemaError as error:
            if error.code != NO_TABLE:
                raise
            connection.rollback()
            self._staged.require_all_rows()
            raise gone(plan.spec.target) from error
        self._staged.require_counted(counted)
        now = self._standing = as_planned(plan, found, columns)
        if now.table != standing.table:
            return self._locked()
        return now, about

    def _lock(self, standing: Standing, asked: Sequence[Question]) -> Sequence[Rows]:
        only = standing.kind == "r"
        if self._plan.drift.alter:  # ALTER TABLE locks readers out, until the commit
            return lock_exclusively(self._connection, standing.table, only=only, also=asked)
        mode = "SHARE ROW EXCLUSIVE"
        return lock_beside_readers(self._connection, standing.table, mode, only=only, also=asked)

    def _change(self, standing: Standing, merging: Merging) -> Changes:
        updates: int | None = None
        try:
            with self._connection.transaction():
                respelled = self._drop_respelled(merging)
                ((inserted, updated, deleted),) = self._connection.rows(merging.statement)
        except DataError as error:
            if error.code not in TAKEN:
                raise
            try:
                respelled = self._drop_respelled(merging)
                updates = make_room(self._connection, standing.oid, merging)
                ((inserted, updated, deleted),) = self._connection.rows(merging.statement)
            except DataError as kept:
                raise not_exchanged(error, kept, merging.mark) from None
        updated = updated if updates is None else updates
        unchanged = self.rows - inserted - updated
        return Changes(inserted, updated, deleted + respelled, unchanged)

    def _drop_respelled(self, merging: Merging) -> int:
        """Delete rows whose keys are spelled anew; returns how many.

        The target is looked through for them only where it lacks one of the keys that came.
        """
        if not merging.spellings:
            return 0
        removed = 0
        for table, statement in merging.respelled.items():
            ((is_new,),) = self._connection.rows(merging.lacks(table))
            if is_new:
                ((rows,),) = self._connection.rows(statement)
                removed += int(rows)
        return removed


def _readers_wait(_rows: int | None, adds_columns: bool) -> str:
    if adds_columns:
        return "while the rows are compared and changed, as the table is altered"
    return "not at all: rows that differ are changed in one transaction"


MERGE: Final = PublishStrategy(
    name="merge",
    staged=True,
    needs_key=True,
    in_place=True,
    rights=("SELECT", "INSERT", "UPDATE", "DELETE"),
    look=LOOK,
    judge=check,
    suit=suits,
    wait=_readers_wait,
    open=MergeLoad,
)
