"""The page's table: a ``<tbody>`` for each table, so that what explains a row moves with it.

End tags that HTML does not require are left out: for 200 tables they would be a tenth of the page.
A cell is a paragraph of its own, so that no name in it turns the direction of what stands beside.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final

from tableferry.report.page.markup import age, briefly, count, duration, text
from tableferry.report.page.sparkline import RUNS, sparkline
from tableferry.states.records import VerificationRecord
from tableferry.states.report import LISTED_RUNS, StatusReport, TableState
from tableferry.states.words import WORST_FIRST

COLUMNS: Final = (
    "Table", "State", "Age", "Last runs", "Rows/s", "Rows", "Took", "Verified", "Quarantine",
)  # fmt: skip
"""``style.css`` names them again, where a narrow page shows a table as a card."""

NOT_SORTED: Final = "Last runs"

SLOW: Final = 0.5
"""A run at less than half of its median rate is marked: rates vary by a third from run to run."""

LONGEST_WHY: Final = 400
SHORTEST_WHY: Final = 100
ALL_WHYS: Final = 20_000
"""Characters of an explanation, and of all of them: a server's message may be a page long, and it
comes with every table while that server is down."""

MANY: Final = 10
"""From eleven times the median on, a rate is shown as a multiple of it."""

_EMPTY: Final = "<td>"
"""``style.css`` puts a dash into an empty cell."""

_KEY: Final = (
    f"<p class=s id=k>Bars: the last {RUNS} runs, the newest on the right, as high as they took "
    "long; red ones did not publish, amber ones were not begun. Rows/s: of the last run that "
    f"published, and against the median of the last {LISTED_RUNS}."
)


def status_table(report: StatusReport) -> str:
    """Return the table, the most urgent tables first."""
    tables = sorted(report.tables, key=_urgency)
    heads = "".join(map(_head, COLUMNS))
    explained = sum(bool(table.why or table.warnings) for table in tables) or 1
    longest = min(LONGEST_WHY, max(SHORTEST_WHY, ALL_WHYS // explained))
    bodies = "".join(_body(table, report.at, longest) for table in tables)
    return f"<table id=t><thead><tr>{heads}</thead>{bodies}</table>{_KEY}"


def _head(name: str) -> str:
    if name == NOT_SORTED:
        return f"<th scope=col><span>{name}</span>"
    first = " aria-sort=ascending" if name == "State" else ""
    return f"<th scope=col{first}><button type=button>{name}</button>"


def _body(table: TableState, at: dt.datetime, longest: int) -> str:
    target = f"<small>{text(table.target)}</small>" if table.target != table.table else ""
    cells = (
        f"<td><b>{text(table.word)}</b>",
        _cell(table.age, age),
        f"<td>{sparkline(table.runs)}",
        _rate(table),
        _cell(table.rows, count),
        _cell(table.seconds, duration),
        _verified(table.verified, at),
        _cell(table.quarantined, count),
    )
    return (
        f"<tbody class={table.word}><tr><th>{text(table.table)}{target}"
        f"{''.join(cells)}{_explained(table, longest)}"
    )


def _urgency(table: TableState) -> tuple[int, str]:
    return (WORST_FIRST.index(table.word), table.table.casefold())


def _explained(table: TableState, longest: int) -> str:
    """Return a second row: why a table is not fresh, what may go wrong next, what to type."""
    said = [" ".join(filter(None, (table.why, table.hint)))]
    said += [f"Warning: {warning}." for warning in table.warnings]
    texts = "".join(f"<p>{text(_cut(one, longest))}</p>" for one in said if one)
    command = f"<code>{text(table.command)}</code>" if table.command else ""
    return f"<tr><td colspan={len(COLUMNS)}>{texts}{command}" if texts or command else ""


def _cut(why: str, longest: int) -> str:
    return why if len(why) <= longest else f"{why[: longest - 1]}\u2026"


def _rate(table: TableState) -> str:
    """Return the rate of the last run, and how far from the usual one it is."""
    rate, usual = table.rows_per_second, table.usual_rows_per_second
    if rate is None:
        return _EMPTY
    if not usual:
        return f"<td>{count(rate)}"
    change = rate / usual - 1
    mark = " class=x" if rate < SLOW * usual else ""
    sign = "+" if change >= 0 else "\u2212"
    far = f"{sign}{abs(change):.0%}" if change < MANY else f"{rate / usual:,.0f}\u00d7"
    return f"<td>{count(rate)}<small{mark}>{far}</small>"


def _verified(found: VerificationRecord | None, at: dt.datetime) -> str:
    if found is None:
        return _EMPTY
    mark = {"equal": " class=o", "differs": " class=x"}.get(found.verdict, "")
    since = briefly((at - found.verified_at).total_seconds())
    return f"<td{mark}>{text(found.verdict)}<small>{since} ago</small>"


def _cell(value: float | None, shown: Callable[[float], str]) -> str:
    return _EMPTY if value is None else f"<td>{shown(value)}"
