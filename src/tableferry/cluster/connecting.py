"""Where the workers are: a scheduler by its address, or some processes of this machine."""

import contextlib
import logging
import re
from collections.abc import Iterator
from typing import Any, Final

from distributed import Client, LocalCluster

from tableferry import __version__
from tableferry.cluster import work
from tableferry.errors import ConfigError, TransientError

WORKERS_SECONDS: Final = 60
"""How long the first worker is waited for: processes start in seconds, machines in a minute."""

ADDRESS: Final = re.compile(r"(tcp|tls|ucx|ws|wss)://\S+")
LOCAL: Final = re.compile(r"local:(\d{1,3})")


@contextlib.contextmanager
def cluster(where: str) -> Iterator[Client]:
    """Yield a client of ``tcp://HOST:PORT`` (or ``tls://``), or of N processes: ``local:N``.

    Raises ConfigError where that is no address, or the workers have another tableferry, and
    TransientError where nobody is there.
    """
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(_client(where, stack))
        try:
            client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except TimeoutError:
            raise TransientError(
                f"{where} has no workers", hint="Start some: dask worker ADDRESS."
            ) from None
        _require_same_version(client)
        yield client


def _client(where: str, stack: contextlib.ExitStack) -> Client:
    if local := LOCAL.fullmatch(where):
        workers = int(local[1])
        if workers:
            processes = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,  # the driver of SQL Server is happiest alone
                processes=True,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
            return Client(stack.enter_context(processes))
    elif ADDRESS.fullmatch(where):
        try:
            return Client(where, timeout=WORKERS_SECONDS / 4)
        except OSError as error:
            raise TransientError(
                f"There is no scheduler at {where}: {type(error).__name__}",
                hint="Start one: dask scheduler.",
            ) from None
    raise ConfigError(
        f"{where!r} is no scheduler", hint="tcp://HOST:PORT, tls://HOST:PORT or local:N, N from 1."
    )


def _require_same_version(client: Client) -> None:
    try:
        found: dict[str, Any] = client.run(work.version)
    except Exception as error:  # noqa: BLE001 - whatever is wrong over there
        raise ConfigError(
            f"The workers cannot do tableferry's work: {type(error).__name__}",
            hint="On each of their machines: pip install 'tableferry[dask]'.",
        ) from None
    others = sorted(set(found.values()) - {__version__})
    if others:
        raise ConfigError(
            f"The workers have tableferry {', '.join(others)}; here is {__version__}",
            hint="Install the same one everywhere.",
        )
