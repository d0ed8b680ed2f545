"""The storm's witness sees what must not be: a storm without violations says something."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.carrier import Carrier
from chaos.witness import Witness
from chaos.world import PAIRS, World, world

TABLES = (("truncated",), ("swapped_in_chunks",), *PAIRS)


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The storm's world in calm, with some of its tables carried once."""
    with world() as here:
        folder = tmp_path_factory.mktemp("storm")
        config = folder / "table_configs.py"
        config.write_text(f"TABLE_CONFIGS = {here.configs()!r}\n", encoding="utf-8")
        witness = Witness(here)
        for tables in TABLES:
            carrier = Carrier(tables, here, witness, config, random.Random(1))
            assert carrier.carry() == "ok"
        assert witness.violations == []
        yield here


@pytest.mark.parametrize(
    ("damage", "mended", "told"),
    [
        (
            "DELETE FROM truncated WHERE id = 7",
            "INSERT INTO truncated SELECT 7, 2, '7' || substr(whole, 2) FROM truncated WHERE id=8",
            "truncated is not whole: 3999 rows, 3999 keys, 0 torn",
        ),
        (
            "UPDATE truncated SET v = v - 1 WHERE id = 7",
            "UPDATE truncated SET v = v + 1 WHERE id = 7",
            "truncated is not whole: 4000 rows, 4000 keys, 1 torn",
        ),
        (
            "UPDATE truncated SET v = 1, whole = replace(whole, '/2/', '/1/') WHERE id = 7",
            "UPDATE truncated SET v = 2, whole = replace(whole, '/1/', '/2/') WHERE id = 7",
            "truncated is of versions 1 to 2, and said to be of one moment: True",
        ),
        (
            "UPDATE truncated SET v = 1, whole = replace(whole, '/2/', '/1/')",
            "UPDATE truncated SET v = 2, whole = replace(whole, '/1/', '/2/')",
            "truncated went back from",
        ),
        (
            "UPDATE truncated SET v = 3, whole = replace(whole, '/2/', '/3/')",
            "UPDATE truncated SET v = 2, whole = replace(whole, '/3/', '/2/')",
            "truncated has 3, the source 2",
        ),
        (
            "ALTER TABLE truncated RENAME TO another",
            "ALTER TABLE another RENAME TO truncated",
            "truncated is gone",
        ),
        (
            "UPDATE merged_left SET v = 1, whole = replace(whole, '/2/', '/1/')",
            "UPDATE merged_left SET v = 2, whole = replace(whole, '/1/', '/2/')",
            "merged_left and merged_right are seen together as",
        ),
    ],
)
def test_the_witness_notices(carried: World, damage: str, mended: str, told: str) -> None:
    witness = Witness(carried)
    for tables in TABLES:
        for table in tables:
            witness.look(table)
    assert witness.violations == []
    with carried.connect() as connection:
        connection.execute(damage.encode())
        try:
            witness.look("truncated")
            for pair in PAIRS:
                witness.look_at_both(connection, pair)
        finally:
            connection.execute(mended.encode())
    assert any(told in violation for violation in witness.violations), witness.violations


def test_chunks_of_several_moments_are_told_and_then_no_violation(carried: World) -> None:
    witness = Witness(carried)
    with carried.connect() as connection:
        connection.execute(
            b"UPDATE swapped_in_chunks SET v = 1, whole = replace(whole, '/2/', '/1/') WHERE id < 9"
        )
    assert witness.look("swapped_in_chunks").of_one_moment is False
    assert witness.violations == []
    assert witness.mixtures == 1


def test_a_run_that_tells_another_outcome_than_its_ledger_is_noticed(
    carried: World, tmp_path: Path
) -> None:
    config = tmp_path / "table_configs.py"
    config.write_text(f"TABLE_CONFIGS = {carried.configs()!r}\n", encoding="utf-8")
    witness = Witness(carried)
    carrier = Carrier(("truncated",), carried, witness, config, random.Random(1))
    process = carrier.begin()
    printed, _ = process.communicate(timeout=120)
    assert '"ok"' in printed
    carrier.compare_with_the_ledger(carrier.told_by(printed.replace('"ok"', '"cancelled"')))
    assert any("says cancelled of truncated, and its ledger ok" in v for v in witness.violations)
