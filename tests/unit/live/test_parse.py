"""The files of probes: what is read, and what is refused with its line."""

import pytest

from live.parse import ProbeError, parse_probe
from live.probe import Batch, Fails, Probe, Rows, Session, Succeeds, Versions, Wait

HEADER = """\
-- claim: Something holds
-- page: https://learn.microsoft.com/en-us/sql/a-page
"""


def parsed(body: str, header: str = HEADER) -> Probe:
    return parse_probe(f"{header}\n{body}", "types", "one")


def test_the_header_is_read_with_its_continuations_and_repetitions() -> None:
    probe = parsed(
        "SELECT 1 AS a\n-- expect rows: a\n--   1\n",
        "-- claim: One is\n--   one\n-- page: https://learn.microsoft.com/en-us/sql/a\n"
        "-- page: https://learn.microsoft.com/en-us/sql/b\n-- since: 2017\n-- until: 2022\n"
        "-- database: collation Latin1_General_BIN2\n-- database: own\n"
        "-- needs: right VIEW SERVER STATE\n-- covers: sqlserver.catalog\n",
    )
    assert (probe.path, probe.claim) == ("types/one.sql", "One is one")
    assert len(probe.pages) == 2
    assert probe.versions == Versions(2017, 2022)
    assert probe.database == ("collation Latin1_General_BIN2", "own")
    assert probe.needs == ("right VIEW SERVER STATE",)
    assert probe.covers == ("sqlserver.catalog",)


def test_a_batch_ends_at_go_and_at_an_expectation() -> None:
    probe = parsed(
        "CREATE TABLE T (A int)\ngo\nINSERT T VALUES (1)\nGO\n"
        "SELECT A FROM T -- a comment\n-- another\n-- expect rows: A\n--   1\n"
    )
    assert [step.sql for step in probe.steps if isinstance(step, Batch)] == [
        "CREATE TABLE T (A int)",
        "INSERT T VALUES (1)",
        "SELECT A FROM T -- a comment\n-- another",
    ]
    assert [len(step.expectations) for step in probe.steps] == [0, 0, 1]


def test_rows_have_columns_values_and_an_order() -> None:
    probe = parsed("SELECT 1\n-- expect rows in any order: a, b\n--   1 | 'x|''y'\n--   NULL | *\n")
    [expectation] = probe.steps[0].expectations
    rows = Rows(("a", "b"), (("1", "'x|''y'"), ("NULL", "*")), ordered=False)
    assert expectation.expected == rows


def test_no_line_below_the_columns_is_no_row() -> None:
    [expectation] = parsed("SELECT 1\n-- expect rows: a\n").steps[0].expectations
    assert expectation.expected == Rows(("a",), ())


def test_the_wire_has_types() -> None:
    probe = parsed(
        "SELECT 1\n-- expect wire: a int32, b decimal128(9, 2), c timestamp[us, tz=UTC]\n"
    )
    [expectation] = probe.steps[0].expectations
    types = ("int32", "decimal128(9, 2)", "timestamp[us, tz=UTC]")
    assert expectation.expected == Rows(("a", "b", "c"), (), types=types)


def test_an_error_differs_from_version_to_version() -> None:
    probe = parsed(
        "SELECT 1\n-- expect error 8152 until 2017: Cut.\n"
        "-- expect error 2628 since 2019: Cut in '%'\n--   of something.\n"
    )
    first, second = probe.steps[0].expectations
    assert (first.expected, first.versions) == (Fails(8152, "Cut."), Versions(None, 2017))
    assert second.expected == Fails(2628, "Cut in '%' of something.")
    assert second.versions == Versions(2019)


def test_sessions_batches_in_the_background_and_waiting() -> None:
    probe = parsed(
        "SELECT 1\n-- session: b\n-- background\nSELECT 2\n-- session: a\nSELECT 3\n"
        "-- wait: b\n-- expect success\n"
    )
    first, second, third, wait = probe.steps
    assert isinstance(second, Batch)
    assert (second.session, second.background) == (Session("b"), True)
    assert isinstance(third, Batch)
    assert (third.session, third.background) == (Session("a"), False)
    assert isinstance(wait, Wait)
    assert wait.session == Session("b")
    assert wait.expectations[0].expected == Succeeds()
    assert first.session == Session("a")


def test_an_expectation_below_a_session_is_about_its_beginning() -> None:
    probe = parsed("-- session: b, login: nobody, database: none\n-- expect error 18456: No.\n")
    [step] = probe.steps
    assert isinstance(step, Batch)
    assert (step.session, step.sql) == (Session("b", "nobody", "none"), "")


@pytest.mark.parametrize(
    ("header", "body", "reason"),
    [
        ("-- page: https://learn.microsoft.com/en-us/x\n", "SELECT 1", "line 1: the header has no"),
        ("-- claim: A\n", "SELECT 1", "line 1: the header has neither a page"),
        ("-- claim: A\n-- page: https://example.com/\n", "SELECT 1", "is no page of"),
        ("-- claim: A\n-- claim: B\n", "SELECT 1", "line 2: claim is there twice"),
        ("-- claim: A\n-- colour: red\n", "SELECT 1", "line 2: no line of a header"),
        (f"{HEADER}-- since: 2018\n", "SELECT 1", "2018 is none of the versions"),
        (f"{HEADER}-- needs: luck\n", "SELECT 1", "luck is nothing that a probe may need"),
        (HEADER, "SELECT 1", "nothing is expected"),
        (HEADER, "SELECT 1\n-- expect a miracle", "line 5: no expectation"),
        (HEADER, "SELECT 1\n-- expect rows: a, b\n--   1", "line 6: 1 values for 2 columns"),
        (HEADER, "SELECT 1\n-- expect rows: a\n--   it's", "line 6: it's is no value"),
        (HEADER, "SELECT 1\n-- expect error 208", "the text of the error is missing"),
        (HEADER, "SELECT 1\n-- wait: b\n-- expect success", "there is no session b to wait for"),
    ],
)
def test_what_is_not_written_as_it_should_be_is_refused(
    header: str, body: str, reason: str
) -> None:
    with pytest.raises(ProbeError, match=r"probes/types/one\.sql, line") as raised:
        parsed(body, header)
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    "page",
    [
        "http://learn.microsoft.com/en-us/sql/a",
        "https://learn.microsoft.com/en-us/sql/https://learn.microsoft.com/en-us/sql/a",
        "https://learn.microsoft.com/en-us/sql/a/",
        "https://learn.microsoft.com/en-us/sql/a//b",
        "https://learn.microsoft.com/en-us/sql/a?view=sql-server-ver16",
        "https://learn.microsoft.com/en-us/sql/a#remarks",
        "https://learn.microsoft.com/en-us/sql/T-SQL/a",
        "https://learn.microsoft.com/de-de/sql/a",
        "https://learn.microsoft.com/en-us/dotnet/a",
        "https://learn.microsoft.com/en-us/sql/a-",
    ],
)
def test_an_address_that_is_no_page_of_sql_server_is_refused(page: str) -> None:
    with pytest.raises(ProbeError, match="is no page of"):
        parsed("SELECT 1\n-- expect success\n", f"-- claim: A\n-- page: {page}\n")
