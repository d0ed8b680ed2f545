"""Answers of a check, an examination or a plan, shown one by one as they come."""

import time
from collections.abc import Callable

from tableferry.inspect.asking import Asking
from tableferry.inspect.check_report import CheckReport, DatabaseCheck, TableCheck
from tableferry.inspect.doctor.finding import Diagnosis, Finding, Grade
from tableferry.inspect.plan_report import PlanReport, TablePlan
from tableferry.report.check_view import show_database, show_table
from tableferry.report.console import name, print_warning
from tableferry.report.doctor_view import show_finding, show_totals
from tableferry.report.plan_view import show_table_plan
from tableferry.report.remedies import Remedies
from tableferry.report.screen import Screen
from tableferry.report.summary import show_share
from tableferry.report.table_status import duration

ASKING = "asking"
"""The one line of what is being asked: there is one question at a time."""


class AnswersView:
    """Shows each answer: its method ``answer`` is the callback of a check or a plan."""

    def __init__(self, screen: Screen, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._clock = clock
        self._shown: set[int] = set()
        self._warnings: set[str] = set()
        self._remedies = Remedies()
        self._has_tables = False

    def answer(self, answer: object) -> None:
        """Show what is being asked, or what was answered."""
        match answer:
            case Asking():
                self._ask(answer)
            case DatabaseCheck(error=error):
                with self._screen.printing(failed=error is not None) as out:
                    show_database(out, answer)
                if error is not None:
                    self._shown.add(id(error))
                    self._remedies.add(answer.name, error.hint)
            case TableCheck():
                self._begin_tables()
                is_new = id(answer.error) not in self._shown
                with self._screen.printing(failed=not answer.ok) as out:
                    show_table(out, answer, self._warnings, with_error=is_new)
                if is_new and answer.error is not None:
                    self._remedies.add(answer.table, answer.error.hint)
            case Finding():
                with self._screen.printing(failed=answer.grade is Grade.PROBLEM) as out:
                    show_finding(out, answer)
                self._remedies.add(answer.subject, answer.remedy)
            case TablePlan():
                with self._screen.printing(failed=answer.plan is None) as out:
                    show_table_plan(out, answer)
                if answer.error is not None:
                    self._remedies.add(answer.spec.key, answer.error.hint)

    def end(self, report: CheckReport | PlanReport | Diagnosis) -> None:
        """Show how many tables are ok, or findings of each grade, as the last line."""
        self._screen.doing(ASKING, None)
        with self._screen.printing(always=True) as out:
            for warning in report.warnings:
                print_warning(out, warning, 0, self._warnings)
        self._remedies.show(self._screen, failed=not report.ok)
        if isinstance(report, Diagnosis):
            with self._screen.printing(always=True) as out:
                show_totals(out, report)
            return
        if isinstance(report, CheckReport):
            ok = sum(table.ok for table in report.tables)
        else:
            ok = sum(table.plan is not None for table in report.tables)
        with self._screen.printing() as out:
            if isinstance(report, CheckReport):
                out.print()
        with self._screen.printing(always=True) as out:
            out.print(show_share(ok, len(report.tables)))

    def _begin_tables(self) -> None:
        """Set the tables off from the databases by an empty line."""
        if not self._has_tables:
            self._has_tables = True
            with self._screen.printing() as out:
                out.print()

    def _ask(self, asking: Asking) -> None:
        begun = self._clock()
        place = f"{asking.number} of {asking.count}"

        def line(_width: int) -> str:
            return f"  [dim]{place}[/]  {name(asking.name)}  {duration(self._clock() - begun)}"

        self._screen.doing(ASKING, line)
