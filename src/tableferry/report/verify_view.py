"""A verification in the terminal: a line a table with its verdict, and the rows that differ."""

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from tableferry.model.counting import counted, verb
from tableferry.report.console import (
    name,
    plain,
    print_error,
    print_indented,
    print_marked,
    print_warning,
)
from tableferry.report.screen import Screen
from tableferry.verification.differences import Difference, DifferenceKind
from tableferry.verification.options import Depth
from tableferry.verification.result import TableVerification, Verdict, Verification

VERDICTS: Final = {
    Verdict.EQUAL: "[green]equal[/]",
    Verdict.DIFFERS: "[red]differs[/]",
    Verdict.PARTLY_COMPARED: "[yellow]partly compared[/]",
    Verdict.NOT_VERIFIED: "[yellow]not verified[/]",
}

KINDS: Final = {
    DifferenceKind.MISSING: "[red]-[/] missing",
    DifferenceKind.EXTRA: "[red]+[/] extra",
    DifferenceKind.DIFFERENT: "[red]*[/] different",
}
"""As ``rclone check --combined`` marks them."""

MOST_CHARACTERS: Final = 80
"""Of a value that is shown; JSON has it whole."""

INDENT: Final = 4


class VerifyView:
    """Shows a verification table by table: its method ``answer`` is the callback."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._warnings: set[str] = set()

    def answer(self, found: TableVerification) -> None:
        """Show the next table's verification."""
        with self._screen.printing(failed=not found.ok) as out:
            show_verification(found, out, self._warnings)

    def end(self, verification: Verification) -> None:
        """Show the verdicts in one line, and what should be known of all tables."""
        with self._screen.printing(always=True) as out:
            for warning in verification.warnings:
                print_indented(out, f"[yellow]warning[/] {plain(warning)}", indent=0)
            print_indented(out, _totals(verification), indent=0)


def show_verification(found: TableVerification, out: Console, shown: set[str]) -> None:
    """Show one table; ``shown`` holds the warnings of those before, and gets this table's."""
    heading = f"[bold]{name(found.table)}[/] -> {name(found.target)}: {what(found)}"
    print_marked(out, VERDICTS[found.verdict], f"{heading}  [dim]{found.seconds:.2f} s[/]")
    if found.differences:
        out.print(Padding(_rows(found), (0, 0, 0, INDENT)))
        if more := found.differing - len(found.differences):
            print_indented(out, f"and {more:,} more", INDENT)
    for remark in _remarks(found):
        print_indented(out, remark, INDENT)
    for warning in found.warnings:
        print_warning(out, warning, INDENT, shown)
    if found.error:
        print_error(out, found.error, indent=INDENT)


def verdict_line(found: TableVerification) -> str:
    """Return the verdict and what it rests on, as markup for one line."""
    return f"{VERDICTS[found.verdict]}: {what(found)}"


def what(found: TableVerification) -> str:
    """Return what was compared, or what differs."""
    match found.verdict:
        case Verdict.NOT_VERIFIED:
            return plain(found.reason or "see the error")
        case Verdict.DIFFERS:
            return _differing(found)
    rows = counted(found.source_rows, "row")
    match found.depth:
        case Depth.COUNT:
            return f"{rows} on either side{_exceptions(found)}, which were counted only"
        case Depth.SAMPLE:
            return f"{rows} of a sample{_exceptions(found)}"
    return f"every value of {rows}{_exceptions(found)}"


def _exceptions(found: TableVerification) -> str:
    """Return which of the rows are none that were found equal."""
    said = [f"{found.explained:,} changed since"] if found.explained else []
    said += [f"{found.quarantined:,} in quarantine"] if found.quarantined else []
    return f", except {' and '.join(said)}" if said else ""


def _differing(found: TableVerification) -> str:
    sides = f"{found.source_rows:,} in the source, {found.target_rows:,} in the target"
    differ = f"{counted(found.differing, 'row')} {verb(found.differing, 'differs', 'differ')}"
    if found.depth is Depth.COUNT:
        return f"{differ} in number ({sides})"
    kinds = ", ".join(f"{found.counts[kind]:,} {kind}" for kind in KINDS if found.counts.get(kind))
    return f"{differ} ({kinds}) of {sides}"


def _rows(found: TableVerification) -> Table:
    """Return the rows that differ, aligned: the key's columns, then those with other values."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for column in found.key:
        table.add_column(name(column), overflow="fold")
    has_columns = any(one.columns for one in found.differences)
    if has_columns:
        table.add_column("columns", overflow="fold")
    for one in found.differences:
        columns = ["\n".join(_columns(one))] if has_columns else []
        table.add_row(KINDS[one.kind], *map(_value, one.key), *columns)
    return table


def _columns(one: Difference) -> Iterator[str]:
    """Return the columns with other values, each with both where they are to be shown."""
    if not (one.source or one.target):
        yield ", ".join(map(name, one.columns))
        return
    for column in one.columns or one.source or one.target:
        quote = "'"
        sides = [
            f"{_value(texts[column], quote)} in the {side}"
            for side, texts in (("source", one.source), ("target", one.target))
            if column in texts
        ]
        yield f"{name(column)}: {', '.join(sides)}"


def _value(text: str | None, quote: str = "") -> str:
    if text is None:
        return "[dim]NULL[/]"
    cut = text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
    return name(f"{quote}{cut}{quote}")


def _remarks(found: TableVerification) -> list[str]:
    """Return what else is known, as markup."""
    counts = [
        (found.explained, "[cyan]explained[/] {}, changed at the source since"),
        (found.quarantined, "[yellow]quarantined[/] {}, which {} not missing"),
        (found.kept, "[cyan]kept[/] {}, as the entry asks, which the source no longer has"),
    ]
    remarks = [
        text.format(counted(rows, "row"), verb(rows, "is", "are")) for rows, text in counts if rows
    ]
    if found.repaired:
        done = ", ".join(f"{rows:,} {what}" for what, rows in found.repaired.items())
        remarks.append(f"[cyan]repaired[/] {done}")
    if len(found.by_column) > 1:
        columns = ", ".join(f"{name(one)} {rows:,}" for one, rows in found.by_column.items())
        remarks.append(f"[red]by column[/] {columns}")
    remarks += [
        f"[yellow]not compared[/] {name(column)}: {plain(why)}"
        for column, why in found.not_compared.items()
    ]
    remarks += [
        f"[yellow]altered[/] {name(column)}: {counted(count, 'value')}, {plain(reason)}"
        for column, reasons in found.touched.items()
        for reason, count in reasons.items()
    ]
    remarks += [
        f"[yellow]declared loss[/] {name(column)}: {plain(loss)}"
        for column, loss in found.losses.items()
    ]
    if found.confidence:
        remarks.append(f"[cyan]sample[/] {plain(found.confidence)}")
    if found.watermark:
        remarks.append(f"[dim]watermark {plain(found.watermark)}[/]")
    if found.as_of and found.verdict is not Verdict.NOT_VERIFIED:
        remarks.append(f"[dim]as of {plain(found.as_of)}[/]")
    return remarks


def _totals(verification: Verification) -> str:
    equal = verification.count(Verdict.EQUAL)
    colour = "green" if verification.ok else "red"
    said = [f"{equal} of {counted(len(verification.tables), 'table')} equal"]
    said += [
        f"{count} {verb(count, verdict, word)}"
        for verdict, word in (
            (Verdict.DIFFERS, "differ"),
            (Verdict.PARTLY_COMPARED, Verdict.PARTLY_COMPARED),
            (Verdict.NOT_VERIFIED, Verdict.NOT_VERIFIED),
        )
        if (count := verification.count(verdict))
    ]
    rows = counted(sum(table.source_rows for table in verification.tables), "row")
    return f"[bold {colour}]{', '.join(said)}[/]: {rows} in {verification.seconds:.2f} s"
