"""The plan of one table: from what both sides say, what will be read and what it becomes.

Pure: no database is touched here. Everything that can be refused before the load is refused
here, by column name, and every declared loss is written down.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tableferry.config import Consistency, OrderBy, TableSpec, TrailingBlanks
from tableferry.errors import SchemaError
from tableferry.model.identifiers import quote_mssql, shown
from tableferry.model.key_range import KeyRange, obstacles
from tableferry.model.schema import (
    Isolation,
    SourceColumn,
    SourceSchema,
    TargetSchema,
    find_column,
)
from tableferry.model.table_details import NO_DETAILS, TableDetails
from tableferry.planning.columns import ColumnPlan, exactly, match_columns
from tableferry.planning.complete_spec import completed
from tableferry.planning.ddl.create_table import Creation, advance_identity, plan_creation
from tableferry.planning.drift import Drift, likely_new_name
from tableferry.planning.lost_digits import cuts_of
from tableferry.planning.preconditions import require_loadable
from tableferry.planning.row_size import require_room
from tableferry.planning.strategy import (
    Candidate,
    Strategies,
    Strategy,
    choose,
    require_key,
    require_ledger,
)
from tableferry.typemap import RULES

CREATE: Final = "create"
"""How rows become visible in a table that the load creates: no strategy's business."""

OLDEST_POSTGRESQL: Final = 130000
"""What is assumed of a server that nobody asked: it has gen_random_uuid()."""


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """One table's plan.

    ``create`` is what creates a missing target table, None where it exists; ``consistency`` is
    never ``auto``; ``estimated_rows`` is None where the source does not say; ``drift`` is how the
    source's columns differ from those of an existing target table; ``at_one_moment`` says that no
    row is read at another moment than the others. ``strategy`` publishes the rows, None where the
    target table is created; ``strategy_reason`` says why ``publish: auto`` chose it, and is empty
    where it was asked for.
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
        """The name of the publishing strategy, ``create`` where the target table is created."""
        return self.strategy.name if self.strategy else CREATE

    @property
    def staged(self) -> bool:
        """Whether rows may come by way of a staging table, in chunks."""
        return self.strategy is None or self.strategy.staged

    @property
    def readers_wait(self) -> str:
        """For how long queries on the target would wait, in words."""
        if self.strategy is None:
            return "not at all: the table is new"
        adds_columns = bool(self.drift.added)
        return self.strategy.readers_wait(self.estimated_rows, adds_columns=adds_columns)

    @property
    def select(self) -> str:
        """The SELECT that reads the table. Result columns carry the target's names."""
        return self._select("SELECT")

    @property
    def carried(self) -> list[SourceColumn]:
        """The source's columns that are read."""
        return [column.source for column in self.columns if not column.companion]

    @property
    def result_columns(self) -> list[str]:
        """The names of the columns that the SELECT answers with."""
        names = [column.target.name for column in self.columns]
        return names + [cuts.name for cuts in cuts_of(self.columns)]

    @property
    def is_unbounded(self) -> bool:
        """Whether values of any size may come."""
        return any(column.arrives.is_unbounded for column in self.columns)

    @property
    def probe(self) -> str:
        """The same for no row: the server checks every name, right and condition in it."""
        return self._select("SELECT TOP (0)")

    def select_where(self, condition: str) -> str:
        """Return the SELECT of the rows for which the T-SQL is true; the table is ``t`` there."""
        return self._select("SELECT", condition)

    def chunk(self, keys: KeyRange) -> str:
        """Return the SELECT of one range of the table's key; raises SchemaError for another key."""
        found = tuple((column.name, column.type) for column in keys.key)
        if keys.condition and found != tuple((column.name, column.type) for column in self.key):
            raise SchemaError(
                f"The key of {self.spec.source} is not the one it was cut along",
                hint="The table or its 'primary_key' has changed; run it again from the beginning.",
            )
        return self._select("SELECT", keys.condition)

    @property
    def key(self) -> tuple[SourceColumn, ...]:
        """The source's columns that are the key, in its order; empty where it has none."""
        return _key(self.spec, self.columns)

    @property
    def target_key(self) -> tuple[str, ...]:
        """The target's columns of the key; empty where it is not carried whole."""
        return _target_key(self.spec, self.columns)

    @property
    def hint(self) -> str:
        """The table hint of the consistency, empty or beginning with a blank."""
        return " WITH (NOLOCK)" if self.consistency is Consistency.NOLOCK else ""

    def _select(self, verb: str, condition: str = "") -> str:
        read = [(c.select, c.target.name) for c in self.columns]
        read += [(cuts.select, cuts.name) for cuts in cuts_of(self.columns)]
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
        """The DDL that the load would run in the target, before the rows and after them."""
        return (*self.create.before, *self.create.after) if self.create else self.drift.alter

    @property
    def after(self) -> tuple[str, ...]:
        """What is run when the rows are in, before the commit.

        A column that PostgreSQL numbers goes on past the rows that came, at every load.
        """
        if self.create:
            return self.create.after
        into = self.spec.target
        return tuple(advance_identity(into, c.target) for c in self.columns if c.target.identity)

    @property
    def fingerprint(self) -> str:
        """What the load depends on, as 16 hex digits: columns, types, policies, SELECT and DDL.

        Two plans of one fingerprint do the same; any drift on either side gives another.
        """
        facts = [self.publish, self.select, *self.ddl, *self.drift.told]
        facts.append(f"{self.spec.on_invalid}|{self.spec.trailing_blanks}")
        for c in self.columns:
            facts.append(f"{c.source.name}|{c.source.type}|{c.source.nullable}|{c.convert}")
            facts.append(f"{c.target.name}|{c.target.type}|{c.target.nullable}")
        return hashlib.sha256("\0".join(facts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def of_key(self) -> "SyncPlan":
        """Return the plan of the key's columns alone, for the keys of rows that were deleted."""
        key = tuple(c for c in self.columns if c.target.name in self.target_key)
        return replace(self, columns=key)

    def reading_exactly(self, names: frozenset[str] | None) -> "SyncPlan":
        """Return the plan that reads these columns' texts (None: all) as bytes of UTF-16."""
        wanted = frozenset(c.source.name for c in self.columns) if names is None else names
        return replace(self, columns=exactly(self.columns, wanted))

    @property
    def losses(self) -> dict[str, str]:
        """What is lost, by source column."""
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
    spec = completed(spec, source, details)
    found = _source_columns(spec, source, target)
    matched = match_columns(spec, found, target, left_out=left_out)
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
    consistency, warnings = _consistency(spec, isolation, in_memory=source.in_memory)
    if source.rows_filtered:
        hidden = f"a security policy filters the rows of {spec.source}"
        warnings += (f"{hidden}: this login may not see all",)
    return SyncPlan(
        spec=spec,
        columns=columns,
        order_by=tuple(_order(order, source.columns) for order in spec.order_by),
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
    """Return the spec without what 'drift' leaves out; its key only if that is whole."""
    names = {column.source.name for column in columns}
    return replace(
        spec,
        columns=tuple(pair for pair in spec.columns if pair[0] in names),
        primary_key=spec.primary_key if names.issuperset(spec.primary_key) else (),
    )


def _require_storable(spec: TableSpec, columns: Sequence[ColumnPlan]) -> tuple[str, ...]:
    """Refuse what only the load would find out; returns warnings. Raises SchemaError."""
    if spec.chunks > 1:
        _raise_if_any(
            obstacles(_key(spec, columns)),
            "Name whole numbers, moments, texts or uniqueidentifiers in 'primary_key', or leave "
            "'chunks' out.",
        )
    return require_room(spec.target, columns)


def _creation(
    spec: TableSpec,
    columns: Sequence[ColumnPlan],
    details: TableDetails,
    pg_version: int,
    names: Collection[str],
) -> Creation:
    # A companion column comes behind its own, of the same source column.
    pairs = [(_as_stored(column.source, spec), column.target) for column in columns]
    key = spec.primary_key
    return plan_creation(spec.target, pairs, key, details, pg_version, names=names)


def _as_stored(column: SourceColumn, spec: TableSpec) -> SourceColumn:
    """Return a char whose blanks are trimmed as the varchar that it is to defaults, conditions."""
    filled = column.type.name in {"char", "nchar"}
    if not filled or spec.trailing_blanks is TrailingBlanks.KEEP:
        return column
    varying = column.type.name.replace("char", "varchar")
    return replace(column, type=replace(column.type, name=varying))


def _source_columns(
    spec: TableSpec, source: SourceSchema, target: TargetSchema | None
) -> list[tuple[SourceColumn, str]]:
    """Pair the configured columns with the source's; a name that differs in case only is found."""
    pairs, problems = [], []
    for source_name, target_name in spec.columns:
        column = find_column(source_name, source.columns)
        if column is None:
            new = likely_new_name(target_name, spec, source, target)
            renamed = f" (it looks renamed to {shown(new)})" if new else ""
            problems.append(f"{spec.source} has no column {shown(source_name)}{renamed}")
        elif column.type.name not in RULES:
            problems.append(
                f"column {shown(source_name)} has the type {column.type}, "
                "which tableferry does not carry"
            )
        elif column.protection:
            problems.append(f"column {shown(source_name)} {column.protection}")
        else:
            pairs.append((column, target_name))
    _raise_if_any(
        problems,
        "Correct 'columns' in the table's configuration, or take columns out with 'exclude'. "
        "The table has: " + ", ".join(column.name for column in source.columns),
    )
    return pairs


def _key(spec: TableSpec, columns: Sequence[ColumnPlan]) -> tuple[SourceColumn, ...]:
    sources = [column.source for column in columns]
    found = (find_column(name, sources) for name in spec.primary_key)
    return tuple(column for column in found if column)


def _target_key(spec: TableSpec, columns: Sequence[ColumnPlan]) -> tuple[str, ...]:
    into = {column.source: column.target.name for column in columns if not column.companion}
    names = tuple(into[column] for column in _key(spec, columns) if column in into)
    return names if len(names) == len(spec.primary_key) else ()


def _order(order: OrderBy, columns: Sequence[SourceColumn]) -> str:
    """``Name``, ``[Name]``, ``Name DESC``: a column's own name comes before its reading as such."""
    name, direction = order.text, ""
    column = find_column(name, columns)
    if column is None:
        head, *tail = order.text.rsplit(maxsplit=1) or [""]
        name = order.text.strip()
        if tail and tail[0].upper() in {"ASC", "DESC"}:
            name, direction = head.strip(), f" {tail[0].upper()}"
        if name.startswith("[") and name.endswith("]"):
            name = name[1:-1].replace("]]", "]")
        column = find_column(name, columns)
    if column is None:
        raise SchemaError(
            f"'order_by' names {shown(order.text)}, which is not a column of the source table",
            hint="Name one column, or a list of columns, each with ASC or DESC behind it or not.",
        )
    return f"t.{quote_mssql(column.name)}{direction}"


def _consistency(
    spec: TableSpec, isolation: Isolation, *, in_memory: bool
) -> tuple[Consistency, tuple[str, ...]]:
    """Choose for ``auto`` the best that the database offers.

    With row versions one statement under READ COMMITTED sees one moment, too; without, and without
    SNAPSHOT, reading would wait for every writer. A memory-optimized table has its own versions,
    and takes neither SNAPSHOT (41332) nor NOLOCK (10794).
    """
    database = spec.source.database
    if in_memory:
        if spec.consistency in {Consistency.SNAPSHOT, Consistency.NOLOCK}:
            raise SchemaError(
                f"{spec.source} is memory-optimized, which 'consistency': "
                f"'{spec.consistency}' does not go with",
                hint="Leave 'consistency' out: such a table is read as of one moment anyway.",
            )
        return Consistency.READ_COMMITTED, ()
    if spec.consistency is Consistency.SNAPSHOT and isolation.known and not isolation.snapshot:
        raise SchemaError(
            f"The database {database} does not allow SNAPSHOT isolation",
            hint=f"ALTER DATABASE {quote_mssql(database)} SET ALLOW_SNAPSHOT_ISOLATION ON, "
            "or choose another 'consistency'.",
        )
    if spec.consistency is not Consistency.AUTO:
        return spec.consistency, ()
    if isolation.snapshot:
        return Consistency.SNAPSHOT, ()
    if isolation.row_versions:
        return Consistency.READ_COMMITTED, ()
    allows = "does not allow" if isolation.known else "does not tell whether it allows"
    warning = (
        f"{database} {allows} SNAPSHOT isolation, so rows are read with NOLOCK: "
        "rows that others are changing may be missing, doubled or uncommitted"
    )
    return Consistency.NOLOCK, (warning,)


def _raise_if_any(problems: Sequence[str], hint: str) -> None:
    if problems:
        raise SchemaError("; ".join(problems), hint=hint)
