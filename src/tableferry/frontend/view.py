"""What a command shows while it works, and at its end: the views of ``report`` behind one door.

A view is imported with the first event or answer, and the console's library with the first line:
``info --json`` in a pipe shows nothing and loads neither.
"""

import json
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from tableferry.frontend.response import Result
from tableferry.runs.outcome import RunOutcome
from tableferry.runs.rounds import Round, Waiting, Watched
from tableferry.states.listings import History, QuarantineList, RunList
from tableferry.states.report import StatusReport
from tableferry.verification.result import TableVerification, Verification

if TYPE_CHECKING:
    from tableferry.frontend.command import Style
    from tableferry.report.answers_view import AnswersView
    from tableferry.report.listings_view import Listing
    from tableferry.report.run_view import RunView
    from tableferry.report.screen import Screen
    from tableferry.report.verify_view import VerifyView
    from tableferry.report.watch_view import WatchView
    from tableferry.runs.events import Event


STARTING: Final = ""
"""Whose line it is that a terminal shows before anything else: no table's."""


class View:
    """Shows events, answers and the result in a style; a context manager."""

    def __init__(self, style: "Style") -> None:
        self._style = style
        self._screen: Screen | None = None
        self._run: RunView | None = None
        self._answers: AnswersView | None = None
        self._watch: WatchView | None = None
        self._verify: VerifyView | None = None

    def __enter__(self) -> Self:
        if not (self._style.quiet or self._style.prints_itself) and sys.stderr.isatty():
            # What a command needs is imported when it is run, which can take a second.
            self.screen.doing(STARTING, lambda _width: "  [dim]starting[/]")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._screen is not None:
            self._screen.__exit__(kind, error, trace)

    @property
    def screen(self) -> "Screen":
        """The consoles, opened when they are first needed."""
        if self._screen is None:
            from tableferry.report.screen import Screen

            style = self._style
            screen = Screen(quiet=style.quiet, shows_results=not style.as_json)
            self._screen = screen.__enter__()
        return self._screen

    def event(self, event: "Event") -> None:
        """Show an event of a run."""
        self._begun()
        if self._style.watches:
            self._watch_view.event(event)
            return
        if self._run is None:
            from tableferry.report.run_view import RunView

            self._run = RunView(self.screen)
        self._run.event(event)

    def answer(self, answer: object) -> None:
        """Show an answer of a check, a plan or a verification, or a run of a watch, or its wait."""
        self._begun()
        if isinstance(answer, Round):
            self._show_round(answer)
        elif isinstance(answer, Waiting):
            self._watch_view.waiting(answer.seconds)
        elif isinstance(answer, TableVerification):
            self._verify_view.answer(answer)
        else:
            self._answers_view.answer(answer)

    def _begun(self) -> None:
        """Take away the line that stands there until there is something to show."""
        if self._screen is not None:
            self._screen.doing(STARTING, None)

    @property
    def _answers_view(self) -> "AnswersView":
        if self._answers is None:
            from tableferry.report.answers_view import AnswersView

            self._answers = AnswersView(self.screen)
        return self._answers

    @property
    def _watch_view(self) -> "WatchView":
        if self._watch is None:
            from tableferry.report.watch_view import WatchView

            self._watch = WatchView(self.screen, quiet=self._style.quiet)
        return self._watch

    @property
    def _verify_view(self) -> "VerifyView":
        if self._verify is None:
            from tableferry.report.verify_view import VerifyView

            self._verify = VerifyView(self.screen)
        return self._verify

    def _show_round(self, found: Round) -> None:
        """Show a run of a watch at once: a pipe's reader must not wait for the next ones."""
        if self._style.as_json and self._watch_view.shows(found):
            with self.screen.printing():
                print(json.dumps(found.to_dict()), flush=True)
        self._watch_view.round(found)

    def end(self, result: Result) -> None:
        """Show what came of it all: a run, a verification, a check, a plan, tables or facts."""
        self._begun()
        if isinstance(result, Mapping):
            self._show_facts(result)
        elif isinstance(result, RunOutcome):
            self.show_run(result)
        elif isinstance(result, Watched):
            self._watch_view.end(result)
        elif isinstance(result, Verification):
            self._verify_view.end(result)
        elif isinstance(result, StatusReport):
            self.show_status(result)
        elif isinstance(result, RunList | History | QuarantineList):
            self._show_listing(result)
        else:
            self._show_report(result)

    def show_run(self, run: RunOutcome) -> None:
        """Show a run's summary; with ``quiet`` in one line."""
        from tableferry.report.summary import show_run_line, show_summary

        with self.screen.printing(always=True) as out:
            (show_run_line if self._style.quiet else show_summary)(run, out)

    def show_status(self, report: StatusReport, *, with_others: bool = False) -> None:
        """Show how the tables stand; ``with_others``: those that no entry is about, too."""
        from tableferry.report.status_view import show_status

        show_status(report, self.screen, with_others=with_others)

    def _show_listing(self, found: "Listing") -> None:
        from tableferry.report.listings_view import show_listing

        with self.screen.printing(always=True) as out:
            show_listing(found, out)

    def _show_facts(self, facts: Mapping[str, Any]) -> None:
        from tableferry.report.console import show_facts

        show_facts(facts)

    def _show_report(self, result: Any) -> None:
        from tableferry.inspect.discover import Discovery
        from tableferry.report.table_entries import python_text

        if isinstance(result, Discovery):
            print(python_text(result.tables), end="")
        else:
            self._answers_view.end(result)
