"""Check before a sync: databases reachable, tables readable and writable, schemas compatible.

Nothing is written, on either side.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from tableferry import postgres, sqlserver
from tableferry.config import LedgerUse, Settings, SourceSettings, TableSpec, TargetSettings
from tableferry.errors import ConfigError, ErrorReport, TableferryError
from tableferry.inspect.asking import OnAnswer, ask_each, no_listener
from tableferry.inspect.asking_together import tasks_of
from tableferry.inspect.check_report import TARGET, CheckReport, DatabaseCheck, TableCheck
from tableferry.inspect.next_read import next_read
from tableferry.planning.consistency import with_fallbacks
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.ledger import require_usable
from tableferry.runs.deadline import Clock
from tableferry.runs.make_plan import make_plan
from tableferry.runs.task import Task


def check_tables(
    specs: Sequence[TableSpec],
    settings: Settings,
    clock: Clock = time.monotonic,
    *,
    on_answer: OnAnswer = no_listener,
) -> CheckReport:
    """Connect to every database that the tables need and check every table; raises nothing.

    ``on_answer`` gets each DatabaseCheck and TableCheck as it comes.
    """
    started = clock()
    names = [*dict.fromkeys(spec.db_type for spec in specs), TARGET]

    def check_database(name: str) -> DatabaseCheck:
        if name == TARGET:
            return _check_target(settings.target, clock, sessions_of(specs))
        return _check_source(name, settings.sources[name], clock)

    databases = ask_each(names, str, check_database, on_answer)
    down = {database.name: database for database in databases if database.error}
    with tasks_of(specs, settings) as task_of:
        tables = ask_each(
            specs,
            lambda spec: spec.key,
            lambda spec: _check_table(task_of(spec), down, specs),
            on_answer,
        )
    return CheckReport(databases, tables, clock() - started)


def _check_source(name: str, settings: SourceSettings, clock: Clock) -> DatabaseCheck:
    def look() -> sqlserver.SourceFacts:
        with sqlserver.connect(settings) as connection:
            return sqlserver.read_facts(connection)

    return _check_database(name, settings, look, clock)


def sessions_of(specs: Sequence[TableSpec]) -> int:
    """Return how many sessions a run has in the target: a load's workers, its own, the ledger's."""
    return 2 + max((spec.parallel for spec in specs if spec.chunks > 1), default=0)


def _check_target(settings: TargetSettings, clock: Clock, sessions: int) -> DatabaseCheck:
    def look() -> postgres.TargetFacts:
        with postgres.connect(settings) as connection:
            return postgres.read_facts(connection, sessions)

    return _check_database(TARGET, settings, look, clock)


def _check_database(
    name: str,
    settings: SourceSettings | TargetSettings,
    look: Callable[[], sqlserver.SourceFacts | postgres.TargetFacts],
    clock: Clock,
) -> DatabaseCheck:
    started = clock()
    try:
        facts = look()
    except Exception as error:  # noqa: BLE001 - one database's error does not hide the others
        answered = isinstance(error, TableferryError) and error.reached
        return DatabaseCheck(
            name, str(settings), answered, False, clock() - started, error=ErrorReport.of(error)
        )
    return DatabaseCheck(
        name=name,
        where=str(settings),
        reachable=True,
        logged_in=True,
        seconds=clock() - started,
        version=facts.version,
        encryption=facts.encryption,
        isolation=facts.isolation,
        encoding=facts.encoding if isinstance(facts, postgres.TargetFacts) else "",
        warnings=facts.warnings if isinstance(facts, postgres.TargetFacts) else (),
    )


def _check_table(
    task: Task, down: dict[str, DatabaseCheck], specs: Sequence[TableSpec]
) -> TableCheck:
    """Check each side that can be reached; with both, plan and run the SELECT for its first row."""
    spec = task.spec
    readable: bool | None = None
    writable: bool | None = None
    names = (spec.key, str(spec.source), str(spec.target))
    unusable = down.get(spec.db_type) or down.get(TARGET)
    try:
        with contextlib.ExitStack() as connections:
            if spec.db_type not in down:
                from_ = connections.enter_context(task.open_source())
                readable = False
                sqlserver.read_schema(from_, task.source, task.answers)
                readable = True
            if TARGET not in down:
                into = connections.enter_context(task.open_target(kept=True))
                writable = False
                candidates = list(postgres.strategies_for(spec.publish).values())
                postgres.require_rights(into, spec, candidates)
                if spec.ledger is LedgerUse.ON:
                    require_usable(into)
                writable = True
            if unusable:
                return TableCheck(*names, readable, writable, error=unusable.error)
            plan = make_plan(spec, from_, into, specs, answers=task.answers)
            if plan.strategy is not None:
                writable = False
                new = [column.name for column in plan.drift.added]
                loaded = [c.target.name for c in plan.columns if c.target.name not in new]
                loaded += [plan.mark.column.name] if plan.mark else []
                postgres.require_rights(into, spec, [postgres.STRATEGIES[plan.publish]], loaded)
                if plan.merging:
                    postgres.require_rights(into, spec, [postgres.MERGE], loaded)
                writable = True
            try:
                plan = with_fallbacks(plan, lambda fallen: sqlserver.probe(from_, fallen))
            except ConfigError:
                raise  # the table can be read; it is the entry that is wrong: its 'where', say
            except Exception:
                readable = _is_readable_without_where(from_, plan)
                raise
            read = next_read(plan, task.settings, from_, into)
    except Exception as error:  # noqa: BLE001 - one table's error does not hide the others
        return TableCheck(*names, readable, writable, error=ErrorReport.of(error))
    warnings = plan.warnings + (read.warnings if read else ())
    return TableCheck(
        *names, readable, writable, missing=plan.create is not None, warnings=warnings
    )


def _is_readable_without_where(from_: sqlserver.SourceConnection, plan: SyncPlan) -> bool:
    """Whether the SELECT works without the entry's condition, which then is what fails."""
    if not plan.spec.where:
        return False
    bare = replace(plan, spec=replace(plan.spec, where=""))
    try:
        with_fallbacks(bare, lambda fallen: sqlserver.probe(from_, fallen))
    except TableferryError:
        return False
    return True
