"""A report of many tables survives an error that nobody foresaw, and does not quote it."""

import json

import pytest

from tableferry import sqlserver
from tableferry.config import Settings, SourceSettings, TargetSettings, parse_table_configs
from tableferry.inspect.check import check_tables
from tableferry.inspect.check_report import CheckReport
from tableferry.inspect.plan_report import PlanReport, plan_tables
from tests.support.specs import entry

SECRET = "PWD=canary"


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> tuple[CheckReport, PlanReport]:
    """What is reported where the driver raises what no driver should."""

    def fail(*_: object, **__: object) -> None:
        raise TypeError(f"expected str, got Server=x;{SECRET}")

    monkeypatch.setattr(sqlserver, "connect", fail)
    specs = list(parse_table_configs({"a": entry(pg_table="a"), "b": entry(pg_table="b")}).values())
    nobody = {"host": "127.0.0.1", "port": 9, "db": "x", "user": "x", "password": "x"}
    source, target = SourceSettings(prefix="S_", **nobody), TargetSettings(prefix="PG_", **nobody)
    settings = Settings({"mctm": source}, target)
    return check_tables(specs, settings), plan_tables(specs, settings)


def test_every_table_is_in_the_report_and_the_errors_text_is_not(
    reports: tuple[CheckReport, PlanReport],
) -> None:
    for report in reports:
        told = report.to_dict()
        assert [table["table"] for table in told["tables"]] == ["a", "b"]
        assert [table["error"]["type"] for table in told["tables"]] == ["TypeError"] * 2
        assert SECRET not in json.dumps(told)


def test_a_database_that_fails_so_counts_as_not_reached(
    reports: tuple[CheckReport, PlanReport],
) -> None:
    source, target = reports[0].databases
    assert (source.reachable, target.reachable) == (False, False)
    assert (source.error.kind, target.error.kind) == ("TypeError", "TransientError")  # type: ignore[union-attr]
