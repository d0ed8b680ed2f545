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
from chaos.world import GROUPS, World, world
from tableferry.postgres.ledger.lease import PACE
from tests.support.proxy import Direction

LEFT_OVER: Final = """\
SELECT 'table_runs says running: ' || table_key FROM tableferry.table_runs WHERE status = 'running'
UNION ALL
SELECT 'runs says running: ' || run_id FROM tableferry.runs WHERE status = 'running'
UNION ALL
SELECT 'left behind: ' || relname FROM pg_class
WHERE relnamespace = 'tableferry'::regnamespace AND relkind IN ('r', 'p') AND relname NOT IN
  ('migrations', 'runs', 'table_runs', 'chunks', 'watermarks', 'leases', 'quarantine')
UNION ALL
SELECT 'held for ever: ' || target FROM tableferry.leases WHERE run_id IS NOT NULL
UNION ALL
SELECT 'one lease for several runs: ' || target FROM tableferry.table_runs
WHERE generation IS NOT NULL GROUP BY target, generation HAVING count(*) > 1"""

HELD: Final = """\
SELECT count(*) FROM tableferry.leases
WHERE run_id IS NOT NULL AND expires_at > clock_timestamp()"""

NOT_TAKEN_FOR_DEAD: Final = f"""\
SELECT ({HELD}) + count(*) FROM tableferry.runs
WHERE status = 'running' AND updated_at > clock_timestamp() - interval '{PACE.ttl} seconds'"""
"""Runs that were killed a moment ago: the last ones find out that they are dead."""


def storm(here: World, seconds: float, seed: int) -> list[str]:
    """Let it rage; returns every violation of what is promised."""
    chance = random.Random(seed)
    config = Path(tempfile.mkdtemp(prefix="storm-")) / "table_configs.py"
    config.write_text(f"TABLE_CONFIGS = {here.configs()!r}\n", encoding="utf-8")
    struck: Counter[str] = Counter()
    with Witness(here) as witness:
        carriers = [
            Carrier(tables, here, witness, config, random.Random(f"{seed} {tables}"))
            for tables in GROUPS
        ]
        for carrier in carriers:
            carrier.carry()
        here.crowd()
        for carrier in carriers:
            carrier.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            struck[strike(here, chance)] += 1
            time.sleep(chance.uniform(0.0, 0.5))
        _calm_down(here, carriers, witness)
        for carrier in carriers:
            if (status := carrier.carry()) != "ok":
                witness.violated(f"{carrier.tables}: after the storm it says {status}")
        _two_at_once(here, carriers[0], witness)
        left = witness.ask(lambda connection: connection.execute(LEFT_OVER.encode()).fetchall())
        _tell(struck, carriers, witness)
        return list(dict.fromkeys([*witness.violations, *(str(row[0]) for row in left)]))


def _calm_down(here: World, carriers: Sequence[Carrier], witness: Witness) -> None:
    for wire in (here.source_wire, here.target_wire):
        wire.faults.heal()
    here.source.faults.clear()
    for carrier in carriers:
        carrier.stopped.set()
    for carrier in carriers:
        carrier.join()
    while _count(NOT_TAKEN_FOR_DEAD, witness):
        time.sleep(0.2)


def _two_at_once(here: World, carrier: Carrier, witness: Witness) -> None:
    """See that a second run of a table finds the first at it, and says so."""
    (table,) = carrier.tables
    first = carrier.begin()
    while not _count(HELD, witness):
        time.sleep(0.01)
    here.source_wire.faults.stall(Direction.TO_CLIENT)
    second = carrier.heard(carrier.begin()).status(table)
    here.source_wire.faults.heal()
    ended = (carrier.heard(first).status(table), second)
    if ended != ("ok", "held"):
        witness.violated(f"two runs of {table} at once end as {' and '.join(ended)}")


def _count(question: str, witness: Witness) -> int:
    found = witness.ask(lambda connection: connection.execute(question.encode()).fetchone())
    return int(found[0]) if found else 0


def _tell(struck: Counter[str], carriers: Sequence[Carrier], witness: Witness) -> None:
    for what, times in struck.most_common():
        print(f"  {times:>4} x {what}")
    for carrier in carriers:
        ended = ", ".join(f"{times} {status}" for status, times in carrier.outcomes.most_common())
        print(f"  {' and '.join(carrier.tables)}: {ended}")
    print(f"  the witness looked {witness.looks:,} times at all of them")
    print(f"  and saw chunks of several moments, said to be so, {witness.mixtures:,} times")


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
    print(f"{len(violations)} violations; again: script/chaos --seconds {asked.seconds:g}", end="")
    print(f" --seed {asked.seed}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
