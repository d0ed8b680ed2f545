"""What a run found out, as JSON and as Markdown. Pure, and without anything of the server's own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from live.judge import Verdict
from live.place import Facts
from live.run import Result, counted


@dataclass(frozen=True, slots=True)
class SuiteFile:
    """The tests of one file on the server: how many passed, and which did not, with why."""

    file: str
    passed: int
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """A run on one server; ``sandbox`` has the sandbox's results of the probes that did not pass.

    ``postgres`` is the version of the target of the tests. ``suite_end`` says why the tests ended
    early; ``swept``: how many databases of earlier runs were dropped.
    """

    date: str
    tableferry: str
    facts: Facts
    results: Sequence[Result]
    sandbox: Mapping[str, Result] = field(default_factory=dict)
    suite: Sequence[SuiteFile] = ()
    suite_end: str = ""
    postgres: str = ""
    swept: int = 0

    @property
    def is_good(self) -> bool:
        """Whether nothing differs, no test failed, and a SQL Server knows all of its version."""
        return (
            not any(one.verdict is Verdict.DIFFERS for one in self.results)
            and not (self._refused and self.facts.is_sql_server)
            and not any(file.failed for file in self.suite)
            and not self.suite_end
        )

    @property
    def says_anything(self) -> bool:
        """Whether the server answered a single question."""
        answered = (Verdict.PASSED, Verdict.DIFFERS)
        return any(one.verdict in answered for one in self.results) or bool(self.suite)

    @property
    def sentence(self) -> str:
        """What came of it, in one sentence."""
        if not self.says_anything:
            return "Nothing was found out."
        if not self.is_good:
            return "Not everything is as expected."
        if self._refused:
            return f"What is supported is as expected; refused: {self._refused}."
        return "Everything is as expected."

    @property
    def _refused(self) -> int:
        return sum(one.verdict is Verdict.REFUSED for one in self.results)


_TITLES: Final = {
    Verdict.DIFFERS: ("What differs", "The server answered, and not as expected."),
    Verdict.REFUSED: (
        "What the server refuses",
        "It does not support these statements; whether the claims hold, they do not say.",
    ),
}


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as data."""
    return {
        "date": report.date,
        "tableferry": report.tableferry,
        "server": {"product": report.facts.product, "version": report.facts.version},
        "postgresql": report.postgres,
        "good": report.is_good,
        "areas": {
            area: {str(verdict): number for verdict, number in numbers.items()}
            for area, numbers in counted(report.results).items()
        },
        "probes": [
            _probe_as_json(one, report.sandbox.get(one.probe.path)) for one in report.results
        ],
        "suite": [
            {"file": one.file, "passed": one.passed, "failed": dict(one.failed)}
            for one in report.suite
        ],
        "suite_end": report.suite_end,
        "dropped_from_earlier_runs": report.swept,
    }


def _probe_as_json(result: Result, sandbox: Result | None) -> dict[str, Any]:
    found: dict[str, Any] = {"probe": result.probe.path, "verdict": str(result.verdict)}
    if result.reason:
        found["reason"] = result.reason
    if result.asked:
        found |= {
            "claim": result.probe.claim,
            "pages": list(result.probe.pages),
            "line": result.line,
            "asked": result.asked,
            "expected": result.expected,
            "server": result.found,
            "sandbox": _said(sandbox),
        }
    return found


def _said(sandbox: Result | None) -> str:
    if sandbox is None:
        return "not asked"
    return "as expected" if sandbox.verdict is Verdict.PASSED else sandbox.found or sandbox.reason


def as_markdown(report: Report) -> str:
    """Return the report as people read it."""
    facts = report.facts
    lines = [
        f"# tableferry {report.tableferry} on {facts.product}",
        "",
        f"{report.date}; {facts.product} {facts.version}".strip()
        + (f"; PostgreSQL {report.postgres}" if report.postgres else "")
        + f". {report.sentence}",
        "",
        *table(report.results),
        *_suite(report),
    ]
    for verdict, (title, words) in _TITLES.items():
        chosen = [one for one in report.results if one.verdict is verdict]
        if chosen:
            lines += ["", f"## {title}", "", words]
            for one in chosen:
                lines += ["", *_section(one, report.sandbox.get(one.probe.path))]
    if report.results:
        lines += _not_run(report.results)
    return "\n".join(lines) + "\n"


def table(results: Iterable[Result]) -> list[str]:
    """Return a table of the verdicts by area, with their sums."""
    numbers = counted(results)
    if not numbers:
        return ["No probes were run."]
    sums = {one: sum(area[one] for area in numbers.values()) for one in Verdict}
    rows = [*sorted(numbers.items()), ("**all**", sums)]
    return [
        f"| probes | {' | '.join(Verdict)} |",
        f"|---|{'---:|' * len(Verdict)}",
        *(f"| {area} | {' | '.join(str(of[one]) for one in Verdict)} |" for area, of in rows),
    ]


def _suite(report: Report) -> Iterator[str]:
    if not report.suite and not report.suite_end:
        return
    yield from ("", "## Tests on the server", "")
    if report.suite_end:
        yield from (f"**{report.suite_end}**", "")
    yield from ("| tests | passed | failed |", "|---|---:|---:|")
    for one in report.suite:
        yield f"| {one.file} | {one.passed} | {len(one.failed)} |"
    for one in report.suite:
        for name, why in one.failed.items():
            yield from ("", f"**{one.file}**, {name}:", "", *_fenced(why))


def _section(result: Result, sandbox: Result | None) -> Iterator[str]:
    probe = result.probe
    yield from (
        f"### {probe.claim}",
        "",
        f"[{probe.path}](probes/{probe.path}), line {result.line}",
    )
    yield ""
    said_by = ", ".join(f"<{page}>" for page in probe.pages) or f"observed: {probe.observed}"
    yield from ("Asked:", "", *_fenced(result.asked, "sql"), "")
    yield from (f"According to {said_by}:", "", *_fenced(result.expected), "")
    yield from ("The server:", "", *_fenced(result.found), "")
    yield from ("The sandbox:", "", *_fenced(_said(sandbox)))


def _fenced(text: str, language: str = "") -> list[str]:
    fence = "````" if "```" in text else "```"
    return [f"{fence}{language}", *text.splitlines(), fence]


def _not_run(results: Sequence[Result]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for one in results:
        if one.verdict is Verdict.NOT_RUN:
            reasons.setdefault(one.reason, []).append(one.probe.path)
    if reasons:
        yield from ("", "## What was not run", "")
        for reason, paths in sorted(reasons.items()):
            yield f"- {reason}: {', '.join(paths)}"
