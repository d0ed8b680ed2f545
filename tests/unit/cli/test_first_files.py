"""What ``init`` writes can be read again, whatever the names and passwords are."""

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tableferry.cli.first_files import (
    NewFile,
    env_file,
    require_free,
    table_file,
    write_all,
)
from tableferry.config.config_file import read_tables
from tableferry.errors import ConfigError
from tableferry.model.identifiers import SourceTable, TargetTable
from tests.support.specs import spec

PASSWORDS = [
    "plain",
    "a b",
    "it's",
    '"quoted"',
    "#hash",
    "a\\b",
    "a\\'",
    "$HOME",
    "${X}",
    "=",
    "é€😀",
]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_is_read_as_it_was_typed(tmp_path: Path, password: str) -> None:
    text = env_file(tmp_path / ".env", {"PG_PASSWORD": password}, force=False).text
    assert dotenv_values(stream=io.StringIO(text), interpolate=False) == {"PG_PASSWORD": password}


def test_lines_that_stay_are_kept_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("export A='1'  # why\n\nPG_DB=old\nB=2", encoding="utf-8")
    text = env_file(path, {"PG_DB": "new", "C": "3"}, force=True).text
    assert text == "export A='1'  # why\nB=2\nPG_DB='new'\nC='3'\n"


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (("dbo", "Customer"), ("public", "customer")),
        (("Sales Dept", "It's]"), ("sales dept", "it's")),
        (("dbo", 'a"b'), ("", 'a"b')),
        (("dbo", "back\\slash"), ("public", "back\\slash")),
        (("dbo", "Straße😀"), ("public", "straße😀")),
        (("dbo", "tab\there"), ("public", "tab\there")),
        (("dbo", "Naïve*"), ("public", "naïve*")),
    ],
)
def test_an_entry_names_the_same_tables_when_it_is_read(
    tmp_path: Path, source: tuple[str, str], target: tuple[str, str]
) -> None:
    there = spec(key="k 1", source=SourceTable("McTM", *source))
    one = replace(there, target=TargetTable(*target))
    write_all([table_file(tmp_path / "tables.toml", [one], tmp_path / "a b.json")])
    (read,) = read_tables(tmp_path / "tables.toml")
    assert (read.key, read.db_type, read.database) == (one.key, one.db_type, one.database)
    assert (read.source, read.target) == (one.source, one.target)


def test_an_entry_lists_the_columns_whose_names_clash(tmp_path: Path) -> None:
    columns = {"columns": ["It's", 'a"b', "Order_ID"], "pg_columns": ["it_s", "a_b", "order_id_2"]}
    one = spec(key="k")
    write_all([table_file(tmp_path / "t.toml", [one], tmp_path / "s.json", {"k": columns})])
    (read,) = read_tables(tmp_path / "t.toml")
    assert read.columns == tuple(zip(*columns.values(), strict=True))


def test_of_several_files_none_is_written_where_one_cannot_be(tmp_path: Path) -> None:
    files = [
        NewFile(tmp_path / "one", "1", 0o600),
        NewFile(tmp_path / "missing" / "two", "2", 0o600),
    ]
    with pytest.raises(ConfigError, match="cannot be written"):
        write_all(files)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("force", [True, False])
def test_what_is_no_file_is_never_replaced(tmp_path: Path, force: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / ("a" * 300)):
        with pytest.raises(ConfigError, match=r"no file to write|cannot be written"):
            require_free(path, force=force)
    require_free(tmp_path / "tables.toml", force=force)


def test_an_env_file_that_is_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(tmp_path / ".env")
    with pytest.raises(ConfigError, match="cannot be read: Too many levels"):
        env_file(tmp_path / ".env", {"PG_HOST": "h"}, force=True)
