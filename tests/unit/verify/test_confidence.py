"""A sample says in words, and rightly, what it shows of the rows that were not compared."""

from math import comb

import pytest

from tableferry.verification.sample import chance_to_hit, confidence


def test_the_confidence_names_the_ranges_the_rows_and_the_probability() -> None:
    assert confidence(5, 1000, 5000, 1_000_000) == (
        "5 of 1,000 ranges (0.5 % of the rows) were compared; damage in 1 % of the ranges would "
        "have been found with a probability of 4.9 %"
    )


def test_one_range_is_spoken_of_as_one() -> None:
    words = confidence(1, 40, 1000, 40_000)
    assert words.startswith("1 of 40 ranges (2.5 % of the rows) was compared; ")


def test_without_a_number_of_rows_none_is_told() -> None:
    assert confidence(5, 10, 0, 0).startswith("5 of 10 ranges were compared; ")


@pytest.mark.parametrize(("compared", "ranges", "damaged"), [(5, 1000, 10), (20, 50, 3), (1, 7, 1)])
def test_the_chance_is_that_of_drawing_without_replacement(
    compared: int, ranges: int, damaged: int
) -> None:
    expected = 1 - comb(ranges - damaged, compared) / comb(ranges, compared)
    assert chance_to_hit(compared, ranges, damaged) == pytest.approx(expected)


def test_damage_that_no_sample_of_this_size_misses_is_found_for_certain() -> None:
    assert chance_to_hit(90, 100, 11) == 1
    assert chance_to_hit(100, 100, 1) == 1


def test_a_probability_is_never_told_as_more_than_it_is() -> None:
    assert chance_to_hit(900, 2000, 20) > 0.99999
    assert confidence(900, 2000, 0, 0).endswith("a probability of 99 %")
