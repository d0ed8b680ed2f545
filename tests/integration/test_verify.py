"""Comparing rows finds what differs; a comparison that always says "equal" would be worthless."""

import pytest

from tableferry import postgres, sqlserver
from tableferry.config import (
    Settings,
    SourceSettings,
    TableSpec,
    TargetSettings,
    parse_table_configs,
)
from tableferry.runs.run import sync_tables
from tableferry.verification.independent import Comparison, compare_rows
from tableferry_sandbox.sample import table_configs
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox


@pytest.fixture
def spec() -> TableSpec:
    return parse_table_configs(table_configs())["customer"]


@pytest.fixture
def settings(sample_sandbox: Sandbox, pg_database: PgDatabase, spec: TableSpec) -> Settings:
    where = sample_sandbox
    mctm = SourceSettings(
        prefix="SQL_SERVER_MCTM_",
        host=where.host,
        port=where.port,
        db="McTM",
        user=where.user,
        password=where.password,
    )
    into = TargetSettings(
        prefix="PG_",
        host=pg_database.host,
        port=pg_database.port,
        db=pg_database.name,
        user=pg_database.user,
        password=pg_database.password,
    )
    settings = Settings({"mctm": mctm}, into)
    assert sync_tables([spec], settings).ok
    return settings


def compare(spec: TableSpec, settings: Settings) -> Comparison:
    with (
        sqlserver.connect(settings.sources["mctm"]) as from_,
        postgres.connect(settings.target) as into,
    ):
        return compare_rows(spec, from_, into)


def test_a_table_that_crossed_is_equal_value_by_value(spec: TableSpec, settings: Settings) -> None:
    found = compare(spec, settings)
    assert found.equal
    assert found.values == found.source_rows * len(spec.columns) > 0


def test_a_single_changed_value_is_found_by_its_column(
    spec: TableSpec, settings: Settings, pg_database: PgDatabase
) -> None:
    pg_database.run(
        "UPDATE mctm_customer SET company_name = company_name || ' ' WHERE customer_id = 1"
    )
    assert compare(spec, settings).differing == {"CompanyName": 1}


def test_a_lost_row_and_a_strange_row_are_found(
    spec: TableSpec, settings: Settings, pg_database: PgDatabase
) -> None:
    pg_database.run("UPDATE mctm_customer SET customer_id = 1000000 WHERE customer_id = 1")
    found = compare(spec, settings)
    assert found.unpaired == 2
    assert not found.equal
