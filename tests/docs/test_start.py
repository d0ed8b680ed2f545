"""docs/start.md: its commands bring the tables of a source into PostgreSQL, in its order."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cronsim import CronSim
from dotenv import set_key
from typer.main import get_command

from tableferry.cli import app
from tests.support.databases import PgDatabase
from tests.support.in_process import call
from tests.support.sandbox import Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "start.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [
    line
    for language, block in BLOCKS
    for line in block.splitlines()
    if not language and line.startswith("tableferry ")
]
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_page_shows_the_commands_of_the_first_day() -> None:
    names = [shlex.split(line, comments=True)[1] for line in COMMANDS]
    assert names == ["discover", "check", "plan", "sync", "verify", "status"]


def test_the_commands_of_the_page_copy_the_tables_and_find_them_equal(
    sample_sandbox: Sandbox, pg_database: PgDatabase, tmp_path: Path
) -> None:
    settings = {**sample_sandbox.environment, **pg_database.environment}
    shown = set(re.findall(r"^([A-Z_]+)=", PAGE, re.MULTILINE))
    assert shown <= set(settings)
    for name, value in settings.items():
        set_key(tmp_path / ".env", name, value)
    said = {}
    for line in COMMANDS:
        words = shlex.split(line, comments=True)
        into = None
        if ">" in words:
            words, into = words[: words.index(">")], words[-1]
        done = call(*words[1:], cwd=tmp_path)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        if into:
            (tmp_path / into).write_text(done.stdout)
        said[words[1]] = done.stdout
    assert "2 of 2 tables equal" in said["verify"]
    assert "fresh" in said["status"]
    assert pg_database.rows("SELECT count(*) FROM mctm_customer") == [(2_000,)]


@pytest.mark.parametrize("page", ["start", "watch", "operations"])
def test_the_crontabs_have_a_schedule_and_a_command_that_there_is(page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / f"{page}.md").read_text()
    lines = re.findall(r"^((?:\S+ ){5})(cd /srv/tableferry && .*)$", text, re.MULTILINE)
    assert lines
    for schedule, command in lines:
        next(CronSim(schedule.strip(), _ANY_DAY))
        (arguments,) = re.findall(r"\.venv/bin/tableferry ([^>]*)", command)
        name, *options = shlex.split(arguments)
        get_command(app).commands[name].make_context(name, options)  # type: ignore[attr-defined]
