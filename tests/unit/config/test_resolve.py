"""Table sets: what an entry gets from defaults and patterns, and what is refused by name."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tableferry.config import parse_table_set
from tableferry.config.name_pattern import NamePattern, Wildcard
from tableferry.config.resolve import Resolved, questions, resolve_tables
from tableferry.errors import ConfigError, SchemaError
from tableferry.model.identifiers import SourceTable

SHOP: dict[str, Any] = {"db_type": "shop", "sql_server_db": "Shop"}
TABLES = ("dbo.Customer", "dbo.Order", "dbo.LogA", "dbo.LogB", "Sales.OrderLine")


@dataclass(frozen=True)
class Found:
    table: SourceTable
    is_view: bool = False


def matches(pattern: NamePattern, table: SourceTable) -> bool:
    """Compare without case, as most servers do."""

    def alike(name: str, pieces: Sequence[object]) -> bool:
        text = "".join(p.value if isinstance(p, Wildcard) else str(p) for p in pieces)
        return fnmatch.fnmatchcase(name.lower(), text.lower())

    return alike(table.schema, pattern.schema) and alike(table.name, pattern.name)


def resolve(
    configs: dict[str, Any],
    tables: Sequence[str] = TABLES,
    views: Sequence[str] = (),
    **more: Any,
) -> Resolved:
    table_set = parse_table_set(configs, **more)
    catalog = [
        Found(SourceTable.parse(name, "Shop2"), name in views) for name in sorted([*tables, *views])
    ]
    return resolve_tables(
        table_set,
        {
            place: {one: [t for t in catalog if matches(one, t.table)] for one in asked}
            for place, asked in questions(table_set).items()
        },
    )


def refused(configs: dict[str, Any], *tables: str, **more: Any) -> str:
    with pytest.raises(ConfigError) as raised:
        resolve(configs, tables or TABLES, **more)
    assert raised.value.hint
    return raised.value.message


def pattern(text: str = "dbo.*", **changes: Any) -> dict[str, Any]:
    return {**SHOP, "sql_table": text, **changes}


def keys(found: Resolved, names: Sequence[str] | None = None) -> list[str]:
    return [one.key for one in found.selected(names)]


def test_a_pattern_is_an_entry_for_each_table_ordered_by_name() -> None:
    found = resolve({"all": pattern("*.*", chunks=4)})
    assert keys(found) == ["sales_order_line", "customer", "log_a", "log_b", "order"]
    assert {spec.chunks for spec in found.specs.values()} == {4}
    assert str(found.specs["customer"].source) == "Shop.dbo.Customer"
    assert str(found.specs["customer"].target) == "shop_customer"
    assert str(found.specs["sales_order_line"].target) == "shop_sales_order_line"


def test_tables_and_views_are_left_out_unless_they_are_asked_for() -> None:
    found = resolve({"all": pattern(exclude_tables=["dbo.Log*", "Order"])}, views=["dbo.V"])
    assert keys(found) == ["customer"]
    assert "v" in keys(resolve({"all": pattern(views=True)}, views=["dbo.V"]))


def test_the_entry_of_a_table_wins_over_patterns_and_these_over_the_defaults() -> None:
    found = resolve(
        {
            "all": pattern(chunks=2, publish="swap"),
            "logs": pattern("dbo.Log*", publish="merge"),
            "mine": {"sql_table": "DBO.LOGB", "pg_table": "b", "max_shrink": 3},
        },
        defaults={**SHOP, "max_shrink": 1, "publish": "truncate"},
    )
    seen = {k: (s.chunks, s.publish.value, s.max_shrink) for k, s in found.specs.items()}
    assert seen == {
        "customer": (2, "swap", 1),
        "order": (2, "swap", 1),
        "log_a": (2, "merge", 1),
        "mine": (2, "merge", 3),
    }
    assert str(found.specs["mine"].target) == "b"
    assert keys(found) == ["customer", "order", "log_a", "mine"]


def test_a_table_that_a_pattern_leaves_out_gets_nothing_from_it() -> None:
    found = resolve(
        {"all": pattern(chunks=2, exclude_tables=["Order"]), "o": {**SHOP, "sql_table": "Order"}}
    )
    assert found.specs["o"].chunks == 1


def test_defaults_serve_entries_without_any_pattern() -> None:
    found = resolve({"c": {"sql_table": "Customer"}}, defaults={**SHOP, "publish": "merge"})
    assert found.specs["c"].publish.value == "merge"
    assert str(found.specs["c"].target) == "shop_customer"


def test_schemas_name_the_targets_of_their_tables() -> None:
    found = resolve({"all": pattern("*.*")}, schemas={"sales": "shop sales"})
    assert str(found.specs["sales_order_line"].target) == "[shop sales].order_line"
    assert str(found.specs["customer"].target) == "shop_customer"


def test_the_order_may_name_patterns_and_their_tables() -> None:
    configs = {"all": pattern("*.*"), "c": {**SHOP, "sql_table": "Customer"}}
    assert keys(resolve(configs, order=["c", "order", "all"])) == [
        "c", "order", "sales_order_line", "log_a", "log_b",
    ]  # fmt: skip
    assert keys(resolve(configs, order=["c"])) == ["c"]
    assert keys(resolve(configs), ["all"]) == ["sales_order_line", "log_a", "log_b", "order"]
    assert keys(resolve(configs), ["log_b", "c"]) == ["log_b", "c"]
    with pytest.raises(ConfigError, match="Unknown table: 'nope'"):
        resolve(configs).selected(["nope"])


def test_a_detail_of_a_choice_is_left_out_where_the_table_chooses_otherwise() -> None:
    defaults = {**SHOP, "chunks": 8, "parallel": 4, "resume_within": 60}
    found = resolve(
        {"all": pattern(), "c": {"sql_table": "Customer", "chunks": 1}}, defaults=defaults
    )
    assert (found.specs["c"].chunks, found.specs["c"].parallel) == (1, 1)
    assert found.specs["order"].parallel == 4
    left_out = found.merged["c"].unfitting
    assert left_out == {"parallel": "[defaults]", "resume_within": "[defaults]"}


def test_a_choice_itself_is_never_left_out() -> None:
    said = refused(
        {"c": {"sql_table": "Customer"}},
        defaults={**SHOP, "mode": "watermark", "deletes": "ignore"},
    )
    assert "c: 'mode': 'watermark' needs 'watermark'" in said
    assert "('mode' is from [defaults])" in said


def test_a_default_that_fits_no_table_is_refused() -> None:
    said = refused({"all": pattern()}, defaults={"parallel": 4})
    assert said == "[defaults] has 'parallel', which fits no table"


def test_two_tables_of_one_key_or_one_target_are_refused_by_name() -> None:
    said = refused({"all": pattern()}, "dbo.OrderLine", "dbo.Order_Line")
    assert "Shop2.dbo.OrderLine and Shop2.dbo.Order_Line would both have the key" in said
    said = refused({"all": pattern(), "x": {**SHOP, "sql_table": "Else", "pg_table": "shop_order"}})
    assert "'pg_table' is already the target of" in said
    assert "shop_order" in said
    said = refused({"all": pattern(), "order": {**SHOP, "sql_table": "Else"}})
    assert "Shop2.dbo.Order would have the key 'order' of an entry" in said


def test_two_tables_with_one_key_come_with_the_advice_of_whoever_named_them() -> None:
    with pytest.raises(ConfigError) as raised:
        resolve(
            {"all": pattern()}, ["dbo.Log A", "dbo.Log_A"], remedy="leave one out with --exclude"
        )
    assert raised.value.hint.endswith("leave one out with --exclude.")
    with pytest.raises(ConfigError) as raised:
        resolve({"all": pattern()}, ["dbo.Log A", "dbo.Log_A"])
    assert "'exclude_tables'" in raised.value.hint


def test_a_table_whose_name_makes_no_key_is_told_and_the_others_go_on() -> None:
    found = resolve({"all": pattern()}, ["dbo.Customer", "dbo.[soft\xadhyphen]", "dbo.Order"])
    assert keys(found) == ["customer", "order"]
    (told,) = found.unnamed
    assert told.startswith(
        "'soft\\xadhyphen' of the schema 'dbo' is left out: its key cannot be used"
    )
    own = {"soft": pattern("dbo.[soft\xadhyphen]"), "all": pattern()}
    found = resolve(own, ["dbo.Customer", "dbo.[soft\xadhyphen]"])
    assert (set(keys(found)), found.unnamed) == ({"soft", "customer"}, ())


def test_a_pattern_of_no_table_that_can_have_a_key_says_why() -> None:
    with pytest.raises(ConfigError, match="no table that can have a key") as raised:
        resolve({"all": pattern()}, ["dbo.[soft\xadhyphen]"])
    assert "Give it an entry of its own" in raised.value.hint


def test_equally_specific_patterns_that_disagree_are_refused() -> None:
    said = refused({"a": pattern("dbo.L*", chunks=2), "b": pattern("dbo.*A", chunks=3)}, "dbo.LA")
    assert "a (dbo.L*) and b (dbo.*A) are equally specific and differ in 'chunks'" in said
    agreeing = {"a": pattern("dbo.L*", chunks=2), "b": pattern("dbo.*A", publish="merge")}
    assert resolve(agreeing, ["dbo.LA"]).specs["la"].chunks == 2


def test_a_pattern_without_tables_is_told_and_none_with_any_is_an_error() -> None:
    found = resolve({"all": pattern(), "none": pattern("dbo.None*")})
    assert [one.key for one in found.empty] == ["none"]
    with pytest.raises(SchemaError, match=r"No table matches none \(dbo.None\*\)"):
        resolve({"none": pattern("dbo.None*")})
    with pytest.raises(SchemaError, match="No table matches none"):
        found.selected(["none"])


@pytest.mark.parametrize(
    ("configs", "more", "said"),
    [
        ({"all": pattern(pg_table="t")}, {}, "all: 'pg_table' names one table, and a pattern has"),
        ({"t": pattern("Customer", pg_table="shop.*")}, {}, "'shop.*' has wildcards"),
        ({"t": pattern("Customer", views=True)}, {}, "t: 'views' is for patterns of tables"),
        ({"all": pattern(exclude_table=["x"])}, {}, "did you mean 'exclude_tables'?"),
        (
            {"all": pattern()},
            {"defaults": {"chunk": 4}},
            "[defaults]: unknown key 'chunk': did you",
        ),
        ({"all": pattern()}, {"defaults": {"chunks": 0}}, "[defaults]: 'chunks' must be"),
        ({"all": pattern()}, {"defaults": {"pg_table": "t"}}, "'pg_table' names one table, and is"),
        ({"all": pattern()}, {"defaults": 5}, "[defaults]: it is not a dict"),
        ({"all": pattern()}, {"schemas": {"dbo": 5}}, "[schemas]: 'dbo' must have the name"),
        ({"all": pattern()}, {"schemas": {"d*": "x"}}, "no schema is named by wildcards"),
        ({"all": pattern("Other.dbo.*")}, {}, "is not in the database 'Shop'"),
        ({"all": pattern(exclude_tables="dbo.x")}, {}, "'exclude_tables' must be a list of names"),
        ({"all": pattern(new_tables="all")}, {}, "'new_tables' must be one of tell, include"),
        ({"all": pattern(parallel=4)}, {}, "all: 'parallel' without 'chunks'"),
        ({"all": {"sql_table": "dbo.*"}}, {}, "all: 'db_type' is missing"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(
    configs: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    assert said in refused(configs, **more)


def test_a_database_is_asked_for_its_patterns_and_the_entries_beside_them_only() -> None:
    table_set = parse_table_set(
        {
            "all": pattern(exclude_tables=["x"]),
            "c": {**SHOP, "sql_table": "Customer"},
            "other": {**SHOP, "sql_server_db": "Else", "sql_table": "T"},
        }
    )
    [(place, asked)] = questions(table_set).items()
    assert (place.db_type, place.database, len(asked)) == ("shop", "shop", 3)
    assert questions(parse_table_set({"c": {**SHOP, "sql_table": "Customer"}})) == {}
