"""Derived PostgreSQL names are readable, short enough and deterministic."""

# ruff: noqa: RUF001 - the dotless i is what some of this is about

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tableferry.model.identifiers import quote_pg
from tableferry.model.naming import clashes, find_name, pg_name, shortened, unique_name


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("CustomerID", "customer_id"),
        ("customerId", "customer_id"),
        ("CUSTOMER_ID", "customer_id"),
        ("HTTPServer", "http_server"),
        ("CustomerIDs", "customer_ids"),
        ("Order Date", "order_date"),
        ("Line2Text", "line2_text"),
        ("ID2", "id2"),
        ("2ndName", "2nd_name"),
        ("Größe m²", "größe_m²"),
        ("ÜberGröße", "über_größe"),
        ("АдресКлиента", "адрес_клиента"),
        ("価格", "価格"),
        ("Cost€", "cost€"),
        ("a.b-c", "a_b_c"),
        ("__x__", "x"),
        ("Total (net)", "total_net"),
        ("x]\"'; DROP TABLE y--", "x_drop_table_y"),
        ("line\nbreak", "line_break"),
        ("%", "%"),
        ("xmin", "xmin_"),
        ("CTID", "ctid_"),
        ("İlçe", "ilçe"),
        ("Isı", "isı"),
    ],
)
def test_a_name_is_lower_case_words_with_underscores(source: str, target: str) -> None:
    assert pg_name(source) == target


@pytest.mark.parametrize(
    ("name", "names", "found"),
    [
        ("ID", ["id", "ID", "Id"], "ID"),
        ("ID", ["id"], "id"),
        ("ID", ["id", "Id"], None),
        ("isim", ["İSİM"], "İSİM"),
        ("ısı", ["ISI"], "ISI"),
        ("ISI", ["ısı", "isi"], None),
        ("isi", ["ısı", "isi"], "isi"),
        ("ID", ["I D"], None),
    ],
)
def test_a_name_of_another_case_is_taken_if_it_is_the_only_one(
    name: str, names: list[str], found: str | None
) -> None:
    """Whichever i's the alphabet of the source's collation pairs."""
    assert find_name(name, names) == found


def test_a_shortened_name_ends_in_a_hash_of_the_whole() -> None:
    assert pg_name("x" * 63) == "x" * 63
    one, other = pg_name("x" * 64), pg_name("x" * 64 + "y")
    assert one == "x" * 54 + "_7ce10097"
    assert other != one
    assert len(one) == len(other) == 63


def test_a_name_is_shortened_between_characters() -> None:
    found = shortened("ä" * 60)
    assert len(found.encode()) <= 63
    assert found.startswith("ä" * 27 + "_")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_every_derived_name_fits_into_63_bytes(name: str) -> None:
    found = pg_name(name)
    assert quote_pg(found)
    assert pg_name(name) == found


def test_colliding_names_are_reported_with_their_sources() -> None:
    pairs = [("A", "a"), ("a", "a"), ("B", "b")]
    assert clashes(pairs) == {"a": ("A", "a")}


def test_a_taken_name_is_numbered_and_stays_short() -> None:
    taken = {"a", "y" * 63}
    assert [unique_name("a", taken), unique_name("a", taken)] == ["a_2", "a_3"]
    assert len(unique_name("y" * 63, taken)) <= 63
