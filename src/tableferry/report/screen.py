"""Where output goes: results to stdout, failures and progress to stderr; live lines on a terminal.

What is being done now is a line for each table. On a terminal these lines are redrawn below
everything that was printed; a log gets each of them every LOG_SECONDS.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from tableferry.report.console import console

LOG_SECONDS: Final = 10.0
"""Between two lines of a table in a log. A line a batch would be 100,000 for a billion rows."""

TICK_SECONDS: Final = 0.5
"""How often a log looks whether a line is due."""

REDRAWN_PER_SECOND: Final = 4

MOST_LINES: Final = 6
"""Live lines at once: those that changed last. Tables that are published together all have one."""

Line = Callable[[int], str]
"""Returns what is being done now as markup; a wide terminal gets a bar, a log (width 0) none."""


class Screen:
    """The two consoles of a command, and the lines that say what is being done now.

    ``quiet``: only failures, and what is printed with ``always``. ``shows_results`` False: stdout
    belongs to a JSON document; stderr gets failures, and live lines where it is a terminal.
    """

    def __init__(
        self,
        out: Console | None = None,
        err: Console | None = None,
        *,
        quiet: bool = False,
        shows_results: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._out = out or console()
        self._err = err or console(stderr=True)
        self._silent = Console(quiet=True)
        self._quiet = quiet
        self._shows_results = shows_results
        self._clock = clock
        self._lock = threading.RLock()
        self._lines: dict[str, Line] = {}
        self._changed: dict[str, None] = {}
        self._next: dict[str, float] = {}
        self._live = self._live_lines()
        self._stopped = threading.Event()
        logs = self._live is None and shows_results and not quiet
        self._log = threading.Thread(target=self._tick_until_stopped, daemon=True) if logs else None

    def _live_lines(self) -> Live | None:
        terminals = [self._err, *([self._out] if self._shows_results else [])]
        # A dumb terminal (TERM=dumb, in an editor, say) cannot redraw a line: it gets a log's.
        able = (one for one in terminals if one.is_terminal and not one.is_dumb_terminal)
        terminal = next(able, None)
        if terminal is None or self._quiet:
            return None
        return Live(
            get_renderable=lambda: self._drawn(terminal.width),
            console=terminal,
            refresh_per_second=REDRAWN_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    @property
    def is_live(self) -> bool:
        """Whether lines are redrawn in place; a log gets them one after the other."""
        return self._live is not None

    def __enter__(self) -> Self:
        if self._log is not None:
            self._log.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        with self._lock:
            self._lines.clear()
        self._pause()

    @contextlib.contextmanager
    def printing(self, *, failed: bool = False, always: bool = False) -> Iterator[Console]:
        """Yield the console for a result, or for a failure; live lines make room meanwhile."""
        with self._lock:
            self._pause()
            if failed:
                yield self._err
            elif self._shows_results and (always or not self._quiet):
                yield self._out
            else:
                yield self._silent
            self._resume()

    def doing(self, key: str, line: Line | None) -> None:
        """Show what is being done about a table, or None: it is done."""
        with self._lock:
            self._changed.pop(key, None)
            if line is not None:
                self._lines[key] = line
                self._changed[key] = None
                self._next.setdefault(key, self._clock() + LOG_SECONDS)
            else:
                self._lines.pop(key, None)
                self._next.pop(key, None)
            if not self._lines:
                self._pause()
            else:
                self._resume()
        self.tick()

    def tick(self) -> None:
        """Print the lines that are due in a log."""
        if self._log is None:
            return
        with self._lock:
            now = self._clock()
            for key, line in self._lines.items():
                if now >= self._next[key]:
                    self._next[key] = now + LOG_SECONDS
                    self._err.print(line(0), soft_wrap=True)

    def _tick_until_stopped(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            self.tick()

    def _drawn(self, width: int) -> Group:
        # Without the lock: the thread that redraws holds another one, which printing waits for.
        every, changed = dict(self._lines), list(self._changed)[-MOST_LINES:]
        lines, more = [every[key] for key in every if key in changed], len(every) - MOST_LINES
        texts = [Text.from_markup(line(width), emoji=False) for line in lines]
        if more > 0:
            texts.append(Text(f"  and {more} more", style="dim"))
        for text in texts:
            text.no_wrap, text.overflow = True, "ellipsis"
        return Group(*texts)

    def _pause(self) -> None:
        if self._live is not None and self._live.is_started:
            self._live.stop()

    def _resume(self) -> None:
        if self._live is not None and self._lines and not self._live.is_started:
            self._live.start(refresh=True)
