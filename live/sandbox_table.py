"""The table of how true the sandbox is, in its README: written, and compared by a test."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from live.judge import Verdict
from live.report import table
from live.run import Result

README: Final = Path(__file__).parent.parent / "packages" / "sandbox" / "README.md"
BEGIN: Final = "<!-- probes: written by script/live --sandbox-table -->"
END: Final = "<!-- probes end -->"


def as_section(results: Sequence[Result]) -> str:
    """Return what stands between the marks."""
    refused = [one for one in results if one.verdict is Verdict.REFUSED]
    lines = ["", *table(results), ""]
    if refused:
        lines += ["It refuses these:", ""]
        lines += [f"- `probes/{one.probe.path}`: {one.probe.claim}" for one in refused]
        lines.append("")
    return "\n".join([*lines, ""])


def with_section(text: str, results: Sequence[Result]) -> str:
    """Return the README with the section of these results."""
    marked = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)
    return marked.sub(lambda _: as_section(results), text, count=1)


def write_table(results: Sequence[Result]) -> int:
    """Write the section; returns the exit code."""
    text = README.read_text(encoding="utf-8")
    README.write_text(with_section(text, results), encoding="utf-8")
    return 0
