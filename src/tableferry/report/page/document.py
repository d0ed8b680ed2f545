"""The whole page. A Content-Security-Policy allows its own style and script, by hash, nothing else.

There is no template engine: the page is a dozen fragments, each beside the code that knows its
numbers, and whatever is shown passes through ``markup.text``.
"""

import base64
import functools
import hashlib
from collections.abc import Iterator, Sequence
from importlib import resources

from tableferry.model.counting import counted, verb
from tableferry.report.page.gantt import gantt
from tableferry.report.page.last_run import TableBars, bars_of
from tableferry.report.page.lists import losses_section, others_section
from tableferry.report.page.markup import count, duration, isolated, moment, text
from tableferry.report.page.table import status_table
from tableferry.states.records import RunRecord
from tableferry.states.report import StatusReport, TableState
from tableferry.states.words import WORST_FIRST, Word
from tableferry.version import VERSION


def render_page(report: StatusReport) -> str:
    """Return the page as HTML, to be written in UTF-8; it refers to nothing outside of itself."""
    style, script = _file("style.css"), _file("script.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    headline = _headline(report)
    return "\n".join(
        [
            "<!doctype html>",
            "<html lang=en>",
            "<meta charset=utf-8>",
            f'<meta http-equiv=Content-Security-Policy content="{policy}">',
            '<meta name=viewport content="width=device-width, initial-scale=1">',
            "<meta name=color-scheme content='light dark'>",
            "<meta name=referrer content=no-referrer>",
            "<meta name=robots content=noindex>",
            f"<title>{headline} \u2013 tableferry</title>",
            f"<style>{style}</style>",
            *_body(report, headline),
            f"<script>{script}</script>",
            "",
        ]
    )


def _body(report: StatusReport, headline: str) -> Iterator[str]:
    yield f"<header class={'not' if any(map(_needs_somebody, report.tables)) else 'ok'}>"
    yield f"<h1>{headline}</h1><p>{isolated(report.where)}, as of {moment(report.at)}"
    yield "<span id=old></span></p></header><main>"
    for note in report.notes:
        yield f"<p class=n>{text(note)}</p>"
    if report.tables:
        yield f"<section aria-labelledby=h1><h2 id=h1>Tables</h2>{_filters(report)}"
        yield f"{status_table(report)}<p id=none hidden>No table matches.</p></section>"
    if report.last_run is not None:
        yield _run_section(report.last_run, bars_of(report))
    yield losses_section(report.tables)
    yield others_section(report.others)
    yield f"</main><footer>tableferry {text(VERSION)}</footer>"


def _headline(report: StatusReport) -> str:
    tables = len(report.tables)
    if not tables:
        return "No tables"
    wanting = sum(map(_needs_somebody, report.tables))
    if wanting:
        return f"{wanting} of {counted(tables, 'table')} {verb(wanting, 'needs', 'need')} attention"
    running = report.count(Word.RUNNING)
    if running:
        return f"{counted(tables, 'table')}, {running} running, nothing to do"
    return "The table is fresh" if tables == 1 else f"All {counted(tables, 'table')} are fresh"


def _needs_somebody(table: TableState) -> bool:
    return table.is_late or table.word not in {Word.FRESH, Word.RUNNING}


def _filters(report: StatusReport) -> str:
    """Return the buttons that choose tables by their words, and the field that does by name."""
    buttons = "".join(
        f"<button type=button class={word} value={word} aria-pressed=false>"
        f"<b>{report.count(word)}</b> {word}</button>"
        for word in WORST_FIRST
        if report.count(word)
    )
    return (
        f"<div id=f role=group aria-label='Show only these states'>{buttons}"
        "<input type=search placeholder='Find a table' aria-label='Find a table'>"
        "<output id=n></output></div>"
    )


def _run_section(run: RunRecord, tables: Sequence[TableBars]) -> str:
    took = "still running" if run.seconds is None else f"took {duration(run.seconds)}"
    idle = sum(not table.bars for table in tables)
    left = f", {count(idle)} of them not begun" if idle else ""
    return (
        "<section aria-labelledby=h2><h2 id=h2>Last run</h2>"
        f"<p class=s><b class={text(run.status)}>{text(run.status)}</b> began "
        f"{moment(run.started_at)}, {took}, {counted(len(tables), 'table')}{left}"
        f"<small>{text(run.run_id)}{_on(run.process)}</small></p>{gantt(tables)}</section>"
    )


def _on(process: str) -> str:
    return f" on {isolated(process)}" if process else ""


@functools.cache
def _file(name: str) -> str:
    source = resources.files(__package__).joinpath(name).read_text("utf-8")
    return "\n".join(filter(None, map(str.strip, source.splitlines())))


def _hash(source: str) -> str:
    """Return the source of a policy that allows exactly this style or script."""
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return f"sha256-{digest}"
