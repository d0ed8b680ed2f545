"""The configuration: found, validated, shown with its secrets masked."""

import re
from pathlib import Path

import pytest

from tests.deployment.conftest import CANARY, FOLDER, REPO, Deployment


def dotenv(environment: dict[str, str]) -> str:
    return "".join(f"{name}='{value}'\n" for name, value in environment.items())


def test_config_prints_every_variable_with_passwords_masked(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    done = deployment.run("config.py", env=environment)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    for name, value in environment.items():
        assert f"{name}={'********' if name.endswith('PASSWORD') else value}" in lines
    assert "SQL_SERVER_MCTM_ENCRYPT=optional" in lines  # on loopback there is no wire to protect
    assert CANARY not in done.stdout + done.stderr


def test_config_reports_every_problem_at_once_and_ends_with_2(deployment: Deployment) -> None:
    done = deployment.run("config.py", env={"PG_HOST": "db", "PG_PORT": CANARY})
    assert done.returncode == 2
    assert done.stdout == ""
    missing = re.findall(r"(\w+) is missing", done.stderr)
    assert len(missing) == len(set(missing)) == 11  # 2 x 4 of the sources, 3 of the target
    assert "PG_PORT is not valid" in done.stderr
    assert "hint:" in done.stderr
    assert CANARY not in done.stderr


def test_config_refuses_arguments(deployment: Deployment) -> None:
    done = deployment.run("config.py", "--fix")
    assert done.returncode == 2
    assert "hint:" in done.stderr


@pytest.mark.parametrize("place", ["the root", "the folder"])
@pytest.mark.parametrize("cwd", ["the root", "the folder", "elsewhere"])
def test_a_dotenv_is_found_in_the_root_and_in_the_folder_from_anywhere(
    place: str, cwd: str, deployment: Deployment, environment: dict[str, str], tmp_path: Path
) -> None:
    places = {"the root": deployment.root, "the folder": deployment.folder, "elsewhere": tmp_path}
    (places[place] / ".env").write_text(dotenv(environment), encoding="utf-8")
    done = deployment.run(str(deployment.folder / "config.py"), cwd=places[cwd])
    assert done.returncode == 0, done.stderr
    assert "SQL_SERVER_VOIPDB_DB=VoipDB" in done.stdout


def test_the_real_environment_wins_over_a_dotenv(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    (deployment.root / ".env").write_text(dotenv(environment), encoding="utf-8")
    done = deployment.run("config.py", env={"PG_DB": "the_real_one"})
    assert "PG_DB=the_real_one" in done.stdout.splitlines()


def test_ports_have_their_defaults(deployment: Deployment, environment: dict[str, str]) -> None:
    without = {name: value for name, value in environment.items() if not name.endswith("PORT")}
    lines = deployment.run("config.py", env=without).stdout.splitlines()
    assert {"SQL_SERVER_MCTM_PORT=1433", "SQL_SERVER_VOIPDB_PORT=1433", "PG_PORT=5432"} <= set(
        lines
    )


def test_a_copied_env_example_is_a_complete_configuration(deployment: Deployment) -> None:
    (deployment.root / ".env.example").rename(deployment.root / ".env")
    done = deployment.run(f"{FOLDER}/config.py", cwd=deployment.root)
    assert done.returncode == 0, done.stderr


def test_env_example_names_every_variable_that_there_is(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    done = deployment.run("config.py", env=environment)
    variables = set(re.findall(r"^([A-Z0-9_]+)=", done.stdout, re.MULTILINE)) | {
        "LOG_LEVEL",
        "ALERT_TOPIC_ARN",
        "CONTINUE",
        "JOBS",
        "REPORT_S3",
        "SQL_SERVER_NAMES",
        "SQL_SERVER_SECRETS",
        "TABLES_URI",
    }
    example = (REPO / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#?([A-Z0-9_]+)=", example, re.MULTILINE)) == variables


def test_problems_of_tables_and_environment_are_told_together(deployment: Deployment) -> None:
    path = deployment.folder / "table_configs.py"
    text = path.read_text(encoding="utf-8").replace('"row_ver",', "", 1)
    path.write_text(text.replace('"order_by": "ModuleID"', '"ordered": "x"'), encoding="utf-8")
    done = deployment.run("config.py")
    assert done.returncode == 2
    assert "customer: 'columns' has 16 names and 'pg_columns' 15" in done.stderr
    assert "mctm_module: unknown key 'ordered'" in done.stderr
    assert "SQL_SERVER_VOIPDB_HOST is missing" in done.stderr


def test_the_connection_comes_first_in_the_order_of_the_example(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    shown = deployment.run("config.py", env=environment).stdout
    names = [name for name in re.findall(r"^([A-Z0-9_]+)=", shown, re.MULTILINE) if "PG_" in name]
    assert names[:5] == ["PG_HOST", "PG_PORT", "PG_DB", "PG_USER", "PG_PASSWORD"]


@pytest.mark.parametrize("command", [["config.py"], ["lambda_function.py", "info"]])
def test_a_name_that_the_output_has_no_signs_for_is_spelled_out(
    command: list[str], deployment: Deployment, environment: dict[str, str]
) -> None:
    env = {**environment, "PG_DB": "склад", "PYTHONIOENCODING": "ascii"}
    done = deployment.run_anew(*command, env=env)
    assert done.returncode == 0, done.stderr
    assert "\\u0441\\u043a\\u043b\\u0430\\u0434" in done.stdout
