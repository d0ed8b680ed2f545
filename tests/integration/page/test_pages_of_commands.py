"""``status --html`` and ``sync --report``: the page of a real ledger, and of a run without one."""

import re
from html import unescape
from pathlib import Path

import pytest

from tests.integration.conftest import PASSWORD
from tests.integration.status.conftest import Desk, desk, status_source

__all__ = ["desk", "status_source"]

PAGE = "status.html"


def words(desk: Desk, name: str = PAGE) -> dict[str, str]:
    """Return the tables of the page, each with its word."""
    page = (desk.folder / name).read_text("utf-8")
    assert PASSWORD not in page
    found = re.findall(r"<tbody class=(\w+)><tr><th>(.*?)<", page)
    return {unescape(table): word for word, table in found}


def left_behind(desk: Desk) -> list[str]:
    """Return the files that a write which did not end would leave."""
    return [path.name for path in desk.folder.iterdir() if path.name.startswith(f".{PAGE}")]


def test_a_status_writes_the_page_beside_what_it_prints(desk: Desk) -> None:
    desk.sync()
    done = desk.run("status", f"--html={PAGE}")
    assert done.returncode == 0, done.stderr
    assert "alpha" in done.stdout
    assert words(desk) == {"alpha": "fresh", "beta": "fresh"}
    page = (desk.folder / PAGE).read_text("utf-8")
    assert "All 2 tables are fresh" in page
    assert "connect, plan" in page
    assert "phases not recorded" not in page
    assert left_behind(desk) == []


def test_before_the_first_run_the_page_says_that_there_is_no_ledger(desk: Desk) -> None:
    assert desk.run("status", f"--html={PAGE}").returncode == 5
    assert words(desk) == {"alpha": "never", "beta": "never"}
    page = (desk.folder / PAGE).read_text("utf-8")
    assert "There is no ledger in the target" in page
    assert "tableferry sync --tables=alpha" in page


def test_a_page_has_no_value_of_a_cell_and_no_key_of_a_row(desk: Desk) -> None:
    desk.source.run("INSERT INTO dbo.alpha VALUES (777777, N'a canary')")
    desk.configure(alpha={"verify": "rows"}, beta={})
    desk.sync()
    desk.target.run("UPDATE alpha SET name = 'a canary, too' WHERE id = 777777")
    assert desk.run("verify", "--tables=alpha").returncode == 3
    assert desk.run("status", f"--html={PAGE}").returncode == 3
    assert words(desk) == {"alpha": "differs", "beta": "fresh"}
    page = (desk.folder / PAGE).read_text("utf-8")
    assert "canary" not in page
    assert "777777" not in page


def test_a_verification_of_the_last_run_is_in_its_chart(desk: Desk) -> None:
    desk.configure(alpha={"verify": "rows"})
    desk.sync()
    desk.run("status", f"--html={PAGE}")
    page = (desk.folder / PAGE).read_text("utf-8")
    assert "<path class=verify" in page
    assert "<td class=o>equal" in page


def test_a_ledger_without_the_columns_of_phases_has_a_page_all_the_same(desk: Desk) -> None:
    desk.sync()
    desk.target.run(
        "ALTER TABLE tableferry.table_runs DROP COLUMN phases, DROP COLUMN losses",
        "DELETE FROM tableferry.migrations WHERE version > 5",
    )
    assert desk.run("status", f"--html={PAGE}").returncode == 0
    assert "phases not recorded" in (desk.folder / PAGE).read_text("utf-8")


def test_a_sync_writes_the_page_after_a_run_that_failed_too(desk: Desk) -> None:
    desk.sync()
    desk.source.run("DROP TABLE dbo.beta")
    assert desk.run("sync", f"--report={PAGE}").returncode == 1
    assert words(desk) == {"beta": "failing", "alpha": "fresh"}
    page = (desk.folder / PAGE).read_text("utf-8")
    assert "1 of 2 tables needs attention" in page
    assert page.count("<tr><td colspan=9>") == 1


def test_a_target_that_does_not_answer_is_what_the_page_says(desk: Desk) -> None:
    desk.target.run("CREATE ROLE nobody")
    done = desk.as_role("nobody", "wrong").run("sync", f"--report={PAGE}")
    assert done.returncode == 1
    assert words(desk) == {"alpha": "failing", "beta": "failing"}
    page = unescape((desk.folder / PAGE).read_text("utf-8"))
    assert "The ledger could not be read, so this is the last run alone" in page
    assert "28P01" in page
    desk.target.run("DROP ROLE nobody")


def test_a_table_without_a_ledger_is_shown_as_its_run_ended(desk: Desk) -> None:
    desk.configure(alpha={"ledger": "off", "publish": "truncate"}, beta={})
    desk.target.run("CREATE TABLE alpha (id int PRIMARY KEY, name varchar(20) NOT NULL)")
    assert desk.run("sync", f"--report={PAGE}").returncode == 0
    assert words(desk) == {"alpha": "fresh", "beta": "fresh"}


@pytest.mark.parametrize("command", [("status", "--html"), ("sync", "--report")])
def test_a_page_without_a_folder_is_refused_before_anything_is_done(
    desk: Desk, command: tuple[str, str]
) -> None:
    name, option = command
    done = desk.run(name, f"{option}=nowhere/{PAGE}")
    assert done.returncode == 2
    assert "its folder does not exist" in done.stderr
    assert desk.target.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'tableferry'") == []


def test_a_page_that_cannot_be_written_is_a_warning_of_the_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    done = desk.run("sync", f"--report={PAGE}")
    assert done.returncode == 0
    assert "No space left on device" in done.stdout + done.stderr
    assert not (desk.folder / PAGE).exists()
    assert left_behind(desk) == []


def test_an_old_page_is_replaced_as_a_whole(desk: Desk) -> None:
    (desk.folder / PAGE).write_text("an old page", "utf-8")
    (desk.folder / "link.html").symlink_to(PAGE)
    assert desk.run("sync", "--report=link.html").returncode == 0
    assert (desk.folder / "link.html").is_symlink()
    assert words(desk) == {"alpha": "fresh", "beta": "fresh"}
