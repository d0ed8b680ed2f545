"""Every probe passes on the sandbox, but for those whose statements it says that it lacks."""

import functools
import re
from collections.abc import Callable, Iterator

import pytest

from live.judge import Verdict
from live.parse import PROBES, read_probes
from live.place import Place
from live.probe import Probe, Rows
from live.run import Result, Runner
from live.sandbox_table import README, with_section
from tableferry_sandbox.testing import sql_server
from tests.support.foreign_server import act_as_foreign_server

ALL = read_probes()
PAGE_NAMES = re.compile(
    r"t-sql/(?:data-types|functions|language-elements|queries|statements|xml)/"
    r"(?:[a-z0-9-]+-transact-sql|collations|hints-transact-sql-table|json-data-type"
    r"|string-comparison-assignment|tostring-database-engine|vector-data-type"
    r"|version-transact-sql-configuration-functions)"
    r"|t-sql/spatial-(geography|geometry)/(?:\w+-\1-data-type|asbinaryzm-geometry-datatype)"
    r"|relational-databases/system-catalog-views/"
    r"(?:[a-z-]+-transact-sql|(?:change-tracking|extended-properties)-catalog-views-sys-[a-z-]+)"
    r"|relational-databases/system-(?:dynamic-management-views|functions|stored-procedures|tables)/"
    r"[a-z-]+-transact-sql"
    r"|relational-databases/errors-events/(?:database-engine-error-severities"
    r"|database-engine-events-and-errors-(?:0|\d+000)-to-\d*999"
    r"|mssqlserver-(?:207|208|916|1205|18456)-database-engine-error)"
    r"|relational-databases/(?:collations|databases|indexes|security|tables|track-changes|xml)/[a-z-]+"
    r"|relational-databases/(?:sql-server-transaction-locking-and-row-versioning-guide"
    r"|tutorial-ownership-chains-and-context-switching)"
    r"|connect/ado-net/sql/[a-z-]+"
)
"""Each page that is named was looked up; a new one is looked up before a pattern is widened."""

EVERY = 5
"""Of the probes one in so many is run on a server of another make."""


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with sql_server() as server:
        with Runner(Place(server.host, server.port, server.user, server.password)) as made:
            yield made
        left = server.query("master", "SELECT name FROM sys.databases")["name"].to_pylist()
        assert left == ["master", "tempdb", "model", "msdb"]


@pytest.fixture(scope="module")
def result_of(runner: Runner) -> Callable[[Probe], Result]:
    """Runs a probe, once."""
    return functools.cache(runner.run)


@pytest.mark.parametrize("probe", ALL, ids=lambda probe: probe.path)
def test_the_sandbox_answers_as_sql_server_should(
    result_of: Callable[[Probe], Result], probe: Probe
) -> None:
    result = result_of(probe)
    assert result.verdict is not Verdict.DIFFERS, (
        f"\n{probe.path}, line {result.line}\n{result.asked}\n"
        f"expected: {result.expected}\nfound: {result.found}"
    )


def test_a_server_of_another_make_gets_a_verdict_and_keeps_no_database_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    act_as_foreign_server(monkeypatch)
    with sql_server("ours_not") as server:
        with Runner(Place(server.host, server.port, server.user, server.password)) as runner:
            verdicts = {runner.run(probe).verdict for probe in ALL[::EVERY]}
        assert Verdict.PASSED in verdicts
        left = server.query("master", "SELECT name FROM sys.databases")["name"].to_pylist()
        assert sorted(left) == ["master", "model", "msdb", "ours_not", "tempdb"]


def test_the_readme_of_the_sandbox_says_how_true_it_is(
    result_of: Callable[[Probe], Result],
) -> None:
    """Run script/live --sandbox-table after a change of the probes."""
    text = README.read_text(encoding="utf-8")
    assert with_section(text, [result_of(probe) for probe in ALL]) == text


def test_every_file_is_a_probe_of_an_area() -> None:
    files = {str(path.relative_to(PROBES)) for path in PROBES.rglob("*.sql")}
    assert files == {probe.path for probe in ALL}


def test_no_two_probes_claim_the_same() -> None:
    claims = [probe.claim for probe in ALL]
    assert sorted(set(claims)) == sorted(claims)


def test_pages_are_named_as_the_documentation_names_its_files() -> None:
    """A page for one error exists for few of them, and names without a suffix are exceptions."""
    named = {page.partition("/en-us/sql/")[2] for probe in ALL for page in probe.pages}
    odd = {page for page in named if not PAGE_NAMES.fullmatch(page)}
    assert odd == set()


def test_the_names_of_result_columns_have_no_case_that_a_server_could_fold() -> None:
    for probe in ALL:
        for step in probe.steps:
            for one in step.expectations:
                if isinstance(one.expected, Rows):
                    assert [*one.expected.columns] == [n.lower() for n in one.expected.columns]
