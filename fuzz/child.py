"""The process of a case: its streams, folder and environment, and then the command itself.

Cases run in copies of one process that has loaded everything (``multiprocessing``'s fork server),
which takes 30 ms instead of a second; ``fresh`` ones in a new interpreter.
"""

import contextlib
import io
import json
import os
import runpy
import shutil
import signal
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import tableferry
from fuzz.case import Case
from tableferry.aws import handler as _handler  # loaded once, before any case
from tableferry.cli import entry
from tableferry.config import config_file, load_settings
from tableferry.frontend.execute import execute
from tableferry.frontend.request import Operation
from tableferry.inspect import check, discover, plan_report
from tableferry.report import run_view
from tableferry.runs import run

PRELOADED = (check, discover, plan_report, run_view, run)


@dataclass(frozen=True)
class Setting:
    """What a case's process finds; each of its two streams has a kind and a file."""

    variables: Mapping[bytes, bytes]
    folder: str
    streams: tuple[tuple[str, str], tuple[str, str]]


def open_stream(kind: str, path: str) -> int:
    """Open a stream of this kind; an ordinary one writes into the file."""
    if kind == "full":
        return os.open("/dev/full", os.O_WRONLY)
    if kind == "reader gone":
        reader, writer = os.pipe()
        os.close(reader)
        return writer
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def be(case: Case, setting: Setting) -> None:
    """Become the case's process and run it; the exit code is the command's."""
    for number, (kind, path) in enumerate(setting.streams, start=1):
        os.dup2(open_stream(kind, path), number)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8")
    sys.stderr = io.TextIOWrapper(
        io.FileIO(2, "w", closefd=False), "utf-8", "backslashreplace", write_through=True
    )
    os.environb.clear()
    os.environb.update(setting.variables)
    os.chdir(setting.folder)
    if case.folder == "deleted":
        shutil.rmtree(setting.folder)
    elif case.folder == "forbidden":
        Path(setting.folder).chmod(0)
    code = 0
    try:
        code = _run(case)
    except KeyboardInterrupt:  # before or after the command itself, which handles its own
        code = 128 + signal.SIGINT
    except BaseException:  # noqa: BLE001 - the judge finds its traceback
        traceback.print_exc()
        code = 70
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(code)


def _run(case: Case) -> int:
    if case.kind == "event":
        return _answer(case.event, case.config_name)
    if case.kind == "api":
        return _call(case.config_name)
    sys.argv = ["tableferry", *case.arguments]
    try:
        entry.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _answer(event: Any, config_name: str) -> int:
    """Give the event to the Lambda handler, with the tables of the file."""
    try:
        configured = runpy.run_path(config_name).get("TABLE_CONFIGS", {})
    except BaseException:  # noqa: BLE001 - the deployment's own file: no event reaches the handler
        return 0
    if not isinstance(configured, Mapping):
        return 0

    def load_config(names: Any) -> Any:
        specs = config_file.read_tables(Path(config_name), names)
        settings = load_settings({spec.db_type for spec in specs}, None, None)
        return SimpleNamespace(tables=specs, warnings=(), settings=settings)

    def work(request: Any, callbacks: Any) -> Any:
        config = load_config(request.tables)
        specs, settings = config.tables, config.settings
        if request.mode is Operation.INFO:
            return {spec.key: spec.to_dict() for spec in specs}
        return execute(request, specs, settings, callbacks)

    try:
        answer = _handler.handle_event(
            event, None, configured=lambda: configured, load_config=load_config, execute=work
        )
    except tableferry.TableferryError as error:  # a step's: the runtime prints its traceback
        _print_chain(error)
        return 1
    print(json.dumps(answer))
    return 0


def _call(config_name: str) -> int:
    """Sync by the Python API; print what a caller's traceback would show."""
    try:
        specs = config_file.read_tables(Path(config_name), None)
        settings = load_settings({spec.db_type for spec in specs}, None, None)
        run.sync_tables(specs, settings).raise_for_failure()
    except tableferry.TableferryError as error:
        _print_chain(error)
        return 1
    return 0


def _print_chain(error: BaseException) -> None:
    """Print an error with its causes as a traceback has them, under another heading."""
    text = "".join(traceback.format_exception(error))
    print(text.replace("Traceback (most recent call last)", "An error by the API"), file=sys.stderr)
