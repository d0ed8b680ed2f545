"""How the benchmark takes turns."""

import pytest

from bench import measure
from bench.errors import BenchError
from bench.measure import Series, alternate, cpu_ratio, rate_ratio, ratio
from bench.workload import Workload


def test_every_other_round_goes_backwards_and_some_run_in_the_first_one_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[str] = []

    def run_once(name: str, _: Workload) -> dict[str, float]:
        ran.append(name)
        return {"wall": float(len(ran)), "cpu": 0.0, "peak_mb": 0.0, "rows": 10}

    monkeypatch.setattr(measure, "run_once", run_once)
    work = Workload({}, {}, {}, 0)
    series = alternate(["a", "slow", "b"], work, 3, lambda _: None, only_first=["slow"])
    assert ran == ["a", "slow", "b", "b", "a", "a", "b"]
    assert [series[name].wall for name in ("a", "b", "slow")] == [[1, 5, 6], [3, 4, 7], [2]]
    assert series["a"].rate == 10 / 5


def test_a_ratio_is_the_median_of_those_of_each_round() -> None:
    a = Series([1.0, 4.0, 3.0], [2.0, 2.0, 9.0], [1, 1, 1], rows=10)
    b = Series([2.0, 2.0, 2.0], [1.0, 2.0, 3.0], [1, 1, 1], rows=20)
    assert ratio(a, b) == 1.5
    assert cpu_ratio(a, b) == 2.0
    assert rate_ratio(a, b) == (10 / 3) / (20 / 2)


def test_a_contender_that_hangs_is_killed_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "SECONDS", 0.2)
    with pytest.raises(BenchError, match=r"the sleeper was not done after 0\.2 s"):
        measure.run_module("asyncio", [], "import time; time.sleep(60)\n", "the sleeper")


def test_a_contender_that_fails_is_told_with_what_it_printed() -> None:
    with pytest.raises(BenchError, match=r"No module named bench\.nothing"):
        measure.run_module("bench.nothing", [], "", "nothing")
