"""Runs a case as a process of its own, and returns how it ended."""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from fuzz.case import Case
from fuzz.child import Setting, be, open_stream
from fuzz.world import Wires, World

LONGEST_SECONDS: Final = 60.0
"""Timeouts of connections and statements are set to a few seconds; after this a case hangs."""

TIMEOUTS: Final = {"SQL_SERVER_FUZZ_CONNECT_TIMEOUT": "3", "PG_CONNECT_TIMEOUT": "3"}

Wait = Callable[[float], int | None]
"""Waits so many seconds for a process; returns its exit code, None while it runs."""


@dataclass(frozen=True)
class Ended:
    """How a case ended: its exit code (None: it hung and was killed), what it printed, and left."""

    exit_code: int | None
    out: str
    err: str
    seconds: float
    left_files: tuple[str, ...] = ()

    @property
    def printed(self) -> str:
        """Everything on both streams."""
        return f"{self.out}\n{self.err}"


class Launcher:
    """Starts cases; one for all workers."""

    def __init__(self) -> None:
        self._fork = multiprocessing.get_context("forkserver")
        self._fork.set_forkserver_preload(["fuzz.child"])
        # Starting a process asks after all others as well; an exit code can be read only once.
        self._asking = threading.Lock()

    def run(self, case: Case, world: World, wires: Wires) -> Ended:
        """Run a case to its end, with its wire cut and its signal sent."""
        with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
            root = Path(place)
            urls, environment = world.urls(wires), world.environment(wires)
            if set(urls) & set(case.arguments):
                environment |= world.passwords()
                arguments = tuple(urls.get(one, one) for one in case.arguments)
                case = replace(case, arguments=arguments)
            setting = _prepare(case, environment, root)
            with _cut_wire(case, wires):
                began = time.monotonic()
                is_fresh = case.fresh and case.kind == "command"
                pid, wait = _fresh(case, setting) if is_fresh else self._copy(case, setting)
                exit_code = _see_it_end(case, pid, wait)
                seconds = time.monotonic() - began
            left = tuple(sorted(one.name for one in (root / "tmp").iterdir()))
            return Ended(exit_code, _read(root / "out"), _read(root / "err"), seconds, left)

    def _copy(self, case: Case, setting: Setting) -> tuple[int, Wait]:
        process = self._fork.Process(target=be, args=(case, setting))
        with self._asking:
            process.start()
        assert process.pid is not None

        def wait(seconds: float) -> int | None:
            multiprocessing.connection.wait([process.sentinel], seconds)
            with self._asking:
                return process.exitcode

        return process.pid, wait


def _fresh(case: Case, setting: Setting) -> tuple[int, Wait]:
    """Start a new interpreter; a shell closes streams, since Python cannot start one without."""
    command = [sys.executable, "-m", "tableferry", *case.arguments]
    closing = "".join(
        f" {number}>&-"
        for number, stream in enumerate((case.out, case.err), start=1)
        if stream == "closed"
    )
    if closing:
        command = ["/bin/sh", "-c", f'exec "$@"{closing}', "sh", *command]
    streams = [open_stream(kind, path) for kind, path in setting.streams]
    script = f'cd "$0" && {_LEAVE[case.folder]}exec "$@"'
    process = subprocess.Popen(
        ["/bin/sh", "-c", script, setting.folder, *command],
        env=dict(setting.variables),
        stdin=subprocess.DEVNULL,
        stdout=streams[0],
        stderr=streams[1],
    )
    for stream in streams:
        os.close(stream)

    def wait(seconds: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(seconds)
        return None

    return process.pid, wait


_LEAVE: Final = {"": "", "deleted": 'rm -r "$0" && ', "forbidden": 'chmod 0 "$0" && '}
"""What happens to the working folder after it was entered; root may enter any."""


def _prepare(case: Case, environment: Mapping[str, str], root: Path) -> Setting:
    """Make the case's folders and files."""
    for name in ("work", "tmp", "home"):
        (root / name).mkdir()
    variables = _variables(case, environment, root)
    with contextlib.suppress(OSError, ValueError):  # a name that this file system cannot have
        Path(os.fsdecode(os.fsencode(root / "work")), case.config_name).write_bytes(case.config)
    streams = ((case.out, str(root / "out")), (case.err, str(root / "err")))
    return Setting(variables, str(root / "work"), streams)


def _variables(case: Case, environment: Mapping[str, str], root: Path) -> dict[bytes, bytes]:
    ordinary = {
        **environment,
        **TIMEOUTS,
        "PATH": os.environ["PATH"],
        "HOME": str(root / "home"),
        "TMPDIR": str(root / "tmp"),
        "LANG": "C.UTF-8",
    }
    found = {name.encode(): value.encode() for name, value in ordinary.items()}
    for name, value in case.variables.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = value
    if "ascii" in (case.out, case.err):
        found[b"PYTHONIOENCODING"] = b"ascii"
    return found


@contextlib.contextmanager
def _cut_wire(case: Case, wires: Wires) -> Iterator[None]:
    """Let the case's wire break after so many bytes, and mend it afterwards."""
    if case.cut is None:
        yield
        return
    name, direction, count = case.cut
    faults = (wires.source if name == "source" else wires.target).faults
    faults.cut_after(count, direction)
    try:
        yield
    finally:
        faults.heal()


def _see_it_end(case: Case, pid: int, wait: Wait) -> int | None:
    """Send the case's signal in time; kill what hangs, and return None for it."""
    if case.stop is not None:
        number, after = case.stop
        if (code := wait(after)) is not None:
            return code
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    code = wait(LONGEST_SECONDS)
    if code is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wait(LONGEST_SECONDS)
    return code


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
