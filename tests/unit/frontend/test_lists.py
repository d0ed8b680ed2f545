"""Options that take a list: commas and repetition add up; any other option is given once."""

import json
from pathlib import Path

import pytest

from tableferry.cli.shared import names_of
from tests.support.in_process import call

ENTRY = '{"db_type": "m", "sql_server_db": "M", "sql_table": "dbo.T", "pg_table": "%s"}'
CONFIG = f"TABLE_CONFIGS = {{{', '.join(f'{key!r}: {ENTRY % key}' for key in 'abc')}}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "table_configs.py").write_text(CONFIG)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["a"], ["a"]),
        (["a,b"], ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        (["a,b", "c"], ["a", "b", "c"]),
        ([" a , b "], ["a", "b"]),
        (["a", "a,b", "b"], ["a", "b"]),
        ([""], []),
        (["", "a"], ["a"]),
    ],
)
def test_repeated_options_and_commas_add_up_and_duplicates_count_once(
    given: list[str], names: list[str]
) -> None:
    assert names_of(given) == names


@pytest.mark.parametrize(
    "arguments",
    [("--tables=a", "--tables=b"), ("--tables", "a,b"), ("--tables=b,a", "--tables", "b")],
)
def test_every_table_that_is_named_is_taken(folder: Path, arguments: tuple[str, ...]) -> None:
    done = call("info", *arguments, "--json", cwd=folder)
    assert list(json.loads(done.stdout)) == ["a", "b"]


@pytest.mark.parametrize("command", ["sync", "plan", "check", "info"])
def test_an_unknown_table_is_refused_wherever_it_stands(folder: Path, command: str) -> None:
    done = call(command, "--tables=x", "--tables=a", cwd=folder)
    assert done.returncode == 2
    assert "Unknown table: 'x'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("discover", "--source=a", "--source=b"), "--source"),
        (("discover", "--source=a", "--schema=x", "--schema", "y"), "--schema"),
        (("sync", "--config=x.py", "--config=y.py"), "--config"),
        (("sync", "--plan=x", "--plan=x"), "--plan"),
        (("demo", "--scale=1", "--scale=2"), "--scale"),
    ],
)
def test_an_option_with_one_value_is_not_given_twice(
    folder: Path, arguments: tuple[str, ...], option: str
) -> None:
    done = call(*arguments, cwd=folder)
    assert done.returncode == 2
    assert f"Wrong use: {option} is given 2 times, and takes one value" in done.stderr


def test_a_flag_may_be_repeated(folder: Path) -> None:
    assert call("info", "--json", "--json", cwd=folder).returncode == 0
