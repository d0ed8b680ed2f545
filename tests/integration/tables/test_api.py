"""Patterns and table files in the Python API."""

from pathlib import Path

import pytest

import tableferry
from tableferry import ConfigError, Table
from tests.integration.conftest import Sandbox
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase


@pytest.fixture(scope="module")
def shop(running_sandbox: Sandbox) -> str:
    running_sandbox.engine.create_database("ApiShop")
    for name in ("Customer", "OrderLine"):
        running_sandbox.run(f"CREATE TABLE dbo.{name} (ID int NOT NULL PRIMARY KEY)", "ApiShop")
    return "ApiShop"


def test_a_pattern_is_synced_as_each_of_its_tables(
    sandbox: Sandbox, shop: str, pg_database: PgDatabase
) -> None:
    where = {"source": sandbox.source(shop), "target": settings_of(pg_database)}
    run = tableferry.sync(Table("dbo.*", publish="truncate"), **where)
    assert [(one.table, one.target, one.ok) for one in run.tables] == [
        ("customer", "apishop_customer", True),
        ("order_line", "apishop_order_line", True),
    ]
    beside = [Table("dbo.*", exclude_tables=["C*"]), Table("dbo.None*", key="none")]
    planned = tableferry.plan(beside, **where)
    assert [one.spec.key for one in planned.tables] == ["order_line"]
    assert planned.warnings == ("No table matches the pattern none (dbo.None*)",)
    assert tableferry.check(iter(beside), **where).ok
    assert tableferry.verify(beside[:1], count=True, **where).ok


def test_a_table_file_is_taken_by_its_path(
    sandbox: Sandbox, shop: str, pg_database: PgDatabase, tmp_path: Path
) -> None:
    path = tmp_path / "tables.toml"
    path.write_text(
        '[defaults]\ndb_type = "shop"\nsql_server_db = "Shop"\n[tables.all]\nsql_table = "dbo.*"\n'
    )
    where = {"source": sandbox.source(shop), "target": settings_of(pg_database)}
    assert [one.table for one in tableferry.sync(path, **where).tables] == [
        "customer",
        "order_line",
    ]
    with pytest.raises(ConfigError, match="There is no file"):
        tableferry.plan(tmp_path / "none.toml", **where)


def test_a_table_whose_target_nobody_names_has_the_one_of_its_name() -> None:
    assert Table("dbo.Customer").key == "dbo.Customer"
    with pytest.raises(ConfigError, match="'views' is for patterns"):
        Table("dbo.Customer", views=True)
    with pytest.raises(ConfigError, match="'pg_table' names one table, and a pattern has many"):
        Table("dbo.*", "t")
