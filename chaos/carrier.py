"""Who is hit: syncs one table again and again, and checks what each sync says of itself."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from chaos.witness import Witness
from chaos.world import World

UNKNOWN: Final = "CommitUnknownError"
SIGNALS: Final = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


class Carrier(threading.Thread):
    """One table's syncs, each the real command in a process of its own."""

    def __init__(
        self, table: str, world: World, witness: Witness, config: Path, chance: random.Random
    ) -> None:
        super().__init__(name=f"carrier {table}", daemon=True)
        self.table = table
        self._world = world
        self._witness = witness
        self._config = config
        self._chance = chance
        self.stopped = threading.Event()
        self.outcomes: dict[str, int] = {}

    def run(self) -> None:
        while not self.stopped.is_set():
            self.sync(disturbed=True)

    def sync(self, *, disturbed: bool) -> str:
        """Change the source, sync, and compare what came of it with what is said."""
        wanted = self._world.change(self.table)
        before = self._witness.version(self.table)
        outcome = self._run(disturbed=disturbed)
        after = self._witness.version(self.table)
        status = outcome.get("status", "killed")
        self.outcomes[status] = self.outcomes.get(status, 0) + 1
        if status == "ok" and after < wanted:
            self._violated(f"says ok and is at {after}, the source was at {wanted}")
        told = outcome.get("error", {}).get("type")
        if not (status in ("ok", "killed") or after == before) and told != UNKNOWN:
            self._violated(f"says {status} and went from {before} to {after}")
        return status

    def _violated(self, text: str) -> None:
        self._witness.violations.append(f"{self.table} {text}")

    def _run(self, *, disturbed: bool) -> dict[str, Any]:
        command = [sys.executable, "-m", "tableferry", "sync", "--json"]
        command += ["--config", str(self._config), f"--tables={self.table}"]
        with subprocess.Popen(
            command,
            env=self._world.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            if disturbed and self._chance.random() < 0.15:
                time.sleep(self._chance.uniform(0.3, 2.5))
                process.send_signal(self._chance.choice(SIGNALS))
            printed, said = process.communicate(timeout=180)
        if "Traceback" in said and not said.rstrip().endswith("KeyboardInterrupt"):
            # Ctrl-C before anything has begun is told as Python tells it.
            self._violated(f"died of an error nobody foresaw: {said[-2000:]}")
        try:
            (outcome,) = json.loads(printed)["tables"]
        except (ValueError, KeyError):
            return {}
        return dict(outcome)
