"""``script/live HOST:PORT:USER``: exits with 1 if a server does not answer as expected."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg

from live.compare import as_comparison
from live.databases import administer, sweep
from live.judge import Verdict
from live.parse import read_probes
from live.place import Place, read_facts
from live.postgres import Target, sweep_target
from live.probe import AREAS, Probe
from live.report import Report, table
from live.report_files import require_writable, write_report
from live.run import Result, Runner
from live.sandbox_table import write_table
from live.servers import (
    PASSWORD,
    PG_PASSWORD,
    SANDBOX,
    CannotRunError,
    password_for,
    server_at,
    split,
)
from live.suite import run_suite
from tableferry import sqlserver
from tableferry.errors import TableferryError
from tableferry.version import VERSION

COULD_NOT: Final = 2
"""Exit code: nothing was found out."""

INTERRUPTED: Final = 128 + signal.SIGINT

HINTS: Final = {
    "18456": f"Check the user, and the password in {PASSWORD}. Another try may lock the account.",
    "TLS": "Name the certificate of the server's authority with --ca-file.",
}
"""What to do about an error, by its code: the engine's own hints name its variables."""

PROMISE: Final = """\
This will, on {server}:
- create databases whose names begin with tableferry_live_, and drop them in the end{earlier};
- create tables, types and users without login in them, and nothing outside of them;
- try to log in as a login and into a database that do not exist (the server may log that);
- read what the server says of its version, and the names of its databases.
It changes nothing else, and the report holds neither the server's name nor the login's."""


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="script/live", description=__doc__)
    parser.add_argument(
        "server", nargs="?", metavar="HOST:PORT:USER", help="a SQL Server, or the word sandbox; "
        "the password is in TABLEFERRY_LIVE_PASSWORD, or asked for",
    )  # fmt: skip
    parser.add_argument(
        "--postgres", default="", metavar="HOST:PORT:USER", help="the target of the tests, "
        "instead of one of their own; its password is in TABLEFERRY_LIVE_PG_PASSWORD",
    )  # fmt: skip
    parser.add_argument(
        "--wait", type=int, default=0, metavar="SECONDS", help="for a server that is being started"
    )
    parser.add_argument("--ca-file", default="", help="verify the server's certificate by this")
    parser.add_argument("--yes", action="store_true", help="do not ask before beginning")
    parser.add_argument("--probes-only", action="store_true", help="leave out the tests")
    parser.add_argument("--area", action="append", choices=AREAS, help="probes of this area only")
    parser.add_argument(
        "--compare", nargs=2, metavar=("A", "B"), help="run the probes on two servers"
    )
    parser.add_argument(
        "--sandbox-table", action="store_true", help="write what the sandbox says to its README"
    )
    parser.add_argument("--output", type=Path, default=Path(), help="folder of the report")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    options = arguments(argv)
    probes = read_probes(areas=options.area or AREAS)
    try:
        if options.sandbox_table:
            with server_at(SANDBOX) as place:
                return write_table(_probed(place, probes))
        if options.compare:
            return _compare(options, probes)
        with server_at(options.server or "", options.ca_file) as place:
            return _examine(place, options, probes)
    except (CannotRunError, TableferryError, psycopg.Error) as error:
        print(f"script/live: {error}", file=sys.stderr)
        if hint := HINTS.get(getattr(error, "code", ""), ""):
            print(hint, file=sys.stderr)
        return COULD_NOT
    except KeyboardInterrupt:
        print("script/live: interrupted; there is no report", file=sys.stderr)
        return INTERRUPTED


def _compare(options: argparse.Namespace, probes: list[Probe]) -> int:
    found = []
    for name in options.compare:
        with server_at(name, options.ca_file) as place:
            if name != SANDBOX:
                _begin(place, name, may_ask=not options.yes)
            found.append(_probed(place, probes))
    text, is_same = as_comparison(*options.compare, *found)
    print(text)
    return 0 if is_same else 1


def _examine(place: Place, options: argparse.Namespace, probes: list[Probe]) -> int:
    require_writable(options.output)
    target = None
    if options.postgres:
        target = Target(*split(options.postgres), password_for(options.postgres, PG_PASSWORD))
    _wait_for(place, options.wait)
    swept = _begin(place, options.server, may_ask=not options.yes and options.server != SANDBOX)
    version = _sweep_target(target) if target else ""
    try:
        with Runner(place) as runner:
            facts = runner.facts
            results = [_said(runner.run(probe)) for probe in probes]
            print("\n".join(table(results)), flush=True)
            suite, suite_end = (
                ([], "")
                if options.probes_only
                else run_suite(place, target, scrubbed=runner.scrubbed)
            )
    finally:
        # Also when it was interrupted: the processes of the tests may have had no time to do so.
        _sweep(place)
        if target:
            _sweep_target(target)
    wrong = [one.probe for one in results if one.asked]
    with server_at(SANDBOX) as sandbox:
        answers = {one.probe.path: one for one in _probed(sandbox, wrong)} if wrong else {}
    report = Report(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        tableferry=VERSION,
        facts=facts,
        results=results,
        sandbox=answers,
        suite=suite,
        suite_end=suite_end,
        postgres=version,
        swept=swept,
    )
    write_report(report, options.output)
    if not report.says_anything:
        return COULD_NOT
    return 0 if report.is_good else 1


def _begin(place: Place, name: str, *, may_ask: bool) -> int:
    """Say what will be done, ask, and drop what earlier runs have left; returns how many."""
    with sqlserver.connect(place.settings()) as master:
        facts = read_facts(master)
        earlier = ", and those that earlier runs have left"
        print(PROMISE.format(server=f"{name} ({facts.product} {facts.version})", earlier=earlier))
        if may_ask and not _agreed():
            raise CannotRunError("Nothing was done")
    return _sweep(place)


def _agreed() -> bool:
    try:
        return input("Go on? (yes/no) ").strip().lower() in ("y", "yes")
    except EOFError:
        raise CannotRunError("Nothing was done: nobody answered; --yes does") from None


def _wait_for(place: Place, seconds: int) -> None:
    """Wait until a server that is being started takes a login; its last error is raised."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            sqlserver.connect(place.settings()).close()
        except TableferryError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(1)
        else:
            return


def _sweep(place: Place) -> int:
    with administer(place) as master:
        dropped, used = sweep(master)
    return _swept(dropped, used)


def _sweep_target(target: Target) -> str:
    version, dropped, used = sweep_target(target)
    _swept(dropped, used)
    return version


def _swept(dropped: list[str], used: list[str]) -> int:
    if used:
        raise CannotRunError(
            "Another run is using this server: wait for its end, or end its process. "
            f"Its databases: {', '.join(used)}"
        )
    if dropped:
        print(f"Dropped what an earlier run has left: {', '.join(dropped)}")
    return len(dropped)


def _probed(place: Place, probes: list[Probe]) -> list[Result]:
    with Runner(place) as runner:
        return [runner.run(probe) for probe in probes]


def _said(result: Result) -> Result:
    if result.verdict in (Verdict.DIFFERS, Verdict.REFUSED):
        print(f"{result.verdict}: {result.probe.path}: {result.found.splitlines()[0]}", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
