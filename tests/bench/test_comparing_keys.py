"""The measurement of comparing keys runs whole, on a table too small to say anything of speed."""

from bench.incremental_reconcile import GONE, KEYS, measure_reconcile


def test_both_ways_of_comparing_keys_are_measured() -> None:
    lines: list[str] = []
    series = measure_reconcile(rows=2 * GONE, rounds=1, log=lines.append)
    assert series.keys() == KEYS.keys()
    assert all(len(one.wall) == len(one.peak_mb) == 1 for one in series.values())
    assert len(lines) == len(KEYS)
