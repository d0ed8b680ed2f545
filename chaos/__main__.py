"""``python -m chaos --seconds 60 --seed 7``: exits with 1 if a promise was violated."""

import argparse
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import psycopg

from chaos.carrier import Carrier
from chaos.followed import FOLLOWED_GROUPS
from chaos.incremental_carriers import FollowedCarrier, IncrementalCarrier, TrackedCarrier
from chaos.storm import strike
from chaos.tracked import TRACKED_GROUPS
from chaos.witness import BUSY, EASY, Pace, Witness
from chaos.world import GROUPS, World, world
from chaos.writer import Writer
from tableferry.postgres.ledger.lease import PACE
from tests.support.proxy import Direction

Groups = Sequence[tuple[str, ...]]

INCREMENTAL: Final[tuple[tuple[type[IncrementalCarrier], Groups, int], ...]] = (
    (TrackedCarrier, TRACKED_GROUPS, 3),
    (FollowedCarrier, FOLLOWED_GROUPS, 2),
)
"""The incremental tables, and how many carriers share them out."""

TABLES: Final = """\
SELECT relname::text AS relname FROM pg_class
WHERE relnamespace = 'tableferry'::regnamespace AND relkind IN ('r', 'p')"""
"""In the ledger's schema: its own, and those of loads under way."""

LEFT_OVER: Final = f"""\
SELECT 'still running in table_runs: ' || table_key FROM tableferry.table_runs
WHERE status = 'running'
UNION ALL
SELECT 'still running in runs: ' || run_id FROM tableferry.runs WHERE status = 'running'
UNION ALL
SELECT 'left behind: ' || relname FROM ({TABLES}) AS t WHERE NOT relname = ANY(%s)
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


def storm(
    here: World, seconds: float, seed: int, groups: Groups = GROUPS, pace: Pace = BUSY
) -> list[str]:
    """Run syncs under faults for some seconds; returns every violated promise."""
    chance = random.Random(seed)
    config = Path(tempfile.mkdtemp(prefix="storm-")) / "table_configs.py"
    config.write_text(f"TABLE_CONFIGS = {here.configs()!r}\n", encoding="utf-8")
    struck: Counter[str] = Counter()
    with Witness(here, pace) as witness:
        carriers = [
            Carrier(tables, here, witness, config, random.Random(f"{seed} {tables}"))
            for tables in groups
        ]
        incremental = list(_sharing(here, witness, config, seed))
        for carrier in carriers:
            carrier.carry()
        ledger = [row[0] for row in _ask(witness, TABLES)]
        writers = [
            Writer(history, random.Random(f"{seed} writer of {history.database}"))
            for history in (here.tracked, here.followed)
        ]
        for writer in writers:
            writer.start()
        here.use_small_disk()
        for carrier in [*carriers, *incremental]:
            carrier.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            struck[strike(here, chance)] += 1
            time.sleep(chance.uniform(0.0, 0.5))
        _calm_down(here, [*carriers, *incremental], witness)
        for writer in writers:
            writer.stop()
        last = [
            one
            for kind, groups_of_it, _ in INCREMENTAL
            for one in _last(kind, groups_of_it, (here, witness, config, chance))
        ]
        # Twice, since the first may resume a load that was cut off, whose rows are older.
        for carrier in [*carriers, *last, *last]:
            if (status := carrier.carry()) != "ok":
                witness.violated(f"{carrier.tables}: the run after the storm reports {status}")
        _two_runs_at_once(here, carriers[0], witness)
        left = _ask(witness, LEFT_OVER, ledger)
        _print_summary(struck, [*carriers, *incremental], witness)
        return list(dict.fromkeys([*witness.violations, *(str(row[0]) for row in left)]))


def _sharing(
    here: World, witness: Witness, config: Path, seed: int
) -> Iterator[IncrementalCarrier]:
    """Return carriers that share the incremental tables out."""
    for kind, all_groups, count in INCREMENTAL:
        for n in range(count):
            chance = random.Random(f"{seed} {kind.__name__} {n}")
            carrier = kind(all_groups[n], here, witness, config, chance)
            carrier.groups = tuple(all_groups[n::count])
            yield carrier


def _last(
    kind: type[IncrementalCarrier],
    groups: Groups,
    given: tuple[World, Witness, Path, random.Random],
) -> list[IncrementalCarrier]:
    """Return the carriers after the storm: one for the tables on their own, one for each pair."""
    alone = kind(tuple(name for group in groups if len(group) == 1 for name in group), *given)
    alone.together = False
    return [alone, *(kind(group, *given) for group in groups if len(group) > 1)]


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


def _ask(witness: Witness, question: str, *values: object) -> list[tuple[Any, ...]]:
    def answers(connection: "psycopg.Connection[Any]") -> list[tuple[Any, ...]]:
        return connection.execute(question.encode(), values or None).fetchall()

    return witness.ask(answers)


def _count(question: str, witness: Witness) -> int:
    [(found,)] = _ask(witness, question)
    return int(found)


def _print_summary(struck: Counter[str], carriers: Sequence[Carrier], witness: Witness) -> None:
    for fault, times in struck.most_common():
        print(f"  {times:>4} x {fault}")
    for carrier in carriers:
        ended = ", ".join(f"{times} {status}" for status, times in carrier.outcomes.most_common())
        print(f"  {carrier}: {ended}")
    print(f"  the witness saw {witness.moments:,} new moments of incremental tables")
    print(f"  the witness checked all tables {witness.looks:,} times")
    print(f"  and saw chunks read at different moments, as reported, {witness.mixtures:,} times")


def main() -> int:
    """Run one storm; returns the exit code."""
    parser = argparse.ArgumentParser(prog="script/chaos", description=storm.__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--incremental", action="store_true", help="these tables mostly")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    print(f"storm of {options.seconds:g} s, --seed {options.seed}", flush=True)
    with world() as here:
        groups, pace = (GROUPS[:2], EASY) if options.incremental else (GROUPS, BUSY)
        violations = storm(here, options.seconds, options.seed, groups, pace)
    for violation in violations:
        print(f"VIOLATION {violation}")
    again = f"script/chaos --seconds {options.seconds:g} --seed {options.seed}"
    again += " --incremental" if options.incremental else ""
    print(f"{len(violations)} violations; to repeat: {again}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
