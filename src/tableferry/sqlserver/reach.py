"""Reach a SQL Server by TCP before the driver does: all addresses of its name, at once.

The name of an availability group's listener has an address in each subnet, and only one of them
answers. The driver (mssql-python 1.16) tries them one after the other and spends the whole timeout
on a dead one, unless it is asked for ``MultiSubnetFailover``. It also gives no reason for a host
that it cannot reach; this does.
"""

import contextlib
import errno
import os
import selectors
import socket
import time
from collections.abc import Sequence
from typing import Any, Final

from tableferry.config import SourceSettings
from tableferry.errors import ConfigError, TransientError, os_reason

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""An address family and what ``socket.connect`` takes for it."""

_CONNECTING: Final = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})


def addresses_of(settings: SourceSettings) -> tuple[Address, ...]:
    """Return every TCP address of the host, without repetitions; raises ConfigError for none."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):  # UnicodeError: a label over 63 characters
        raise ConfigError(
            f"SQL Server's host name {settings.host!r} cannot be resolved",
            hint=f"Check {settings.variable('host')}.",
        ) from None
    return tuple(dict.fromkeys((family, address) for family, _, _, _, address in found))


def tries_all_at_once(settings: SourceSettings, addresses: Sequence[Address]) -> bool:
    """Whether the driver is to try all addresses at once: as configured, else if it has several."""
    if settings.multi_subnet_failover is None:
        return len(addresses) > 1
    return settings.multi_subnet_failover


def reach(settings: SourceSettings, addresses: Sequence[Address]) -> socket.socket:
    """Open a TCP connection to the first address that accepts one; the others are closed.

    Raises TransientError, which names host, port and the variables to check, if none does within
    ``connect_timeout`` seconds.
    """
    wire, reason = _first(addresses, settings.connect_timeout)
    if wire is not None:
        return wire
    several = f" at any of its {len(addresses)} addresses" if len(addresses) > 1 else ""
    raise TransientError(
        f"SQL Server at {settings.address} cannot be reached{several}: {reason}",
        hint=f"Check {settings.variable('host')} and {settings.variable('port')}, and that the "
        "server and the network admit this machine.",
    )


def _first(addresses: Sequence[Address], seconds: float) -> tuple[socket.socket | None, str]:
    """Connect to all of them; return the first that is open, or why none is."""
    until = time.monotonic() + seconds
    reason = "timed out"
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for family, address in addresses:
            try:
                wire = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            except OSError as error:  # a machine without IPv6, say
                reason = os_reason(error)
                continue
            wire.setblocking(False)
            code = wire.connect_ex(address)
            if code in _CONNECTING:
                selector.register(wire, selectors.EVENT_WRITE, wire)
            else:
                reason = os.strerror(code)
        while selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                wire = key.data
                selector.unregister(wire)
                code = wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code:
                    reason = os.strerror(code)
                    continue
                found = wire.dup()
                found.settimeout(seconds)
                return found, ""
        if selector.get_map():
            reason = "timed out"
    return None, reason
