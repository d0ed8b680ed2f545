"""The functions of ``import tableferry``; docs/api.md shows each of them at work.

Each returns a frozen result. A table's failure is part of it (``raise_for_failure`` raises it);
only a call that is wrong as a whole raises, with ConfigError.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack
from uuid import UUID

from tableferry.api.connections import OneSource, Source, as_source, settings_for
from tableferry.api.options import require_options
from tableferry.api.table import (
    DEFAULT_DB_TYPE,
    Table,
    TableOptions,
    Tables,
    db_types_of,
    table_set_of,
)
from tableferry.config import Settings, TableSpec, TargetSettings
from tableferry.config.resolve import Expansion
from tableferry.errors import ConfigError
from tableferry.inspect.check import check_tables
from tableferry.inspect.check_report import CheckReport
from tableferry.inspect.discover import Discovery
from tableferry.inspect.discover import discover as discover_tables
from tableferry.inspect.doctor.examine import examine
from tableferry.inspect.doctor.finding import Diagnosis
from tableferry.inspect.expand import expanded
from tableferry.inspect.known_tables import known_tables
from tableferry.inspect.plan_report import PlanReport, plan_tables
from tableferry.inspect.status import table_status
from tableferry.model.counting import counted, verb
from tableferry.model.naming import pg_name
from tableferry.runs.deadline import NEVER, Deadline
from tableferry.runs.events import OnEvent
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.runs.run import sync_tables
from tableferry.runs.run_options import RunOptions
from tableferry.states.report import StatusReport
from tableferry.states.words import python_commands, shell_commands

if TYPE_CHECKING:
    from tableferry.postgres.caller_connection import CallerConnection

    Target = str | TargetSettings | CallerConnection


def sync(
    tables: Tables,
    *,
    source: Source | None = None,
    target: "Target | None" = None,
    settings: Settings | None = None,
    fail_fast: bool = False,
    publish_together: bool = False,
    jobs: int = 1,
    plan: PlanReport | None = None,
    deadline: float | None = None,
    run_id: UUID | None = None,
    on_event: OnEvent | None = None,
) -> RunOutcome:
    """Sync tables in their order; one table's failure does not stop the next.

    ``fail_fast``: tables after a failed one are skipped. ``publish_together``: all become visible
    in one transaction, or none does. ``jobs``: so many tables at once; the outcomes stay in the
    tables' order. ``plan``: a table whose plan has changed since is not loaded.
    ``deadline``: seconds from now; what is not published by then keeps its old rows. ``run_id``:
    the run's id in the ledger. ``on_event`` receives each event, one at a time, on the thread where
    it happens.

    Raises ConfigError, and KeyboardInterrupt once an interrupted run has been rolled back.
    """
    require_options(plan=plan, deadline=deadline, run_id=run_id, on_event=on_event)
    options = RunOptions(
        fail_fast=fail_fast,
        together=publish_together,
        deadline=NEVER if deadline is None else Deadline.after(deadline),
        run_id=run_id,
        jobs=jobs,
    )
    expansion, found = resolved(tables, source, target, settings)
    specs = expansion.tables
    run = sync_tables(
        specs,
        found,
        on_event=on_event,
        fingerprints={} if plan is None else _planned(plan, specs),
        options=options,
    )
    if run.status is Status.CANCELLED:
        synced = f"{run.count(Status.OK)} of {counted(len(run.tables), 'table')}"
        raise KeyboardInterrupt(f"{synced} {verb(len(run.tables), 'was', 'were')} synced")
    return replace(run, warnings=(*expansion.warnings, *run.warnings))


def copy_table(
    sql_table: str,
    pg_table: str,
    *,
    key: str = "",
    source: OneSource | None = None,
    target: "Target | None" = None,
    settings: Settings | None = None,
    deadline: float | None = None,
    on_event: OnEvent | None = None,
    **options: Unpack[TableOptions],
) -> TableOutcome:
    """Sync one table: ``sync`` of ``Table(sql_table, pg_table, key=key, **options)``.

    Raises ConfigError, and KeyboardInterrupt once an interrupted load has been rolled back.
    """
    run = sync(
        Table(sql_table, pg_table, key=key, **options),
        source=source,
        target=target,
        settings=settings,
        deadline=deadline,
        on_event=on_event,
    )
    return run.tables[0]


def plan(
    tables: Tables,
    *,
    source: Source | None = None,
    target: "Target | None" = None,
    settings: Settings | None = None,
) -> PlanReport:
    """Ask both sides what a sync would do; nothing is written. Raises ConfigError."""
    found, settings = resolved(tables, source, target, settings)
    report = plan_tables(found.tables, settings)
    return replace(report, warnings=found.warnings)


def check(
    tables: Tables,
    *,
    source: Source | None = None,
    target: "Target | None" = None,
    settings: Settings | None = None,
) -> CheckReport:
    """Connect to every database and look at every table; nothing is written. Raises ConfigError."""
    found, settings = resolved(tables, source, target, settings)
    report = check_tables(found.tables, settings)
    return replace(report, warnings=found.warnings)


def doctor(
    tables: Tables,
    *,
    source: Source | None = None,
    target: "Target | None" = None,
    settings: Settings | None = None,
) -> Diagnosis:
    """Examine what syncs will need of both sides; nothing is written. Raises ConfigError."""
    found, settings = resolved(tables, source, target, settings)
    return replace(examine(found.tables, settings), warnings=found.warnings)


def status(
    tables: Tables,
    *,
    source: Source | None = None,
    target: "Target | None" = None,
    settings: Settings | None = None,
) -> StatusReport:
    """Say how the tables stand, as the target's ledger has them; nothing is written.

    A source is asked for its tables only where patterns have to be matched; where it cannot be,
    the report is not ``complete``. Raises TableferryError: ConfigError where this role may not read
    the ledger, TransientError where the target does not answer.
    """
    if isinstance(tables, Iterator):
        tables = list(tables)
    found = settings_for(db_types_of(tables), source, target, settings)
    databases = {name: one.db for name, one in found.sources.items()}
    table_set = table_set_of(tables, databases)
    expansion, complete = known_tables(table_set, lambda: expanded(table_set, found))
    commands = shell_commands(str(tables)) if isinstance(tables, Path) else python_commands
    report = table_status(expansion.tables, found.target, commands)
    return replace(report, notes=(*expansion.warnings, *report.notes), complete=complete)


def discover(
    source: OneSource,
    *,
    schema: str = "",
    like: str = "",
    views: bool = False,
    db_type: str = DEFAULT_DB_TYPE,
) -> Discovery:
    """List the tables of a source with an entry for each; nothing is written.

    ``schema`` and ``like`` (``Cust%``) narrow the list; views are in it with ``views``, or where
    ``like`` asks for names. ``db_type`` is the source's name in the entries, and the target tables'
    names begin with it; without one, with the database's. Raises TableferryError: SchemaError where
    no table is found.
    """
    found = as_source(source)
    named = pg_name(found.db.lower()) if db_type == DEFAULT_DB_TYPE else ""
    return discover_tables(db_type, found, schema=schema, like=like, views=bool(views), named=named)


def resolved(
    tables: Tables, source: Source | None, target: "Target | None", settings: Settings | None
) -> tuple[Expansion, Settings]:
    """Return the tables' specifications and the settings for them.

    Raises ConfigError, and what a connection raises where patterns have to be matched.
    """
    if isinstance(tables, Iterator):
        tables = list(tables)
    found = settings_for(db_types_of(tables), source, target, settings)
    databases = {name: one.db for name, one in found.sources.items()}
    return expanded(table_set_of(tables, databases), found), found


def _planned(plan: PlanReport, specs: list[TableSpec]) -> dict[str, str]:
    found = plan.fingerprints
    if unplanned := [spec.key for spec in specs if spec.key not in found]:
        raise ConfigError(
            f"The plan holds no plan of {', '.join(unplanned)}",
            hint="Look at plan.raise_for_failure(), or leave these tables out.",
        )
    return found
