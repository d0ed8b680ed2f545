"""Plans of many tables: what a sync would do. Writes nothing, reads no rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tableferry import sqlserver
from tableferry.config import OnInvalid, Settings, TableSpec
from tableferry.errors import ConfigError, ErrorReport, raise_any
from tableferry.inspect.asking import OnAnswer, ask_each, no_listener
from tableferry.inspect.asking_together import tasks_of
from tableferry.inspect.next_read import NextRead, next_read
from tableferry.model.html_table import html_table
from tableferry.planning.consistency import with_fallbacks
from tableferry.planning.plan import SyncPlan
from tableferry.runs.make_plan import make_plan
from tableferry.runs.task import Task


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table's plan, or the error that kept us from it.

    ``read`` is what a run of an incremental mode would read now, None where it is every row.
    """

    spec: TableSpec
    plan: SyncPlan | None = None
    read: NextRead | None = None
    error: ErrorReport | None = None

    @property
    def refused_rows(self) -> str:
        """What happens to rows that cannot be stored; "" where one such row fails the load."""
        if self.spec.on_invalid is not OnInvalid.QUARANTINE:
            return ""
        return (
            f"up to {self.spec.max_invalid:,} go into tableferry.quarantine; "
            "with more the load fails, and nothing is changed"
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of the plan, and of what would be read."""
        found = self.plan.warnings if self.plan else ()
        return found + (self.read.warnings if self.read else ())

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        named = {
            "table": self.spec.key,
            "source": str(self.spec.source),
            "target": str(self.spec.target),
            "status": "ok" if self.plan else "failed",
        }
        if self.plan is None:
            return {**named, "error": self.error.to_dict() if self.error else {}}
        plan = self.plan
        return {
            **named,
            "fingerprint": plan.fingerprint,
            "select": self.read.select if self.read else plan.select,
            **({"next_read": self.read.to_dict()} if self.read else {}),
            "consistency": plan.consistency.value,
            "publish": plan.publish,
            **({"publish_reason": plan.strategy_reason} if plan.strategy_reason else {}),
            "deletes": str(plan.spec.deletes),
            **({"verify": plan.spec.verify.value} if plan.spec.verify else {}),
            **({"repair": True} if plan.spec.repair else {}),
            "chunks": plan.spec.chunks,
            "parallel": plan.spec.parallel,
            "estimated_rows": plan.estimated_rows,
            "ddl": list(plan.ddl),
            "drift": list(plan.drift.messages),
            "columns": [
                {
                    "source": column.source.name,
                    "source_type": str(column.source.type),
                    "target": column.target.name,
                    "target_type": str(column.target.type),
                    **({"checked": column.checks} if column.checks else {}),
                    **({"loss": column.loss} if column.loss else {}),
                }
                for column in plan.columns
            ],
            "readers_wait": plan.readers_wait,
            **({"refused_rows": self.refused_rows} if self.refused_rows else {}),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class PlanReport:
    """The plans of a run, in its order, with warnings of the configuration."""

    tables: tuple[TablePlan, ...]
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every table could be planned."""
        return all(table.plan is not None for table in self.tables)

    @property
    def any_ok(self) -> bool:
        """Whether any table could be planned."""
        return any(table.plan is not None for table in self.tables)

    @property
    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of every table that could be planned, by its key."""
        return {one.spec.key: one.plan.fingerprint for one in self.tables if one.plan is not None}

    def raise_for_failure(self) -> Self:
        """Return the report if every table could be planned; else raise, as a run's outcome."""
        raise_any({table.spec.key: table.error for table in self.tables if table.error})
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            "tables": [table.to_dict() for table in self.tables],
        }

    def _repr_html_(self) -> str:
        """Return the plans as a table, for notebooks."""
        headings = ("table", "source", "target", "publish", "read as", "rows", "remarks")
        return html_table(headings, map(_row, self.tables))


def _row(table: TablePlan) -> tuple[object, ...]:
    named = (table.spec.key, table.spec.source, table.spec.target)
    if table.plan is None:
        error = f"{table.error.kind}: {table.error.message}" if table.error else ""
        return (*named, "", "", None, error)
    plan = table.plan
    created = ["it will be created"] if plan.create else []
    chosen = [plan.strategy_reason] if plan.strategy_reason else []
    return (
        *named,
        plan.publish,
        plan.consistency,
        plan.estimated_rows,
        "; ".join((*created, *chosen, *table.warnings)),
    )


def plan_tables(
    specs: Sequence[TableSpec], settings: Settings, *, on_answer: OnAnswer = no_listener
) -> PlanReport:
    """Plan every table; raises nothing: what cannot be planned has its error in the report.

    ``on_answer`` gets each TablePlan as it comes.
    """
    with tasks_of(specs, settings) as task_of:
        return PlanReport(
            ask_each(
                specs, lambda spec: spec.key, lambda spec: _plan(task_of(spec), specs), on_answer
            )
        )


def read_fingerprints(path: Path, specs: Sequence[TableSpec]) -> dict[str, str]:
    """Read a plan's fingerprints, by table, from its JSON form.

    Raises ConfigError where the file is no plan, or holds none of one of the tables.
    """
    try:
        tables: list[Mapping[str, Any]] = json.loads(path.read_text())["tables"]
        found = {table["table"]: table["fingerprint"] for table in tables if "fingerprint" in table}
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", hint="Name the file with --plan."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path} is not a plan", hint="Make one with: tableferry plan --json"
        ) from error
    if unplanned := [spec.key for spec in specs if spec.key not in found]:
        raise ConfigError(
            f"{path} holds no plan of {', '.join(unplanned)}",
            hint="Make a new plan, or choose the tables with --tables.",
        )
    return found


def _plan(task: Task, specs: Sequence[TableSpec]) -> TablePlan:
    spec = task.spec
    try:
        with task.open_source() as from_, task.open_target(kept=True) as into:
            plan = make_plan(spec, from_, into, specs, answers=task.answers)
            # Only the server knows which isolation all that a view reads supports.
            tried = with_fallbacks(plan, lambda fallen: sqlserver.probe(from_, fallen))
            return TablePlan(spec, tried, next_read(tried, task.settings, from_, into))
    except Exception as error:  # noqa: BLE001 - one table's error does not hide the others' plans
        return TablePlan(spec, error=ErrorReport.of(error))
