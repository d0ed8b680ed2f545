"""Lines for a terminal, and for a pipe or a log where there is none.

Every name, message and statement goes through ``plain`` or ``name``: it may come from a database,
and must neither be taken for markup nor reach the terminal as a control sequence.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tableferry.errors import ErrorReport
from tableferry.runs.outcome import Status

MARKS: Final = {
    **{status: f"[yellow]{status}[/]" for status in Status},
    Status.OK: "[green]ok[/]",
    Status.FAILED: "[red]failed[/]",
}

LOG_WIDTH: Final = 160
"""Columns where there is no terminal to ask: no line of a log is folded."""


def console(*, stderr: bool = False) -> Console:
    """Return a console for this process's stdout, or stderr."""
    # Without emoji=False rich makes a picture of ":x:", which may be part of a name.
    out = Console(stderr=stderr, highlight=False, emoji=False)
    if out.is_terminal:
        return out
    return Console(stderr=stderr, highlight=False, emoji=False, width=LOG_WIDTH)


def plain(text: object) -> str:
    """Return text as markup for itself; control characters but newlines are shown as escapes."""
    return escape("\n".join(map(_printable, str(text).split("\n"))))


def name(text: object) -> str:
    """Return a name as markup for itself, on one line."""
    return escape(_printable(str(text)))


def show_facts(facts: Mapping[str, Any], out: Console | None = None) -> None:
    """Show nested facts, one a line, indented as they are nested."""
    _print_nested(out or console(), facts, 0)


def show_error(error: ErrorReport) -> None:
    """Show on stderr why a request failed."""
    print_error(console(stderr=True), error, indent=0)


def print_error(out: Console, error: ErrorReport, indent: int) -> None:
    """Print the error's class and message, and its hint where it has one."""
    print_indented(out, f"[red]{error.kind}[/]: {plain(error.message)}", indent)
    if error.hint:
        print_indented(out, f"[cyan]hint[/]: {plain(error.hint)}", indent)


def print_warning(out: Console, warning: str, indent: int, shown: set[str]) -> None:
    """Print a warning; one that is among those ``shown`` takes a single line of a terminal.

    A warning about a database comes with each of its tables. A log has it whole each time.
    """
    markup = f"[yellow]warning[/] {plain(warning)}"
    if out.is_terminal and warning in shown:
        line = Text.from_markup(markup.split("\n", maxsplit=1)[0], emoji=False)
        out.print(Padding(line, (0, 0, 0, indent), expand=False), no_wrap=True, overflow="ellipsis")
    else:
        print_indented(out, markup, indent)
    shown.add(warning)


def print_indented(out: Console, markup: str, indent: int) -> None:
    """Print lines, indented; a terminal folds a long one under itself, a log gets it whole."""
    for line in markup.split("\n"):
        bare = line.lstrip(" ")
        margin = indent + len(line) - len(bare)
        if out.is_terminal:
            out.print(Padding(bare, (0, 0, 0, margin), expand=False))
        else:
            out.print(" " * margin + bare, soft_wrap=True)


def print_marked(out: Console, mark: str, markup: str) -> None:
    """Print text behind a mark; a terminal folds a long text under itself."""
    if out.is_terminal:
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_row(mark, markup)
        out.print(line)
    else:
        out.print(f"{mark}  {markup}", soft_wrap=True)


def _printable(text: str) -> str:
    """Return text with what is no printable character written as Python's escape for it."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def _print_nested(out: Console, value: Mapping[str, Any], indent: int) -> None:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            print_indented(out, f"[bold]{name(key)}[/]", indent)
            _print_nested(out, inner, indent + 2)
        else:
            listed = isinstance(inner, Sequence) and not isinstance(inner, str)
            shown = ", ".join(map(str, inner)) if listed else inner
            print_indented(out, f"{name(key)}: {plain(shown)}".rstrip(), indent)
