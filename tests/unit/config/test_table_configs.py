"""TABLE_CONFIGS: the keys of an entry, and reporting every problem at once."""

from collections import deque
from collections.abc import Iterable
from dataclasses import MISSING, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

import pytest

from tableferry.config import (
    Consistency,
    Depth,
    Publish,
    ReadMode,
    TableSpec,
    parse_table_configs,
    select_tables,
)
from tableferry.config.entry_model import PATTERN_KEYS, TableEntry
from tableferry.config.entry_problems import STAGED
from tableferry.errors import ConfigError
from tableferry.model.identifiers import SourceTable, TargetTable
from tableferry.modes import MODES
from tableferry.postgres import STRATEGIES
from tests.support.specs import entry


def problems_of(**configs: Any) -> str:
    with pytest.raises(ConfigError) as raised:
        parse_table_configs(configs)
    assert raised.value.hint
    return raised.value.message


def test_the_documented_form_is_understood() -> None:
    found = parse_table_configs({"customer": entry()})["customer"]
    assert found.key == "customer"
    assert found.source == SourceTable("McTM", "dbo", "Customer")
    assert found.target == TargetTable("", "mctm_customer")
    assert found.columns == (("ID", "id"), ("Name", "name"))
    assert found.primary_key == ("ID",)
    assert [order.text for order in found.order_by] == ["ID"]
    assert found.batch_size == 1000
    assert found.consistency is Consistency.AUTO


def test_optional_keys_have_defaults() -> None:
    short = entry(order_by=None, batch_size=None, description=None)
    found = parse_table_configs({"customer": short})["customer"]
    assert (found.order_by, found.batch_size, found.description) == ((), 10_000, "")


def test_every_problem_of_every_table_is_reported_at_once() -> None:
    text = problems_of(
        one=entry(sql_table=None, batch_size=0, surprise=1),
        two=entry(columns=["ID"], primary_key=""),
        three="not a dict",
        four=entry(db_type="MC TM", consistency="dirty"),
        five=entry(),
        six=entry(),
    )
    for said in [
        "one: 'sql_table' is missing",
        "one: 'batch_size' must be a whole number from 1 to 1,000,000",
        "one: unknown key 'surprise'",
        "two: 'columns' has 1 name and 'pg_columns' 2",
        "two: 'primary_key' must be a name or a list of names",
        "three: the entry is not a dict",
        "four: 'db_type' must be letters",
        "four: 'consistency' must be one of auto, snapshot, read_committed, nolock",
        "six: 'pg_table' is already the target of five",
    ]:
        assert said in text


def test_an_unknown_key_is_reported_with_the_known_ones_once() -> None:
    with pytest.raises(ConfigError) as raised:
        parse_table_configs({"one": entry(coumns=[]), "two": entry(Batch_Size=4)})
    assert "one: unknown key 'coumns': did you mean 'columns'?" in raised.value.message
    assert "two: unknown key 'Batch_Size': did you mean 'batch_size'?" in raised.value.message
    assert raised.value.hint.count("batch_size") == 1


def test_a_tables_key_must_be_text() -> None:
    with pytest.raises(ConfigError, match="1: its key is not a text"):
        parse_table_configs({1: entry()})  # type: ignore[dict-item]


def test_every_invalid_name_of_a_table_is_reported_at_once() -> None:
    text = problems_of(
        one=entry(
            sql_table="[McTM].[dbo].[Customer",
            pg_table="x" * 64,
            columns=["ID", "N" * 129],
            pg_columns=["i" * 64, "name"],
            primary_key=["Nope", "Neither"],
        )
    )
    for said in ["[Customer' is not a name", "x" * 64, "N" * 129, "i" * 64, "'Nope', 'Neither'"]:
        assert said in text


def test_a_table_of_another_database_than_the_entry_names_is_a_contradiction() -> None:
    assert "'VoipDB'" in problems_of(one=entry(sql_table="[VoipDB].[dbo].[Customer]"))
    assert parse_table_configs({"one": entry(sql_table="[mctm].[dbo].[Customer]")})


@pytest.mark.parametrize("key", ["parallel", "resume_within"])
def test_what_is_for_chunks_only_is_a_contradiction_without_them(key: str) -> None:
    assert f"{key!r} without 'chunks'" in problems_of(one=entry(**{key: 4}))
    assert getattr(parse_table_configs({"one": entry(chunks=8, **{key: 4})})["one"], key) == 4


@pytest.mark.parametrize("key", ["columns", "pg_columns"])
def test_a_column_named_twice_is_refused(key: str) -> None:
    assert f"{key!r} names 'id' twice" in problems_of(one=entry(**{key: ["id", "id"]}))


def test_names_that_differ_in_case_are_two_as_a_case_sensitive_database_has_them() -> None:
    names = ["ID", "Name", "name"]
    found = parse_table_configs(
        {"one": entry(columns=names, pg_columns=names, primary_key=["Name", "name"])}
    )["one"]
    assert found.columns == tuple(zip(names, names, strict=True))
    assert found.primary_key == ("Name", "name")


def test_a_key_column_named_twice_is_refused() -> None:
    assert "'primary_key' names 'ID' twice" in problems_of(one=entry(primary_key=["ID", "ID"]))


def test_a_target_with_and_without_the_default_schema_is_one_target() -> None:
    text = problems_of(one=entry(), two=entry(pg_table="public.mctm_customer"))
    assert "two: 'pg_table' is already the target of one" in text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("columns", []),
        ("columns", "ID"),
        ("columns", ["ID", ""]),
        ("columns", ["ID", 7]),
        ("columns", {"ID": 1}),
        ("pg_columns", None.__class__),
        ("primary_key", 7),
        ("order_by", [None]),
        ("batch_size", True),
        ("batch_size", "1000"),
        ("batch_size", 1_000_001),
        ("sql_table", ""),
        ("pg_table", "  "),
        ("description", 5),
        ("where", ["1=1"]),
        ("db_type", []),
        ("consistency", {}),
    ],
)
def test_a_value_of_the_wrong_kind_is_reported_by_its_key(key: str, value: object) -> None:
    assert f"one: {key!r} must be" in problems_of(one=entry(**{key: value}))


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ("1=1); DROP TABLE x; --", "closes a parenthesis that it does not open"),
        ("1=1) OR (1=1", "closes a parenthesis that it does not open"),
        ("(1=1", "leaves a parenthesis open"),
        ("1=1; DROP TABLE x", "holds a semicolon"),
        ("1=1 -- ;\n) OR (1=1", "closes a parenthesis that it does not open"),
        ("1=1 /* all", "does not close a /*"),
        ("1=1 /* all /* of it */", "does not close a /*"),
        ("Name = 'it''s", "does not close a '"),
        ("[Name = 1", "does not close a ["),
        ('"Name = 1', 'does not close a "'),
    ],
)
def test_a_where_that_is_more_or_less_than_a_condition_is_refused(where: str, problem: str) -> None:
    told = problems_of(one=entry(where=where))
    assert f"one: 'where' must be one condition: it {problem}" in told


@pytest.mark.parametrize(
    "where",
    [
        "ID BETWEEN 1 AND 9 AND ([a;b]]--] IN (1, 2) OR Name = N'x''); --')",
        "\"odd \"\" ;name\" = '/*' AND Day >= '20261124'",
        "1=1 /* ;) */ AND 2=2 -- ;)\nAND 3=3 -- '",
    ],
)
def test_literals_names_and_comments_in_a_where_may_hold_anything(where: str) -> None:
    assert parse_table_configs({"one": entry(where=where)})["one"].where == where


def test_a_key_is_found_whatever_its_case() -> None:
    assert parse_table_configs({"one": entry(primary_key="id")})["one"].primary_key == ("ID",)


def test_tables_come_in_the_configured_order_and_once() -> None:
    names = ["a", "b", "c"]
    specs = parse_table_configs({name: entry(pg_table=name) for name in names})
    order = ["c", "a", "b"]
    assert [s.key for s in select_tables(specs, None, order)] == order
    assert [s.key for s in select_tables(specs, ["b", "c", "b"], order)] == ["c", "b"]


@pytest.mark.parametrize("names", [["nope"], ["a", ""], [], ["a;DROP TABLE x"]])
def test_a_table_that_is_not_configured_is_refused_with_those_that_are(names: list[str]) -> None:
    specs = parse_table_configs({"a": entry(), "b": entry(pg_table="b")})
    with pytest.raises(ConfigError) as raised:
        select_tables(specs, names, ["a", "b"])
    assert "a, b" in raised.value.hint


def test_an_order_with_an_unknown_table_is_refused() -> None:
    specs = parse_table_configs({"a": entry()})
    with pytest.raises(ConfigError, match="'typo'"):
        select_tables(specs, None, ["a", "typo"])


def test_all_entries_share_one_list_of_their_targets() -> None:
    """A list for each would grow with the square of the number of tables."""
    specs = parse_table_configs({"a": entry(pg_table="t"), "b": entry(pg_table="s.u")})
    assert specs["a"].all_targets is specs["b"].all_targets
    assert specs["a"].all_targets == (("a", TargetTable("", "t")), ("b", TargetTable("s", "u")))


def enumerated(hints: Iterable[tuple[str, Any]]) -> dict[str, type[StrEnum]]:
    return {
        name: kind
        for name, hint in hints
        for kind in get_args(hint) or (hint,)  # of one that may be None as well
        if isinstance(kind, type) and issubclass(kind, StrEnum)
    }


def test_every_enumerated_field_of_a_specification_can_be_set_by_its_key() -> None:
    keys = {key: one.annotation for key, one in TableEntry.model_fields.items()}
    own = {key: kind for key, kind in keys.items() if key not in PATTERN_KEYS}
    assert enumerated(get_type_hints(TableSpec).items()) == enumerated(own.items())


def test_an_entry_and_a_specification_have_the_same_defaults() -> None:
    of_specs = {one.name: one.default for one in fields(TableSpec) if one.default is not MISSING}
    of_entries = {
        key: one.get_default(call_default_factory=True)
        for key, one in TableEntry.model_fields.items()
    }
    both = of_specs.keys() & of_entries.keys()
    assert len(both) > 20
    assert {key: of_entries[key] or None for key in both} == {
        key: of_specs[key] or None for key in both
    }


def test_the_keys_of_a_specification_that_an_entry_sets_are_taken_as_they_are() -> None:
    found = parse_table_configs(
        {
            "one": entry(
                mode=ReadMode.FULL,
                columns=("ID", "Name"),
                primary_key=deque(["ID"]),
                type_overrides=MappingProxyType({"Name": "text"}),
                verify="sample",
                repair=True,
                max_age=60,
            )
        }
    )["one"]
    assert found.mode is ReadMode.FULL
    assert found.columns == (("ID", "id"), ("Name", "name"))
    assert found.primary_key == ("ID",)
    assert found.type_overrides == (("Name", "text"),)
    assert (found.verify, found.repair, found.max_age) == (Depth.SAMPLE, True, 60)


def test_a_member_of_another_enumeration_counts_as_its_text() -> None:
    found = parse_table_configs({"one": entry(publish=Consistency.AUTO)})["one"]
    assert found.publish is Publish.AUTO
    told = problems_of(one=entry(publish=Consistency.NOLOCK))
    assert "one: 'publish' must be one of auto, truncate, swap, merge" in told


def test_the_modes_and_strategies_that_can_be_configured_are_those_registered() -> None:
    assert set(MODES) == set(ReadMode)
    assert set(Publish) - {Publish.AUTO} == set(STRATEGIES)
    assert set(STAGED) == {strategy.name for strategy in STRATEGIES.values() if strategy.staged}


def test_mode_full_is_accepted() -> None:
    assert parse_table_configs({"one": entry(mode="full")}) == parse_table_configs({"one": entry()})


@pytest.mark.parametrize("way", ["swap", "merge"])
def test_a_strategy_with_a_staging_table_needs_the_ledger(way: str) -> None:
    with pytest.raises(ConfigError, match="needs the ledger"):
        parse_table_configs({"one": entry(publish=way, ledger="off")})


@pytest.mark.parametrize("key", ["red\x1b[31m", "two\nlines", "right\u202eleft"])
def test_a_key_that_cannot_be_printed_is_refused_and_shown_with_escapes(key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_table_configs({key: entry()})
    assert f"{key!r}: its key cannot be used: it has a character" in refused.value.message


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_texts_that_no_database_takes_are_refused_in_keys_and_conditions(text: str) -> None:
    with pytest.raises(ConfigError, match="its key cannot be used: it "):
        parse_table_configs({text: entry()})
    with pytest.raises(ConfigError, match="'where' must be a text, without"):
        parse_table_configs({"one": entry(where=f"Name = N'{text}'")})
