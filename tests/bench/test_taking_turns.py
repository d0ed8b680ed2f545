"""How the benchmark takes turns."""

import pytest

from bench import measure
from bench.measure import alternate
from bench.workload import Workload


def test_every_other_round_goes_backwards_and_the_slow_one_runs_in_the_first_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[str] = []

    def run_once(name: str, _: Workload) -> dict[str, float]:
        ran.append(name)
        return {"wall": float(len(ran)), "cpu": 0.0, "peak_mb": 0.0}

    monkeypatch.setattr(measure, "run_once", run_once)
    work = Workload({}, {}, {}, 0, "")
    series = alternate(["a", "plain", "b"], work, 3, lambda _: None, plain_rounds=2)
    assert ran == ["a", "plain", "b", "b", "plain", "a", "a", "b"]
    assert [series[name].wall for name in ("a", "b", "plain")] == [[1, 6, 7], [3, 4, 8], [2, 5]]
