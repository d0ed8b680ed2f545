"""A plan and a check say what will be verified, before anything is loaded."""

import io

import pytest
from rich.console import Console

from tableferry.inspect.check import check_tables
from tableferry.inspect.plan_report import plan_tables
from tableferry.report.plan_view import show_plan
from tests.integration.verify.conftest import Pair

pytestmark = pytest.mark.with_ledger


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"verify": "rows"}, "verifies every value of what was published"),
        ({"verify": "sample"}, "verifies a sample of what was published"),
        ({"verify": "count"}, "verifies the number of rows that were published"),
        (
            {"verify": "rows", "repair": True},
            "verifies every value of what was published, and makes rows that differ equal",
        ),
    ],
)
def test_a_plan_says_what_will_be_verified(
    loaded: Pair, changes: dict[str, object], line: str
) -> None:
    report = plan_tables([loaded.spec(**changes)], loaded.source.settings(loaded.target))
    out = Console(file=io.StringIO(), width=160, color_system=None)
    show_plan(report, out)
    assert isinstance(out.file, io.StringIO)
    assert f"  {line}" in [text.rstrip() for text in out.file.getvalue().splitlines()]
    (table,) = report.to_dict()["tables"]
    assert {key: table[key] for key in changes} == changes


def test_a_plan_and_a_check_refuse_repairs_without_a_key(pair: Pair) -> None:
    pair.source.run("CREATE TABLE dbo.T (Name nvarchar(50))")
    specs = [pair.spec(verify="rows", repair=True)]
    settings = pair.source.settings(pair.target)
    (planned,), (checked,) = (
        plan_tables(specs, settings).tables,
        check_tables(specs, settings).tables,
    )
    for found in (planned.error, checked.error):
        assert found is not None
        assert "has no key to repair single rows by" in found.message
