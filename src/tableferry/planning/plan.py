"""Plan one table: from both catalogs, what to read, how to convert it, and what is lost.

Pure: no database is touched. Everything that can be refused before the load is refused here, by
column name, and every loss is declared.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tableferry.config import Consistency, TableSpec, TrailingBlanks
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql
from tableferry.model.key_range import KeyRange, key_problems
from tableferry.model.schema import (
    Isolation,
    SourceColumn,
    SourceSchema,
    TargetSchema,
    find_column,
)
from tableferry.model.table_details import NO_DETAILS, TableDetails
from tableferry.planning.choose_strategy import (
    Candidate,
    Strategies,
    Strategy,
    choose,
    require_key,
    require_ledger,
)
from tableferry.planning.column_plan import ColumnPlan, read_as_utf16
from tableferry.planning.complete_spec import complete_spec
from tableferry.planning.consistency import choose_consistency
from tableferry.planning.ddl.create_table import Creation, advance_identity, plan_creation
from tableferry.planning.drift import Drift
from tableferry.planning.lost_digits import lost_digit_columns
from tableferry.planning.match_columns import match_columns
from tableferry.planning.preconditions import require_loadable
from tableferry.planning.row_size import require_row_fits
from tableferry.planning.source_columns import order_term, source_columns

CREATE: Final = "create"
"""The name under which a load that creates its table reports, in place of a strategy's."""

OLDEST_POSTGRESQL: Final = 130000
"""Assumed where the server's version is unknown; it has gen_random_uuid()."""


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """One table's plan.

    ``create`` holds the DDL of a missing target table, None where it exists; ``consistency`` is
    never ``auto``; ``estimated_rows`` is None where the source does not say; ``drift`` describes
    how the source's columns differ from an existing target table's. ``at_one_moment``: all rows are
    read as of the same moment. ``strategy`` publishes the rows, None where the target table is
    created; ``strategy_reason`` says why ``publish: auto`` chose it, empty where it was configured.
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

    @property
    def publish(self) -> str:
        """The publishing strategy's name, ``create`` where the load creates the target table."""
        return self.strategy.name if self.strategy else CREATE

    @property
    def staged(self) -> bool:
        """Whether rows may go through a staging table, in chunks."""
        return self.strategy is None or self.strategy.staged

    @property
    def readers_wait(self) -> str:
        """How long queries on the target would wait, in words."""
        if self.strategy is None:
            return "not at all: the table is new"
        adds_columns = bool(self.drift.added)
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
        return _key(self.spec, self.columns)

    @property
    def target_key(self) -> tuple[str, ...]:
        """The target columns of the key; empty unless all of them are carried."""
        return _target_key(self.spec, self.columns)

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
        facts = [self.publish, self.select, *self.ddl, *self.drift.messages]
        facts.append(f"{self.spec.on_invalid}|{self.spec.trailing_blanks}")
        for c in self.columns:
            facts.append(f"{c.source.name}|{c.source.type}|{c.source.nullable}|{c.convert}")
            facts.append(f"{c.target.name}|{c.target.type}|{c.target.nullable}")
        return hashlib.sha256("\0".join(facts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

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


def plan_table(
    spec: TableSpec,
    source: SourceSchema,
    target: TargetSchema | None,
    *,
    strategies: Strategies,
    isolation: Isolation,
    details: TableDetails = NO_DETAILS,
    pg_version: int = OLDEST_POSTGRESQL,
    names: Collection[str] = (),
    complete: bool = True,
) -> SyncPlan:
    """Plan one table's load; raises SchemaError where the two sides do not fit.

    ``strategies`` are the publishing strategies that may be used, by name.
    ``details`` matter where the target is missing, or the specification leaves its key out;
    ``pg_version`` is PostgreSQL's ``server_version_num``, for a table that is created, ``names``
    those that the schema it is created in has already. ``complete``: every load holds all rows.
    The plan's own ``spec`` leaves nothing out.
    """
    left_out = None if spec.columns else _excluded(spec, source)
    spec = complete_spec(spec, source, details)
    found = source_columns(spec, source, target)
    matched = match_columns(spec, found, target, excluded=left_out)
    columns, drift = matched.columns, matched.drift
    spec = _carried(spec, columns)
    told = _require_storable(spec, columns)
    create, choice = None, None
    if target is None:
        create = _creation(spec, columns, details, pg_version, names)
        if asked := strategies.get(spec.publish.value):
            require_ledger(spec, asked)
            require_key(spec, asked, _target_key(spec, columns))
    else:
        told = require_loadable(spec, target) + told
        key = _target_key(spec, columns)
        choice = choose(Candidate(spec, target, columns, key, complete), strategies)
        told += choice.warnings
        drift = drift.settled(in_place=choice.strategy.in_place)
    consistency, warnings = choose_consistency(spec, isolation, in_memory=source.in_memory)
    if source.rows_filtered:
        hidden = f"a security policy filters the rows of {spec.source}"
        warnings += (f"{hidden}: this login may not see all",)
    return SyncPlan(
        spec=spec,
        columns=columns,
        order_by=tuple(order_term(order, source.columns) for order in spec.order_by),
        consistency=consistency,
        create=create,
        can_freeze=target is None or target.kind == "r",
        estimated_rows=None if spec.where else source.estimated_rows,
        warnings=warnings + told + drift.warnings + (create or details).warnings,
        drift=drift,
        at_one_moment=source.in_memory
        or consistency is Consistency.SNAPSHOT
        or (consistency is Consistency.READ_COMMITTED and isolation.row_versions),
        strategy=choice.strategy if choice else None,
        strategy_reason=choice.reason if choice else "",
    )


def _excluded(spec: TableSpec, source: SourceSchema) -> list[SourceColumn]:
    found = (find_column(name, source.columns) for name in spec.exclude)
    return [column for column in found if column]


def _carried(spec: TableSpec, columns: Sequence[ColumnPlan]) -> TableSpec:
    """Return the spec without the columns that drift skips, and its key only if it is complete."""
    names = {column.source.name for column in columns}
    return replace(
        spec,
        columns=tuple(pair for pair in spec.columns if pair[0] in names),
        primary_key=spec.primary_key if names.issuperset(spec.primary_key) else (),
    )


def _require_storable(spec: TableSpec, columns: Sequence[ColumnPlan]) -> tuple[str, ...]:
    """Refuse what only the load would find out; returns warnings. Raises SchemaError."""
    if spec.chunks > 1 and (problems := key_problems(_key(spec, columns))):
        raise SchemaError(
            "; ".join(problems),
            hint="Name integers, dates, times, texts or uniqueidentifiers in 'primary_key', or "
            "omit 'chunks'.",
        )
    return require_row_fits(spec.target, columns)


def _creation(
    spec: TableSpec,
    columns: Sequence[ColumnPlan],
    details: TableDetails,
    pg_version: int,
    names: Collection[str],
) -> Creation:
    # A companion follows its main column, of the same source column.
    pairs = [(_as_stored(column.source, spec), column.target) for column in columns]
    key = spec.primary_key
    return plan_creation(spec.target, pairs, key, details, pg_version, names=names)


def _as_stored(column: SourceColumn, spec: TableSpec) -> SourceColumn:
    """Return a char with trimmed blanks as varchar, which defaults and conditions then match."""
    padded = column.type.name in {"char", "nchar"}
    if not padded or spec.trailing_blanks is TrailingBlanks.KEEP:
        return column
    varying = column.type.name.replace("char", "varchar")
    return replace(column, type=replace(column.type, name=varying))


def _key(spec: TableSpec, columns: Sequence[ColumnPlan]) -> tuple[SourceColumn, ...]:
    sources = [column.source for column in columns]
    found = (find_column(name, sources) for name in spec.primary_key)
    return tuple(column for column in found if column)


def _target_key(spec: TableSpec, columns: Sequence[ColumnPlan]) -> tuple[str, ...]:
    into = {column.source: column.target.name for column in columns if not column.companion}
    names = tuple(into[column] for column in _key(spec, columns) if column in into)
    return names if len(names) == len(spec.primary_key) else ()
