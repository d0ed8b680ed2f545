"""What may happen: each fault strikes once, and passes after a while."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable

import psycopg

from chaos.world import WAYS, World
from tableferry.sandbox.faults import CutConnection, EndEarly, SendError, Stall
from tests.support.proxy import Direction, TcpProxy

Fault = Callable[[World, random.Random], None]


def _wire(world: World, chance: random.Random) -> TcpProxy:
    return chance.choice([world.source_wire, world.target_wire])


def cut_after_some_bytes(world: World, chance: random.Random) -> None:
    """Cut a wire in the midst of what is sent, by RST or FIN, and mend it."""
    wire = _wire(world, chance)
    direction = chance.choice(list(Direction))
    count, reset = chance.randrange(400_000), chance.random() < 0.5
    wire.faults.cut_after(count, direction, reset=reset)
    time.sleep(chance.uniform(0.2, 1.0))
    wire.faults.heal()


def cut_now(world: World, chance: random.Random) -> None:
    """Reset every connection of a wire."""
    wire = _wire(world, chance)
    wire.cut_all()


def stall(world: World, chance: random.Random) -> None:
    """Hold everything back for a while."""
    wire = _wire(world, chance)
    direction = chance.choice(list(Direction))
    wire.faults.stall(direction)
    time.sleep(chance.uniform(0.2, 2.0))
    wire.faults.heal()


def source_error(world: World, chance: random.Random) -> None:
    """Let the source fail, cut or end a result in its midst."""
    rows = chance.randrange(4000)
    fault = chance.choice(
        [
            SendError(1205, "Transaction (Process ID 9) was deadlocked on lock resources", rows),
            SendError(601, "Could not continue scan with NOLOCK due to data movement.", rows),
            SendError(40197, "The service has encountered an error processing your request."),
            CutConnection(after_rows=rows, reset=chance.random() < 0.5),
            EndEarly(rows, honest=False),
            Stall(chance.uniform(0.1, 1.5), after_rows=rows),
        ]
    )
    table = chance.choice(list(WAYS))
    world.source.faults.on_statement(rf"FROM \[Storm\]\.\[dbo\]\.\[{table}\] AS", fault)


def kill_backend(world: World, chance: random.Random) -> None:
    """Terminate or cancel one of tableferry's sessions in PostgreSQL."""
    what = chance.choice(["pg_terminate_backend", "pg_cancel_backend"])
    with contextlib.suppress(psycopg.OperationalError), world.connect() as connection:
        connection.execute(
            f"SELECT {what}(pid) FROM pg_stat_activity WHERE application_name LIKE 'tableferry%' "
            "ORDER BY random() LIMIT 1".encode()
        )


def hold_a_table(world: World, chance: random.Random) -> None:
    """Keep a table busy with a transaction that has read it."""
    table = chance.choice(list(WAYS))
    with (
        contextlib.suppress(psycopg.Error),
        world.connect() as connection,
        connection.transaction(),
    ):
        connection.execute(f"SELECT count(*) FROM {table}".encode())
        time.sleep(chance.uniform(0.1, 1.5))


def crash_the_target(world: World, _chance: random.Random) -> None:
    """Kill a backend with SIGKILL: PostgreSQL ends every session and recovers."""
    try:
        with world.connect() as connection:
            found = connection.execute(
                b"SELECT pid FROM pg_stat_activity "
                b"WHERE application_name LIKE 'tableferry%' ORDER BY random() LIMIT 1"
            ).fetchone()
    except psycopg.OperationalError:
        return  # It is down already.
    with contextlib.suppress(ProcessLookupError):
        if found is not None:
            os.kill(found[0], signal.SIGKILL)


FAULTS: tuple[tuple[int, Fault], ...] = (
    (5, cut_after_some_bytes),
    (2, cut_now),
    (3, stall),
    (5, source_error),
    (3, kill_backend),
    (2, hold_a_table),
    (1, crash_the_target),
)
"""What happens how often, in proportion."""


def strike(world: World, chance: random.Random) -> str:
    """Let one thing happen; returns its name."""
    weights, faults = zip(*FAULTS, strict=True)
    (fault,) = chance.choices(faults, weights)
    fault(world, chance)
    return fault.__name__.replace("_", " ")
