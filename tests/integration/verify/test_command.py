"""``tableferry verify`` as a user runs it: exit codes, what is printed, and what is repaired."""

import json
import signal
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.integration.verify.conftest import ROWS, Pair
from tests.support.in_process import call

pytestmark = pytest.mark.with_ledger


class Command:
    """The command in a folder with the entry of dbo.T."""

    def __init__(self, pair: Pair, folder: Path) -> None:
        entry = {
            "db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.T", "pg_table": "t",
        }  # fmt: skip
        gone = {**entry, "pg_table": "not_there"}
        text = f"TABLE_CONFIGS = { ({'t': entry, 'gone': gone})!r}"
        (folder / "table_configs.py").write_text(text)
        source = pair.source.source()
        self._folder = folder
        self._env = {
            **pair.target.environment,
            "SQL_SERVER_MCTM_HOST": source.host,
            "SQL_SERVER_MCTM_PORT": str(source.port),
            "SQL_SERVER_MCTM_DB": "McTM",
            "SQL_SERVER_MCTM_USER": source.user,
            "SQL_SERVER_MCTM_PASSWORD": source.password.get_secret_value(),
        }

    def verify(self, *arguments: str, tables: str = "t") -> "CompletedProcess[str]":
        return call(
            "verify", f"--tables={tables}", "--settle=0", *arguments,
            cwd=self._folder, env=self._env,
        )  # fmt: skip


@pytest.fixture
def command(loaded: Pair, tmp_path: Path) -> Command:
    return Command(loaded, tmp_path)


def test_equal_tables_are_exit_code_0_and_a_line_each(command: Command) -> None:
    done = command.verify()
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first.startswith(f"equal  t -> t: every value of {ROWS:,} rows")
    assert last.startswith(f"1 of 1 table equal: {ROWS:,} rows in ")
    assert done.stderr == ""


def test_tables_that_differ_are_exit_code_3_and_listed_on_stderr(
    loaded: Pair, command: Command
) -> None:
    loaded.target.run("UPDATE t SET name = 'hidden' WHERE id = 3")
    done = command.verify()
    assert done.returncode == 3
    assert "differs  t -> t: 1 row differs (1 different)" in done.stderr
    assert "* different  3   Name" in done.stderr
    assert "hidden" not in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("0 of 1 table equal, 1 differs")


def test_values_are_shown_where_they_are_asked_for(loaded: Pair, command: Command) -> None:
    loaded.target.run("UPDATE t SET name = 'other' WHERE id = 3")
    done = command.verify("--show-values")
    assert "Name: 'name 3xxx' in the source, 'other' in the target" in done.stderr
    (found,) = json.loads(command.verify("--json", "--show-values").stdout)["tables"]
    assert found["differences"] == [
        {
            "kind": "different",
            "key": {"id": "3"},
            "columns": ["Name"],
            "source": {"Name": "name 3xxx"},
            "target": {"Name": "other"},
        }
    ]


def test_json_is_one_document_with_verdicts_and_totals(loaded: Pair, command: Command) -> None:
    loaded.target.run("DELETE FROM t WHERE id < 4")
    done = command.verify("--json", "--limit=2", tables="t,gone")
    assert done.returncode == 3
    body = json.loads(done.stdout)
    assert body["totals"]["tables"] == 2
    assert (body["totals"]["differs"], body["totals"]["not verified"]) == (1, 1)
    found = {one["table"]: one for one in body["tables"]}
    assert found["t"]["counts"] == {"missing": 3}
    assert len(found["t"]["differences"]) == 2
    assert found["gone"]["reason"] == "the target table does not exist yet"


def test_a_table_that_is_not_verified_is_exit_code_1(command: Command) -> None:
    assert command.verify(tables="gone").returncode == 1
    assert command.verify(tables="t,gone").returncode == 1


def test_repaired_tables_are_exit_code_0(loaded: Pair, command: Command) -> None:
    loaded.target.run("UPDATE t SET name = 'other' WHERE id = 3", "DELETE FROM t WHERE id = 9")
    done = command.verify("--repair")
    assert done.returncode == 0, done.stderr
    assert "repaired 1 inserted, 1 updated" in done.stdout
    assert command.verify().returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sample=0",), "'sample' must be a whole number from 1 to 10,000"),
        (("--count", "--repair"), "'repair' does not fit 'count'"),
        (("--limit=-1",), "'limit' must be a whole number from 0"),
        (("--limit=x",), "Wrong use"),
    ],
)
def test_options_that_make_no_sense_are_exit_code_2(
    arguments: tuple[str, ...], message: str, command: Command
) -> None:
    done = command.verify(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_ctrl_c_while_rows_are_compared_is_exit_code_130(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("tableferry.runs.verify_table.compare", stopped)
    done = command.verify()
    assert done.returncode == 130
    assert "The command was stopped (SIGINT)" in done.stderr
