"""Writes metrics to a file, for a collector that may read it at any moment."""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tableferry.states.report import StatusReport


def with_metrics(path: Path | None, read: "Callable[[], StatusReport]") -> "StatusReport":
    """Read the status, and write its metrics where a file is named; raises what reading raises.

    Where the status cannot be read, the metrics say so: an older file would go on saying that all
    is well. Where the file cannot be written, stderr says why, and the command ends as it would.
    """
    try:
        report = read()
    except Exception:
        _write(path, None)
        raise
    _write(path, report)
    return report


def _write(path: Path | None, report: "StatusReport | None") -> None:
    from tableferry.states.openmetrics import openmetrics

    if path is None:
        return
    try:
        write_atomically(path, openmetrics(report))
    except OSError as error:
        print(f"The metrics were not written to {path}: {error.strerror}", file=sys.stderr)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file by another with this text: a reader sees the old one or the new one, whole.

    A link stays one. A device or a pipe, such as /dev/null, is written to and never replaced: root
    could put a file in its place. Raises OSError, and leaves the old file then. The name of the new
    one, until it is whole, is none that node_exporter reads (``*.prom``).
    """
    if is_special(path):
        _write_into(path, text)
        return
    path = path.resolve()
    new = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with new.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def is_special(path: Path) -> bool:
    """Whether there is a device, a pipe or a socket, which no file may replace; raises OSError.

    Raises IsADirectoryError for a folder.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return not stat.S_ISREG(mode)


def _write_into(path: Path, text: str) -> None:
    # Without waiting: a pipe that nobody reads would keep the command for ever.
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
