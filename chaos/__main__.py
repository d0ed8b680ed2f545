"""``python -m chaos --seconds 60 --seed 7``: exits with 1 if a promise was violated."""

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
SELECT 'still running in table_runs: ' || table_key FROM tableferry.table_runs
WHERE status = 'running'
UNION ALL
SELECT 'still running in runs: ' || run_id FROM tableferry.runs WHERE status = 'running'
UNION ALL
SELECT 'left behind: ' || relname FROM pg_class
WHERE relnamespace = 'tableferry'::regnamespace AND relkind IN ('r', 'p') AND relname NOT IN
  ('migrations', 'runs', 'table_runs', 'chunks', 'watermarks', 'leases', 'quarantine')
UNION ALL
SELECT 'lease never released: ' || target FROM tableferry.leases WHERE run_id IS NOT NULL
UNION ALL
SELECT 'one lease generation in several runs: ' || target FROM tableferry.table_runs
WHERE generation IS NOT NULL GROUP BY target, generation HAVING count(*) > 1"""

HELD: Final = """\
SELECT count(*) FROM tableferry.leases
WHERE run_id IS NOT NULL AND expires_at > clock_timestamp()"""

NOT_YET_EXPIRED: Final = f"""\
SELECT ({HELD}) + count(*) FROM tableferry.runs
WHERE status = 'running' AND updated_at > clock_timestamp() - interval '{PACE.ttl} seconds'"""
"""Leases and runs that were killed recently. The final runs clean up after those that expired."""


def storm(here: World, seconds: float, seed: int) -> list[str]:
    """Run syncs under faults for some seconds; returns every violated promise."""
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
        here.use_small_disk()
        for carrier in carriers:
            carrier.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            struck[strike(here, chance)] += 1
            time.sleep(chance.uniform(0.0, 0.5))
        _calm_down(here, carriers, witness)
        for carrier in carriers:
            if (status := carrier.carry()) != "ok":
                witness.violated(f"{carrier.tables}: the run after the storm reports {status}")
        _two_runs_at_once(here, carriers[0], witness)
        left = witness.ask(lambda connection: connection.execute(LEFT_OVER.encode()).fetchall())
        _print_summary(struck, carriers, witness)
        return list(dict.fromkeys([*witness.violations, *(str(row[0]) for row in left)]))


def _calm_down(here: World, carriers: Sequence[Carrier], witness: Witness) -> None:
    for wire in (here.source_wire, here.target_wire):
        wire.faults.heal()
    here.source.faults.clear()
    for carrier in carriers:
        carrier.stopped.set()
    for carrier in carriers:
        carrier.join()
    while _count(NOT_YET_EXPIRED, witness):
        time.sleep(0.2)


def _two_runs_at_once(here: World, carrier: Carrier, witness: Witness) -> None:
    """Check that a second run of a table reports ``held`` while the first one has the lease."""
    (table,) = carrier.tables
    first = carrier.begin()
    while not _count(HELD, witness):
        time.sleep(0.01)
    here.source_wire.faults.stall(Direction.TO_CLIENT)
    second = carrier.wait_for(carrier.begin()).status(table)
    here.source_wire.faults.heal()
    ended = (carrier.wait_for(first).status(table), second)
    if ended != ("ok", "held"):
        witness.violated(f"two simultaneous runs of {table} end as {' and '.join(ended)}")


def _count(question: str, witness: Witness) -> int:
    found = witness.ask(lambda connection: connection.execute(question.encode()).fetchone())
    return int(found[0]) if found else 0


def _print_summary(struck: Counter[str], carriers: Sequence[Carrier], witness: Witness) -> None:
    for fault, times in struck.most_common():
        print(f"  {times:>4} x {fault}")
    for carrier in carriers:
        ended = ", ".join(f"{times} {status}" for status, times in carrier.outcomes.most_common())
        print(f"  {' and '.join(carrier.tables)}: {ended}")
    print(f"  the witness checked all tables {witness.looks:,} times")
    print(f"  and saw chunks read at different moments, as reported, {witness.mixtures:,} times")


def main() -> int:
    """Run one storm; returns the exit code."""
    parser = argparse.ArgumentParser(prog="script/chaos", description=storm.__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    print(f"storm of {options.seconds:g} s, --seed {options.seed}", flush=True)
    with world() as here:
        violations = storm(here, options.seconds, options.seed)
    for violation in violations:
        print(f"VIOLATION {violation}")
    again = f"script/chaos --seconds {options.seconds:g} --seed {options.seed}"
    print(f"{len(violations)} violations; to repeat: {again}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
