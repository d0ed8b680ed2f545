"""Who is hit: carries some tables again and again, and checks what each run says of itself."""

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

_RECORD: Final = """\
SELECT table_key, status FROM tableferry.table_runs WHERE run_id = %s"""


@dataclass(frozen=True)
class Told:
    """What a run has said: of each table its outcome, nothing where it could not say any more."""

    run_id: str = ""
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)

    def status(self, table: str) -> str:
        """Return the outcome, in a word."""
        return str(self.tables.get(table, {}).get("status", KILLED))

    def may_have_published(self, table: str) -> bool:
        """Whether new rows may be there: it says so, or nobody could say."""
        error = self.tables.get(table, {}).get("error", {}).get("type")
        return self.status(table) in ("ok", KILLED) or error == UNKNOWN


class Carrier(threading.Thread):
    """The runs of one table, or of a pair; each is the real command in a process of its own."""

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
        """Change the source, carry it, and compare what came of it with what is said.

        Returns the outcome of the first table.
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
        told = [self.heard(process) for process in processes]
        for table in self.tables:
            self._compare(table, told, wanted, before[table])
        # A COMMIT that is on its way may still arrive, when its sender is dead.
        self._in_doubt = any(
            one.may_have_published(table) and one.status(table) != "ok"
            for one in told
            for table in self.tables
        )
        return told[0].status(self.tables[0])

    def begin(self) -> "subprocess.Popen[str]":
        """Begin a run."""
        command = [sys.executable, "-m", "tableferry", "sync", "--json", "--publish-together"]
        command += ["--config", str(self._config), f"--tables={','.join(self.tables)}"]
        return subprocess.Popen(
            command,
            env=self._world.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def heard(self, process: "subprocess.Popen[str]") -> Told:
        """Wait for a run's end; returns what it said, which the ledger must say too."""
        with process:
            printed, said = process.communicate(timeout=240)
        if "Traceback" in said and not said.rstrip(": \n").endswith("KeyboardInterrupt"):
            # Ctrl-C before anything has begun is told as Python tells it, with a colon where it was
            # lost in a callback of the import system.
            self._violated(f"died of an error nobody foresaw: {said[-2000:]}")
        told = self.told_by(printed)
        self.outcomes.update(told.status(table) for table in self.tables)
        self.compare_with_the_ledger(told)
        return told

    @staticmethod
    def told_by(printed: str) -> Told:
        """Read what a run has printed; of one that was killed that is nothing."""
        try:
            result = json.loads(printed)
            return Told(result["run_id"], {one["table"]: one for one in result["tables"]})
        except (ValueError, KeyError):
            return Told()

    def _compare(self, table: str, told: Sequence[Told], wanted: int, before: Seen) -> None:
        after = self._witness.look(table)
        words = " and ".join(one.status(table) for one in told)
        went = f"went from {before} to {after}, the source was at {wanted}"
        oldest = after.high if after.of_one_moment is False else after.low
        is_resumed = any("earlier run" in text for one in told for text in _warnings(one, table))
        if any(one.status(table) == "ok" for one in told) and oldest < wanted and not is_resumed:
            self._violated(f"says {words} of {table} and {went}")
        may_have = self._in_doubt or any(one.may_have_published(table) for one in told)
        if after != before and not may_have:
            self._violated(f"says {words} of {table} and {went}")

    def compare_with_the_ledger(self, told: Told) -> None:
        """See that the ledger has the outcomes that were told."""

        def ask(connection: "psycopg.Connection[Any]") -> list[tuple[Any, ...]]:
            return connection.execute(_RECORD.encode(), (told.run_id,)).fetchall()

        if not told.run_id:
            return
        written = dict(self._witness.ask(ask))
        for table in told.tables:
            status, record = told.status(table), written.get(table, "nothing")
            if status != record and "ok" in (status, record) and not _is_unknown(told, table):
                self._violated(f"says {status} of {table}, and its ledger {record}")

    def _violated(self, text: str) -> None:
        self._witness.violated(f"a run of {' and '.join(self.tables)} {text}")


_DISTURBANCES: Final = ("signal", "rival", "change", "change", *[""] * 6)
"""What happens to a run besides the storm: a signal, a second run of the same table, a source that
changes meanwhile; mostly nothing."""


def _is_unknown(told: Told, table: str) -> bool:
    return told.tables[table].get("error", {}).get("type") == UNKNOWN


def _warnings(told: Told, table: str) -> list[str]:
    return list(told.tables.get(table, {}).get("warnings", []))
