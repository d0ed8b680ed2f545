"""Differences that turn out to be none are uncounted everywhere."""

from tableferry.verification.differences import Difference, DifferenceKind, Differences


def found() -> Differences:
    all_of_them = Differences()
    for key in "abc":
        all_of_them.add(Difference(DifferenceKind.DIFFERENT, (key,), ("Name",)))
    all_of_them.add(Difference(DifferenceKind.DIFFERENT, ("d",), ("Name", "Size")))
    all_of_them.add(Difference(DifferenceKind.EXTRA, ("e",)))
    return all_of_them


def test_what_is_dropped_is_neither_kept_nor_counted_by_kind_or_column() -> None:
    differences = found()
    assert differences.drop(lambda one: one.key in {("d",), ("e",)}) == 2
    assert [one.key for one in differences.kept] == [("a",), ("b",), ("c",)]
    assert differences.counts == {DifferenceKind.DIFFERENT: 3}
    assert differences.by_column == {"Name": 3}
    assert list(differences.by_column) == ["Name"]
    assert differences.all_kept


def test_differences_whose_keys_are_not_kept_stay_counted() -> None:
    differences = found()
    differences.counts[DifferenceKind.EXTRA] += 5
    assert differences.drop(lambda _one: True) == 5
    assert (differences.total, differences.all_kept) == (5, False)


def counted(source_rows: int, target_rows: int, **kinds: int) -> Differences:
    differences = Differences(source_rows=source_rows, target_rows=target_rows)
    for kind, rows in kinds.items():
        for number in range(rows):
            differences.add(Difference(DifferenceKind(kind), (f"{kind} {number}",)))
    return differences


def test_rows_that_are_missing_or_extra_account_for_other_numbers_of_rows() -> None:
    assert counted(50, 50, different=3).unaccounted == 0
    assert counted(50, 48, missing=3, extra=1, different=1).unaccounted == 0
    assert counted(50, 48, missing=1).unaccounted == 1
    assert counted(50, 50, extra=1).unaccounted == 1
    assert counted(48, 50, different=2).unaccounted == -2


def test_rows_that_a_policy_leaves_out_are_not_in_the_target() -> None:
    differences = counted(50, 47)
    differences.left_out_rows = 3
    assert differences.unaccounted == 0


def test_what_is_taken_out_accounts_for_rows_as_before() -> None:
    differences = counted(50, 49, missing=3, extra=2, different=1)
    assert differences.drop(lambda one: one.kind is DifferenceKind.MISSING) == 3
    assert differences.drop_kind(DifferenceKind.EXTRA) == 2
    assert (differences.total, differences.unaccounted) == (1, 0)
    assert differences.excused == {DifferenceKind.MISSING: 3, DifferenceKind.EXTRA: 2}


def test_what_is_read_again_has_to_have_come_or_gone_by_the_numbers_of_rows() -> None:
    differences = counted(50, 48, missing=2)
    differences.replace([])
    assert differences.unaccounted == 2
    differences = counted(50, 48, missing=2)
    differences.replace([], moved=-2)
    assert differences.unaccounted == 0


def test_rows_that_a_repair_has_added_are_counted_once() -> None:
    differences = counted(50, 48, missing=3, extra=1)
    differences.replace([], moved=-2)
    differences.repaired(2)
    assert (differences.target_rows, differences.unaccounted) == (50, 0)


def test_a_copy_keeps_what_is_taken_out_of_it_in_the_other() -> None:
    differences = found()
    copied = differences.copy()
    copied.drop(lambda _one: True)
    copied.warnings.append("a warning")
    copied.not_compared["Name"] = "why"
    assert (differences.total, differences.by_column["Name"]) == (5, 4)
    assert not differences.excused
    assert not differences.warnings
    assert not differences.not_compared
