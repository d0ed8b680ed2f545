"""``tableferry init``: from two connections to files with which ``sync`` works."""

import json
import os
import shlex
import signal
import stat
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest
from dotenv import dotenv_values

from tableferry.cli.init import crontab_line
from tableferry_sandbox.testing import sql_server
from tests.integration.copy.conftest import PASSWORD, USER, Tableferry, url_of
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox
from tests.support.terminal import Terminal
from tests.support.urls import target_url

FILES = (".env", "tables.schema.json", "tables.toml")


@pytest.fixture
def answered(shop: Sandbox, pg_database: PgDatabase) -> tuple[str, ...]:
    """The options that answer every question."""
    return (
        "init", f"--source={url_of(shop)}", f"--target={target_url(pg_database)}", "--table=*.*",
        "--yes",
    )  # fmt: skip


def test_what_it_writes_is_all_that_a_sync_needs(
    tableferry: Tableferry, answered: tuple[str, ...], pg_database: PgDatabase, tmp_path: Path
) -> None:
    done = tableferry(*answered)
    assert done.returncode == 0, done.stderr
    summary = [line.split() for line in done.stdout.splitlines()]
    assert ["customer", "public.customer", "(new)", "2", "2", "1"] in summary
    assert "3 of 3 tables ok" in done.stdout
    for command in ("plan", "sync", "verify"):
        line = f"tableferry {command} --config tables.toml"
        assert line in done.stdout
        again = tableferry(*line.split()[1:])
        assert again.returncode == 0, again.stderr
    assert pg_database.rows("SELECT name FROM customer ORDER BY id") == [("Ada",), ("Grace",)]
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("script", [True, False])
def test_the_line_of_cron_needs_no_path_and_no_shell_of_the_person(
    script: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "50% of it"
    folder.mkdir()
    (folder / "python").touch()
    if script:
        (folder / "tableferry").touch()
    line = crontab_line("tableferry sync --config tables.toml", folder, folder / "python")
    *schedule, command = line.split(" ", maxsplit=5)
    assert schedule == ["*/15", "*", "*", "*", "*"]
    assert "%" not in command.replace("\\%", "")
    program = (
        [str(folder / "tableferry")] if script else [str(folder / "python"), "-m", "tableferry"]
    )
    assert shlex.split(command.replace("\\%", "%")) == [
        "cd", str(folder), "&&", *program, "sync", "--config", "tables.toml", "--quiet",
    ]  # fmt: skip


def test_the_table_file_names_a_schema_that_it_keeps(
    tableferry: Tableferry, answered: tuple[str, ...], tmp_path: Path
) -> None:
    assert tableferry(*answered).returncode == 0
    text = (tmp_path / "tables.toml").read_text(encoding="utf-8")
    directive = text.splitlines()[0]
    assert directive == "#:schema ./tables.schema.json"
    schema = json.loads((tmp_path / "tables.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(tomllib.loads(text), schema)


def test_another_file_with_the_schemas_name_is_never_replaced_unasked(
    tableferry: Tableferry, answered: tuple[str, ...], tmp_path: Path
) -> None:
    schema = tmp_path / "tables.schema.json"
    schema.write_text("{}", encoding="utf-8")
    done = tableferry(*answered)
    assert done.returncode == 2
    assert "tables.schema.json already" in done.stderr
    assert (schema.read_text(encoding="utf-8"), len(list(tmp_path.iterdir()))) == ("{}", 1)


def test_the_env_file_has_every_setting_with_its_value(
    tableferry: Tableferry, answered: tuple[str, ...], shop: Sandbox, tmp_path: Path
) -> None:
    assert tableferry(*answered, "--name=Till").returncode == 0
    found = dotenv_values(tmp_path / ".env", interpolate=False)
    assert found["SQL_SERVER_TILL_PASSWORD"] == PASSWORD
    assert found["SQL_SERVER_TILL_PORT"] == str(shop.wire.port)
    assert found["SQL_SERVER_TILL_DB"] == "Shop"
    assert 'db_type = "till"' in (tmp_path / "tables.toml").read_text(encoding="utf-8")


def test_an_env_file_keeps_what_it_has(
    tableferry: Tableferry, answered: tuple[str, ...], tmp_path: Path
) -> None:
    env = tmp_path / ".env"
    env.write_text("# ours\nOTHER=1\nSQL_SERVER_SHOP_USER=sa", encoding="utf-8")
    assert tableferry(*answered).returncode == 0
    text = env.read_text(encoding="utf-8")
    assert text.startswith("# ours\nOTHER=1\nSQL_SERVER_SHOP_USER=sa\n")
    assert text.count("SQL_SERVER_SHOP_USER") == 1
    assert stat.S_IMODE(env.stat().st_mode) == 0o600


def test_another_value_in_the_env_file_is_refused_by_name_or_replaced(
    tableferry: Tableferry, answered: tuple[str, ...], tmp_path: Path
) -> None:
    env = tmp_path / ".env"
    before = "OTHER=1\nPG_DB=canary-elsewhere\n# the end\n"
    env.write_text(before, encoding="utf-8")
    done = tableferry(*answered)
    assert done.returncode == 2
    assert "has other values for PG_DB" in done.stderr
    assert "canary-elsewhere" not in done.stderr
    assert env.read_text(encoding="utf-8") == before
    assert not (tmp_path / "tables.toml").exists()
    assert tableferry(*answered, "--force").returncode == 0
    text = env.read_text(encoding="utf-8")
    assert "OTHER=1\n# the end\n" in text
    assert "canary-elsewhere" not in text


def test_a_table_file_is_never_replaced_unasked(
    tableferry: Tableferry, answered: tuple[str, ...], tmp_path: Path
) -> None:
    tables = tmp_path / "tables.toml"
    tables.write_text("# mine\n", encoding="utf-8")
    done = tableferry(*answered)
    assert done.returncode == 2
    assert "There is a file tables.toml already" in done.stderr
    assert tables.read_text(encoding="utf-8") == "# mine\n"
    assert not (tmp_path / ".env").exists()


@pytest.mark.parametrize("left_out", ["--source", "--target"])
def test_without_a_terminal_what_is_missing_is_named(
    tableferry: Tableferry, answered: tuple[str, ...], tmp_path: Path, left_out: str
) -> None:
    done = tableferry(*(one for one in answered if not one.startswith((left_out, "--yes"))))
    assert done.returncode == 2
    assert f"{left_out} is missing" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_where_a_database_does_not_let_us_in(
    tableferry: Tableferry, answered: tuple[str, ...], shop: Sandbox, tmp_path: Path
) -> None:
    wrong = f"--source={url_of(shop, 'wrong')}"
    done = tableferry(*(wrong if one.startswith("--source") else one for one in answered))
    assert done.returncode == 2
    assert "Login failed" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_result_as_json_names_the_files_and_what_comes_next(
    tableferry: Tableferry, answered: tuple[str, ...]
) -> None:
    done = tableferry(*answered, "--json", "--config=other.toml")
    found = json.loads(done.stdout)
    assert found["files"] == [".env", "other.toml", "other.schema.json"]
    assert found["next"][0] == "tableferry sync --config other.toml"
    assert len(found["tables"]) == 3


Started = Callable[..., Terminal]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Starts ``init`` in a terminal."""
    terminals: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        terminal = Terminal()
        terminals.append(terminal)
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        command = [sys.executable, "-m", "tableferry", "init", *arguments]
        terminal.start(command, tmp_path, env)
        return terminal

    yield start
    for terminal in terminals:
        terminal.close()


def answer(terminal: Terminal, question: str, text: str) -> None:
    terminal.wait_until(lambda shown: question in shown.rpartition("\n")[2])
    terminal.type(f"{text}\n")


def test_at_a_terminal_it_asks_and_no_password_is_shown(
    started: Started, shop: Sandbox, pg_database: PgDatabase, tmp_path: Path
) -> None:
    terminal = started("--table=dbo.Customer")
    answer(terminal, "SQL Server host:", shop.wire.host)
    answer(terminal, "SQL Server port [1433]:", str(shop.wire.port))
    answer(terminal, "SQL Server database:", "Shop")
    answer(terminal, "SQL Server user:", USER)
    answer(terminal, "SQL Server password:", "wrong")
    # What leads nowhere is asked for again, with the answers that were given.
    for field, text in (("host", shop.wire.host), ("port", str(shop.wire.port))):
        answer(terminal, f"SQL Server {field} [{text}]:", "")
    answer(terminal, "SQL Server database [Shop]:", "")
    answer(terminal, f"SQL Server user [{USER}]:", "")
    answer(terminal, "SQL Server password:", PASSWORD)
    answer(terminal, "Name of the source [shop]:", "")
    answer(terminal, "PostgreSQL host:", pg_database.host)
    answer(terminal, "PostgreSQL port [5432]:", str(pg_database.port))
    answer(terminal, "PostgreSQL database:", pg_database.name)
    answer(terminal, "PostgreSQL user:", pg_database.user)
    answer(terminal, "PostgreSQL password:", pg_database.password)
    answer(terminal, "Write tables.toml, its schema and .env?", "")
    assert terminal.wait() == 0, terminal.shown
    assert "tableferry sync --config tables.toml" in terminal.shown
    assert PASSWORD not in terminal.shown
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("at", ["SQL Server host:", "SQL Server password:", "Write tables.toml"])
def test_ctrl_c_at_a_question_leaves_nothing_behind(
    started: Started, shop: Sandbox, pg_database: PgDatabase, tmp_path: Path, at: str
) -> None:
    if at.startswith("Write"):
        terminal = started(
            f"--source={url_of(shop)}", f"--target={target_url(pg_database)}",
            "--name=shop", "--table=dbo.*",
        )  # fmt: skip
    else:
        terminal = started()
    if "password" in at:
        for question in ("host:", "port [1433]:", "database:", "user:"):
            answer(terminal, f"SQL Server {question}", "1")
    terminal.wait_until(lambda shown: at in shown)
    terminal.type("\x03")
    assert terminal.wait() == 128 + signal.SIGINT
    assert list(tmp_path.iterdir()) == []


def test_what_many_tables_lack_is_told_once_and_before_what_comes_next(
    tableferry: Tableferry, shop: Sandbox, pg_database: PgDatabase
) -> None:
    role = f"narrow_{pg_database.name}"
    pg_database.run(
        f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
        f'REVOKE CREATE ON DATABASE "{pg_database.name}" FROM PUBLIC',
        f"CREATE SCHEMA public_copy AUTHORIZATION {role}",
    )
    target = f"postgresql://{role}:x@{pg_database.host}:{pg_database.port}/{pg_database.name}"
    try:
        done = tableferry(
            "init", f"--source={url_of(shop)}", f"--target={target}", "--table=*.*", "--yes",
            "--map-schema=dbo=own", "--map-schema=Sales=public_copy",
        )  # fmt: skip
    finally:
        pg_database.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert done.returncode == 1
    assert "3 tables found: 1 in Sales, 2 in dbo" in done.stderr
    assert f'  -- for 2 tables\n  CREATE SCHEMA "own" AUTHORIZATION "{role}";\n' in done.stderr
    assert "Next, after what is to be done above:" in done.stdout


def test_columns_whose_names_clash_are_listed_in_the_table_file(
    tableferry: Tableferry, pg_database: PgDatabase, tmp_path: Path
) -> None:
    with sql_server("Shop") as server:
        server.run("Shop", "CREATE TABLE T (ID int PRIMARY KEY, OrderID int, Order_ID int)")
        source = f"mssql://{server.user}:{server.password}@{server.host}:{server.port}/Shop"
        done = tableferry(
            "init", f"--source={source}", f"--target={target_url(pg_database)}", "--table=dbo.*",
            "--yes",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    entry = tomllib.loads((tmp_path / "tables.toml").read_text(encoding="utf-8"))["tables"]["t"]
    assert entry["pg_columns"] == ["id", "order_id", "order_id_2"]
