"""A mode that only tests know: it reads what changed, and compares the keys of both sides.

``python -m tests.support.compared_mode ENTRY STEP`` syncs in it, in a process that kills itself
when the step of ``AbsentKeys``, or ``publish``, has been done; source and target are in its
environment.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tableferry import postgres
from tableferry.config import TableSpec, load_settings, parse_table_configs
from tableferry.model.watermark import ReloadReason, Watermark
from tableferry.modes import MODES, Ask, Extract
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.publish.merge import MergeLoad
from tableferry.runs.run import sync_table


@dataclass(frozen=True)
class Compared:
    """Reads the rows of dbo.T with a version above the watermark, and compares the keys."""

    name: str = "compared"
    complete: bool = False
    at_one_moment: bool = False

    def check(self, _plan: SyncPlan) -> tuple[str, ...]:
        return ()

    def extract(self, plan: SyncPlan, watermark: Watermark | None, ask: Ask) -> Extract:
        [(newest,)] = ask("SELECT MAX(t.Version) AS newest FROM dbo.T AS t", ["newest"])
        if watermark is None:
            return Extract(plan.chunk, next_watermark=str(newest))
        above = f"t.[Version] > {int(watermark.value)}"
        return Extract(
            select=lambda _keys: plan.select_where(above),
            complete=False,
            reconcile=True,
            next_watermark=str(newest),
        )

    def changed(self, _plan: SyncPlan, _watermark: Watermark, _ask: Ask) -> ReloadReason:
        return ReloadReason.FIRST_LOAD


def compared_spec(entry: dict[str, Any], share: int = 50) -> TableSpec:
    """Return the specification of an entry, read in this mode; ``share``: ``max_delete_share``."""
    spec = replace(parse_table_configs({"t": entry})["t"], max_delete_share=share)
    return replace(spec, mode="compared")  # type: ignore[arg-type] - no user can ask for it


def kill_after(owner: type, step: str) -> None:
    """Let this process kill itself once a method has done its work, or has yielded once."""
    done = getattr(owner, step)

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def and_die(*arguments: Any) -> Any:
        found = done(*arguments)
        if not isinstance(found, Iterator):
            die()
        return _once(found)

    def _once(values: Iterator[Any]) -> Iterator[Any]:
        yield next(values)
        die()

    setattr(owner, step, and_die)


def main(entry: str, step: str) -> None:
    MODES["compared"] = Compared()
    kill_after(MergeLoad if step == "publish" else postgres.AbsentKeys, step)
    sync_table(compared_spec(json.loads(entry)), load_settings(["mctm"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
