"""What a terminal and a log show of a verification: verdicts, and the rows that differ."""

import io
from typing import Any

import pytest
from rich.console import Console

from tableferry.errors import ErrorReport
from tableferry.report.screen import Screen
from tableferry.report.verify_view import MOST_CHARACTERS, VerifyView
from tableferry.verification.differences import Difference, DifferenceKind
from tableferry.verification.options import Depth
from tableferry.verification.result import TableVerification, Verdict, Verification

MISSING, EXTRA, DIFFERENT = DifferenceKind


def verified(verdict: Verdict, **more: Any) -> TableVerification:
    given = {"depth": Depth.ROWS, "source_rows": 600, "target_rows": 600, "seconds": 1.2, **more}
    return TableVerification("module", "crm_module", verdict, **given)


def shown(*tables: TableVerification, quiet: bool = False, width: int = 160) -> tuple[str, str]:
    """What is on stdout and on stderr."""
    out, err = (Console(file=io.StringIO(), width=width, color_system=None) for _ in range(2))
    with Screen(out, err, quiet=quiet) as screen:
        view = VerifyView(screen)
        for one in tables:
            view.answer(one)
        view.end(Verification(tables, 2.5))
    assert isinstance(out.file, io.StringIO)
    assert isinstance(err.file, io.StringIO)
    return tuple(  # type: ignore[return-value]
        "\n".join(line.rstrip() for line in stream.file.getvalue().splitlines())
        for stream in (out, err)
    )


def test_rows_in_quarantine_are_excepted_at_every_depth() -> None:
    found = [verified(Verdict.EQUAL, depth=depth, quarantined=2) for depth in Depth]
    out, _ = shown(*found)
    assert [line for line in out.splitlines() if line.startswith("equal")] == [
        (
            "equal  module -> crm_module: 600 rows on either side, except 2 in quarantine, which "
            "were counted only  1.20 s"
        ),
        "equal  module -> crm_module: 600 rows of a sample, except 2 in quarantine  1.20 s",
        "equal  module -> crm_module: every value of 600 rows, except 2 in quarantine  1.20 s",
    ]


def test_an_equal_table_is_one_line_and_the_last_one_counts_them() -> None:
    out, err = shown(verified(Verdict.EQUAL), verified(Verdict.EQUAL, depth=Depth.COUNT))
    assert out.splitlines() == [
        "equal  module -> crm_module: every value of 600 rows  1.20 s",
        "equal  module -> crm_module: 600 rows on either side, which were counted only  1.20 s",
        "2 of 2 tables equal: 1,200 rows in 2.50 s",
    ]
    assert err == ""


DIFFERING = verified(
    Verdict.DIFFERS,
    counts={MISSING: 1, EXTRA: 1, DIFFERENT: 9},
    key=("tenant", "module_id"),
    differences=(
        Difference(MISSING, ("1", "17")),
        Difference(EXTRA, ("1", "99999")),
        Difference(DIFFERENT, ("2", "5"), ("Name", "ChangedAt")),
    ),
    by_column={"Name": 9, "ChangedAt": 2},
)


def test_rows_that_differ_are_an_aligned_list_on_stderr_and_all_are_counted() -> None:
    out, err = shown(DIFFERING)
    assert err.splitlines() == [
        (
            "differs  module -> crm_module: 11 rows differ (1 missing, 1 extra, 9 different) of "
            "600 in the source, 600 in the target  1.20 s"
        ),
        "                 tenant  module_id  columns",
        "    - missing    1       17",
        "    + extra      1       99999",
        "    * different  2       5          Name, ChangedAt",
        "    and 8 more",
        "    by column Name 9, ChangedAt 2",
    ]
    assert out == "0 of 1 table equal, 1 differs: 600 rows in 2.50 s"


def test_quiet_shows_what_differs_and_the_last_line() -> None:
    out, err = shown(verified(Verdict.EQUAL), DIFFERING, quiet=True)
    assert out == "1 of 2 tables equal, 1 differs: 1,200 rows in 2.50 s"
    assert err.startswith("differs  module")


def test_values_are_quoted_cut_and_never_markup_or_control_sequences() -> None:
    long = "x" * 500
    found = verified(
        Verdict.DIFFERS,
        counts={MISSING: 1, DIFFERENT: 1},
        key=("id",),
        differences=(
            Difference(MISSING, ("[red]1",), (), {"ID": "[red]1", "Name": None}),
            Difference(DIFFERENT, ("2",), ("Name",), {"Name": "NULL"}, {"Name": f"\x1b[31m{long}"}),
        ),
    )
    _, err = shown(found)
    assert "[red]1" in err
    assert "Name: NULL in the source" in err
    assert "Name: 'NULL' in the source, '\\x1b[31m" in err.replace("\n", "")
    assert "\x1b" not in err
    assert "x" * MOST_CHARACTERS not in err.replace("\n", "").replace(" ", "")


def test_a_table_that_is_not_verified_says_why() -> None:
    found = verified(Verdict.NOT_VERIFIED, reason="it does not exist yet", source_rows=0)
    _, err = shown(found)
    assert err.startswith("not verified  module -> crm_module: it does not exist yet")
    error = ErrorReport("SchemaError", "x does not fit", "Do y.")
    _, err = shown(verified(Verdict.NOT_VERIFIED, reason="see the error", error=error))
    assert "SchemaError: x does not fit" in err
    assert "hint: Do y." in err


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"explained": 3}, "explained 3 rows, changed at the source since"),
        ({"quarantined": 1}, "quarantined 1 row, which is not missing"),
        ({"quarantined": 2}, "quarantined 2 rows, which are not missing"),
        ({"kept": 2}, "kept 2 rows, as the entry asks, which the source no longer has"),
        ({"repaired": {"inserted": 1, "updated": 2}}, "repaired 1 inserted, 2 updated"),
        ({"losses": {"At": "the seventh digit"}}, "declared loss At: the seventh digit"),
        ({"touched": {"Name": {"blanks": 2}}}, "altered Name: 2 values, blanks"),
        ({"confidence": "5 of 9 ranges"}, "sample 5 of 9 ranges"),
        ({"as_of": "one moment"}, "as of one moment"),
        ({"watermark": "version 7"}, "watermark version 7"),
        ({"warnings": ("take care",)}, "warning take care"),
    ],
)
def test_what_is_no_difference_is_told(more: dict[str, Any], line: str) -> None:
    out, _ = shown(verified(Verdict.EQUAL, **more))
    assert f"    {line}" in out.splitlines()


@pytest.mark.parametrize(
    ("more", "rows"),
    [
        ({"explained": 2}, "600 rows, except 2 changed since"),
        ({"quarantined": 1}, "600 rows, except 1 in quarantine"),
        (
            {"explained": 2, "quarantined": 1},
            "600 rows, except 2 changed since and 1 in quarantine",
        ),
        ({"kept": 2}, "600 rows"),
    ],
)
def test_rows_that_were_not_found_equal_are_excepted(more: dict[str, Any], rows: str) -> None:
    out, _ = shown(verified(Verdict.EQUAL, **more))
    first = out.splitlines()[0]
    assert first == f"equal  module -> crm_module: every value of {rows}  1.20 s"


def test_a_column_that_was_not_compared_is_named_with_the_reason() -> None:
    found = verified(Verdict.PARTLY_COMPARED, not_compared={"Shape": "it has no rule"})
    out, err = shown(found)
    assert out.splitlines()[0].startswith("partly compared  module -> crm_module: every value")
    assert "    not compared Shape: it has no rule" in out.splitlines()
    assert out.splitlines()[-1].startswith("0 of 1 table equal, 1 partly compared")
    assert err == ""


def test_numbers_of_rows_that_differ_are_told_of_both_sides() -> None:
    found = verified(
        Verdict.DIFFERS, depth=Depth.COUNT, target_rows=598, counts={MISSING: 2}, seconds=0.0
    )
    _, err = shown(found)
    assert "2 rows differ in number (600 in the source, 598 in the target)" in err
