"""The witness of the storm notices violations, so a storm without any means something."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.carrier import Carrier, RunReport
from chaos.witness import Witness
from chaos.world import PAIRS, World, world

GROUPS = (("truncated",), ("swapped_in_chunks",), *PAIRS)


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The servers of the storm without faults, with some tables synced once."""
    with world() as here:
        folder = tmp_path_factory.mktemp("storm")
        config = folder / "table_configs.py"
        config.write_text(f"TABLE_CONFIGS = {here.configs()!r}\n", encoding="utf-8")
        witness = Witness(here)
        for tables in GROUPS:
            carrier = Carrier(tables, here, witness, config, random.Random(1))
            assert carrier.carry() == "ok"
        assert witness.violations == []
        yield here


@pytest.mark.parametrize(
    ("damage", "repair", "violation"),
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
            "truncated has versions 1 to 2, with read_at_one_moment = True",
        ),
        (
            "UPDATE truncated SET v = 1, whole = replace(whole, '/2/', '/1/')",
            "UPDATE truncated SET v = 2, whole = replace(whole, '/1/', '/2/')",
            "truncated went back from",
        ),
        (
            "UPDATE truncated SET v = 3, whole = replace(whole, '/2/', '/3/')",
            "UPDATE truncated SET v = 2, whole = replace(whole, '/3/', '/2/')",
            "truncated has version 3, the source only 2",
        ),
        (
            "ALTER TABLE truncated RENAME TO another",
            "ALTER TABLE another RENAME TO truncated",
            "truncated is gone",
        ),
        (
            "UPDATE merged_left SET v = 1, whole = replace(whole, '/2/', '/1/')",
            "UPDATE merged_left SET v = 2, whole = replace(whole, '/1/', '/2/')",
            "merged_left and merged_right show",
        ),
    ],
)
def test_the_witness_notices(carried: World, damage: str, repair: str, violation: str) -> None:
    witness = Witness(carried)
    for tables in GROUPS:
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
            connection.execute(repair.encode())
    assert any(violation in text for text in witness.violations), witness.violations


def test_chunks_read_at_different_moments_are_no_violation_if_the_run_reports_it(
    carried: World,
) -> None:
    witness = Witness(carried)
    with carried.connect() as connection:
        connection.execute(
            b"UPDATE swapped_in_chunks SET v = 1, whole = replace(whole, '/2/', '/1/') WHERE id < 9"
        )
    assert witness.look("swapped_in_chunks").of_one_moment is False
    assert witness.violations == []
    assert witness.mixtures == 1


def test_the_witness_notices_a_run_that_contradicts_its_ledger(
    carried: World, tmp_path: Path
) -> None:
    config = tmp_path / "table_configs.py"
    config.write_text(f"TABLE_CONFIGS = {carried.configs()!r}\n", encoding="utf-8")
    witness = Witness(carried)
    carrier = Carrier(("truncated",), carried, witness, config, random.Random(1))
    process = carrier.begin()
    printed, _ = process.communicate(timeout=120)
    assert '"ok"' in printed
    carrier.compare_with_the_ledger(RunReport.parse(printed.replace('"ok"', '"cancelled"')))
    assert any(
        "reports cancelled for truncated, but the ledger ok" in v for v in witness.violations
    )
