"""The faults of the storm; each strikes once and is undone after a while."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from typing import Any, Final

import psycopg

from chaos.followed import FOLLOWED
from chaos.tracked import TRACKED
from chaos.world import TABLES, World
from tableferry_sandbox.faults import CutConnection, EndEarly, SendError, Stall
from tests.support.proxy import Direction, TcpProxy

Fault = Callable[[World, random.Random], None]


def _wire(world: World, chance: random.Random) -> TcpProxy:
    return chance.choice([world.source_wire, world.target_wire])


def cut_after_some_bytes(world: World, chance: random.Random) -> None:
    """Cut a wire mid-stream, by RST or FIN, and restore it."""
    wire = _wire(world, chance)
    direction = chance.choice(list(Direction))
    count, reset = chance.randrange(400_000), chance.random() < 0.5
    wire.faults.cut_after(count, direction, reset=reset)
    time.sleep(chance.uniform(0.2, 1.0))
    wire.faults.heal()


def cut_now(world: World, chance: random.Random) -> None:
    """Reset every connection on a wire."""
    wire = _wire(world, chance)
    wire.cut_all()


def stall(world: World, chance: random.Random) -> None:
    """Hold back all traffic in one direction for a while."""
    wire = _wire(world, chance)
    direction = chance.choice(list(Direction))
    wire.faults.stall(direction)
    time.sleep(chance.uniform(0.2, 2.0))
    wire.faults.heal()


def reads(table: str) -> str:
    """Return a pattern for the statements that read a table's rows, or its changes."""
    return rf"(FROM|CHANGES) \[\w+\]\.\[dbo\]\.\[{table}\]( AS|,)"


def source_error(world: World, chance: random.Random) -> None:
    """Let the source fail, cut, stall or end a result early."""
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
    table = chance.choice([*TABLES, *TRACKED, *FOLLOWED])
    world.source.faults.on_statement(reads(table), fault)


def kill_backend(world: World, chance: random.Random) -> None:
    """Terminate or cancel one of tableferry's sessions in PostgreSQL."""
    what = chance.choice(["pg_terminate_backend", "pg_cancel_backend"])
    with contextlib.suppress(psycopg.OperationalError), world.connect() as connection:
        connection.execute(
            f"SELECT {what}(pid) FROM pg_stat_activity WHERE application_name LIKE 'tableferry%' "
            "ORDER BY random() LIMIT 1".encode()
        )


def hold_a_table(world: World, chance: random.Random) -> None:
    """Keep a table locked by a transaction that has read it."""
    table = chance.choice([*TABLES, *TRACKED, *FOLLOWED])
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
        return  # the server is already down
    with contextlib.suppress(ProcessLookupError):
        if found is not None:
            os.kill(found[0], signal.SIGKILL)


def restart_the_source(world: World, chance: random.Random) -> None:
    """Stop the source, which ends every session, and restart it on the same port."""
    world.source.stop()
    time.sleep(chance.uniform(0.0, 0.5))
    world.source.start()


def fill_the_disk(world: World, chance: random.Random) -> None:
    """Fill the small disk, if there is one, and free it again."""
    if world.disk is None:
        return
    try:
        with world.connect() as connection:
            # Without free space a server in recovery would stay down, and it may not create files.
            connection.execute(b"CHECKPOINT")
    except psycopg.OperationalError:
        return
    found = os.statvfs(world.disk)
    filler = world.disk / "filler"
    with contextlib.suppress(OSError):  # a load may use up the space first
        filler.write_bytes(bytes(found.f_bavail * found.f_frsize))
    time.sleep(chance.uniform(0.3, 1.5))
    filler.unlink()


_SEALED: Final = """\
SELECT l.pid, r.process FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
JOIN tableferry.runs r ON a.application_name = 'tableferry ' || r.run_id
WHERE l.relation = to_regclass('tableferry.{}') AND l.mode = 'RowExclusiveLock' AND l.granted
LIMIT 1"""
"""A session that has recorded an outcome or a stored chunk but has not committed yet."""

AMBUSH_SECONDS: Final = 2.0
"""How long to wait for a session in that state."""


def strike_at_a_commit(world: World, chance: random.Random) -> None:
    """Wait until an outcome or a chunk is recorded, and strike before it is committed."""
    table = chance.choice(["table_runs", "table_runs", "chunks"])
    blow = chance.choice(_BLOWS)
    until = time.monotonic() + AMBUSH_SECONDS
    with contextlib.suppress(psycopg.Error), world.connect() as connection:
        while time.monotonic() < until:
            found = connection.execute(_SEALED.format(table).encode()).fetchone()
            if found is not None:
                blow(world, connection, found[0], int(found[1].rpartition(" ")[2]))
                return
            time.sleep(0.002)


Blow = Callable[[World, "psycopg.Connection[Any]", int, int], None]


def _kill_the_process(_w: World, _c: "psycopg.Connection[Any]", _pid: int, process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _interrupt_it(_w: World, _c: "psycopg.Connection[Any]", _pid: int, process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGINT)


def _cancel_it(_w: World, connection: "psycopg.Connection[Any]", pid: int, _process: int) -> None:
    connection.execute(b"SELECT pg_cancel_backend(%s)", (pid,))


def _end_it(_w: World, connection: "psycopg.Connection[Any]", pid: int, _process: int) -> None:
    connection.execute(b"SELECT pg_terminate_backend(%s)", (pid,))


def _cut_it(world: World, _c: "psycopg.Connection[Any]", _pid: int, _process: int) -> None:
    world.target_wire.cut_all()


def _hide_the_answer(world: World, _c: "psycopg.Connection[Any]", _pid: int, _p: int) -> None:
    world.target_wire.faults.stall(Direction.TO_CLIENT)
    time.sleep(0.5)
    world.target_wire.cut_all()
    world.target_wire.faults.heal()


def _hold_it_back(world: World, _c: "psycopg.Connection[Any]", _pid: int, process: int) -> None:
    """Delay the COMMIT on the wire, kill its sender, then let it arrive."""
    world.target_wire.faults.stall(Direction.TO_SERVER)
    time.sleep(0.2)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    time.sleep(0.2)
    world.target_wire.faults.heal()


_BLOWS: Final[tuple[Blow, ...]] = (
    _kill_the_process,
    _interrupt_it,
    _cancel_it,
    _end_it,
    _cut_it,
    _hide_the_answer,
    _hold_it_back,
)

FAULTS: tuple[tuple[int, Fault], ...] = (
    (5, cut_after_some_bytes),
    (2, cut_now),
    (3, stall),
    (5, source_error),
    (3, kill_backend),
    (2, hold_a_table),
    (1, crash_the_target),
    (1, restart_the_source),
    (2, fill_the_disk),
    (6, strike_at_a_commit),
)
"""The faults with their relative frequencies."""


def strike(world: World, chance: random.Random) -> str:
    """Inject one random fault; returns its name."""
    weights, faults = zip(*FAULTS, strict=True)
    (fault,) = chance.choices(faults, weights)
    fault(world, chance)
    return fault.__name__.replace("_", " ")
