"""Writes ``docs/benchmarks.md`` and its charts from the results."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bench.charts import svg
from bench.results import Bar, Results

METHOD: Final = """\
Made by `script/bench` ([how](#run-it-yourself)). All contenders share one source and one target and
take turns, in reverse order every second round. Times are medians of all rounds, of three in the
groups that take longest; ratios are medians of the ratios of each round. Each contender runs in a
process of its own, timed from after its imports and the loading of its driver's library (the cold
start shows what those take). The source is the sandbox replaying encoded rows from memory, so it
costs almost nothing; the target is PostgreSQL 18 with `fsync` on. Both run on the cores of the
contenders."""

YOURSELF: Final = """\
## Run it yourself

`script/bench` measures everything above in about a quarter of an hour and writes this page; every
group writes its part when it is done, and one that fails leaves the others alone.

| option | |
|---|---|
| `--only narrow lobs` | these groups only; the rest of the page stays (`--list` shows all) |
| `--scale 0.1` | a tenth of the rows, to try it out |
| `--rounds 9` | medians of nine rounds |
| `--output FILE` | another page, with its own results beside it |
| `--peers`, `--peers-venv FOLDER` | dlt, sling and connectorx as well, from a venv of their own |

lineitem needs `tpchgen-cli` (`.venv/bin/pip install tpchgen-cli`). It exits with 1 where a bar is
not met or a group failed."""


def machine() -> str:
    """Describe the machine and the versions used."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    packages = ("mssql-python", "pgpq", "psycopg", "pyarrow", "pymssql", "psycopg2-binary")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{os.cpu_count()} cores, {model}; Python {platform.python_version()}, {versions}"


def write(page: Path, results: Results, order: Sequence[str]) -> None:
    """Write the page and its charts; ``order`` are the names of all groups."""
    folder = results.file.parent
    page.write_text(_text(results, order, folder.name))
    for section in results.sections.values():
        for chart in section.charts:
            (folder / f"{chart.name}.svg").write_text(svg(chart))


def _text(results: Results, order: Sequence[str], folder: str) -> str:
    sections = [results.sections[name] for name in order if name in results.sections]
    bars = [bar for section in sections for bar in section.bars]
    parts = [f"# Benchmarks\n\n{METHOD}", bars_table(bars)]
    dates = {section.when for section in sections if section.when}
    if len(dates) == 1:
        parts.insert(1, f"{dates.pop()}.")
        dates.clear()
    for section in sections:
        part = [f"## {section.title}"]
        if section.when in dates:
            part.append(f"{section.when}.")
        if section.error:
            part.append(_failure(section.error, measured=bool(section.body)))
        part += [f"![{chart.title}]({folder}/{chart.name}.svg)" for chart in section.charts]
        parts.append("\n\n".join([*part, section.body] if section.body else part))
    if missing := [f"`{name}`" for name in order if name not in results.sections]:
        parts.append(f"## Not measured yet\n\n{', '.join(missing)}.")
    return "\n\n".join([*parts, YOURSELF]) + "\n"


def _failure(error: str, *, measured: bool) -> str:
    quoted = "\n".join(f"    {line}" for line in error.strip().splitlines()[-12:])
    rest = " What follows is from an earlier one." if measured else ""
    return f"**The last measurement failed.**{rest}\n\n{quoted}"


def bars_table(bars: Sequence[Bar]) -> str:
    """Return the section of all bars."""
    met = sum(bar.met for bar in bars)
    lines = [
        "## Bars",
        "",
        f"{met} of {len(bars)} are met.",
        "",
        "| bar | measured | required | |",
        "|---|---:|---:|---|",
    ]
    lines += [
        f"| {bar.name} | {bar.measured} | {bar.required} | {'met' if bar.met else '**not met**'} |"
        for bar in bars
    ]
    return "\n".join(lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose columns, but for the first, are aligned to the right."""
    lines = [f"| {' | '.join(head)} |", f"|---{'|---:' * (len(head) - 1)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
