"""Connects to a Dask scheduler by its address, or starts local worker processes."""

import contextlib
import logging
import re
from collections.abc import Iterator
from typing import Any, Final

from distributed import Client, LocalCluster

from tableferry import __version__
from tableferry.cluster import worker_steps
from tableferry.errors import ConfigError, TransientError

WORKERS_SECONDS: Final = 60
"""How long to wait for the first worker: processes start in seconds, machines in a minute."""

ADDRESS: Final = re.compile(r"(tcp|tls|ucx|ws|wss)://\S+")
LOCAL: Final = re.compile(r"local:(\d{1,3})")


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Client]:
    """Yield a client of ``tcp://HOST:PORT`` (or ``tls://``), or of N local processes: ``local:N``.

    Raises ConfigError for an invalid address, or workers with another version of tableferry, and
    TransientError where no scheduler or no worker answers.
    """
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(_client(address, stack))
        try:
            client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except TimeoutError:
            raise TransientError(
                f"{address} has no workers", hint="Start some: dask worker ADDRESS."
            ) from None
        _require_same_version(client)
        yield client


def _client(address: str, stack: contextlib.ExitStack) -> Client:
    if local := LOCAL.fullmatch(address):
        workers = int(local[1])
        if workers:
            processes = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,  # one connection of the SQL Server driver per process
                processes=True,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
            return Client(stack.enter_context(processes))
    elif ADDRESS.fullmatch(address):
        try:
            return Client(address, timeout=WORKERS_SECONDS / 4)
        except OSError as error:
            raise TransientError(
                f"No scheduler answers at {address}: {type(error).__name__}",
                hint="Start one: dask scheduler.",
            ) from None
    raise ConfigError(
        f"{address!r} is not the address of a scheduler",
        hint="Use tcp://HOST:PORT, tls://HOST:PORT or local:N, N from 1.",
    )


def _require_same_version(client: Client) -> None:
    try:
        found: dict[str, Any] = client.run(worker_steps.version)
    except Exception as error:  # noqa: BLE001 - a worker may fail in any way
        raise ConfigError(
            f"The workers cannot run tableferry: {type(error).__name__}",
            hint="On each of their machines: pip install 'tableferry[dask]'.",
        ) from None
    others = sorted(set(found.values()) - {__version__})
    if others:
        raise ConfigError(
            f"The workers have tableferry {', '.join(others)}, this machine has {__version__}",
            hint="Install the same version everywhere.",
        )
