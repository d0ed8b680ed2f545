"""A call that is wrong as a whole raises ConfigError before any connection is opened."""

import math
from typing import Any
from uuid import uuid4

import pytest

import tableferry
from tableferry.errors import ConfigError
from tests.support.specs import source_settings, target_settings

CONNECTIONS: Any = {"source": source_settings(port=1), "target": target_settings(port=1)}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"deadline": "60"}, "deadline is a str"),
        ({"deadline": True}, "deadline is a bool"),
        ({"deadline": math.inf}, "deadline is inf"),
        ({"deadline": math.nan}, "deadline is nan"),
        ({"deadline": 1e300}, "deadline is 1e"),
        ({"run_id": str(uuid4())}, "run_id is a str"),
        ({"plan": {"tables": []}}, "plan is a dict"),
        ({"on_event": "print"}, "on_event is a str"),
    ],
)
def test_an_option_of_another_type_is_refused_by_its_name(
    options: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        tableferry.sync(tableferry.Table("dbo.T", "t"), **CONNECTIONS, **options)


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        (None, "The tables are a NoneType"),
        (5, "The tables are a int"),
        ("dbo.T", "A table is a str"),
        ([], "No table was named"),
        ({}, "No table was named"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [tableferry.sync, tableferry.plan, tableferry.check, tableferry.verify, tableferry.repair],
)
def test_what_is_no_table_is_refused_by_every_function(call: Any, tables: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        call(tables, **CONNECTIONS)


def test_sources_by_names_that_are_no_texts_are_refused() -> None:
    sources: Any = {1: source_settings()}
    with pytest.raises(ConfigError, match="name is not a text"):
        tableferry.sync(tableferry.Table("dbo.T", "t"), source=sources, target=target_settings())
