"""The status page as a file: of a status, and after a run, whose outcome it never changes."""

import datetime as dt
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tableferry.errors import ConfigError, kind_and_place
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.metrics_file import is_special, write_atomically
from tableferry.runs.events import Event, TableStarted
from tableferry.runs.outcome import RunOutcome

if TYPE_CHECKING:
    from tableferry.config import TableSpec, TargetSettings
    from tableferry.frontend.response import Report

    R = TypeVar("R", bound=Report)
    from tableferry.states.report import StatusReport
    from tableferry.states.words import Commands


def with_page(path: Path | None, read: "Callable[[], StatusReport]") -> "StatusReport":
    """Read the status, and write its page where a file is named; raises ConfigError.

    Raises what reading raises; then the old page, if there is one, stays.
    """
    if path is not None:
        require_writable(path)
    report = read()
    if path is not None:
        write_page(path, report)
    return report


def write_page(path: Path, report: "StatusReport") -> None:
    """Write the page; readers see the old one or the new one. Raises ConfigError."""
    from tableferry.report.page import render_page

    try:
        write_atomically(path, render_page(report))
    except OSError as error:
        raise ConfigError(
            f"The page {path} cannot be written: {error.strerror}",
            hint="Name a file in a folder that exists and may be written to.",
        ) from None


def require_writable(path: Path) -> None:
    """Raise ConfigError where the page has no folder to stand in, before a run is begun."""
    try:
        is_special(path)
        problem = "" if path.absolute().parent.is_dir() else "its folder does not exist"
    except IsADirectoryError:
        problem = "it is a folder"
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        raise ConfigError(
            f"The page {path} cannot be written: {problem}",
            hint="Name a file in a folder that exists.",
        )


class RunReport:
    """Writes the page of a run, which it must see from the beginning."""

    def __init__(
        self,
        path: Path,
        commands: "Commands",
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._path = path
        self._commands = commands
        self._now = now
        self._began = now()
        self._begun: dict[str, dt.datetime] = {}

    def after(
        self,
        run: "Callable[[RunCallbacks], R]",
        callbacks: RunCallbacks,
        specs: "Sequence[TableSpec]",
        target: "TargetSettings",
    ) -> "R":
        """Run, and write the page; returns the outcome, with a warning where there is no page.

        Raises what ``run`` raises: then nothing was begun, and the old page stays.
        """
        outcome = run(replace(callbacks, event=self._noting(callbacks.event)))
        if not isinstance(outcome, RunOutcome):
            return outcome
        warning = self._write(outcome, specs, target)
        return replace(outcome, warnings=(*outcome.warnings, warning)) if warning else outcome

    def _noting(self, tell: Callable[[Event], None]) -> Callable[[Event], None]:
        """Return a callback that notes when each table was begun, too."""

        def event(event: Event) -> None:
            if isinstance(event, TableStarted):
                self._begun[event.table] = self._now()
            tell(event)

        return event

    def _write(
        self, outcome: RunOutcome, specs: "Sequence[TableSpec]", target: "TargetSettings"
    ) -> str:
        """Write the page; returns why that was not possible, "" where it was."""
        from tableferry.inspect.run_status import EndedRun, status_after

        process = f"{socket.gethostname()}:{os.getpid()}"
        run = EndedRun(outcome, self._began, self._now(), self._begun, process)
        try:
            write_page(self._path, status_after(run, specs, target, self._commands))
        except ConfigError as error:
            return error.message
        except Exception as error:  # noqa: BLE001 - a page is not worth a run
            return f"The page {self._path} was not written: {kind_and_place(error)}"
        return ""
