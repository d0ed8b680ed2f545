"""What is being done about a table, in one line: its phase, or its rows, rate and share.

A share and the time that is left come from known counts only: a source that does not say how many
rows a table has, or says too few, gets neither.
"""

from collections.abc import Callable
from typing import Final

from tableferry.model.counting import counted
from tableferry.report.console import name
from tableferry.runs.events import (
    Event,
    Phase,
    PhaseStarted,
    Progress,
    Retrying,
    TableStarted,
    WaitingForLease,
    WaitingForSessions,
)

WORDS: Final = {
    Phase.CONNECT: "connecting",
    Phase.PLAN: "planning",
    Phase.LOAD: "waiting for the first rows",
    Phase.PREPARE: "indexing",
    Phase.PUBLISH: "publishing",
    Phase.VERIFY: "comparing both sides",
    Phase.REPAIR: "repairing",
}

BAR: Final = 16
"""Columns of the bar that shows a share, on a line that has room for it."""

ROOM_FOR_A_BAR: Final = 110

NAME: Final = 20
"""Columns of a table's key; a longer one is cut."""

UNTIL_STEADY: Final = 2.0
"""Seconds of loading before the time that is left is estimated."""


class TableStatus:
    """One table of a run: takes its events, and says what is being done now."""

    def __init__(self, table: str, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._place = ""
        self._event: Event | None = None
        self._since = clock()

    def take(self, event: Event) -> None:
        """Take the table's next event."""
        if isinstance(event, TableStarted):
            self._place = f"{event.number} of {event.tables}" if event.tables > 1 else ""
        self._event, self._since = event, self._clock()

    def line(self, width: int) -> str:
        """Return the line, as markup; ``width`` is how wide the terminal is."""
        shown = name(_cut(self._table))
        padding = " " * max(0, NAME - len(_cut(self._table)))
        place = f"{self._place}  " if self._place else ""
        return f"  {shown}{padding}  [dim]{place}[/]{self._what(width)}"

    def _what(self, width: int) -> str:
        passed = self._clock() - self._since
        match self._event:
            case Progress() as now:
                return _progress(now, has_bar=width >= ROOM_FOR_A_BAR)
            case PhaseStarted(phase=phase):
                return f"{WORDS[phase]}{_for(passed)}"
            case WaitingForLease() as lease:
                left = max(0, round(lease.seconds - passed))
                run = f"run {lease.run_id[:8]} on {lease.process}" if lease.run_id else "a run"
                return f"[yellow]waiting[/] {left} s at most for the lease of {name(run)}"
            case WaitingForSessions() as sessions:
                so_long = duration(sessions.seconds + passed)
                return f"[yellow]waiting[/] {so_long} for {_sessions(sessions.pids)}"
            case Retrying() as retry:
                left = max(0, round(retry.pause - passed))
                why = name(retry.error.message.split("\n")[0])
                return f"[yellow]again[/] in {left} s, after: {why}"
        return f"{WORDS[Phase.CONNECT]}{_for(passed)}"


def duration(seconds: float) -> str:
    """Return seconds as a person reads them: ``12 s``, ``3:05``, ``2:03:05``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _progress(now: Progress, *, has_bar: bool) -> str:
    parts = []
    if now.share is not None:
        if has_bar:
            done = round(now.share * BAR)
            parts.append(f"[green]{'━' * done}[/][dim]{'━' * (BAR - done)}[/]")
        parts.append(f"{int(now.share * 100):>3}%")
    parts += [counted(now.rows, "row"), f"{now.rows_per_second:,} rows/s"]
    if now.seconds_left is not None and now.seconds >= UNTIL_STEADY:
        parts.append(f"{duration(now.seconds_left)} left")
    return "  ".join(parts)


def _sessions(pids: tuple[int, ...]) -> str:
    """Name the sessions that hold a lock."""
    if not pids:
        return "other sessions in PostgreSQL"
    numbers = ", ".join(map(str, pids))
    return f"PostgreSQL session{'' if len(pids) == 1 else 's'} with pid {numbers}"


def _for(seconds: float) -> str:
    """Return for how long, where that is worth a word."""
    return f", {duration(seconds)}" if seconds >= 1 else ""


def _cut(text: str) -> str:
    return text if len(text) <= NAME else f"{text[: NAME - 1]}…"
