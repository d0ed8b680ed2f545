"""The Lambda package runs: by nothing but itself, under Lambda's own runtime client.

``script/prove FILE.zip`` runs these tests on a package of one's own; otherwise one is built.
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tableferry import postgres, sqlserver
from tableferry.config import Settings, SourceSettings, TargetSettings, parse_table_configs
from tableferry.frontend.request import Operation
from tableferry.verification.independent import compare_rows
from tableferry_sandbox.sample import table_configs
from tests.deployment.conftest import Package
from tests.faults.support import wait_for
from tests.support.build_script import build
from tests.support.databases import PgDatabase
from tests.support.lambda_runtime import (
    Function,
    Runtime,
    find_interpreter,
    install_runtime,
    running,
)
from tests.support.process_state import connections_of, threads_of
from tests.support.sandbox import PASSWORD, Sandbox

EVENTS: dict[Operation, dict[str, Any]] = {
    Operation.INFO: {"mode": "info"},
    Operation.MULTI_TEST: {"mode": "multi_test"},
    Operation.PLAN: {"mode": "plan", "tables": ["customer"]},
    Operation.DOCTOR: {"mode": "doctor", "tables": ["customer"]},
    Operation.SINGLE_SYNC: {"mode": "single_sync", "table_name": "mctm_module"},
    Operation.MULTI_SYNC: {},
    Operation.VERIFY: {"mode": "verify", "tables": ["mctm_module"]},
    Operation.STATUS: {"mode": "status", "tables": ["mctm_module"]},
}

OF_THE_SYSTEM = {
    "ld-linux-x86-64", "ld-linux-aarch64", "libc", "libm", "libdl", "libpthread", "librt",
    "libutil", "libgcc_s", "libstdc++", "libssl", "libcrypto", "libz", "libbz2", "liblzma",
    "libffi", "libexpat", "libuuid", "libsqlite3", "libmpdec", "libcrypt", "libnss_files",
    "libnss_dns", "libresolv",
}  # fmt: skip
"""Libraries of the system that may be loaded: glibc's, and what Python and OpenSSL stand on."""


@pytest.fixture(scope="module")
def unpacked(package: Package, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Runtime]:
    """The package, unpacked into an empty folder, and a runtime like Lambda's."""
    folder = tmp_path_factory.mktemp("lambda")
    interpreter = find_interpreter(package.python, package.machine)
    if interpreter is None and package.said:  # not one that was given, to be proven itself
        package = for_this_python(folder)
        interpreter = find_interpreter(package.python, package.machine)
    needed = f"Python {package.python} for {package.machine}"
    assert interpreter, f"The proof needs a {needed}, on PATH or from pyenv."
    with zipfile.ZipFile(package.path) as archive:
        archive.extractall(folder / "task")
    return folder / "task", install_runtime(
        interpreter, package.python, package.machine, folder / "runtime"
    )


@pytest.fixture(scope="module")
def function(
    unpacked: tuple[Path, Runtime],
    sample_sandbox: Sandbox,
    module_pg_database: PgDatabase,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Function]:
    """The package in an environment like Lambda's, with databases that answer."""
    variables = sample_sandbox.environment | module_pg_database.environment
    log = tmp_path_factory.mktemp("log") / "log"
    with running(*unpacked, variables, log) as started:
        yield started


def for_this_python(folder: Path) -> Package:
    """Build the package for the Python that runs the tests, where Lambda's is not to be had."""
    version = "{}.{}".format(*sys.version_info)
    done = build(
        *("--no-proof", "--python", version, "--output", "here.zip"),
        cwd=folder,
        TABLEFERRY_ANY_PYTHON="yes",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Package(folder / "here.zip", version, done.stdout)


def asked(function: Function, event: object) -> tuple[int, dict[str, Any]]:
    """Return the status code and the parsed body of the answer to an event."""
    answer = function.invoke(event)
    assert answer.kind == "response", answer
    return answer.body["statusCode"], json.loads(answer.body["body"])


def test_there_is_an_event_for_every_mode() -> None:
    assert set(EVENTS) == set(Operation)


@pytest.mark.parametrize("mode", EVENTS)
def test_every_mode_answers_200(mode: Operation, function: Function) -> None:
    status, body = asked(function, EVENTS[mode])
    assert status == 200, json.dumps(body, indent=1)


def test_steps_answer_a_state_machine_and_fail_by_the_name_of_their_errors_class(
    function: Function,
) -> None:
    planned = function.invoke({"mode": "fanout_plan", "input": {"tables": ["customer"]}})
    assert planned.kind == "response", planned
    (table,) = planned.body["tables"]
    assert (table["table"], table["route"]) == ("customer", "whole")
    one = {"fanout_id": planned.body["fanout_id"], "table_name": "customer"}
    whole = function.invoke({"mode": "load_whole", **one})
    assert whole.body["status"] == "ok", whole
    summary = function.invoke(
        {"mode": "summary", "fanout_id": one["fanout_id"], "outcomes": [whole.body]}
    )
    assert summary.body["statusCode"] == 200
    for step in ({"mode": "begin_table", **one}, {"mode": "load_chunk", **one, "chunk": 0}):
        refused = function.invoke(step)
        assert refused.kind == "error"
        assert refused.body["errorType"] == "ConfigError"


def test_all_four_tables_cross_value_by_value(
    function: Function, sample_sandbox: Sandbox, module_pg_database: PgDatabase
) -> None:
    status, body = asked(function, {"mode": "multi_sync"})
    assert (status, body["totals"]["ok"]) == (200, 4)
    settings = settings_of(sample_sandbox, module_pg_database)
    for spec in parse_table_configs(table_configs()).values():
        with (
            sqlserver.connect(settings.sources[spec.db_type]) as from_,
            postgres.connect(settings.target) as into,
        ):
            found = compare_rows(spec, from_, into)
        assert found.equal, (spec.key, found)
        assert found.source_rows > 0


def test_a_wrong_event_is_refused_and_the_function_lives_on(function: Function) -> None:
    status, body = asked(function, {"mode": "drop"})
    assert status == 400
    assert body["error"]["message"] == "Unknown mode: 'drop'"
    status, body = asked(function, {"tables": ["\u041f\ud800\U0001f6f0"]})
    assert status == 400
    assert "\u041f\\ud800\U0001f6f0" in body["error"]["message"]
    assert asked(function, {"mode": "info"})[0] == 200
    assert function.process.poll() is None


def test_between_two_events_it_holds_no_database_and_has_written_nothing(
    function: Function, sample_sandbox: Sandbox, module_pg_database: PgDatabase
) -> None:
    """Lambda freezes the process then, and may thaw it much later, or never."""

    def holds() -> tuple[int, int]:
        ports = {sample_sandbox.port, module_pg_database.port}
        return len(connections_of(function.process.pid) & ports), threads_of(function.process.pid)

    def carry() -> None:
        assert asked(function, {"mode": "multi_sync", "tables": ["customer", "mctm_module"]})

    task = function.task
    before = {path.relative_to(task) for path in task.rglob("*")}
    carry()
    assert wait_for(lambda: holds()[0] == 0)
    _, threads = holds()
    for _ in range(3):
        carry()
    assert wait_for(lambda: holds() == (0, threads)), holds()
    assert {path.relative_to(task) for path in task.rglob("*")} == before


def test_it_loads_libraries_of_the_package_of_lambdas_runtime_and_of_python_and_no_others(
    function: Function, unpacked: tuple[Path, Runtime]
) -> None:
    task, runtime = unpacked
    asked(function, {"mode": "multi_test"})
    mapped = Path(f"/proc/{function.process.pid}/maps").read_text()
    loaded = {Path(name) for name in re.findall(r"(/\S+\.so[.\d]*)$", mapped, re.MULTILINE)}
    mine = {path for path in loaded if path.is_relative_to(task)}
    python = runtime.interpreter.resolve().parents[1]
    packages = [path for path in loaded if "site-packages" in path.parts]
    assert len(mine) > 20
    assert packages == []
    others = {path for path in loaded - mine if not path.is_relative_to(runtime.folder)}
    system = {path.name.split(".so")[0] for path in others if not path.is_relative_to(python)}
    assert system <= OF_THE_SYSTEM, system - OF_THE_SYSTEM


def test_its_log_is_json_lines_with_the_request_id_and_without_secrets(function: Function) -> None:
    # A step that failed before has left a line of the runtime's own there.
    before = len(function.log)
    answer = function.invoke({"mode": "multi_sync", "tables": ["customer"]})
    lines = [json.loads(line) for line in function.log[before:].splitlines()]
    mine = [line for line in lines if line["request_id"] == answer.request_id]
    assert [line["event"] for line in mine] == [
        "run started", "table ended", "metrics", "run ended", "metrics"
    ]  # fmt: skip
    assert PASSWORD not in function.log


def test_the_secrets_that_the_template_names_are_read_by_the_runtimes_own_sdk(
    unpacked: tuple[Path, Runtime],
    moto_server: str,
    sample_sandbox: Sandbox,
    module_pg_database: PgDatabase,
    tmp_path: Path,
) -> None:
    account = {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": moto_server,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    client = boto3.client(
        "secretsmanager",
        region_name="eu-central-1",
        endpoint_url=moto_server,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    variables = {}
    databases = sample_sandbox.environment | module_pg_database.environment
    for prefix in ("SQL_SERVER_MCTM_", "SQL_SERVER_VOIPDB_", "PG_"):
        kept = {
            key: databases[f"{prefix}{field}"]
            for key, field in (("host", "HOST"), ("port", "PORT"), ("username", "USER"),
                               ("password", "PASSWORD"), ("dbname", "DB"))
        }  # fmt: skip
        made = client.create_secret(Name=prefix, SecretString=json.dumps(kept))
        variables[f"{prefix}SECRET"] = made["ARN"]
    task, runtime = unpacked
    with running(task, runtime, variables | account, tmp_path / "log") as function:
        status, body = asked(function, {"mode": "single_sync", "table_name": "mctm_module"})
        assert status == 200, body
        status, body = asked(function, {"mode": "multi_sync", "tables": ["voipdb_customer"]})
        assert status == 200, body
        client.put_secret_value(SecretId="PG_", SecretString=json.dumps({**kept, "password": "x"}))
        status, body = asked(function, {"mode": "single_sync", "table_name": "mctm_module"})
        assert (status, body["tables"][0]["error"]["code"]) == (500, "28P01"), "read anew each time"
        client.put_secret_value(SecretId="PG_", SecretString=json.dumps(kept))
        status, body = asked(function, {"mode": "single_sync", "table_name": "mctm_module"})
        assert status == 200, body
        assert PASSWORD not in function.log


def settings_of(sandbox: Sandbox, database: PgDatabase) -> Settings:
    """Return the settings of the same databases, to look at them from here."""
    sources = {
        name.lower(): SourceSettings(
            prefix="",
            host=sandbox.host,
            port=sandbox.port,
            db=name,
            user=sandbox.user,
            password=sandbox.password,
        )
        for name in ("McTM", "VoipDB")
    }
    into = TargetSettings(
        prefix="PG_",
        host=database.host,
        port=database.port,
        db=database.name,
        user=database.user,
        password=database.password,
    )
    return Settings(sources, into)
