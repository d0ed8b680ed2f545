"""Random histories of a tracked table, whose target is damaged now and then, verified in between.

A verification reports the rows that differ and that the source does not list as changed since the
target's watermark: exactly these, so none where nothing was damaged. A repair makes them equal.
"""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tableferry.config import TableSpec, parse_table_configs
from tableferry.model.watermark import Watermark
from tableferry.postgres import TargetConnection
from tableferry.postgres.ledger import find_watermark
from tableferry.runs.claim import contents_of
from tableferry.runs.outcome import Status
from tableferry.runs.repair import repair_table
from tableferry.runs.run import sync_table
from tableferry.verification.compare_table import compare_table
from tableferry.verification.confirm import confirm
from tableferry.verification.differences import Key
from tests.integration.conftest import Sandbox
from tests.property.test_histories import FEW, NUMBERS, sandbox
from tests.support.comparing import both_sides
from tests.support.databases import PgDatabase
from tests.support.tracked_source import KEYS, UNDER_LOCK, WRITES, Step, TrackedSource

__all__ = ["sandbox"]

NUMBER = st.integers(0, KEYS - 1)
WRITE = st.builds(Step, st.sampled_from(WRITES), NUMBER, NUMBER)
STEP = st.one_of(
    WRITE,
    WRITE,
    st.builds(Step, st.sampled_from(UNDER_LOCK), NUMBER, NUMBER),
    st.builds(Step, st.sampled_from(["sync", "damage", "verify", "repair"]), NUMBER, NUMBER),
)
HISTORY = st.lists(STEP, min_size=10, max_size=25)


class Verified:
    """A tracked table, its target, and what a verification has to report of them."""

    def __init__(self, source: TrackedSource, target: PgDatabase) -> None:
        self.source = source
        self.target = target
        self.settings = source.sandbox.settings(target)
        self.name = source.name

    @property
    def spec(self) -> TableSpec:
        entry: dict[str, Any] = {
            "db_type": "mctm", "sql_server_db": "McTM", "sql_table": f"dbo.{self.name}",
            "pg_table": self.name, "columns": ["ID", "Name", "Extra"],
            "pg_columns": ["id", "name", "extra"], "mode": "change_tracking", "max_shrink": 100,
        }  # fmt: skip
        return parse_table_configs({"t": entry})["t"]

    def take(self, step: Step) -> None:
        match step.kind:
            case "sync":
                outcome = sync_table(self.spec, self.settings)
                assert outcome.status is Status.OK, outcome.error
            case "damage":
                self._damage(step)
            case "verify":
                self.source.settle(rolled_back=step.b % 2 == 1)
                assert self.reported() == self.expected()
            case "repair":
                self.source.settle(rolled_back=step.b % 2 == 1)
                keys: list[Key] = [(str(key),) for key in self.reported()]
                outcome = repair_table(self.spec, self.settings, keys).tables[0]
                assert outcome.ok, outcome.error
                assert self.reported() == self.expected() == set()
            case _:
                self.source.take(step)

    def _damage(self, step: Step) -> None:
        key = f"id = {step.a}"
        self.target.run(
            [
                f"DELETE FROM {self.name} WHERE {key}",
                f"UPDATE {self.name} SET name = 'damaged' WHERE {key}",
                f"UPDATE {self.name} SET extra = NULL WHERE {key}",
                f"INSERT INTO {self.name} VALUES ({step.a}, 'extra') ON CONFLICT DO NOTHING",
            ][step.b % 4]
        )

    def expected(self) -> set[int]:
        """The keys that differ, by other drivers, and that SQL Server does not list as changed."""
        ours = {row[0]: row for row in self.source.rows()}
        theirs = {row[0]: row for row in self.target.rows(f"SELECT * FROM {self.name}")}
        differing = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
        [(value,)] = self.target.rows(
            f"SELECT value FROM tableferry.watermarks WHERE target = 'public.{self.name}'"
        )
        version = int(json.loads(str(value))["version"])
        changed = self.source.sandbox.rows(
            f"SELECT c.ID FROM CHANGETABLE(CHANGES dbo.{self.name}, {version}) AS c"
        )
        return differing - {key for (key,) in changed}

    def reported(self) -> set[int]:
        with both_sides(self.spec, self.settings) as (plan, sides):

            def watermark_of(into: TargetConnection) -> Watermark | None:
                mode, contents = str(plan.spec.mode), contents_of(plan, self.settings)
                left = find_watermark(into, plan.spec.target, mode=mode, contents=contents)
                return left if isinstance(left, Watermark) else None

            found = compare_table(plan, sides)
            confirm(plan, sides, found, settle=0.0, watermark_of=watermark_of)
        return {int(str(one.key[0])) for one in found.kept}


@FEW
@given(history=HISTORY)
def test_damage_is_reported_and_what_has_changed_is_not_whatever_the_history(
    sandbox: Sandbox, module_pg_database: PgDatabase, history: list[Step]
) -> None:
    source = TrackedSource(sandbox, f"h{next(NUMBERS)}")
    source.create()
    try:
        verified = Verified(source, module_pg_database)
        for step in (Step("sync"), *history, Step("verify"), Step("repair")):
            verified.take(step)
    finally:
        source.drop()
