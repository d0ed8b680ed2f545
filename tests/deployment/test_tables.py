"""The deployment's own files: the tables, their documented form, and its size."""

from collections.abc import Callable
from types import ModuleType

from tableferry.config import parse_table_configs
from tableferry_sandbox.sample import table_configs
from tests.deployment.conftest import FOLDER, REPO

Load = Callable[[str], ModuleType]

DOCUMENTED = {
    "db_type",
    "sql_server_db",
    "sql_table",
    "pg_table",
    "columns",
    "pg_columns",
    "primary_key",
    "order_by",
    "batch_size",
    "description",
    "publish",
}


def test_the_tables_are_those_of_the_sandbox_published_by_truncate(load: Load) -> None:
    described = {key: {**entry, "publish": "truncate"} for key, entry in table_configs().items()}
    assert described == load("table_configs").TABLE_CONFIGS


def test_the_default_order_is_the_documented_one(load: Load) -> None:
    tables = load("table_configs")
    assert tables.DEFAULT_SYNC_ORDER == [
        "customer",
        "mctm_module",
        "voipdb_customer",
        "voipdb_useragent",
    ]
    assert list(tables.TABLE_CONFIGS) == tables.DEFAULT_SYNC_ORDER


def test_each_entry_has_exactly_the_documented_keys_and_8_to_16_columns(load: Load) -> None:
    for entry in load("table_configs").TABLE_CONFIGS.values():
        assert set(entry) == DOCUMENTED
        assert 8 <= len(entry["columns"]) <= 16
    parse_table_configs(load("table_configs").TABLE_CONFIGS)


def test_the_folder_holds_its_six_files_each_under_150_lines_and_no_sql() -> None:
    files = {path.name: path for path in (REPO / FOLDER).iterdir() if path.suffix in {".py", ".sh"}}
    assert set(files) == {
        "table_configs.py",
        "config.py",
        "table_sync_processor.py",
        "multi_table_manager.py",
        "lambda_function.py",
        "build.sh",
    }
    for path in files.values():
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 150, path.name
        for statement in ("SELECT ", "INSERT ", "TRUNCATE ", "DELETE FROM"):
            assert statement not in text, path.name
