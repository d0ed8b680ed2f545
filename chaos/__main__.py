"""``python -m chaos --seconds 60 --seed 7``: ends with 1 where something was seen that must not."""

import argparse
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chaos.carrier import Carrier
from chaos.storm import strike
from chaos.witness import Witness
from chaos.world import WAYS, World, world

TTL_SECONDS: Final = 16.0
"""A killed run keeps its lease so long; the last syncs wait for that."""

LEFT_OVER: Final = """\
SELECT 'table_runs says running: ' || table_key FROM tableferry.table_runs WHERE status = 'running'
UNION ALL
SELECT 'runs says running: ' || run_id FROM tableferry.runs WHERE status = 'running'
UNION ALL
SELECT 'left behind: ' || relname FROM pg_class
WHERE relnamespace = 'tableferry'::regnamespace AND relkind IN ('r', 'p') AND relname NOT IN
  ('migrations', 'runs', 'table_runs', 'chunks', 'watermarks', 'leases', 'quarantine')
UNION ALL
SELECT 'held for ever: ' || target FROM tableferry.leases WHERE run_id IS NOT NULL"""


def storm(here: World, seconds: float, seed: int) -> list[str]:
    """Let it rage; returns every violation of what is promised."""
    chance = random.Random(seed)
    config = Path(tempfile.mkdtemp(prefix="storm-")) / "table_configs.py"
    config.write_text(f"TABLE_CONFIGS = {here.configs()!r}\n", encoding="utf-8")
    struck: Counter[str] = Counter()
    with Witness(here) as witness:
        carriers = [
            Carrier(table, here, witness, config, random.Random(f"{seed} {table}"))
            for table in WAYS
        ]
        for carrier in carriers:
            carrier.sync(disturbed=False)
            carrier.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            struck[strike(here, chance)] += 1
            time.sleep(chance.uniform(0.0, 0.5))
        _calm_down(here, carriers)
        for carrier in carriers:
            if (status := carrier.sync(disturbed=False)) != "ok":
                witness.violations.append(f"{carrier.table}: after the storm it says {status}")
        with here.connect() as connection:
            left = [str(row[0]) for row in connection.execute(LEFT_OVER.encode())]
        _tell(struck, carriers, witness)
        return list(dict.fromkeys([*witness.violations, *left]))


def _calm_down(here: World, carriers: Sequence[Carrier]) -> None:
    for wire in (here.source_wire, here.target_wire):
        wire.faults.heal()
    here.source.faults.clear()
    for carrier in carriers:
        carrier.stopped.set()
    for carrier in carriers:
        carrier.join()
    time.sleep(TTL_SECONDS)


def _tell(struck: Counter[str], carriers: Sequence[Carrier], witness: Witness) -> None:
    for what, times in struck.most_common():
        print(f"  {times:>4} x {what}")
    for carrier in carriers:
        ended = ", ".join(f"{times} {status}" for status, times in carrier.outcomes.items())
        print(f"  {carrier.table}: {ended}")
    print(f"  the witness looked {witness.looks:,} times")


def main() -> int:
    """Run one storm; returns the exit code."""
    parser = argparse.ArgumentParser(prog="script/chaos", description=storm.__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    asked = parser.parse_args()
    print(f"storm of {asked.seconds:g} s, --seed {asked.seed}", flush=True)
    with world() as here:
        violations = storm(here, asked.seconds, asked.seed)
    for violation in violations:
        print(f"VIOLATION {violation}")
    print(f"{len(violations)} violations, --seed {asked.seed}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
