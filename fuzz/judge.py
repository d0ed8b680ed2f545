"""What is wrong with how a case ended: the rules that hold for every command, whatever it met."""

import json
import os
import re
import time
from typing import Any, Final

import psycopg

from fuzz.case import Case
from fuzz.launch import LONGEST_SECONDS, Ended
from fuzz.world import ROWS, SECRET, VALUE, Wires, World, counts
from tableferry.frontend.exit_codes import ENDINGS

EXIT_CODES: Final = frozenset(ending.exit_code for ending in ENDINGS)

FOREIGN: Final = re.compile(r"Traceback \(most recent|did not foresee|Segmentation|core dumped")
"""What no output may hold: a traceback, or the sentence for an error that nobody foresaw."""

_FRAME: Final = re.compile(
    rf'File "[^"]*{os.sep}tableferry{os.sep}([^"]+)"(?:, line \d+, in (\S+))?'
)

_FIRST_LINES: Final = frozenset({("__main__.py", "<module>"), ("__init__.py", "<module>")})
"""Where Python still starts the process: nothing of ours could have said otherwise yet."""

SESSION_SECONDS: Final = 10.0
"""How long a server may take to notice that a client is gone."""

_SESSIONS: Final = """\
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'tableferry%'"""

_RUNNING: Final = """\
SELECT count(*) FROM tableferry.runs WHERE status = 'running'"""


def judge(case: Case, ended: Ended) -> list[str]:
    """Return what is wrong with what a case printed and how its process ended."""
    if ended.exit_code is None:
        return [f"it hung for {LONGEST_SECONDS:g} s"]
    found = []
    if ended.exit_code not in EXIT_CODES and not is_outside(case, ended):
        found.append(f"its exit code is {ended.exit_code}")
    if SECRET in ended.printed:
        found.append("it shows a password")
    if VALUE in ended.printed:
        found.append("it shows a value of a cell")
    if (match := FOREIGN.search(ended.printed)) and not is_outside(case, ended):
        found.append(f"it prints {match[0]!r}")
    if "\x1b" in ended.printed and not case.prints:
        found.append("it prints a terminal escape, although it writes to no terminal")
    if ended.exit_code and not ended.printed.strip() and not (case.out or case.err or case.stop):
        found.append(f"it ends with {ended.exit_code} and says nothing")
    is_whole = not is_outside(case, ended) and not case.out
    if case.is_json and is_whole and ended.out.strip() and not _is_json(ended.out):
        found.append("its stdout is not one JSON document")
    if ended.left_files and ended.exit_code >= 0:
        found.append(f"it leaves files behind: {', '.join(ended.left_files)}")
    return found


def is_outside(case: Case, ended: Ended) -> bool:
    """Whether a signal came while no work was under way, and met only the system or Python.

    That is before the command has begun, after its end, and in commands that only print: the system
    ends the process. ``judge_target`` finds the one that was ended so in the middle of a run.
    """
    if case.stop is None:
        return False
    if "Traceback" in ended.err and not set(_FRAME.findall(ended.err)) <= _FIRST_LINES:
        return False
    return ended.exit_code == -case.stop[0] or (ended.exit_code == 1 and not ended.out)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def judge_target(case: Case, ended: Ended, world: World, wires: Wires) -> list[str]:
    """Return what is wrong with what a case left in the target."""
    with world.connect(wires) as connection:
        found = [
            f"{name!r} is torn: {count} of {ROWS} rows"
            for name, count in counts(connection).items()
            if count not in (0, ROWS)
        ]
        if case.cut is None and not _are_gone(connection):
            found.append("it leaves a session at the target")
        # A command handles signals while it works; the library leaves them to the process's owner.
        is_orderly = ended.exit_code is not None and (
            ended.exit_code >= 0 or (case.kind == "command" and is_outside(case, ended))
        )
        if _is_running(connection):
            if is_orderly and case.cut is None:
                found.append("it ended, and its run is 'running' in the ledger")
            connection.execute("DROP SCHEMA tableferry CASCADE")  # the next case is not to blame
    return found


def _are_gone(connection: "psycopg.Connection[Any]") -> bool:
    until = time.monotonic() + SESSION_SECONDS
    while connection.execute(_SESSIONS.encode()).fetchall()[0][0]:
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _is_running(connection: "psycopg.Connection[Any]") -> bool:
    try:
        return bool(connection.execute(_RUNNING.encode()).fetchall()[0][0])
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return False
