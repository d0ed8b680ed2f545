"""One table's plan: what to read, how to convert it, what is lost. Pure; see ``plan_table``."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tableferry.config import Consistency, DeleteHandling, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql
from tableferry.model.key_range import KeyRange
from tableferry.model.schema import (
    SourceColumn,
    find_column,
)
from tableferry.planning.choose_strategy import (
    Strategy,
)
from tableferry.planning.column_plan import ColumnPlan, read_as_utf16
from tableferry.planning.ddl.create_table import Creation, advance_identity
from tableferry.planning.drift import Drift
from tableferry.planning.key_spellings import Spelling
from tableferry.planning.lost_digits import lost_digit_columns
from tableferry.planning.mark import Mark

CREATE: Final = "create"
"""The name under which a load that creates its table reports, in place of a strategy's."""


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """One table's plan.

    ``create`` holds the DDL of a missing target table, None where it exists; ``consistency`` is
    never ``auto``, and ``fallbacks`` are those to try if the server refuses it; ``first_choice`` is
    what it has refused, None if nothing, and keeps the fingerprint as it was before;
    ``estimated_rows`` is None where the source does not say; ``drift`` describes how the source's
    columns differ from an existing target table's. ``at_one_moment``: all rows are read as of the
    same moment. ``strategy`` publishes the rows, None where the target table is created;
    ``strategy_reason`` says why ``publish: auto`` chose it, empty where it was configured.
    ``merging`` publishes changes alone, None where every run reads every row; ``spellings`` are the
    key's text columns then, whose values may be spelled anew without being another key.
    ``mark`` is where deleted rows are marked, None where they are deleted. ``source_columns`` are
    all columns of the source, carried or not. ``remarks`` are those of the warnings that are about
    the two tables and not about the load. ``target_oid`` and ``target_bytes`` are those of an
    existing target when it was planned.
    """

    spec: TableSpec
    columns: tuple[ColumnPlan, ...]
    order_by: tuple[str, ...]
    consistency: Consistency
    create: Creation | None
    can_freeze: bool
    estimated_rows: int | None
    warnings: tuple[str, ...]
    drift: Drift = field(default_factory=Drift)
    at_one_moment: bool = False
    strategy: Strategy | None = None
    strategy_reason: str = ""
    merging: Strategy | None = None
    spellings: tuple[Spelling, ...] = ()
    fallbacks: tuple[Consistency, ...] = ()
    first_choice: Consistency | None = None
    mark: Mark | None = None
    source_columns: tuple[SourceColumn, ...] = ()
    remarks: tuple[str, ...] = ()
    target_oid: int = 0
    target_bytes: int = 0

    @property
    def publish(self) -> str:
        """The publishing strategy's name, ``create`` where the load creates the target table."""
        return self.strategy.name if self.strategy else CREATE

    @property
    def staged(self) -> bool:
        """Whether rows may go through a staging table, in chunks."""
        return self.strategy is None or self.strategy.staged

    @property
    def locks_target(self) -> bool:
        """Whether the load holds a lock on an existing target from its first row to the commit."""
        return self.strategy is not None and not self.strategy.staged

    @property
    def readers_wait(self) -> str:
        """How long queries on the target would wait, in words."""
        if self.strategy is None:
            return "not at all: the table is new"
        adds_columns = bool(self.drift.alter)
        return self.strategy.readers_wait(self.estimated_rows, adds_columns=adds_columns)

    @property
    def select(self) -> str:
        """The SELECT that reads the table; its columns are named after the target's."""
        return self._select("SELECT")

    @property
    def carried(self) -> list[SourceColumn]:
        """The source columns that are read."""
        return [column.source for column in self.columns if not column.companion]

    @property
    def result_columns(self) -> list[str]:
        """The names of the SELECT's result columns."""
        names = [column.target.name for column in self.columns]
        return names + [extra.name for extra in lost_digit_columns(self.columns)]

    @property
    def is_unbounded(self) -> bool:
        """Whether a column has values of unlimited size."""
        return any(column.arrives.is_unbounded for column in self.columns)

    @property
    def probe(self) -> str:
        """The SELECT for no row, with which the server checks names, permissions and conditions."""
        return self._select("SELECT TOP (0)")

    def select_where(self, condition: str) -> str:
        """Return the SELECT of the rows for which the T-SQL is true; the table is ``t`` there."""
        return self._select("SELECT", condition)

    def count_where(self, condition: str) -> str:
        """Return the SELECT of how many rows the T-SQL is true for, as ``changes``."""
        conditions = [f"({self.spec.where}\n)"] if self.spec.where else []
        wanted = " AND ".join([*conditions, f"({condition})"])
        counted = "SELECT COUNT_BIG(*) AS changes"
        return f"{counted} FROM {self.spec.source.sql} AS t{self.hint}\nWHERE {wanted}"

    def chunk(self, keys: KeyRange) -> str:
        """Return the SELECT of one key range; raises SchemaError for a range of another key."""
        found = tuple((column.name, column.type) for column in keys.key)
        if keys.condition and found != tuple((column.name, column.type) for column in self.key):
            raise SchemaError(
                f"The key of {self.spec.source} is not the one that its chunks were cut along",
                hint="The table or its 'primary_key' has changed; run it again from the beginning.",
            )
        return self._select("SELECT", keys.condition)

    @property
    def key(self) -> tuple[SourceColumn, ...]:
        """The source columns of the key, in its order; empty where there is none."""
        return key_columns(self.spec, self.columns)

    @property
    def target_key(self) -> tuple[str, ...]:
        """The target columns of the key; empty unless all of them are carried."""
        return target_key_columns(self.spec, self.columns)

    @property
    def hint(self) -> str:
        """The table hint for the consistency, empty or starting with a blank."""
        return " WITH (NOLOCK)" if self.consistency is Consistency.NOLOCK else ""

    def _select(self, verb: str, condition: str = "") -> str:
        read = [(c.select, c.target.name) for c in self.columns]
        read += [(extra.select, extra.name) for extra in lost_digit_columns(self.columns)]
        columns = ",\n  ".join(f"{select} AS {quote_mssql(name)}" for select, name in read)
        sql = f"{verb}\n  {columns}\nFROM {self.spec.source.sql} AS t{self.hint}"
        conditions = [f"({self.spec.where}\n)"] if self.spec.where else []
        conditions += [f"({condition})"] if condition else []
        if conditions:
            sql += f"\nWHERE {' AND '.join(conditions)}"
        if self.order_by:
            sql += f"\nORDER BY {', '.join(self.order_by)}"
        return sql

    @property
    def ddl(self) -> tuple[str, ...]:
        """The DDL that the load runs in the target, before and after copying the rows."""
        return (*self.create.before, *self.create.after) if self.create else self.drift.alter

    @property
    def after(self) -> tuple[str, ...]:
        """The statements to run after copying the rows, before the commit.

        Every load advances the sequences of identity columns past the copied rows.
        """
        if self.create:
            return self.create.after
        into = self.spec.target
        return tuple(advance_identity(into, c.target) for c in self.columns if c.target.identity)

    @property
    def fingerprint(self) -> str:
        """A hash of what the load depends on: columns, types, policies, SELECT and DDL.

        16 hex digits. Plans with the same fingerprint do the same; any drift changes it.
        """
        planned = replace(self, consistency=self.first_choice or self.consistency)
        facts = [self.publish, planned.select, *self.ddl, *self.drift.messages]
        facts.append(f"{self.spec.mode}|{self.spec.watermark}")
        facts.append(f"{self.spec.on_invalid}|{self.spec.trailing_blanks}")
        if self.mark:
            facts.append(f"{self.mark.column.name}|{self.mark.column.type}")
        for c in self.columns:
            facts.append(f"{c.source.name}|{c.source.type}|{c.source.nullable}|{c.convert}")
            facts.append(f"{c.target.name}|{c.target.type}|{c.target.nullable}")
        return _hash(facts)

    @property
    def ignores_deletes(self) -> bool:
        """Whether rows stay in the target that the source no longer has, unmarked."""
        return self.spec.deletes.how is DeleteHandling.IGNORE

    @property
    def contents(self) -> str:
        """A hash of what the target's rows hold, however they are read and published.

        16 hex digits. A run that reads changes alone may add them to rows with the same hash.
        """
        facts = [str(self.spec.source), self.spec.where, str(self.spec.mode), *self.target_key]
        facts += [str(self.spec.on_invalid), str(self.spec.trailing_blanks)]
        facts += [str(self.spec.type_overrides), f"deletes ignored: {self.ignores_deletes}"]
        facts += [self.mark.column.name] if self.mark else []
        for c in self.columns:
            # Not how they are read: texts may be read as bytes in one run and not in another.
            facts.append(f"{c.source.name}|{c.source.type}|{c.target.name}|{c.target.type}")
        return _hash(facts)

    def for_changes(self) -> "SyncPlan":
        """Return the plan of a load that holds changes alone, which are merged."""
        if self.merging is None:
            raise TypeError(f"{self.spec.target} has no plan for changes")
        return replace(self, strategy=self.merging, strategy_reason="")

    def of_key(self) -> "SyncPlan":
        """Return the plan of the key's columns alone, for the keys of rows that were deleted."""
        key = tuple(c for c in self.columns if c.target.name in self.target_key)
        return replace(self, columns=key)

    def reading_as_utf16(self, names: frozenset[str] | None) -> "SyncPlan":
        """Return the plan that reads these columns' texts (None: all) as bytes of UTF-16."""
        wanted = frozenset(c.source.name for c in self.columns) if names is None else names
        return replace(self, columns=read_as_utf16(self.columns, wanted))

    @property
    def losses(self) -> dict[str, str]:
        """The declared losses, by source column."""
        return {c.source.name: c.loss for c in self.columns if c.loss}


def _hash(facts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(facts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def key_columns(spec: TableSpec, columns: Sequence[ColumnPlan]) -> tuple[SourceColumn, ...]:
    """Return the source columns of the key, in its order; empty where there is none."""
    sources = [column.source for column in columns]
    found = (find_column(name, sources) for name in spec.primary_key)
    return tuple(column for column in found if column)


def target_key_columns(spec: TableSpec, columns: Sequence[ColumnPlan]) -> tuple[str, ...]:
    """Return the target columns of the key; empty unless all of them are carried."""
    into = {column.source: column.target.name for column in columns if not column.companion}
    names = tuple(into[column] for column in key_columns(spec, columns) if column in into)
    return names if len(names) == len(spec.primary_key) else ()
