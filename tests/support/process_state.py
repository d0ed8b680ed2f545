"""What a process can be asked about itself: a library must leave all of it as it was."""

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
