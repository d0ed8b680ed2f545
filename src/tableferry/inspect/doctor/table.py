"""What a run needs of one entry's tables on both sides: rights, an identity, a plan, a next run."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry import postgres, sqlserver
from tableferry.config import OnExpired, Publish, ReadMode, Settings, TableSpec
from tableferry.errors import ConfigError, SchemaError, TableferryError, TransientError
from tableferry.inspect.doctor.finding import Finding
from tableferry.inspect.doctor.questions import About
from tableferry.inspect.doctor.source import SECONDS_A_DAY
from tableferry.inspect.doctor.source_table import definitions
from tableferry.inspect.doctor.swap_grants import swap_grants
from tableferry.inspect.doctor.topics import Topic
from tableferry.inspect.next_read import next_read
from tableferry.model.counting import counted
from tableferry.model.identifiers import quote_mssql
from tableferry.modes import mode_of
from tableferry.modes.tracking import read_database
from tableferry.planning.consistency import with_fallbacks
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger.stored_texts import canonical
from tableferry.runs.make_plan import make_plan

LAST_RUNS: Final = 20
"""How many of the last runs say how long the pauses between them are."""

_PAUSES: Final = f"""\
SELECT count(*), max(p.seconds)::float8 FROM (
  SELECT extract(epoch FROM coalesce(lead(r.started_at) OVER (ORDER BY r.started_at),
    clock_timestamp()) - r.started_at) AS seconds
  FROM (SELECT started_at FROM tableferry.table_runs WHERE target = %s AND status = 'ok'
    ORDER BY started_at DESC LIMIT {LAST_RUNS}) r) p"""
"""The time since the last run is a pause as well, which is not over yet."""

_MARGIN: Final = 3
"""A retention of so many times the longest pause survives a run or two that fail."""


@dataclass(frozen=True, slots=True)
class TableQuestions:
    """One entry, with both databases connected. ``specs`` are all entries that are examined."""

    about: About
    from_: sqlserver.SourceConnection
    into: postgres.TargetConnection
    spec: TableSpec
    settings: Settings
    specs: Sequence[TableSpec]

    def examine(self) -> Iterator[Finding]:
        """Ask; raises nothing."""
        if self.spec.mode is ReadMode.CHANGE_TRACKING:
            yield from self.about.asked(Topic.RETENTION, self._retention)
        plans: list[SyncPlan] = []
        planned = tuple(self.about.asked(Topic.PLAN, lambda: self._plan(plans)))
        yield from self.about.asked(Topic.RIGHTS, lambda: self._rights(plans))
        yield from self.about.asked(Topic.REPLICA_IDENTITY, self._identity)
        yield from planned
        if plans and plans[0].create:
            source = self.spec.located_in(self.from_.settings.db).source
            yield from self.about.asked(
                Topic.DEFINITIONS, lambda: definitions(self.about, self.from_, source)
            )
        if plans:
            yield from self.about.asked(Topic.NEXT_RUN, lambda: self._next_run(plans[0]))

    def _retention(self) -> Iterator[Finding]:
        topic, database = Topic.RETENTION, self.spec.located_in(self.from_.settings.db).source
        kept = read_database(self.from_.rows, database.database).retention
        try:
            [(runs, longest)] = self.into.rows(_PAUSES, (canonical(self.into, self.spec.target),))
        except SchemaError:
            runs, longest = 0, None
        if kept is None or not runs or longest is None:
            unknown = (
                "the retention" if kept is None else "how often it runs: the ledger has no run"
            )
            yield self.about.not_visible(topic, unknown)
            return
        days, pause = f"{kept / SECONDS_A_DAY:g} days", f"{longest / SECONDS_A_DAY:.1f} days"
        if longest < kept / 2:
            yield self.about.ok(topic, f"{days}; the longest pause between runs was {pause}")
            return
        wanted = max(2, math.ceil(_MARGIN * longest / SECONDS_A_DAY))
        remedy = (
            f"ALTER DATABASE {quote_mssql(database.database)} SET CHANGE_TRACKING "
            f"(CHANGE_RETENTION = {wanted} DAYS, AUTO_CLEANUP = ON), or shorter pauses"
        )
        said = f"changes are kept for {days}, and the longest pause between runs was {pause}"
        if longest >= kept and self.spec.on_expired is OnExpired.STOP:
            yield self.about.problem(topic, f"{said}: after such a one a run is refused", remedy)
        else:
            yield self.about.warning(
                topic, f"{said}: after one beyond it every row is read", remedy
            )

    def _plan(self, plans: list[SyncPlan]) -> Iterator[Finding]:
        """``plans`` gets the plan, where there is one."""
        topic = Topic.PLAN
        try:
            made = make_plan(self.spec, self.from_, self.into, self.specs)
            plan = with_fallbacks(made, lambda fallen: sqlserver.probe(self.from_, fallen))
        except TableferryError as error:
            yield self.about.failed(topic, error)
            return
        plans.append(plan)
        for warning in plan.warnings:
            yield self.about.warning(topic, warning)
        reason = f" ({plan.strategy_reason})" if plan.strategy_reason else ""
        yield self.about.ok(
            topic, f"publish: {plan.publish}{reason}; readers wait {plan.readers_wait}"
        )

    def _rights(self, plans: Sequence[SyncPlan]) -> Iterator[Finding]:
        """Judge by the plan, where there is one: it knows the strategy and the columns."""
        topic = Topic.RIGHTS
        candidates = list(postgres.strategies_for(self.spec.publish).values())
        loaded: list[str] = []
        for plan in plans:
            if plan.strategy is None:
                continue
            new = {column.name for column in plan.drift.added}
            loaded = [c.target.name for c in plan.columns if c.target.name not in new]
            loaded += [plan.mark.column.name] if plan.mark else []
            candidates = [postgres.STRATEGIES[plan.publish]]
        merges = self._merges(plans)
        try:
            postgres.require_rights(self.into, self.spec, candidates, loaded)
            if merges:
                postgres.require_rights(self.into, self.spec, [postgres.MERGE], loaded)
        except ConfigError as error:
            yield self.about.failed(topic, error)
            return
        if self._swaps(plans) and (grants := self._swap_grants()):
            lacking = f"a swap of {self.spec.target} needs the rights of its owner, and of others"
            yield self.about.problem(topic, lacking, "; ".join(grants))
            return
        yield self.about.ok(topic, f"{self.spec.target} may be loaded")

    def _swaps(self, plans: Sequence[SyncPlan]) -> bool:
        """Whether a swap was asked for, or chosen."""
        swap = postgres.STRATEGIES[Publish.SWAP.value].name
        return self.spec.publish is Publish.SWAP or any(plan.publish == swap for plan in plans)

    def _swap_grants(self) -> list[str]:
        look = postgres.STRATEGIES[Publish.SWAP.value].look
        found = postgres.read_schema(self.into, self.spec.target, {"swap": look})
        return swap_grants(found.obstacles["swap"] if found else (), self.into.settings.user)

    def _merges(self, plans: Sequence[SyncPlan]) -> bool:
        """Whether changes alone are merged, or every load is."""
        if self.spec.publish is Publish.MERGE or not mode_of(self.spec).complete:
            return True
        return any(plan.publish == postgres.MERGE.name for plan in plans)

    def _identity(self) -> Iterator[Finding]:
        topic, table = Topic.REPLICA_IDENTITY, self.spec.target
        found = postgres.read_schema(self.into, table, {"merge": postgres.MERGE.look})
        kinds = {"unidentified", "uncovered"}
        obstacles = found.obstacles["merge"] if found else ()
        lacking = [one.name for one in obstacles if one.kind in kinds]
        if not lacking:
            yield self.about.ok(topic, f"{table} is unpublished, or has what its publications need")
            return
        said = f"PostgreSQL updates and deletes no published row without: {', '.join(lacking)}"
        remedy = (
            f"ALTER TABLE {table.sql} REPLICA IDENTITY FULL (or USING INDEX a unique one of "
            "columns that are NOT NULL); or ALTER PUBLICATION ... SET (publish = 'insert')"
        )
        if self._merges(()):
            yield self.about.problem(topic, said, remedy)
        else:
            yield self.about.warning(topic, said, remedy)

    def _next_run(self, plan: SyncPlan) -> Iterator[Finding]:
        topic = Topic.NEXT_RUN
        try:
            read = next_read(plan, self.settings, self.from_, self.into)
        except TransientError:
            raise
        except TableferryError as error:
            yield self.about.failed(topic, error)
            return
        if read is None:
            rows = f", about {plan.estimated_rows:,}" if plan.estimated_rows is not None else ""
            yield self.about.ok(topic, f"reads every row{rows}")
            return
        for warning in read.warnings:
            yield self.about.warning(topic, warning)
        if read.reload:
            yield self.about.ok(topic, f"reads every row, since {read.reload.text}")
        else:
            rows = "" if read.changes is None else f": {counted(read.changes, 'row')}"
            yield self.about.ok(topic, f"reads changes{rows}")
