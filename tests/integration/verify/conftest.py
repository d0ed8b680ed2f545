"""A source table of some columns, loaded into a target that is then damaged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tableferry.config import TableSpec, parse_table_configs
from tableferry.runs.outcome import Status, TableOutcome
from tableferry.runs.run import sync_table
from tableferry.verification.differences import Differences
from tests.integration.conftest import Sandbox, empty_server
from tests.support.comparing import compare
from tests.support.databases import PgDatabase
from tests.support.live import LiveSource
from tests.support.specs import entry


@dataclass(frozen=True)
class Pair:
    """dbo.T of a source, and t of a target."""

    source: Sandbox
    target: PgDatabase

    def spec(self, **changes: Any) -> TableSpec:
        """The entry of dbo.T with all its columns, and changes."""
        given = {
            "sql_table": "dbo.T", "pg_table": "t", "columns": None, "pg_columns": None,
            "order_by": None, "publish": "auto", "primary_key": None,
        }  # fmt: skip
        return parse_table_configs({"t": entry(**{**given, **changes})})["t"]

    def load(self, **changes: Any) -> TableOutcome:
        """Load dbo.T, which has to succeed."""
        outcome = sync_table(self.spec(**changes), self.source.settings(self.target))
        assert outcome.status in {Status.OK, Status.PARTIAL}, outcome.error
        return outcome

    def compare(self, *, show_values: bool = True, **changes: Any) -> Differences:
        """Compare t with dbo.T."""
        settings = self.source.settings(self.target)
        return compare(self.spec(**changes), settings, show_values=show_values)


@pytest.fixture(scope="module")
def verify_source(request: pytest.FixtureRequest) -> Iterator[Sandbox | LiveSource]:
    with empty_server(is_live=request.config.getoption("--live")) as source:
        yield source


@pytest.fixture
def pair(verify_source: Sandbox, pg_database: PgDatabase) -> Iterator[Pair]:
    """An empty source and target; the source's tables are dropped afterwards."""
    yield Pair(verify_source, pg_database)
    verify_source.run("DROP TABLE IF EXISTS dbo.T")


ROWS = 5000
"""More than one block holds."""


@pytest.fixture
def loaded(pair: Pair) -> Pair:
    """``ROWS`` rows of three columns, loaded."""
    pair.source.run(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(200), Amount decimal(9,2))"
    )
    pair.source.run(
        "INSERT INTO dbo.T SELECT value, CONCAT(N'name ', value, REPLICATE(N'x', value % 150)), "
        f"value / 7.0 FROM GENERATE_SERIES(1, {ROWS})"
    )
    pair.load()
    return pair
