"""The sandbox's CPU time, measured from outside of its process."""

from bench.servers import bench_source
from bench.stand_in import stand_in_cpu
from tableferry_sandbox.sample import bench_narrow


def test_the_sandbox_that_this_process_runs_is_counted_and_not_once_it_has_ended() -> None:
    assert stand_in_cpu() == 0.0
    with bench_source(bench_narrow(10)):
        assert stand_in_cpu() > 0.0
    assert stand_in_cpu() == 0.0
