"""``tableferry status``: what the ledger of a real target says of the tables."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tableferry import postgres
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.ledger import migrate, reading
from tableferry.postgres.ledger.migrate import migrations
from tests.integration.status.conftest import Desk
from tests.integration.support import settings_of
from tests.support.ledger import SLOW, a_run

HOURS_AGO = (
    "UPDATE tableferry.table_runs SET rows_as_of = now() - interval '3 hours'",
    "UPDATE tableferry.watermarks SET advanced_at = now() - interval '3 hours'",
)


def test_before_the_first_sync_every_table_is_never_and_nothing_is_created(desk: Desk) -> None:
    found = desk.told("status", code=5)
    assert [one["word"] for one in found["tables"]] == ["never", "never"]
    assert "There is no ledger" in found["notes"][0]
    assert desk.target.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'tableferry'") == []


def test_after_a_sync_every_table_is_fresh(desk: Desk) -> None:
    desk.sync()
    found = desk.told("status")
    assert [(one["table"], one["word"], one["rows"]) for one in found["tables"]] == [
        ("alpha", "fresh", 2),
        ("beta", "fresh", 2),
    ]
    assert found["last_run"]["status"] == "ok"
    assert found["others"] == []


@pytest.mark.parametrize("command", ["status", "runs", "history", "quarantine"])
def test_a_ledger_that_another_session_keeps_locked_is_not_waited_for(
    desk: Desk, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sync()
    monkeypatch.setattr(reading, "LOCK_TIMEOUT", "50ms")
    with desk.target.connect(autocommit=False) as other:
        other.execute("SET idle_in_transaction_session_timeout = '30s'")  # ends a wait without end
        other.execute("LOCK TABLE tableferry.runs, tableferry.table_runs, tableferry.quarantine")
        done = desk.run(command)
    assert done.returncode == 1
    assert "TransientError" in done.stderr
    assert "(55P03)" in done.stderr


def test_rows_older_than_max_age_are_late(desk: Desk) -> None:
    desk.configure(alpha={"max_age": 7200}, beta={"max_age": 86400})
    desk.sync()
    desk.target.run(*HOURS_AGO)
    late = desk.state(code=5)
    assert (late["word"], late["late"], late["max_age"]) == ("late", True, 7200)
    assert 3 * 3600 <= late["age_seconds"] < 4 * 3600
    assert late["why"] == "Its rows are 3 h old, and may be 2 h old."
    assert desk.state("beta", code=5)["word"] == "fresh"


def test_a_table_that_fails_is_told_with_its_error_and_what_to_type(desk: Desk) -> None:
    desk.sync()
    desk.source.run("DROP TABLE dbo.alpha")
    desk.sync(code=1)
    failing = desk.state(code=1)
    assert failing["word"] == "failing"
    assert "ended as failed" in failing["why"]
    assert failing["hint"]
    assert failing["command"].startswith("tableferry ")
    assert failing["rows"] == 2  # of the last run that was ok
    shown = desk.run("status")
    assert shown.returncode == 1
    assert "1 failing, 1 fresh of 2 tables" in shown.stdout
    assert failing["command"] in shown.stdout


def test_a_table_that_is_being_loaded_is_running_and_one_whose_holder_is_silent_is_held(
    desk: Desk,
) -> None:
    desk.sync()
    with a_run(desk.target, key="alpha", at=TargetTable.parse("public.alpha")) as run:
        run.acquire()
        running = desk.state()
        assert running["word"] == "running"
        assert "has been loading it for" in running["why"]
    with a_run(desk.target, timing=SLOW, key="beta", at=TargetTable.parse("public.beta")) as run:
        run.acquire()
        desk.target.run(
            "UPDATE tableferry.leases SET renewed_at = now() - interval '20 min', "
            "expires_at = now() + interval '10 min' WHERE target = 'public.beta'"
        )
        held = desk.state("beta", code=4)
        assert held["word"] == "held"
        assert "has shown no life for 20 min; the lease expires in 10 min" in held["why"]


def test_rows_that_differ_are_told_until_every_row_is_loaded_again(desk: Desk) -> None:
    desk.sync()
    desk.target.run("UPDATE alpha SET name = 'damaged' WHERE id = 1")
    assert desk.run("verify", "--settle=0").returncode == 3
    differs = desk.state(code=3)
    assert (differs["word"], differs["verified"]["differing"]) == ("differs", 1)
    assert differs["command"] == "tableferry verify --tables=alpha"
    assert desk.state("beta", code=3)["verified"]["verdict"] == "equal"
    desk.sync()
    assert desk.state()["word"] == "fresh"


def test_rows_that_differ_are_told_until_they_are_repaired(desk: Desk) -> None:
    desk.sync()
    desk.target.run("DELETE FROM alpha WHERE id = 1")
    assert desk.run("verify", "--settle=0").returncode == 3
    assert desk.run("verify", "--settle=0", "--repair").returncode == 0
    assert desk.state()["word"] == "fresh"


def test_a_table_without_changes_is_fresh_and_tells_how_long_the_source_keeps_them(
    desk: Desk,
) -> None:
    desk.configure(alpha={"mode": "change_tracking", "max_age": 7200})
    desk.sync()
    desk.target.run(*HOURS_AGO)
    assert desk.state(code=5)["word"] == "late"
    desk.sync()  # idle: it has no run of its own
    found = desk.state()
    assert (found["word"], found["watermark"]["retention_seconds"]) == ("fresh", 2 * 86400.0)
    assert found["watermark"]["age_seconds"] < 3600
    assert found["age_seconds"] < 3600


def test_tables_that_no_entry_is_about_are_listed_apart(desk: Desk) -> None:
    desk.sync()
    desk.configure(alpha={})
    found = desk.told("status")
    assert [one["target"] for one in found["others"]] == ["public.beta"]
    assert found["totals"]["tables"] == 1
    assert "1 table in the ledger that no entry is about: public.beta" in desk.run("status").stdout
    assert "beta" in desk.run("status", "--all").stdout


def test_one_table_of_several_is_told_of_alone(desk: Desk) -> None:
    desk.sync()
    found = desk.told("status", "--tables=beta")
    assert [one["table"] for one in found["tables"]] == ["beta"]
    assert found["others"] == []


READS = (
    "GRANT USAGE ON SCHEMA tableferry TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA tableferry TO {role}",
)


def test_a_role_that_may_only_select_can_tell_how_the_tables_stand(
    desk: Desk, reader: Callable[..., tuple[str, str]]
) -> None:
    desk.sync()
    watcher = desk.as_role(*reader(*READS))
    found = watcher.state()
    assert (found["word"], found["quarantined"]) == ("fresh", 0)
    for command in ("runs", "history", "quarantine"):
        assert watcher.run(command).returncode == 0


def test_a_role_without_the_quarantine_is_told_everything_else(
    desk: Desk, reader: Callable[..., tuple[str, str]]
) -> None:
    desk.sync()
    watcher = desk.as_role(*reader(*READS, "REVOKE ALL ON tableferry.quarantine FROM {role}"))
    found = watcher.state()
    assert found["word"] == "fresh"
    assert "quarantined" not in found
    refused = watcher.run("quarantine")
    assert refused.returncode == 2
    assert "GRANT SELECT ON tableferry.quarantine" in refused.stderr


@pytest.mark.parametrize("given", [0, 1])
def test_a_role_that_may_not_read_the_ledger_is_refused_with_the_statement_that_helps(
    given: int, desk: Desk, reader: Callable[..., tuple[str, str]]
) -> None:
    desk.sync()
    refused = desk.as_role(*reader(*READS[:given])).run("status")
    assert refused.returncode == 2
    assert "may not read the ledger" in refused.stderr
    assert "GRANT SELECT ON tableferry.migrations" in refused.stderr.replace("\n", " ")


def test_an_older_ledger_is_told_of_in_words_and_stays_as_it_is(desk: Desk) -> None:
    with postgres.connect(settings_of(desk.target)) as connection:
        migrate(connection, migrations()[:4])
    refused = desk.run("status")
    assert refused.returncode == 2
    assert "has version 4" in refused.stderr
    assert "The next sync" in refused.stderr
    assert desk.target.rows("SELECT max(version) FROM tableferry.migrations") == [(4,)]


def test_a_newer_ledger_is_told_of_in_words(desk: Desk) -> None:
    desk.sync()
    desk.target.run("INSERT INTO tableferry.migrations (version, name) VALUES (99, 'later')")
    refused = desk.run("status")
    assert refused.returncode == 2
    assert "Update tableferry here" in refused.stderr


def test_a_target_that_cannot_be_reached_is_an_error_with_a_hint(desk: Desk) -> None:
    done = desk.as_role("nobody_of_this_name", "wrong").run("status")
    assert done.returncode == 2
    assert "hint" in done.stderr


def test_a_status_and_a_sync_write_their_metrics_to_a_file(desk: Desk) -> None:
    path = desk.folder / "tableferry.prom"
    assert desk.run("sync", "--tables=alpha", f"--openmetrics={path}").returncode == 0
    text = path.read_text()
    assert 'tableferry_table_status{table="alpha",word="fresh"} 1\n' in text
    assert 'tableferry_table_status{table="beta",word="never"} 1\n' in text
    path.unlink()
    assert desk.run("status", f"--openmetrics={path}").returncode == 5
    assert path.read_text().endswith("# EOF\n")


def test_metrics_that_cannot_be_written_change_no_exit_code(desk: Desk) -> None:
    done = desk.run("sync", "--openmetrics=/nowhere/tableferry.prom")
    assert done.returncode == 0
    assert "The metrics were not written to /nowhere/tableferry.prom" in done.stderr
    done = desk.run("status", "--openmetrics=/nowhere/tableferry.prom")
    assert done.returncode == 0
    assert "fresh" in done.stdout


def test_tables_whose_columns_have_drifted_end_a_sync_and_a_plan_with_a_code_of_their_own(
    desk: Desk,
) -> None:
    desk.configure(alpha={})
    desk.sync()
    desk.source.run("ALTER TABLE dbo.alpha ADD Extra int NULL")
    assert desk.run("plan").returncode == 6
    assert desk.run("sync").returncode == 6
    found = desk.state(code=1)
    assert (found["word"], found["command"]) == ("failing", "tableferry plan --tables=alpha")
    assert "Extra" in found["why"]


def test_a_source_that_cannot_be_asked_for_a_patterns_tables_does_not_silence_the_status(
    desk: Desk,
) -> None:
    desk.configure(alpha={}, rest={"sql_table": "dbo.*", "pg_table": None, "primary_key": None})
    desk.sync()
    found = desk.told("status")
    assert found["complete"] is True
    assert [one["word"] for one in found["tables"]] == ["fresh", "fresh"]

    unreachable = {"SQL_SERVER_MCTM_PORT": "1", "SQL_SERVER_MCTM_CONNECT_TIMEOUT": "1"}
    found = replace(desk, more=unreachable).told("status")
    assert (found["complete"], [one["table"] for one in found["tables"]]) == (False, ["alpha"])
    assert "Which tables the patterns match is not known" in found["notes"][0]
    assert len(found["others"]) == 1
    assert found["totals"]["tables"] == 2, "the others may be those of the pattern"


def test_a_file_of_patterns_alone_has_a_status_while_its_source_is_down(desk: Desk) -> None:
    desk.configure(rest={"sql_table": "dbo.*", "pg_table": None, "primary_key": None})
    desk.sync()
    down = replace(desk, more={"SQL_SERVER_MCTM_PORT": "1", "SQL_SERVER_MCTM_CONNECT_TIMEOUT": "1"})
    found = down.told("status")
    assert (found["complete"], found["tables"], len(found["others"])) == (False, [], 2)
    assert found["totals"]["fresh"] == 2
    desk.source.run("ALTER TABLE dbo.alpha ADD Extra int NULL")
    desk.sync(code=1)
    assert down.told("status", code=1)["totals"]["failing"] == 1


def test_patterns_that_match_nothing_are_no_source_that_is_down(desk: Desk) -> None:
    desk.configure(rest={"sql_table": "gone.*", "pg_table": None, "primary_key": None})
    done = desk.run("status")
    assert done.returncode == 1
    assert "No table matches rest (gone.*)" in done.stderr
