"""``history``, ``runs`` and ``quarantine``: what the ledger holds, listed."""

from tests.integration.status.conftest import Desk

REFUSED = "a text that is too long"


def refuse_one(desk: Desk) -> None:
    """Load alpha with one of its three rows in quarantine."""
    desk.source.run(f"INSERT INTO dbo.alpha VALUES (7, N'{REFUSED[:20]}')")
    desk.target.run("CREATE TABLE alpha (id int PRIMARY KEY, name varchar(20) CHECK (id < 7))")
    desk.configure(alpha={"on_invalid": "quarantine", "max_invalid": 5, "drift": "ignore"})
    desk.sync()


def test_without_a_ledger_every_list_is_empty(desk: Desk) -> None:
    assert desk.told("runs") == {"format": 1, "runs": [], "more": False}
    assert desk.told("history")["runs"] == []
    assert desk.told("quarantine")["quarantine"] == []
    assert "The ledger has no run." in desk.run("runs").stdout
    assert "The ledger has no run of alpha." in desk.run("history", "alpha").stdout
    assert "No row lies in quarantine." in desk.run("quarantine").stdout


def test_runs_are_listed_the_newest_first_with_their_tables(desk: Desk) -> None:
    desk.sync()
    desk.source.run("DROP TABLE dbo.alpha")
    desk.sync(code=1)
    newest, oldest = desk.told("runs")["runs"]
    assert (newest["status"], newest["tables"]) == ("partial", {"ok": 1, "failed": 1})
    assert (oldest["status"], oldest["tables"], oldest["rows_written"]) == ("ok", {"ok": 2}, 4)
    assert desk.told("runs", "--limit=1")["more"] is True
    assert "There are older ones" in desk.run("runs", "--limit=1").stdout


def test_the_history_of_a_table_has_its_runs_by_its_key_and_by_its_target(desk: Desk) -> None:
    desk.sync()
    desk.source.run("DROP TABLE dbo.alpha")
    desk.sync(code=1)
    by_key = desk.told("history", "alpha")["runs"]
    assert [run["status"] for run in by_key] == ["failed", "ok"]
    assert by_key[0]["error"]["message"]
    assert desk.told("history", "public.alpha")["runs"] == by_key
    assert len(desk.told("history")["runs"]) == 4
    shown = desk.run("history", "alpha").stdout
    assert by_key[0]["error"]["type"] in shown


def test_a_list_needs_no_table_file(desk: Desk) -> None:
    desk.sync()
    (desk.folder / "table_configs.py").unlink()
    assert len(desk.told("runs")["runs"]) == 1


def test_the_quarantine_is_counted_by_reason_without_keys_and_values(desk: Desk) -> None:
    refuse_one(desk)
    (group,) = desk.told("quarantine")["quarantine"]
    assert (group["target"], group["rows"], group["runs"]) == ("public.alpha", 1, 1)
    assert "keys" not in group
    assert desk.told("quarantine", "alpha")["totals"]["rows"] == 1
    assert desk.told("quarantine", "beta")["totals"]["rows"] == 0
    assert desk.state(code=0)["quarantined"] == 1


def test_keys_of_the_quarantine_are_shown_where_they_are_asked_for_and_values_never(
    desk: Desk,
) -> None:
    refuse_one(desk)
    (group,) = desk.told("quarantine", "--keys")["quarantine"]
    assert group["keys"] == [{"ID": 7}]
    for arguments in (["quarantine"], ["quarantine", "--keys"], ["status"]):
        done = desk.run(*arguments)
        assert REFUSED[:20] not in done.stdout + done.stderr
    assert '{"ID": 7}' in desk.run("quarantine", "--keys").stdout


def test_refusals_of_several_runs_are_counted_for_each_and_the_status_counts_rows(
    desk: Desk,
) -> None:
    refuse_one(desk)
    desk.sync()
    (group,) = desk.told("quarantine")["quarantine"]
    assert (group["rows"], group["runs"]) == (2, 2)
    assert desk.state()["quarantined"] == 1
