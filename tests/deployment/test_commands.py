"""The documented commands, as processes of their own, from the root and from the folder."""

import json
from collections.abc import Callable
from types import ModuleType

import pytest

from tableferry.frontend.scripts import run_script
from tests.deployment.conftest import CANARY, FOLDER, Deployment
from tests.support.databases import PgDatabase

Load = Callable[[str], ModuleType]

WRONG_USE = {
    "an unknown mode": ("lambda_function", ["bogus"], "Unknown mode: 'bogus'"),
    "an unknown table": ("lambda_function", ["multi_sync", "--tables=x"], "Unknown table: 'x'"),
    "one unknown of many": ("lambda_function", ["--tables=customer,x"], "Unknown table: 'x'"),
    "an unknown flag": ("lambda_function", ["multi_sync", "--force"], "--force"),
    "an abbreviated flag": ("lambda_function", ["multi_sync", "--tab=customer"], "--tab=customer"),
    "no table": ("lambda_function", ["single_sync"], "single_sync needs a table's name"),
    "an empty table": ("lambda_function", ["single_sync", "--table="], "Unknown table: ''"),
    "no names": ("lambda_function", ["multi_sync", "--tables="], "must be a list of table names"),
    "a hole in the list": ("lambda_function", ["--tables=customer,,"], "Unknown table: ''"),
    "two tables": ("lambda_function", ["single_sync", "--table=a", "--table=b"], "given twice"),
    "two modes": ("lambda_function", ["info", "multi_sync"], "unrecognized arguments: multi_sync"),
    "table with multi_sync": ("lambda_function", ["--table=customer"], "takes a list of tables"),
    "fail-fast with info": ("lambda_function", ["info", "--fail-fast"], "--fail-fast goes with"),
    "no action": ("multi_table_manager", [], "required: action"),
    "an unknown action": ("multi_table_manager", ["drop"], "invalid choice: 'drop'"),
    "fail-fast with test": ("multi_table_manager", ["test", "--fail-fast"], "--fail-fast goes"),
    "a manager's unknown table": ("multi_table_manager", ["sync", "--tables=x"], "Unknown table"),
    "a processor's unknown table": ("table_sync_processor", ["x", "sync"], "Unknown table: 'x'"),
    "a processor without action": ("table_sync_processor", ["customer"], "required: action"),
}


@pytest.mark.parametrize("name", WRONG_USE)
def test_wrong_use_ends_with_2_a_reason_and_a_hint_on_stderr(
    name: str, load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    command, arguments, reason = WRONG_USE[name]
    module = load(command)
    assert run_script(arguments, module.read_arguments, module.execute) == 2
    shown = capsys.readouterr()
    assert reason in shown.err
    assert "hint:" in shown.err
    assert shown.out == ""


def test_json_output_is_one_json_document_also_for_wrong_use(
    load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load("lambda_function")
    assert run_script(["bogus", "--json"], module.read_arguments, module.execute) == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["message"] == "Unknown mode: 'bogus'"
    assert "Unknown mode: 'bogus'" in shown.err


@pytest.mark.parametrize("where", ["the root", "the folder"])
def test_info_shows_tables_and_configuration_without_any_database(
    where: str, deployment: Deployment, environment: dict[str, str]
) -> None:
    at_root = where == "the root"
    script = f"{FOLDER}/lambda_function.py" if at_root else "lambda_function.py"
    cwd = deployment.root if at_root else deployment.folder
    done = deployment.run(script, "info", cwd=cwd, env=environment)
    assert done.returncode == 0
    assert done.stderr == ""
    for shown in ("mctm_customer", "VoipDB user agent data", "SQL_SERVER_MCTM_HOST: 127.0.0.1"):
        assert shown in done.stdout
    assert CANARY not in done.stdout


def test_info_shows_the_tables_and_says_what_is_missing_in_an_empty_environment(
    deployment: Deployment,
) -> None:
    done = deployment.run("lambda_function.py", "info", "--json")
    assert done.returncode == 0
    body = json.loads(done.stdout)
    assert list(body["tables"]) == body["sync_order"]
    assert len(body["tables"]) == 4
    assert body["tables"]["customer"]["columns"]["CustomerID"] == "customer_id"
    assert body["configuration"]["problems"]["SQL_SERVER_VOIPDB_PASSWORD"] == "is missing"
    assert body["configuration"]["hint"]


def test_info_of_some_tables_shows_these(load: Load, capsys: pytest.CaptureFixture[str]) -> None:
    module = load("lambda_function")
    arguments = ["info", "--tables=mctm_module", "--json"]
    assert run_script(arguments, module.read_arguments, module.execute) == 0
    assert list(json.loads(capsys.readouterr().out)["tables"]) == ["mctm_module"]


def test_the_mode_is_multi_sync_where_none_is_given(load: Load) -> None:
    assert load("lambda_function").read_arguments([]).mode == "multi_sync"
    assert load("lambda_function").read_arguments(["--tables=customer"]).tables == ("customer",)


@pytest.mark.parametrize(
    ("module", "arguments"), [("lambda_function", []), ("multi_table_manager", ["sync"])]
)
def test_repeated_lists_of_tables_add_up(module: str, arguments: list[str], load: Load) -> None:
    several = [*arguments, "--tables=customer,mctm_module", "--tables", "voipdb_customer"]
    wanted = ("customer", "mctm_module", "voipdb_customer")
    assert load(module).read_arguments(several).tables == wanted


def test_an_unreachable_server_is_told_by_host_port_and_variable_and_ends_with_1(
    deployment: Deployment, environment: dict[str, str], pg_database: PgDatabase
) -> None:
    environment = {**environment, **pg_database.environment}
    done = deployment.run("lambda_function.py", "multi_sync", "--json", env=environment)
    assert done.returncode == 1
    body = json.loads(done.stdout)
    assert [table["status"] for table in body["tables"]] == ["failed"] * 4
    for table, database in zip(body["tables"], ("MCTM", "MCTM", "VOIPDB", "VOIPDB"), strict=True):
        assert "127.0.0.1:9" in table["error"]["message"]
        assert f"SQL_SERVER_{database}_HOST" in table["error"]["hint"]
    assert CANARY not in done.stdout + done.stderr


def test_an_unreachable_target_is_told_by_host_port_and_variable(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    done = deployment.run("lambda_function.py", "multi_sync", "--json", env=environment)
    assert done.returncode == 1
    for table in json.loads(done.stdout)["tables"]:
        assert "127.0.0.1:9" in table["error"]["message"]
        assert "PG_HOST" in table["error"]["hint"]


def test_fail_fast_skips_what_comes_after_a_failure(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    done = deployment.run(
        "multi_table_manager.py", "sync", "--fail-fast", "--json", env=environment
    )
    assert done.returncode == 1
    statuses = [table["status"] for table in json.loads(done.stdout)["tables"]]
    assert statuses == ["failed", "skipped", "skipped", "skipped"]


def test_multi_test_tells_of_every_database_that_cannot_be_reached(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    done = deployment.run("lambda_function.py", "multi_test", "--json", env=environment)
    assert done.returncode == 1
    databases = json.loads(done.stdout)["databases"]
    assert [database["database"] for database in databases] == ["mctm", "voipdb", "postgresql"]
    assert not any(database["reachable"] for database in databases)


def test_one_table_needs_the_variables_of_its_own_databases_only(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    without = {name: value for name, value in environment.items() if "VOIPDB" not in name}
    done = deployment.run("table_sync_processor.py", "customer", "sync", "--json", env=without)
    assert done.returncode == 1  # begun, and refused by the port where nobody listens
    assert "127.0.0.1:9" in done.stdout
