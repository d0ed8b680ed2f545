"""Columns and keys that a configuration omits are discovered from the source."""

import ast
import re
from dataclasses import replace
from typing import Any

import pytest

from tableferry.config import TableSpec, parse_table_configs
from tableferry.errors import ConfigError, SchemaError
from tableferry.model.schema import Isolation, SourceColumn, SourceSchema, SourceType
from tableferry.model.table_details import NO_DETAILS, IndexColumn, SourceIndex, TableDetails
from tableferry.planning.complete_spec import complete_spec
from tableferry.planning.plan_table import plan_table
from tableferry.postgres import STRATEGIES
from tests.support.specs import entry

INT = SourceType("int", 4, 10)
KEY = SourceIndex("PK", (IndexColumn("LineNo"), IndexColumn("OrderID")), unique=True, primary=True)
DETAILS = TableDetails(indexes=(KEY,))


def source(*names: str) -> SourceSchema:
    return SourceSchema(tuple(SourceColumn(name, INT) for name in names))


def spec(**changes: Any) -> TableSpec:
    left_out = {"columns": None, "pg_columns": None, "primary_key": None, "order_by": None}
    return parse_table_configs({"t": entry(**{**left_out, **changes})})["t"]


def problem(**changes: Any) -> str:
    with pytest.raises(ConfigError) as raised:
        spec(**changes)
    return raised.value.message


def test_all_columns_are_taken_in_their_order_with_the_sources_key() -> None:
    found = complete_spec(spec(), source("OrderID", "LineNo", "Qty"), DETAILS)
    assert found.columns == (("OrderID", "order_id"), ("LineNo", "line_no"), ("Qty", "qty"))
    assert found.primary_key == ("LineNo", "OrderID")


def test_configured_columns_get_the_sources_spelling() -> None:
    configured = spec(columns=["orderid"], pg_columns=["k"], primary_key="ORDERID")
    found = complete_spec(configured, source("OrderID", "LineNo"), DETAILS)
    assert found == replace(configured, columns=(("OrderID", "k"),), primary_key=("OrderID",))


def test_target_names_alone_may_be_omitted() -> None:
    assert spec(columns=["OrderID", "Größe m²"]).columns == (
        ("OrderID", "order_id"),
        ("Größe m²", "größe_m²"),
    )


def test_a_key_with_columns_that_are_not_carried_is_dropped() -> None:
    found = complete_spec(spec(exclude=["lineno"]), source("OrderID", "LineNo"), DETAILS)
    assert found.columns == (("OrderID", "order_id"),)
    assert found.primary_key == ()


def test_a_configured_key_may_be_of_discovered_columns() -> None:
    found = complete_spec(spec(primary_key="orderid"), source("OrderID", "LineNo"), DETAILS)
    planned = plan_table(
        found,
        source("OrderID", "LineNo"),
        None,
        strategies=STRATEGIES,
        isolation=Isolation(snapshot=True),
    )
    assert planned.ddl[1] == 'ALTER TABLE "mctm_customer" ADD PRIMARY KEY ("order_id")'


@pytest.mark.parametrize(
    ("changes", "names", "said"),
    [
        ({}, ["Net Price", "NetPrice"], "'Net Price' and 'NetPrice' would both be named"),
        ({}, ["name", "NAME"], "'name' and 'NAME' would both be named 'name'"),
        ({"exclude": ["Nope"]}, ["A"], "'exclude' names 'Nope'"),
        ({"exclude": ["a"]}, ["A"], "leaves no column"),
        ({"primary_key": "Nope"}, ["A"], "'primary_key' names 'Nope'"),
        ({"primary_key": "B", "exclude": ["B"]}, ["A", "B"], "'primary_key' names 'B'"),
    ],
)  # fmt: skip
def test_names_that_the_source_lacks_are_refused(
    changes: dict[str, Any], names: list[str], said: str
) -> None:
    with pytest.raises(SchemaError) as raised:
        complete_spec(spec(**changes), source(*names), NO_DETAILS)
    assert said in raised.value.message
    assert raised.value.hint


def test_columns_that_would_share_a_name_are_refused_with_keys_that_are_accepted_once_pasted() -> (
    None
):
    there = source("ID", "Net Price", "NetPrice", "Net_Price_2")
    with pytest.raises(SchemaError) as raised:
        complete_spec(spec(), there, NO_DETAILS)
    keys = re.search(r"('columns': .*'pg_columns': .*)\.", raised.value.hint)
    assert keys
    pasted = ast.literal_eval(f"{{{keys[1]}}}")
    assert pasted["pg_columns"] == ["id", "net_price", "net_price_3", "net_price_2"]
    assert complete_spec(spec(**pasted), there, NO_DETAILS).columns == tuple(
        zip(pasted["columns"], pasted["pg_columns"], strict=True)
    )


def test_a_discovered_column_of_a_type_that_is_not_carried_is_refused_until_it_is_excluded() -> (
    None
):
    odd = SourceSchema((SourceColumn("A", INT), SourceColumn("B", SourceType("cursor"))))
    with pytest.raises(SchemaError, match="'B' has the type cursor") as raised:
        plan_table(spec(), odd, None, strategies=STRATEGIES, isolation=Isolation(snapshot=True))
    assert "'exclude'" in raised.value.hint
    planned = plan_table(
        spec(exclude=["B"]), odd, None, strategies=STRATEGIES, isolation=Isolation(snapshot=True)
    )
    assert [column.target.name for column in planned.columns] == ["a"]


def test_contradictions_are_reported_as_configuration_errors() -> None:
    assert "'pg_columns' without 'columns'" in problem(pg_columns=["a"])
    assert "'exclude' beside 'columns'" in problem(columns=["A"], exclude=["B"])
    assert "'A B' and 'AB' would both be named 'a_b'" not in problem(
        columns=["A B", "AB"], batch_size=0
    )
    assert "would both be named 'a_b'" in problem(columns=["A B", "A_B"])
    assert "'exclude' names 'b' twice" in problem(exclude=["b", "b"])


def test_omitted_columns_are_shown_as_discovered_from_the_source() -> None:
    shown = spec(exclude=["X"]).to_dict()
    assert shown["columns"] == shown["primary_key"] == "from the source"
    assert shown["exclude"] == ["X"]
