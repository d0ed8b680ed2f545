"""Where two servers answer the same probe differently. Pure."""

from collections.abc import Sequence

from live.judge import Verdict
from live.report import table
from live.run import Result


def as_comparison(
    first: str, second: str, left: Sequence[Result], right: Sequence[Result]
) -> tuple[str, bool]:
    """Return the comparison as Markdown, and whether the servers agree.

    ``left`` and ``right`` are results of the same probes. A probe that one of them did not run says
    nothing about either.
    """
    first, second = (first, second) if first != second else ("A", "B")
    lines = [f"# {first}", "", *table(left), "", f"# {second}", "", *table(right)]
    apart = [
        (one, other)
        for one, other in zip(left, right, strict=True)
        if Verdict.NOT_RUN not in (one.verdict, other.verdict) and _answer(one) != _answer(other)
    ]
    if apart:
        lines += ["", "# Where they differ"]
    for one, other in apart:
        lines += ["", f"## {one.probe.claim}", "", one.probe.path]
        for name, result in ((first, one), (second, other)):
            lines += ["", f"{name}: {result.verdict}"]
            if result.found:
                lines += ["", "```", *result.found.splitlines(), "```"]
    return "\n".join(lines), not apart


def _answer(result: Result) -> tuple[Verdict, str]:
    return result.verdict, result.found
