"""The PostgreSQL of the tests: its version, and what runs that were killed have left there."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.errors import ObjectInUse

from live.databases import MARK, PATIENCE

FOUND = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1"


@dataclass(frozen=True, slots=True)
class Target:
    """The address of a PostgreSQL and a login that may create databases."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)


def sweep_target(
    target: Target,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[str, list[str], list[str]]:
    """Return the version, the databases that were dropped, and those that a run still uses.

    Raises psycopg.Error where the server cannot be reached.
    """
    dropped: list[str] = []
    used: list[str] = []
    with psycopg.connect(
        host=target.host,
        port=target.port,
        user=target.user,
        password=target.password,
        dbname="postgres",
        autocommit=True,
    ) as connection:
        number = connection.info.server_version
        names = [str(name) for (name,) in connection.execute(FOUND, (MARK,)).fetchall()]
        for name in names:
            deadline = clock() + (0 if used else PATIENCE)
            while True:
                try:
                    connection.execute(
                        sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
                    )
                except ObjectInUse:
                    if clock() >= deadline:
                        used.append(name)
                        break
                    sleep(0.5)
                else:
                    dropped.append(name)
                    break
    return f"{number // 10000}.{number % 10000}", dropped, used
