"""The witness of the storm notices violations, so a storm without any means something."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.carrier import Carrier
from chaos.followed import Shown
from chaos.incremental_carriers import FollowedCarrier, TrackedCarrier
from chaos.run_report import RunReport
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
        tracked = TrackedCarrier(("ct_merged",), here, witness, config, random.Random(1))
        assert tracked.carry() == "ok"
        followed = FollowedCarrier(("rv_compared",), here, witness, config, random.Random(1))
        assert followed.carry() == "ok"
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


@pytest.mark.parametrize(
    ("damage", "violation"),
    [
        ("DELETE FROM ct_merged WHERE id = 7", "ct_merged shows what its source did not hold at"),
        (
            "UPDATE tableferry.watermarks SET value = jsonb_set(value::jsonb, '{version}', '1')",
            "ct_merged went back from",
        ),
        (
            "DELETE FROM tableferry.watermarks WHERE target = 'public.ct_merged'",
            "ct_merged has rows without a watermark",
        ),
        ("ALTER TABLE ct_merged RENAME TO another", "ct_merged is gone"),
    ],
)
def test_the_witness_notices_what_an_incremental_table_never_was(
    carried: World, damage: str, violation: str
) -> None:
    witness = Witness(carried)
    witness.look_at_tracked("ct_merged")
    assert witness.violations == []
    with carried.connect() as connection:
        connection.autocommit = False
        connection.execute(damage.encode())
        witness.look_at_tracked_over(connection, "ct_merged")
        connection.rollback()
    assert any(violation in text for text in witness.violations), witness.violations


@pytest.mark.parametrize(
    ("damage", "violation"),
    [
        ("UPDATE rv_compared SET v = 5 WHERE id = 7", "shows rows that were never committed"),
        ("INSERT INTO rv_compared VALUES (9, 0, 1)", "shows rows that were never committed"),
        ("ALTER TABLE rv_compared RENAME TO another", "rv_compared is gone"),
    ],
)
def test_the_witness_notices_a_row_that_was_never_there(
    carried: World, damage: str, violation: str
) -> None:
    witness = Witness(carried)
    witness.look_at_followed("rv_compared")
    assert witness.violations == []
    with carried.connect() as connection:
        connection.autocommit = False
        connection.execute(damage.encode())
        witness.look_at_followed_over(connection, "rv_compared")
        connection.rollback()
    assert any(violation in text for text in witness.violations), witness.violations


def test_a_run_that_is_ok_and_lacks_or_keeps_rows_is_noticed(
    carried: World, tmp_path: Path
) -> None:
    config = tmp_path / "table_configs.py"
    config.write_text(f"TABLE_CONFIGS = {carried.configs()!r}\n", encoding="utf-8")
    witness = Witness(carried)
    carrier = FollowedCarrier(("rv_compared",), carried, witness, config, random.Random(1))
    wanted = carried.followed.now(carrier.tables)
    report = carrier.wait_for(carrier.begin())
    shown = witness.look_at_followed("rv_compared")
    assert carrier._lacks("rv_compared", shown, wanted, [report]) == []
    gone = {key: row for key, row in wanted.rows["rv_compared"].items() if key != 7}
    less = replace(wanted, rows={"rv_compared": gone})
    assert carrier._lacks("rv_compared", shown, less, [report]) == [
        "still has 1 rows, like [(7, 0, 7)]"
    ]
    shown = Shown({key: row for key, row in (shown or {}).items() if key != 7})
    assert carrier._lacks("rv_compared", shown, wanted, [report]) == [
        "is without 1 rows, like [(7, 0, 7)]"
    ]
    silent = RunReport("x", {"rv_compared": {"status": "ok"}})
    assert "its keys were not compared" in carrier._lacks("rv_compared", shown, wanted, [silent])
