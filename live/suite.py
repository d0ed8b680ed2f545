"""Runs the tests that any SQL Server has to pass, in a process of its own, on a server."""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from live.place import Place
from live.postgres import Target
from live.report import SuiteFile
from live.servers import PASSWORD, PG_PASSWORD, joined
from tests.support.live_tests import LIVE

ROOT: Final = Path(__file__).parent.parent

MSSQL: Final = "TABLEFERRY_LIVE_MSSQL"
POSTGRES: Final = "TABLEFERRY_LIVE_POSTGRES"
CA_FILE: Final = "TABLEFERRY_LIVE_CA_FILE"
"""What tests/support/live.py reads."""

PROCESSES: Final = 2
"""Each test waits for two servers most of the time; more would only burden a small one."""

SHOWN_CHARACTERS: Final = 1500
"""Of the text of a failure, from its end, where the reason stands."""

_PASSED: Final = (0, 1)
"""pytest's exit codes after a complete run."""

_LIBC: Final = ctypes.CDLL(None)
_PARENT_DEATH: Final = 1
"""PR_SET_PDEATHSIG: the tests end with this process, even when it is killed."""


def run_suite(
    place: Place,
    postgres: Target | None = None,
    *,
    scrubbed: Callable[[str], str] = str,
) -> tuple[list[SuiteFile], str]:
    """Run the tests of ``LIVE``; returns their results, and why they ended early, or "".

    Without ``postgres`` the tests use a server of their own.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "results.xml"
        command = [
            sys.executable, "-m", "pytest", "-q", "--live", f"--junitxml={found}",
            "-n", str(PROCESSES), "--dist", "loadfile", "-p", "no:cacheprovider", *sorted(LIVE),
        ]  # fmt: skip
        code = _run(command, _environment(place, postgres))
        if not found.exists():
            return [], f"The tests ended early, with exit code {code}"
        files = list(_files(found.read_text(encoding="utf-8"), scrubbed))
    return files, "" if code in _PASSED else f"The tests ended early, with exit code {code}"


def _environment(place: Place, postgres: Target | None) -> Mapping[str, str]:
    found = {
        **os.environ,
        MSSQL: joined(place.host, place.port, place.user),
        PASSWORD: place.password,
        CA_FILE: place.ca_file,
    }
    found.pop(POSTGRES, None)
    if postgres:
        found[POSTGRES] = joined(postgres.host, postgres.port, postgres.user)
        found[PG_PASSWORD] = postgres.password
    return found


def _run(command: list[str], environment: Mapping[str, str]) -> int:
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        start_new_session=True,  # Ctrl-C reaches this process, which passes it on once
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call into libc, loaded before the fork
    ) as child:
        try:
            return child.wait()
        except BaseException:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(60)
            except subprocess.TimeoutExpired:
                child.kill()
            raise


def _end_with_parent() -> None:
    if sys.platform == "linux":
        _LIBC.prctl(_PARENT_DEATH, signal.SIGKILL)


def _files(text: str, scrubbed: Callable[[str], str]) -> Iterator[SuiteFile]:
    """Yield the results by file, from a file of JUnit's form."""
    passed: dict[str, int] = {}
    failed: dict[str, dict[str, str]] = {}
    for case in ET.fromstring(text).iter("testcase"):
        file = case.get("classname", "").replace(".", "/") + ".py"
        passed.setdefault(file, 0)
        failed.setdefault(file, {})
        wrong = [one for one in case if one.tag in ("failure", "error")]
        if wrong:
            words = scrubbed(wrong[0].text or wrong[0].get("message") or "")
            failed[file][scrubbed(case.get("name", ""))] = words[-SHOWN_CHARACTERS:]
        else:
            passed[file] += 1
    for file in sorted(passed):
        yield SuiteFile(file, passed[file], failed[file])
