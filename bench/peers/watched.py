"""Runs a foreign command and watches what it takes: time, CPU, and memory with its children."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.errors import BenchError

TICK: Final = 0.02
SECONDS: Final = 300.0
"""A tool that takes longer is said to have failed."""

_PAGE_MB: Final = os.sysconf("SC_PAGESIZE") / 2**20


def watched(
    command: Sequence[str], environment: Mapping[str, str], given: str = "", what: str = ""
) -> dict[str, float]:
    """Run a command to its end; returns ``wall`` and ``cpu`` in seconds, and ``peak_mb``.

    ``peak_mb`` is the highest sum of what it and its children had in memory at one moment. Raises
    BenchError with the end of its output if it fails.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as reading:
        reading.write(given)
        reading.seek(0)
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=reading,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        memory = _Memory(process.pid)
        limit = threading.Timer(SECONDS, process.kill)
        limit.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        limit.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = memory.stop()
        output.seek(0)
        if process.returncode:
            told = f"ended with {process.returncode} after {wall:.0f} s"
            raise BenchError(f"{what} {told}:\n{output.read()[-3000:]}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak_mb": peak}


class _Memory:
    """Looks at the memory of a process and its children until it is stopped."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._peak = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Return the peak, in MB."""
        self._ended.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._ended.wait(TICK):
            self._peak = max(self._peak, sum(map(_resident_mb, _family(self._process))))


def _family(process: int) -> list[int]:
    """Return a process and its descendants."""
    found = [process]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:  # the thread has ended meanwhile
                continue
    return found


def _resident_mb(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE_MB
    except OSError:
        return 0.0
