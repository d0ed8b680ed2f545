"""A file of tables that is read again when it has changed, and that may be broken meanwhile."""

import os
from pathlib import Path

import pytest

from tableferry.config.resolve import resolve_tables
from tableferry.config.table_file import FileChange, TableFile
from tableferry.errors import ConfigError
from tests.support.specs import entry


def write(path: Path, **tables: dict[str, object]) -> None:
    configs = {key: entry(**{"pg_table": key, **changes}) for key, changes in tables.items()}
    path.write_text(f"TABLE_CONFIGS = {configs!r}\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "table_configs.py"
    write(found, a={}, b={})
    return found


def keys(file: TableFile) -> list[str]:
    return [spec.key for spec in resolve_tables(file.tables).selected(file.names)]


def test_a_file_that_has_not_changed_is_not_read_again(path: Path) -> None:
    file = TableFile(path)
    tables = file.tables
    assert file.refresh() is None
    assert file.tables is tables


def test_a_file_that_has_changed_is_read_again_and_says_which_tables_are_others(
    path: Path,
) -> None:
    file = TableFile(path)
    write(path, b={"batch_size": 7}, c={})
    assert file.refresh() == FileChange(path, added=("c",), removed=("a",), altered=("b",))
    assert keys(file) == ["b", "c"]
    assert file.refresh() is None


def test_a_file_that_cannot_be_used_leaves_the_tables_as_they_were_and_says_so_once(
    path: Path,
) -> None:
    file = TableFile(path)
    path.write_text("TABLE_CONFIGS = {")
    change = file.refresh()
    assert change is not None
    assert change.error is not None
    assert "is not valid Python" in change.error.message
    assert (keys(file), file.error) == (["a", "b"], change.error)
    assert file.refresh() is None
    write(path, a={}, b={})
    assert file.refresh() == FileChange(path)
    assert file.error is None


def test_a_file_that_is_gone_is_one_that_cannot_be_used(path: Path) -> None:
    file = TableFile(path)
    path.unlink()
    change = file.refresh()
    assert change is not None
    assert change.to_dict()["error"]["message"] == f"There is no file {path}"
    assert keys(file) == ["a", "b"]
    assert file.refresh() is None


def test_a_table_that_was_asked_for_by_name_and_is_gone_leaves_the_tables_as_they_were(
    path: Path,
) -> None:
    file = TableFile(path, ["a"])
    write(path, b={})
    change = file.refresh()
    assert change is not None
    assert change.error is not None
    assert "'a'" in change.error.message
    assert keys(file) == ["a"]


def test_another_file_of_the_same_size_and_time_in_its_place_is_noticed(path: Path) -> None:
    write(path, a={})
    file = TableFile(path)
    found = path.stat()
    other = path.with_suffix(".new")
    write(other, z={})
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(path)
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (found.st_size, found.st_mtime_ns)
    assert file.refresh() == FileChange(path, added=("z",), removed=("a",))


def test_a_file_that_is_broken_from_the_start_is_refused(path: Path) -> None:
    path.write_text("TABLE_CONFIGS = 7")
    with pytest.raises(ConfigError, match="does not define TABLE_CONFIGS as a dict"):
        TableFile(path)
