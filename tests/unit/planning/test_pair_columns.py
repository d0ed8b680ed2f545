"""Columns whose names are only spelled differently are paired, or refused under every policy."""

import ast
import re
from typing import Any

import pytest

from tableferry.errors import SchemaError
from tableferry.model.naming import spelled_alike
from tableferry.model.schema import PgType, TargetColumn, TargetSchema
from tableferry.planning.plan import SyncPlan
from tests.unit.planning.test_drift import INT, NAME, PG_INT, SHAPE, TEXT, plan, source, target

POLICIES = (None, "stop", "add_columns", "ignore")


def filled(planned: SyncPlan) -> dict[str, str]:
    return {column.source.name: column.target.name for column in planned.columns}


def refused(*arguments: Any, **changes: Any) -> SchemaError:
    with pytest.raises(SchemaError) as raised:
        plan(*arguments, **changes)
    return raised.value


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("name", "existing"),
    [
        ("CustomerName", "customername"),
        ("CustomerName", "CustomerName"),
        ("customername", "customer_name"),
        ("Customer Name ", "Customer Name "),
        ("Größe", "grosse"),
        ("Numéro", "NUMERO"),
        ("İl", "i\N{COMBINING DOT ABOVE}l"),
        ("ILCE", "\N{LATIN SMALL LETTER DOTLESS I}lce"),
        ("Order#", "order#"),
        ("Line1_1", "LINE1_1"),
        ("Kunde" * 14, "kunde" * 12 + "kun"),
        ("Größe" * 20, "größe" * 8 + "grö"),
    ],
)
def test_a_discovered_column_fills_the_only_one_that_is_spelled_alike(
    name: str, existing: str, policy: str | None
) -> None:
    planned = plan(source(ID=INT, **{name: NAME}), target(existing), policy)
    assert filled(planned) == {"ID": "id", name: existing}
    assert planned.spec.columns == (("ID", "id"), (name, existing))
    assert planned.ddl == ()
    assert planned.drift.messages[0] == (f"spelled differently: {name!r} fills column {existing!r}")
    assert not planned.warnings


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Line1_1", "line11"),
        ("Name", "names"),
        ("CustomerName", "customer"),
        ("#", "_"),
        ("Kunde" * 14, "kunde" * 11),
    ],
)
def test_names_with_other_letters_or_digits_are_different(name: str, other: str) -> None:
    assert not spelled_alike(name, other)


@pytest.mark.parametrize("policy", POLICIES)
def test_two_target_columns_that_may_be_meant_are_refused_with_the_keys_to_paste(
    policy: str | None,
) -> None:
    error = refused(
        source(ID=INT, CustomerName=NAME), target("customername", "CustomerName"), policy
    )
    assert (
        "'CustomerName' of McTM.dbo.Customer may be meant to fill 'customername' or "
        "'CustomerName' of t"
    ) in error.message
    assert "'columns': ['ID', 'CustomerName']" in error.hint
    assert "'pg_columns': ['id', 'customername']." in error.hint
    assert "If it is meant, write 'CustomerName' for 'customername'." in error.hint
    pasted = {"columns": ["ID", "CustomerName"], "pg_columns": ["id", "customername"]}
    into = target("customername", "CustomerName")
    # The other target column has no source: only 'stop' refuses that, and for that reason alone.
    if policy in {"add_columns", "ignore"}:
        planned = plan(source(ID=INT, CustomerName=NAME), into, policy, **pasted)
        assert filled(planned) == {"ID": "id", "CustomerName": "customername"}


@pytest.mark.parametrize("policy", POLICIES)
def test_two_source_columns_for_one_target_column_are_refused(policy: str | None) -> None:
    error = refused(source(ID=INT, Total_1x=NAME, Total1X=NAME), target("TOTAL1X"), policy)
    assert "'Total_1x' or 'Total1X' of McTM.dbo.Customer may be meant to fill" in error.message
    names = re.search(r"'pg_columns': (\[.*?\])", error.hint)
    assert names
    assert len(set(ast.literal_eval(names[1]))) == 3  # one name twice would be refused, pasted


@pytest.mark.parametrize("policy", POLICIES)
def test_an_excluded_column_is_a_rival_for_a_name(policy: str | None) -> None:
    there = source(ID=INT, Total_1x=NAME, Total1X=NAME)
    error = refused(there, target("TOTAL1X"), policy, exclude=["Total_1x"])
    assert "'Total1X' or 'Total_1x'" in error.message


@pytest.mark.parametrize("policy", POLICIES)
def test_a_column_that_is_not_listed_is_a_rival_or_has_the_target_column_of_its_name(
    policy: str | None,
) -> None:
    there = source(ID=INT, Total1X=NAME, Total_1x=NAME)
    error = refused(there, target("TOTAL1X"), policy, columns=["ID", "Total1X"])
    assert "'Total1X' or 'Total_1x'" in error.message
    there = source(ID=INT, CustomerName=NAME, Customername=NAME)
    into = target("customername")
    assert filled(plan(there, into, policy, columns=["ID", "Customername"])) == {
        "ID": "id",
        "Customername": "customername",
    }
    kept = plan(there, into, "ignore", columns=["ID", "CustomerName"])
    assert filled(kept) == {"ID": "id"}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_configured_name_is_refused_with_the_spelling_of_the_target(policy: str | None) -> None:
    error = refused(
        source(ID=INT, CustomerName=NAME),
        target("customername"),
        policy,
        columns=["ID", "CustomerName"],
        pg_columns=["id", "CustomerName"],
    )
    assert "t has no column 'CustomerName', only 'customername'" in error.message
    assert error.hint == (
        "Name the columns to fill: 'pg_columns': ['id', 'customername']. By hand: "
        'ALTER TABLE "t" RENAME COLUMN "customername" TO "CustomerName"'
    )


def test_listed_columns_without_target_names_are_paired_too() -> None:
    planned = plan(source(ID=INT, CustomerName=NAME), target("customername"),
                   columns=["ID", "CustomerName"])  # fmt: skip
    assert filled(planned)["CustomerName"] == "customername"


def test_a_column_of_the_exact_name_comes_first_and_its_twin_is_named() -> None:
    there = source(ID=INT, CustomerName=NAME)
    planned = plan(there, target("customername", "customer_name"), "ignore")
    assert filled(planned)["CustomerName"] == "customer_name"
    (warning,) = planned.warnings
    assert "no column for 'customername'" in warning
    assert "'CustomerName' fills 'customer_name'" in warning
    assert "'customername'" in refused(there, target("customername", "customer_name")).message


def test_names_that_differ_in_case_fill_the_columns_that_pg_columns_names() -> None:
    planned = plan(
        source(ID=INT, Name=NAME, name=INT),
        target("Name", TargetColumn("name", PG_INT)),
        columns=["ID", "Name", "name"],
        pg_columns=["id", "Name", "name"],
        primary_key=["ID", "Name"],
    )
    assert filled(planned) == {"ID": "id", "Name": "Name", "name": "name"}


def test_settings_of_a_column_do_not_apply_to_its_twin_in_another_case() -> None:
    columns = {"columns": ["ID", "Name", "name"], "pg_columns": ["id", "n1", "n2"]}
    planned = plan(
        source(ID=INT, Name=INT, name=INT),
        None,
        **columns,
        primary_key=["Name"],
        type_overrides={"name": "text"},
    )
    kinds = {c.target.name: (str(c.target.type), c.target.nullable) for c in planned.columns}
    assert kinds == {"id": ("integer", False), "n1": ("integer", False), "n2": ("text", True)}
    assert [column.name for column in planned.key] == ["Name"]


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": ["ID", "Name", "NAME"], "pg_columns": ["id", "n1", "n2"]},
        {"primary_key": ["ID", "id"]},
        {"type_overrides": {"Name": "text", "NAME": "text"}},
    ],
)
def test_two_spellings_of_one_source_column_are_refused_by_the_plan(
    changes: dict[str, Any],
) -> None:
    assert "twice" in refused(source(ID=INT, Name=NAME), None, **changes).message


def test_a_companion_column_is_found_in_another_spelling() -> None:
    into = TargetSchema(
        (
            TargetColumn("id", PG_INT, nullable=False),
            TargetColumn("Area", PgType("bytea")),
            TargetColumn("AREA_SRID", PG_INT),
        )
    )
    planned = plan(source(ID=INT, Area=SHAPE), into, "add_columns")
    assert [c.target.name for c in planned.columns] == ["id", "Area", "AREA_SRID"]
    assert planned.ddl == ()


def test_an_excluded_column_has_its_target_column_in_any_spelling() -> None:
    planned = plan(source(ID=INT, CustomerName=NAME), target("CUSTOMERNAME"),
                   exclude=["CustomerName"])  # fmt: skip
    assert planned.drift.messages == ()


def test_a_pair_takes_part_in_the_fingerprint() -> None:
    there = source(ID=INT, CustomerName=NAME)
    into = (target("customername"), target("customer_name"), target(TargetColumn("CN", TEXT)))
    first, second = (plan(there, one).fingerprint for one in into[:2])
    assert first != second
