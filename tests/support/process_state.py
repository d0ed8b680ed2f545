"""What a process can be asked about itself: a library must leave all of it as it was."""

import contextlib
import decimal
import gc
import locale
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from pathlib import Path
from typing import Any


def process_state() -> dict[str, Any]:
    """A snapshot of everything that is shared by the whole process; compare two of them."""
    root = logging.getLogger()
    return {
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "signal handlers": {
            number: repr(signal.getsignal(number)) for number in signal.valid_signals()
        },
        "wakeup descriptor": _wakeup_descriptor(),
        "root logger": (root.level, [repr(handler) for handler in root.handlers], root.disabled),
        "logging": (logging.raiseExceptions, logging.root.manager.disable),
        "warnings filters": [repr(one) for one in warnings.filters],
        "hooks": [
            repr(hook)
            for hook in (sys.excepthook, threading.excepthook, sys.unraisablehook, sys.displayhook)
        ],
        "streams": [repr(stream) for stream in (sys.stdout, sys.stderr, sys.stdin)],
        "locale": locale.setlocale(locale.LC_ALL),
        "socket timeout": socket.getdefaulttimeout(),
        "decimals": repr(decimal.getcontext()),
        "garbage collector": (gc.isenabled(), gc.get_threshold()),
        "switch interval": sys.getswitchinterval(),
        "recursion limit": sys.getrecursionlimit(),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "children": _children(),
        "path": list(sys.path),
    }


def _wakeup_descriptor() -> int:
    """The descriptor that signals are written to, -1 for none; only a main thread may ask."""
    descriptor = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(descriptor)
    return descriptor


def _children() -> list[str]:
    """The processes that this one has started and that are still there, on Linux."""
    tasks = Path("/proc/self/task")
    lists = [task / "children" for task in tasks.iterdir()] if tasks.is_dir() else []
    return [child for one in lists if one.is_file() for child in one.read_text().split()]


def descriptors_of(pid: int) -> list[str]:
    """What a process has open, as Linux names it: files by their paths, sockets by a number."""
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            found.append(str(descriptor.readlink()))
    return sorted(found)


def connections_of(pid: int) -> set[int]:
    """The ports at other ends of a process's connections by TCP over IPv4."""
    sockets = set(descriptors_of(pid))
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return {int(one[2].split(":")[1], 16) for one in fields if f"socket:[{one[9]}]" in sockets}


def threads_of(pid: int) -> int:
    """How many threads a process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))
