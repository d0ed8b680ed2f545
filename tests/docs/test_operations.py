"""docs/operations.md: its units, its image, its job and its statements are ones that work."""

import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from tableferry.cli import app
from tableferry.config import SourceSettings, TargetSettings
from tableferry.model.identifiers import TargetTable
from tests.support.databases import PgDatabase
from tests.support.ledger import a_run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def _parse(arguments: list[str]) -> Any:
    """Parse a command line as ``tableferry`` does; an option that there is not is an error."""
    name, *options = arguments
    return get_command(app).commands[name].make_context(name, options)  # type: ignore[attr-defined]


def _unit(text: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    return unit


def test_the_service_runs_a_command_that_there_is_and_the_timer_starts_it() -> None:
    service, timer = map(_unit, _blocks("ini"))
    command, *arguments = shlex.split(service["Service"]["ExecStart"])
    assert command.startswith(f"{service['Service']['WorkingDirectory']}/")
    _parse(arguments)
    assert service["Service"]["Type"] == "oneshot"
    assert re.fullmatch(r"\*:0/\d+", timer["Timer"]["OnCalendar"])
    assert timer["Install"]["WantedBy"] == "timers.target"
    names = re.findall(r"^# /etc/systemd/system/(\S+)$", PAGE, re.MULTILINE)
    assert names == ["tableferry.service", "tableferry.timer"]


def test_the_image_is_made_of_the_wheels_and_runs_the_command_as_an_ordinary_user() -> None:
    (dockerfile,) = _blocks("dockerfile")
    steps = [line.split(maxsplit=1) for line in dockerfile.splitlines()]
    known = {"FROM", "COPY", "RUN", "USER", "WORKDIR", "STOPSIGNAL", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in steps} == known
    assert ["COPY", "build/wheels /wheels"] in steps
    assert "build/wheels" in (ROOT / "script" / "wheels").read_text()
    said = dict(steps)
    assert said["USER"] == "tableferry"
    assert yaml.safe_load(said["ENTRYPOINT"]) == ["tableferry"]
    _parse(yaml.safe_load(said["CMD"]))
    python = said["FROM"].removeprefix("python:").removesuffix("-slim")
    assert f"Python :: {python}" in (ROOT / "pyproject.toml").read_text()


def test_the_job_of_kubernetes_runs_a_command_that_there_is_once_at_a_time() -> None:
    job = yaml.safe_load(*_blocks("yaml"))
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    _parse(pod["containers"][0]["args"])
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    assert pod["restartPolicy"] == "Never"


def test_the_query_names_the_tables_without_a_good_run_for_an_hour(pg_database: PgDatabase) -> None:
    query, _ = _blocks("sql")
    with a_run(pg_database) as run, a_run(pg_database, key="good") as good:
        run.ledger.end_table(run.table, "failed")
        done = good.ledger.begin_table("good", "", TargetTable("public", "good"))
        pg_database.run(
            "UPDATE tableferry.table_runs SET status = 'ok', ended_at = clock_timestamp() "
            f"WHERE table_key = '{done.table_key}'"
        )
        late = pg_database.rows(query)
    assert late == [("public.t", None)]


def test_dropping_the_schema_removes_the_ledger_and_no_table(pg_database: PgDatabase) -> None:
    _, drop = _blocks("sql")
    pg_database.run("CREATE TABLE t (id int)")
    with a_run(pg_database):
        pass
    pg_database.run(drop)
    left = pg_database.rows(
        "SELECT oid::regclass::text FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace NOT IN "
        "('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
    )
    assert left == [("t",)]


@pytest.mark.parametrize("settings", [SourceSettings, TargetSettings])
def test_the_variables_of_the_page_of_security_exist(
    settings: type[SourceSettings] | type[TargetSettings],
) -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    prefix = "PG_" if settings is TargetSettings else "SQL_SERVER_<NAME>_"
    named = set(re.findall(rf"`{prefix}([A-Z_]+)", page))
    assert named
    assert named <= {field.upper() for field in settings.model_fields}
