"""Which runs' refusals count, and of which of them nothing can have stored the row since."""

from uuid import UUID

from tableferry.postgres.ledger.quarantined_rows import CountingRuns, PublishedRun, counting_runs


def run(
    number: int,
    publish: str = "merge",
    *,
    every_row: bool | None = False,
    has_rows: bool = True,
    is_own: bool = True,
    is_followed: bool = True,
) -> PublishedRun:
    read_to = None if publish == "repair" else str(number)
    return PublishedRun(
        UUID(int=number), publish, every_row, has_rows, is_own, is_followed, read_to
    )


def numbers(found: CountingRuns) -> tuple[list[int], list[int], bool]:
    """Return the runs that count, those that are current, and whether these are exact."""
    return (
        [one.int for one in found.runs],
        sorted(one.int for one in found.current),
        found.is_exact,
    )


def incremental(*runs: PublishedRun) -> tuple[list[int], list[int], bool]:
    return numbers(counting_runs(runs, is_incremental=True))


def full(*runs: PublishedRun) -> tuple[list[int], list[int], bool]:
    return numbers(counting_runs(runs, is_incremental=False))


def test_without_a_run_nothing_counts() -> None:
    assert incremental() == full() == ([], [], False)


def test_of_changes_only_the_newest_run_that_read_rows_is_current() -> None:
    assert incremental(run(3, has_rows=False), run(2), run(1)) == ([3, 2, 1], [2], False)
    assert incremental(run(2, "repair"), run(1)) == ([2, 1], [2], False)
    assert incremental(run(1, has_rows=False)) == ([1], [], False)


def test_of_changes_the_runs_since_the_last_complete_load_count() -> None:
    assert incremental(run(3), run(2, "swap"), run(1)) == ([3, 2], [3], False)


def since(*runs: PublishedRun) -> dict[int, str]:
    """Return the watermark of each run after which only changes were read."""
    found = counting_runs(runs, is_incremental=True).since
    return {run.int: watermark.value for run, watermark in found.items()}


def test_of_changes_a_merge_of_every_row_is_a_complete_load_as_well() -> None:
    assert incremental(run(3), run(2, every_row=True), run(1)) == ([3, 2], [3], False)


def test_runs_that_read_only_changes_leave_the_watermarks_of_those_before() -> None:
    assert since(run(3), run(2), run(1, "swap", every_row=True)) == {3: "3", 2: "2", 1: "1"}


def test_no_watermark_counts_from_before_a_run_that_may_have_read_anything() -> None:
    assert since(run(3, every_row=None), run(2)) == {3: "3"}
    assert since(run(3), run(2, is_own=False), run(1)) == {3: "3"}
    assert since(run(3), run(2, is_followed=False), run(1)) == {3: "3"}
    assert since(run(3, "repair"), run(2)) == {3: "2"}


def test_a_repair_has_the_watermark_of_the_run_before_it() -> None:
    assert since(run(3), run(2, "repair", has_rows=False), run(1)) == {3: "3", 2: "1", 1: "1"}
    assert since(run(2), run(1, "repair")) == {2: "2"}


def test_of_whole_loads_the_last_one_is_current_though_it_read_no_row() -> None:
    assert full(run(2, "swap", has_rows=False), run(1, "swap")) == ([2], [2], True)


def test_a_repair_leaves_what_the_load_has_refused_and_is_current_itself() -> None:
    assert full(run(3, "repair"), run(2, "repair"), run(1)) == ([3, 2, 1], [1, 3], False)
    assert full(run(2, "repair", has_rows=False), run(1)) == ([2, 1], [1], True)


def test_a_run_of_another_entry_or_with_unknown_followers_is_not_current() -> None:
    for unsure in (run(2, is_own=False), run(2, is_followed=False)):
        assert incremental(unsure, run(1)) == ([2, 1], [], False)
        assert full(unsure, run(1)) == ([2], [], False)


def test_a_repair_after_a_load_of_another_entry_does_not_make_that_current() -> None:
    assert full(run(2, "repair"), run(1, is_own=False)) == ([2, 1], [], False)
