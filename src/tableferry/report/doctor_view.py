"""Findings in the terminal, one a line, each with its remedy below it."""

from typing import Final

from rich.console import Console

from tableferry.inspect.doctor.finding import Diagnosis, Finding, Grade
from tableferry.model.counting import counted
from tableferry.report.console import name, plain, print_indented, print_marked

MARKS: Final = {
    Grade.OK: "[green]ok[/]",
    Grade.WARNING: "[yellow]warning[/]",
    Grade.PROBLEM: "[red]problem[/]",
    Grade.NOT_VISIBLE: "[cyan]not visible[/]",
}


def show_finding(out: Console, finding: Finding) -> None:
    """Show a finding, and what to do about it."""
    subject = f"[bold]{name(finding.subject)}[/]  {finding.topic.value}"
    print_marked(out, MARKS[finding.grade], f"{subject}: {plain(finding.message)}")
    if finding.remedy:
        print_indented(out, f"[cyan]do[/]: {plain(finding.remedy)}", 4)


def show_totals(out: Console, diagnosis: Diagnosis) -> None:
    """Show how many findings there are of each grade, the worst first."""
    parts = [
        counted(diagnosis.count(Grade.PROBLEM), "problem"),
        counted(diagnosis.count(Grade.WARNING), "warning"),
        f"{diagnosis.count(Grade.NOT_VISIBLE):,} not visible",
        f"{diagnosis.count(Grade.OK):,} ok",
    ]
    out.print(f"{', '.join(parts)}: {diagnosis.seconds:.2f} s", soft_wrap=True)
