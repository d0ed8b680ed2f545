"""Syncs some tables again and again under the storm, and checks what each run reports."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from chaos.witness import Seen, Witness
from chaos.world import World

UNKNOWN: Final = "CommitUnknownError"
KILLED: Final = "killed"
SIGNALS: Final = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
RUN_TIMEOUT_SECONDS: Final = 240

_LEDGER: Final = """\
SELECT table_key, status FROM tableferry.table_runs WHERE run_id = %s"""


@dataclass(frozen=True)
class RunReport:
    """The JSON that a run printed, by table; empty when it was killed before printing."""

    run_id: str = ""
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def parse(cls, printed: str) -> "RunReport":
        """Read a run's output."""
        try:
            result = json.loads(printed)
            return cls(result["run_id"], {one["table"]: one for one in result["tables"]})
        except (ValueError, KeyError):
            return cls()

    def status(self, table: str) -> str:
        """Return a table's status, ``killed`` if the run did not report one."""
        return str(self.tables.get(table, {}).get("status", KILLED))

    def is_unknown(self, table: str) -> bool:
        """Whether the run could not find out if its COMMIT had succeeded."""
        return self.tables.get(table, {}).get("error", {}).get("type") == UNKNOWN

    def may_have_published(self, table: str) -> bool:
        """Whether the target may have new rows: the run reports so, or could not report."""
        return self.status(table) in ("ok", KILLED) or self.is_unknown(table)

    def resumed(self, table: str) -> bool:
        """Whether the run used chunks that an earlier run had stored."""
        warnings = self.tables.get(table, {}).get("warnings", [])
        return any("earlier run" in text for text in warnings)


class Carrier(threading.Thread):
    """Runs ``tableferry sync`` on its tables, each time in a new process, until ``stopped``."""

    def __init__(
        self,
        tables: tuple[str, ...],
        world: World,
        witness: Witness,
        config: Path,
        chance: random.Random,
    ) -> None:
        super().__init__(name=f"carrier of {tables}", daemon=True)
        self.tables = tables
        self._world = world
        self._witness = witness
        self._config = config
        self._chance = chance
        self.stopped = threading.Event()
        self.outcomes: Counter[str] = Counter()
        self._in_doubt = False

    def run(self) -> None:
        while not self.stopped.is_set():
            self.carry(disturb=self._chance.choice(_DISTURBANCES))

    def carry(self, disturb: str = "") -> str:
        """Change the source, sync it, and compare the target with what the run reports.

        Returns the first table's status.
        """
        wanted = self._world.change(self.tables)
        before = {table: self._witness.look(table) for table in self.tables}
        processes = [self.begin()]
        if disturb:
            time.sleep(self._chance.uniform(0.3, 2.5))
        if disturb == "signal":
            processes[0].send_signal(self._chance.choice(SIGNALS))
        elif disturb == "rival":
            processes.append(self.begin())
        elif disturb == "change" and len(self.tables) == 1:
            self._world.change(self.tables)
        reports = [self.wait_for(process) for process in processes]
        for table in self.tables:
            self._compare(table, reports, wanted, before[table])
        # A COMMIT already on the wire may still arrive after its sender has died.
        self._in_doubt = any(
            report.may_have_published(table) and report.status(table) != "ok"
            for report in reports
            for table in self.tables
        )
        return reports[0].status(self.tables[0])

    def begin(self) -> "subprocess.Popen[str]":
        """Start a run."""
        command = [sys.executable, "-m", "tableferry", "sync", "--json", "--publish-together"]
        command += ["--config", str(self._config), f"--tables={','.join(self.tables)}"]
        return subprocess.Popen(
            command,
            env=self._world.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, process: "subprocess.Popen[str]") -> RunReport:
        """Wait for a run to end; returns its report after comparing it with the ledger."""
        with process:
            printed, errors = process.communicate(timeout=RUN_TIMEOUT_SECONDS)
        # An early Ctrl-C ends in Python's own traceback, with a colon at its end when the
        # interrupt was lost in a callback of the import system.
        if "Traceback" in errors and not errors.rstrip(": \n").endswith("KeyboardInterrupt"):
            self._violated(f"died of an unexpected error: {errors[-2000:]}")
        report = RunReport.parse(printed)
        self.outcomes.update(report.status(table) for table in self.tables)
        self.compare_with_the_ledger(report)
        return report

    def compare_with_the_ledger(self, report: RunReport) -> None:
        """Check that the ledger has the outcomes that the run reported."""

        def read(connection: "psycopg.Connection[Any]") -> list[tuple[Any, ...]]:
            return connection.execute(_LEDGER.encode(), (report.run_id,)).fetchall()

        if not report.run_id:
            return
        recorded = dict(self._witness.ask(read))
        for table in report.tables:
            status, record = report.status(table), recorded.get(table, "nothing")
            if status != record and "ok" in (status, record) and not report.is_unknown(table):
                self._violated(f"reports {status} for {table}, but the ledger {record}")

    def _compare(self, table: str, reports: Sequence[RunReport], wanted: int, before: Seen) -> None:
        after = self._witness.look(table)
        statuses = " and ".join(report.status(table) for report in reports)
        change = f"the table went from {before} to {after}, with the source at {wanted}"
        oldest = after.high if after.of_one_moment is False else after.low
        any_ok = any(report.status(table) == "ok" for report in reports)
        if any_ok and oldest < wanted and not any(report.resumed(table) for report in reports):
            self._violated(f"reports {statuses} for {table}, but {change}")
        may_have = self._in_doubt or any(report.may_have_published(table) for report in reports)
        if after != before and not may_have:
            self._violated(f"reports {statuses} for {table}, but {change}")

    def _violated(self, text: str) -> None:
        self._witness.violated(f"a run of {' and '.join(self.tables)} {text}")


_DISTURBANCES: Final = ("signal", "rival", "change", "change", *[""] * 6)
"""What happens to a run in addition to the storm: a signal, a second run of the same tables, a
source that changes during the run, or (mostly) nothing."""
