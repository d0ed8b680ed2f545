"""``config explain``: each value of an entry, and where it comes from."""

from pathlib import Path

import pytest

from tableferry.config import OPTIONAL, REQUIRED
from tableferry.config.config_file import read_table_set
from tableferry.config.explain import explain
from tableferry.config.name_pattern import NamePattern
from tableferry.config.resolve import Resolved, questions, resolve_tables
from tableferry.errors import ConfigError
from tableferry.model.identifiers import SourceTable
from tests.support.in_process import call
from tests.unit.config.test_resolve import Found

FILE = """\
[defaults]
db_type = "shop"
sql_server_db = "Shop"
on_invalid = "quarantine"
max_invalid = 9

[tables.all]
sql_table = "dbo.*"
chunks = 8

[tables.people]
sql_table = "dbo.Customer"
on_invalid = "fail"
description = '''
[tables.all]
'''
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "tables.toml"
    found.write_text(FILE)
    return found


@pytest.fixture
def resolved(path: Path) -> Resolved:
    tables = [SourceTable("Shop", "dbo", name) for name in ("Customer", "Order")]
    table_set = read_table_set(path)
    [(place, asked)] = questions(table_set).items()
    named = NamePattern.of(tables[0])
    answers = {one: [Found(t) for t in tables if one != named or t == tables[0]] for one in asked}
    return resolve_tables(table_set, {place: answers})


def origins(resolved: Resolved, key: str) -> dict[str, tuple[object, str]]:
    values = explain(resolved, key).values
    return {name: (one.value, one.origin) for name, one in values.items()}


def test_each_value_is_told_with_its_origin(resolved: Resolved) -> None:
    found = origins(resolved, "people")
    assert found["db_type"] == ("shop", "[defaults]")
    assert found["chunks"] == (8, "pattern dbo.*")
    assert found["on_invalid"] == ("fail", "entry people, line 11")
    assert found["pg_table"] == ("shop_customer", "the source table's name")
    assert found["deletes"] == ("hard", "default")
    assert found["columns"] == ("from the source", "default")
    assert explain(resolved, "people").left_out == {"max_invalid": "[defaults]"}
    assert origins(resolved, "order")["max_invalid"] == (9, "[defaults]")
    assert origins(resolved, "order")["sql_table"] == ("[Shop].[dbo].[Order]", "pattern dbo.*")


def test_every_key_is_told_once(resolved: Resolved) -> None:
    for key in ("people", "order"):
        found = explain(resolved, key)
        assert sorted([*found.values, *found.left_out]) == sorted([*REQUIRED, *OPTIONAL])


def test_the_line_of_a_pattern_is_told_where_only_one_line_can_be_it(path: Path) -> None:
    assert read_table_set(path).lines == {"people": 11}  # another line looks like that of "all"
    path.write_text(FILE.replace("'''\n[tables.all]\n'''", '"x"'))
    assert read_table_set(path).lines == {"all": 7, "people": 11}


def test_a_table_that_is_not_there_is_refused(resolved: Resolved) -> None:
    with pytest.raises(ConfigError, match="Unknown table: 'log'"):
        explain(resolved, "log")


def test_the_command_needs_no_database_where_there_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(FILE.replace('"dbo.*"', '"dbo.Order"'))
    done = call("config", "explain", "people", "--config=t.toml", cwd=tmp_path)
    assert done.returncode == 0
    assert "  on_invalid: fail  (entry people, line 11)\n" in done.stdout
    assert "max_invalid: left out: it does not fit this table  ([defaults])" in done.stdout
    done = call("config", "explain", "people", "--config=t.toml", "--json", cwd=tmp_path)
    assert '"from": "entry people, line 11"' in done.stdout
    assert call("config", "explain", "nobody", "--config=t.toml", cwd=tmp_path).returncode == 2
