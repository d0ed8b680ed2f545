"""Reports: what they say of each probe and test, and what they never hold."""

from dataclasses import replace

from live.compare import as_comparison
from live.judge import Verdict
from live.parse import parse_probe
from live.place import Facts, Place
from live.report import Report, SuiteFile, as_json, as_markdown
from live.run import Result
from live.sandbox_table import BEGIN, END, with_section

PROBE = parse_probe(
    "-- claim: One is one\n-- page: https://learn.microsoft.com/en-us/sql/one\n\n"
    "SELECT 1 AS a\n-- expect rows: a\n--   1\n",
    "types",
    "one",
)
PASSED = Result(PROBE, Verdict.PASSED)
DIFFERS = Result(PROBE, Verdict.DIFFERS, 4, "SELECT 1 AS a", "rows: a\n  1", "rows: a\n  2")
REFUSED = replace(DIFFERS, verdict=Verdict.REFUSED, found="error 102: Incorrect syntax.")
NOT_RUN = Result(PROBE, Verdict.NOT_RUN, reason="of another version")
FACTS = Facts("SQL Server 2022", "16.0.1000.6", 2022)


def report(*results: Result, facts: Facts = FACTS, **more: object) -> Report:
    return Report("2026-01-02", "0.1.0", facts, results, **more)  # type: ignore[arg-type]


def test_a_difference_has_the_page_the_sandbox_and_the_server_side_by_side() -> None:
    text = as_markdown(report(DIFFERS, sandbox={PROBE.path: PASSED}))
    assert "Not everything is as expected" in text
    place = text.index("## What differs")
    for words in ("One is one", "https://learn.microsoft.com/en-us/sql/one", "  1", "  2"):
        assert words in text[place:]
    assert text[place:].index("The sandbox:") > text[place:].index("The server:")
    assert "as expected" in text[place:]


def test_what_is_refused_is_told_from_what_differs() -> None:
    found = report(PASSED, REFUSED, facts=Facts("an unknown server", "", None))
    text = as_markdown(found)
    assert "## What the server refuses" in text
    assert "## What differs" not in text
    assert "What is supported is as expected; refused: 1." in text
    assert found.is_good
    [_, probe] = as_json(found)["probes"]
    assert probe["verdict"] == "refused"
    assert probe["server"] == "error 102: Incorrect syntax."
    assert probe["sandbox"] == "not asked"


def test_a_sql_server_knows_all_of_its_version() -> None:
    assert not report(PASSED, REFUSED).is_good
    assert "Not everything is as expected." in as_markdown(report(PASSED, REFUSED))
    for product in ("the sandbox", "Azure SQL Database"):
        assert report(PASSED, REFUSED, facts=Facts(product, "16.0", 2022)).is_good


def test_a_server_that_answers_nothing_has_said_nothing() -> None:
    found = report(REFUSED, NOT_RUN, facts=Facts("an unknown server", "", None))
    assert not found.says_anything
    assert "Nothing was found out." in as_markdown(found)
    assert report(PASSED).says_anything
    assert report(suite=[SuiteFile("tests/a.py", 3, {})]).says_anything


def test_what_was_not_run_is_named_with_its_reason() -> None:
    assert "- of another version: types/one.sql" in as_markdown(report(NOT_RUN, PASSED))


def test_verdicts_are_counted_by_area() -> None:
    found = as_json(report(PASSED, DIFFERS, REFUSED, NOT_RUN))
    assert found["areas"] == {"types": {"passed": 1, "differs": 1, "refused": 1, "not run": 1}}
    assert not found["good"]


def test_a_failed_test_or_an_early_end_makes_a_report_bad() -> None:
    assert report(PASSED, suite=[SuiteFile("tests/a.py", 3, {})]).is_good
    failed = report(PASSED, suite=[SuiteFile("tests/a.py", 3, {"test_x": "assert 1 == 2"})])
    assert not failed.is_good
    assert "| tests/a.py | 3 | 1 |" in as_markdown(failed)
    assert "assert 1 == 2" in as_markdown(failed)
    assert not report(PASSED, suite_end="The tests ended early").is_good


def test_the_names_of_a_server_are_hidden() -> None:
    place = Place("db.example.com", 1433, "sa", "Secret-1", hidden=("DB01\\X", "DB01", "X"))
    text = place.scrubbed("sa at db.example.com (DB01\\X) said Secret-1 of DB01; nausea")
    assert text == "(hidden) at (hidden) ((hidden)) said (hidden) of (hidden); nausea"
    assert "Secret-1" not in repr(place)


def test_a_comparison_shows_where_two_servers_differ() -> None:
    text, is_same = as_comparison("one:1:sa", "sandbox", [PASSED], [DIFFERS])
    assert not is_same
    assert "# Where they differ\n\n## One is one" in text
    assert "sandbox: differs" in text
    _, is_same = as_comparison("a", "b", [PASSED, NOT_RUN], [PASSED, DIFFERS])
    assert is_same


def test_the_sandboxs_readme_gets_a_table_and_what_is_refused() -> None:
    text = with_section(f"before\n{BEGIN}\nold\n{END}\nafter", [PASSED, REFUSED])
    assert "old" not in text
    assert "| types | 1 | 0 | 1 | 0 |" in text
    assert "- `probes/types/one.sql`: One is one" in text
    assert with_section(text, [PASSED, REFUSED]) == text
