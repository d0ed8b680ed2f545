"""Syncs some tables again and again under the storm, and checks what each run reports."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import psycopg

from chaos.run_report import RunReport
from chaos.warm import WarmRun
from chaos.witness import Witness
from chaos.world import World

SIGNALS: Final = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
RUN_TIMEOUT_SECONDS: Final = 240

_LEDGER: Final = """\
SELECT table_key, status FROM tableferry.table_runs WHERE run_id = %s"""

Process: TypeAlias = "subprocess.Popen[str] | WarmRun"


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
        self._in_doubt: set[str] = set()

    def __str__(self) -> str:
        return " and ".join(self.tables)

    def run(self) -> None:
        try:
            while not self.stopped.is_set():
                self._choose()
                self.carry(disturb=self._chance.choice(_DISTURBANCES))
        except Exception as error:
            self._violated(f"was the last of its carrier, which failed: {error!r}")
            raise

    def _choose(self) -> None:
        """Choose the tables of the next run: always the same."""

    def carry(self, disturb: str = "") -> str:
        """Change the source, sync it, and compare the target with what the run reports.

        Returns ``ok``, or the status of a table that has another.
        """
        wanted = self._wanted()
        before = {table: self._look(table) for table in self.tables}
        processes = [self.begin()]
        if disturb:
            time.sleep(self._chance.uniform(0.3, 2.5))
        if disturb == "signal":
            processes[0].send_signal(self._chance.choice(SIGNALS))
        elif disturb == "rival":
            processes.append(self.begin())
        elif disturb == "change" and len(self.tables) == 1:
            self._wanted()
        reports = [self.wait_for(process) for process in processes]
        for table in self.tables:
            self._compare(table, reports, wanted, before[table])
        # A COMMIT already on the wire may still arrive after its sender has died.
        in_doubt = any(
            report.may_have_published(table) and report.status(table) != "ok"
            for report in reports
            for table in self.tables
        )
        (self._in_doubt.update if in_doubt else self._in_doubt.difference_update)(self.tables)
        statuses = [reports[0].status(table) for table in self.tables]
        return next((status for status in statuses if status != "ok"), "ok")

    def _wanted(self) -> Any:
        """Change the source; return what a run that begins now must arrive at."""
        return self._world.change(self.tables)

    def _look(self, table: str) -> Any:
        return self._witness.look(table)

    def begin(self) -> Process:
        """Start a run."""
        arguments = ["sync", "--json", *self._options()]
        arguments += ["--config", str(self._config), f"--tables={','.join(self.tables)}"]
        return self._start(arguments)

    def _start(self, arguments: Sequence[str]) -> Process:
        return subprocess.Popen(
            [sys.executable, "-m", "tableferry", *arguments],
            env=self._world.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _options(self) -> list[str]:
        return ["--publish-together"]

    def wait_for(self, process: Process) -> RunReport:
        """Wait for a run to end; returns its report after comparing it with the ledger."""
        with process:
            printed, errors = process.communicate(timeout=RUN_TIMEOUT_SECONDS)
        # A Ctrl-C before any line of ours has run ends in Python's own traceback.
        if "Traceback" in errors and f"{os.sep}tableferry{os.sep}" in errors:
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
            if report.is_idle(table):
                continue
            if status != record and "ok" in (status, record) and not report.is_unknown(table):
                self._violated(f"reports {status} for {table}, but the ledger {record}")

    def _compare(self, table: str, reports: Sequence[RunReport], wanted: Any, before: Any) -> None:
        after = self._look(table)
        statuses = " and ".join(report.status(table) for report in reports)
        change = f"the table went from {before} to {after}, with the source at {wanted}"
        if any(report.status(table) == "ok" for report in reports):
            for lack in self._lacks(table, after, wanted, reports):
                self._violated(f"reports {statuses} for {table}, but {lack}")
        may_have = table in self._in_doubt or any(
            report.may_have_published(table) for report in reports
        )
        if after != before and not may_have:
            self._violated(f"reports {statuses} for {table}, but {change}")

    def _lacks(
        self, table: str, after: Any, wanted: Any, reports: Sequence[RunReport]
    ) -> Sequence[str]:
        """Return what a run that reports ``ok`` has left undone."""
        resumed = any(report.resumed(table) for report in reports)
        oldest = after.high if after.of_one_moment is False else after.low
        return [f"{after} is older than {wanted}"] if oldest < wanted and not resumed else []

    def _violated(self, text: str) -> None:
        self._witness.violated(f"a run of {' and '.join(self.tables)} {text}")


_DISTURBANCES: Final = ("signal", "rival", "change", "change", *[""] * 6)
"""What happens to a run in addition to the storm: a signal, a second run of the same tables, a
source that changes during the run, or (mostly) nothing."""
