"""Whatever a driver or a library raises, wherever: its text leaves neither by output nor by record.

Each exception carries a secret and a cell's value in its arguments, its notes, its cause and its
context. It is thrown in this process, at every place where foreign code runs.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from tableferry.aws import invocation
from tableferry.aws.clients import Clients
from tableferry.aws.handler import handle_event
from tableferry.errors import TableferryError
from tableferry.postgres import copying, encoding
from tableferry.postgres.connection import TargetConnection
from tableferry.runs.deadline import Deadline
from tests.support.databases import PgDatabase
from tests.support.foreign_exceptions import BOTH, ERRORS, PLACES, SECRET, VALUE, thrown
from tests.support.in_process import call
from tests.support.sandbox import Sandbox
from tests.support.specs import target_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One small table, with a key to convert and a text to encode."""
    entry = {
        "db_type": "voipdb", "sql_server_db": "VoipDB", "sql_table": "dbo.T", "pg_table": "t",
        "primary_key": "id", "max_shrink": 100, "description": "",
    }  # fmt: skip
    (tmp_path / "table_configs.py").write_text(f"TABLE_CONFIGS = {{'t': {entry!r}}}\n")
    return tmp_path


@pytest.fixture
def source(sample_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    sample_sandbox.run(
        "VoipDB",
        "DROP TABLE IF EXISTS dbo.T",
        "CREATE TABLE dbo.T (id int PRIMARY KEY, name nvarchar(20), u uniqueidentifier)",
        f"INSERT INTO dbo.T VALUES (1, N'{VALUE}', newid())",
    )
    monkeypatch.setattr(Deadline, "sleep", lambda _self, _seconds: None)  # a retry's pause
    yield sample_sandbox
    sample_sandbox.run("VoipDB", "DROP TABLE dbo.T")


@pytest.fixture
def env(source: Sandbox, pg_database: PgDatabase) -> dict[str, str]:
    return {**source.environment, **pg_database.environment}


@pytest.fixture
def shared_env(source: Sandbox, module_pg_database: PgDatabase) -> dict[str, str]:
    """The same, with one target for all commands that fail before they could store a row."""
    return {**source.environment, **module_pg_database.environment}


def require_silence(text: str) -> None:
    assert SECRET not in text
    assert VALUE not in text
    assert "Traceback" not in text


def recorded(database: PgDatabase) -> str:
    """All that the ledger holds."""
    found = ""
    for (name,) in database.rows(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
        "(SELECT oid FROM pg_namespace WHERE nspname = 'tableferry')"
    ):
        found += str(database.rows(f'SELECT x::text FROM tableferry."{name}" x'))
    return found


NAMES = list(ERRORS)
EVERYWHERE = [(place, NAMES[at]) for place in PLACES for at in range(0, len(NAMES), 15)]
AT_EACH = [
    (list(PLACES)[at % len(PLACES)], name)
    for at, name in enumerate(NAMES)
    if (list(PLACES)[at % len(PLACES)], name) not in EVERYWHERE
]
"""Each place sees several classes, and each class some place; the unit tests see every class."""


@pytest.mark.parametrize(("place", "name"), [*EVERYWHERE, *AT_EACH])
def test_a_sync_tells_and_records_nothing_of_it(
    place: str,
    name: str,
    folder: Path,
    env: dict[str, str],
    pg_database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as patches, caplog.at_level(logging.DEBUG):
        PLACES[place](patches, lambda: thrown(name))
        done = call("sync", "--json", cwd=folder, env=env)
    body = json.loads(done.stdout)
    require_silence(done.stdout + done.stderr + caplog.text + recorded(pg_database))
    if place == "closing":
        assert done.returncode in {0, 1}
        return
    assert done.returncode in {1, 2}
    (error,) = {one["error"]["message"] for one in body["tables"]}
    assert error
    assert not pg_database.rows("SELECT 1 FROM pg_class WHERE relname = 't'"), "nothing was stored"


LOOKING = {
    "connecting to the source": ("check", "plan", "discover", "doctor", "verify"),
    "connecting to the target": (
        "check", "plan", "doctor", "verify", "status", "history", "runs", "quarantine",
    ),
    "asking the source's catalog": ("check", "plan", "discover", "doctor", "verify"),
    "asking the target's catalog": ("check", "plan", "doctor", "verify"),
}  # fmt: skip
QUESTIONS = [
    (place, command, name)
    for place, commands in LOOKING.items()
    for command in commands
    for name in ("psycopg.OperationalError", "TypeError")
]


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize(("place", "command", "name"), QUESTIONS)
def test_a_command_that_only_looks_tells_nothing_of_it(
    place: str,
    command: str,
    name: str,
    form: tuple[str, ...],
    folder: Path,
    shared_env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as patches, caplog.at_level(logging.DEBUG):
        PLACES[place](patches, lambda: thrown(name))
        of = ("--source", "voipdb") if command == "discover" else ()
        done = call(command, *of, *form, cwd=folder, env=shared_env)
    require_silence(done.stdout + done.stderr + caplog.text)
    assert done.returncode in {1, 2}
    if form:
        assert json.loads(done.stdout)


COMMANDS = (
    ("sync",), ("plan",), ("check",), ("discover", "--source", "voipdb"), ("doctor",), ("verify",),
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_command_tells_anything_of_any_class(
    name: str,
    folder: Path,
    shared_env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as patches, caplog.at_level(logging.DEBUG):
        PLACES["connecting to the source"](patches, lambda: thrown(name))
        for command in COMMANDS:
            for form in ((), ("--json",)):
                done = call(*command, *form, cwd=folder, env=shared_env)
                require_silence(done.stdout + done.stderr + caplog.text)
                assert done.returncode in {1, 2}, (command, done.stderr)
                assert "usage" not in done.stderr.lower()


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("command", ["sync", "plan", "check", "info"])
@pytest.mark.parametrize("kind", ["RuntimeError", "SystemExit", "KeyError"])
def test_an_error_of_the_configuration_file_is_told_by_its_line(
    kind: str, command: str, form: tuple[str, ...], tmp_path: Path
) -> None:
    text = f"try:\n    raise ValueError({BOTH!r})\nexcept ValueError:\n    raise {kind}({BOTH!r})\n"
    (tmp_path / "table_configs.py").write_text(text)
    done = call(command, *form, cwd=tmp_path, env={"COLUMNS": "160"})
    require_silence(done.stdout + done.stderr)
    assert done.returncode == 2
    assert f"{kind} at table_configs.py:4" in " ".join((done.stdout + done.stderr).split())


class Context:
    """Lambda's, as far as it is asked."""

    function_name = "sync"
    aws_request_id = "1"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:1:function:sync"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["loading the configuration", "executing", "reporting"])
def test_lambda_answers_and_logs_nothing_of_it(
    where: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: Any) -> Any:
        raise thrown(name)

    if where == "reporting":
        monkeypatch.setattr(invocation.Invocation, "ended", fail)
    execute = (lambda _request, _callbacks: {}) if where == "reporting" else fail
    answer = handle_event(
        {"mode": "info"}, Context(), configured=lambda: ["t"], load_config=fail, execute=execute
    )
    assert answer["statusCode"] == (200 if where == "reporting" else 500)
    out = capsys.readouterr()
    require_silence(json.dumps(answer) + out.out + out.err)


@pytest.mark.parametrize("name", NAMES[::4])
def test_a_step_of_a_state_machine_fails_without_its_text(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: Any) -> Any:
        raise thrown(name)

    with pytest.raises(TableferryError) as raised:
        handle_event(
            {"mode": "fanout_plan", "input": {}}, Context(), configured=lambda: ["t"],
            load_config=fail, execute=fail,
        )  # fmt: skip
    out = capsys.readouterr()
    require_silence(str(raised.value) + raised.value.hint + out.out + out.err)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("name", NAMES[::3])
def test_a_vault_that_fails_tells_the_class_only(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = Clients()
    monkeypatch.setattr(clients, "_client", lambda _service, _region: None)
    with (
        pytest.raises(TableferryError) as raised,
        clients.asking("secretsmanager", "secretsmanager:x", "a permission"),
    ):
        raise thrown(name)
    require_silence(str(raised.value) + raised.value.hint)
    assert raised.value.__suppress_context__


class PanicException(BaseException):
    """As pyo3 raises for a panic in Rust: no Exception."""


def test_a_panic_of_the_encoder_fails_the_table_and_not_the_process(
    folder: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Encoder:
        def __init__(self, _schema: pa.Schema) -> None:
            raise PanicException(BOTH)

    monkeypatch.setattr(encoding.pgpq, "ArrowToPostgresBinaryEncoder", Encoder)
    done = call("sync", "--json", cwd=folder, env=env)
    require_silence(done.stdout + done.stderr)
    assert done.returncode == 1
    assert "RuntimeError" in json.loads(done.stdout)["tables"][0]["error"]["message"]


def test_a_copy_that_is_abandoned_sends_the_server_no_text(
    pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    with psycopg.connect(pg_database.conninfo, autocommit=True) as raw:
        raw.execute("CREATE TABLE t (id int)")
        connection = TargetConnection(target_settings(), raw)
        schema = pa.schema([("id", pa.int32())])
        copy = copying.CopyIn(connection, "t", ["id"], schema)
        with suppress(ValueError), copy:
            writer = copy._copy.writer
            finish = writer.finish

            def record(error: BaseException | None = None) -> None:
                sent.append(repr(error))
                finish(error)

            monkeypatch.setattr(writer, "finish", record)
            raise ValueError(BOTH)
        assert sent == ["RuntimeError('ValueError')"]
        assert raw.execute("SELECT count(*) FROM t").fetchall() == [(0,)]
