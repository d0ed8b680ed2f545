"""What a terminal shows of a run."""

import io

import pytest
from rich.console import Console

from tableferry.report.console import RunView
from tableferry.sync.outcome import RunOutcome, Status, TableOutcome

TABLES = tuple(
    TableOutcome(
        name, f"warehouse.{name}", Status.OK, 5_000, 5_000, 0.25, "read_committed", created=True
    )
    for name in ("customer", "voipdb_customer", "voipdb_useragent")
)


def shown(width: int) -> list[str]:
    out = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    view = RunView(out)
    for table in TABLES:
        view.outcome(table)
    view.summary(RunOutcome(TABLES, 0.75))
    assert isinstance(out.file, io.StringIO)
    return [line.rstrip() for line in out.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [80, 120])
def test_no_name_and_no_word_of_the_summary_is_broken(width: int) -> None:
    lines = shown(width)
    assert max(map(len, lines)) <= width
    for table in TABLES:
        (line,) = [line for line in lines if line.startswith(f" {table.table} ")]
        assert line.endswith("20,000   read_committed")


def test_what_was_created_is_told_also_where_the_summary_has_no_room_for_targets() -> None:
    assert any("warehouse.customer (created): 5,000 rows" in line for line in shown(80))
    assert not any(line.startswith(" table") and "target" in line for line in shown(80))
    assert any(line.startswith(" table") and "target" in line for line in shown(120))
