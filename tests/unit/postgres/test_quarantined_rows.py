"""Which runs' refusals count, and of which of them nothing can have stored the row since."""

from uuid import UUID

from tableferry.postgres.ledger.quarantined_rows import CountingRuns, PublishedRun, counting_runs


def run(
    number: int,
    publish: str = "merge",
    *,
    has_rows: bool = True,
    is_own: bool = True,
    is_followed: bool = True,
) -> PublishedRun:
    return PublishedRun(UUID(int=number), publish, has_rows, is_own, is_followed)


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
