"""Tables from a TOML file: the same entries, checks and messages as from Python."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from tableferry.cli import app
from tableferry.config import OPTIONAL, REQUIRED, parse_table_set
from tableferry.config.choices import ReadMode
from tableferry.config.config_file import read_tables
from tableferry.config.entry_model import KNOWN, OWN_KEYS, PATTERN_KEYS
from tableferry.config.entry_values import meaning, wrong_keys
from tableferry.config.file_model import TablesFile
from tableferry.config.json_schema import tables_schema
from tableferry.errors import ConfigError
from tests.support.specs import entry

CUSTOMER = """\
[tables.customer]
db_type = "mctm"
sql_server_db = "McTM"
sql_table = "dbo.Customer"
pg_table = "customer"
"""

EVERYTHING = (
    CUSTOMER
    + """\
columns = ["ID", "Name", "ChangedAt"]
pg_columns = ["id", "name", "changed_at"]
primary_key = "ID"
mode = "watermark"
watermark = "ChangedAt"
overlap = 60
deletes = "reconcile"
chunks = 4
where = "ID > 5"

[tables.customer.type_overrides]
ChangedAt = "timestamptz at UTC"
"""
)


def write(folder: Path, text: str | bytes, name: str = "tables.toml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        read_tables(path)
    assert raised.value.hint
    return raised.value


def test_a_toml_file_is_read_as_the_same_entries_in_python_are(tmp_path: Path) -> None:
    configs = {
        "customer": {
            "db_type": "mctm", "sql_server_db": "McTM", "sql_table": "dbo.Customer",
            "pg_table": "customer", "columns": ["ID", "Name", "ChangedAt"],
            "pg_columns": ["id", "name", "changed_at"], "primary_key": "ID", "mode": "watermark",
            "watermark": "ChangedAt", "overlap": 60, "deletes": "reconcile", "chunks": 4,
            "where": "ID > 5", "type_overrides": {"ChangedAt": "timestamptz at UTC"},
        }
    }  # fmt: skip
    python = write(tmp_path, f"TABLE_CONFIGS = {configs!r}", "tables.py")
    assert read_tables(write(tmp_path, EVERYTHING)) == read_tables(python)


@pytest.mark.parametrize("name", ["tables.toml", "TABLES.TOML"])
def test_the_suffix_says_that_it_is_toml(tmp_path: Path, name: str) -> None:
    [spec] = read_tables(write(tmp_path, CUSTOMER, name))
    assert spec.key == "customer"


def test_the_order_is_the_files_unless_it_says_another(tmp_path: Path) -> None:
    other = CUSTOMER.replace("customer", "order")
    assert [one.key for one in read_tables(write(tmp_path, CUSTOMER + other))] == [
        "customer",
        "order",
    ]
    order = 'default_sync_order = ["order", "customer"]\n'
    path = write(tmp_path, order + CUSTOMER + other)
    assert [one.key for one in read_tables(path)] == ["order", "customer"]
    assert [one.key for one in read_tables(path, ["customer"])] == ["customer"]


def test_every_problem_of_every_table_is_reported_with_the_name_of_the_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        CUSTOMER + 'batch_size = 0\ndeletes = "ignore"\nsurprise = 1979-05-27\n[tables.b]\n',
    )
    error = refused(path)
    for said in [
        "customer: 'batch_size' must be a whole number from 1 to 1,000,000",
        "customer: unknown key 'surprise'",
        "customer: 'deletes': 'ignore' does not fit 'mode': 'full'",
        "b: 'sql_table' is missing",
    ]:
        assert said in error.message
    assert f"Correct these tables of {path}." in error.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no [tables.KEY]"),
        ("[tables]", "has no [tables.KEY]"),
        ("tables = 7", "has no [tables.KEY]"),
        ("[[tables]]\nx = 1", "has no [tables.KEY]"),
        ("[table.customer]\nx = 1", "has unknown keys: 'table'"),
        (CUSTOMER + "[TABLES.b]", "has unknown keys: 'TABLES'"),
        ("default_sync_order = 'customer'\n" + CUSTOMER, "default_sync_order in"),
        ("default_sync_order = [1]\n" + CUSTOMER, "default_sync_order in"),
        ("[tables.customer\n", "is not valid TOML: Expected ']'"),
        (CUSTOMER + CUSTOMER, "is not valid TOML: Cannot declare"),
        ("TABLE_CONFIGS = {}", "has unknown keys: 'TABLE_CONFIGS'"),
        (b"\xff\xfe[tables]", "is not in UTF-8"),
        ("x = " + "9" * 5000, "a number is too long"),
        ("x = " + "[" * 50_000, "nested too deeply"),
        ("[tables]\nx = 5", "x: the entry is not a dict"),
    ],
)
def test_a_file_that_holds_no_tables_is_refused_with_the_reason(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    assert said in refused(write(tmp_path, text)).message


def test_no_value_of_a_broken_file_is_shown(tmp_path: Path) -> None:
    broken = CUSTOMER + 'where = "Secret = canary-pass\n'
    error = refused(write(tmp_path, broken))
    assert "line 6" in error.message
    assert "canary" not in error.message + error.hint


def test_a_missing_toml_file_is_reported_as_any_other(tmp_path: Path) -> None:
    assert "There is no file" in refused(tmp_path / "tables.toml").message
    assert "is not a file" in refused(tmp_path).message


VALUES: list[Any] = [
    "", " ", "ID", "a\nb", "a\0b", 0, 1, 2, -1, 33, 101, 10**12, True, None, 1.5, [], ["ID"],
    ["ID", ""], ["ID", 5], {}, {"ID": "text"}, {"ID": ""}, {" ": "text"}, {"ID": 5}, "hard", "soft",
    "soft:", "soft:gone at", "soft:\n", "reconcile", "ignore:", "hard:x", "auto", "full", "merge",
    "nolock", "watermark", "stop", "reload", "on", "trim", "quarantine", "add_columns", "rows",
    "include", False, 3600, 3601, "\t\n", "a b", "_a", "A1_", "9a", "é", "\u00e9\U0001f600", "İ",
    ["ID", ["ID"]], [["ID"]], [" "], {"ID": {}}, {"ID": ["text"]}, {"": "text"}, {"a b": "c d"},
]  # fmt: skip


def is_valid(key: str, value: object) -> bool:
    return wrong_keys({key: value}) == ()


@pytest.mark.parametrize("key", KNOWN)
def test_the_schema_takes_the_values_that_the_checks_take(key: str) -> None:
    schema = jsonschema.Draft7Validator(tables_schema()["definitions"]["table"])
    of_key = schema.evolve(schema=schema.schema["properties"][key])
    verdicts = {is_valid(key, value) for value in VALUES}
    assert verdicts == {True, False}
    for value in VALUES:
        assert of_key.is_valid(value) is is_valid(key, value), value


@pytest.mark.parametrize("key", KNOWN)
def test_no_key_takes_what_is_no_value_of_a_file(key: str) -> None:
    strange = [
        None, float("nan"), float("inf"), Decimal(1), 1j, b"full", b"ID", bytearray(b"ID"),
        object(), {"ID"}, frozenset({"ID"}), range(3), [b"ID"], ["ID", None], {1: "text"},
        {"ID": None}, iter(["ID"]), str, ReadMode,
    ]  # fmt: skip
    for value in strange:
        assert not is_valid(key, value), value


def test_every_key_is_known_once_as_what_it_is() -> None:
    assert (*REQUIRED, *OWN_KEYS, *PATTERN_KEYS) == (
        "db_type", "sql_server_db", "sql_table", "sql_table", "pg_table",
        "exclude_tables", "views", "new_tables",
    )  # fmt: skip
    assert sorted((*REQUIRED, *OPTIONAL, *PATTERN_KEYS)) == sorted(KNOWN)


@pytest.mark.parametrize("part", ["table", "defaults"])
def test_an_editor_shows_what_each_key_does_takes_and_has_by_default(part: str) -> None:
    found = tables_schema()["definitions"][part]["properties"]
    assert list(found) == [key for key in KNOWN if part == "table" or key not in OWN_KEYS]
    for key, of in found.items():
        does, takes = of["description"].split(" Value: ")
        assert len(does) > 30, key
        assert takes.startswith(meaning(key)), key
        assert ("by default" in takes) is ("default" in of), key
        if "default" in of:
            assert is_valid(key, of["default"]), key
    assert found["lock_timeout"] == {
        "type": "integer", "minimum": 1, "maximum": 3600, "default": 30,
        "description": "How many seconds to wait for a lock in the source. "
        "Value: a whole number from 1 to 3,600; 30 by default.",
    }  # fmt: skip


def test_the_schema_in_the_documents_is_the_one_that_is_printed() -> None:
    page = Path(__file__).parents[3] / "docs" / "tables.schema.json"
    assert page.read_text() == json.dumps(tables_schema(), indent=2) + "\n"


def test_the_schema_is_sound_and_takes_a_file_that_is_read() -> None:
    import tomllib

    schema = tables_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    assert validator.is_valid(tomllib.loads(EVERYTHING))
    assert validator.is_valid({"tables": {"t": entry()}, "default_sync_order": ["t"]})


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"tables": {}},
        {"tables": {"t": {}}},
        {"tables": {"t": entry(surprise=1)}},
        {"tables": {"t": entry(sql_table=None)}},
        {"tables": {"t": entry()}, "order": ["t"]},
        {"tables": {"t": entry()}, "default_sync_order": "t"},
    ],
)
def test_the_schema_refuses_a_file_that_would_not_be_read(document: dict[str, Any]) -> None:
    assert not jsonschema.Draft7Validator(tables_schema()).is_valid(document)
    with pytest.raises(ValidationError):
        TablesFile.model_validate(document)


def test_info_prints_the_schema_without_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        app(["info", "--schema"])
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out) == tables_schema()


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        ({"tables": {"a": {"sql_table": "dbo.*", "views": True, "new_tables": "tell"}}}, True),
        ({"tables": {"a": {"sql_table": "dbo.*"}}, "defaults": entry(sql_table=None)}, False),
        ({"tables": {"a": {"sql_table": "dbo.*"}}, "defaults": {"chunks": 4}}, True),
        ({"tables": {"a": {"sql_table": "dbo.*"}}, "defaults": {"chunk": 4}}, False),
        ({"tables": {"a": {"sql_table": "dbo.*"}}, "schemas": {"Sales": "sales"}}, True),
        ({"tables": {"a": {"sql_table": "dbo.*"}}, "schemas": {"Sales": "s*"}}, False),
        ({"tables": {"a": {"sql_table": "dbo.*"}}, "schemas": {"Sales": " "}}, False),
    ],
)
def test_the_schema_and_the_checks_agree_on_defaults_patterns_and_schemas(
    document: dict[str, Any], fits: bool
) -> None:
    assert jsonschema.Draft7Validator(tables_schema()).is_valid(document) is fits
    if fits:
        assert TablesFile.model_validate(document)
    else:
        with pytest.raises(ValidationError):
            TablesFile.model_validate(document)
    shop = {"db_type": "s", "sql_server_db": "S"}
    defaults = {**shop, **document.get("defaults", {})}
    try:
        parse_table_set(document["tables"], defaults=defaults, schemas=document.get("schemas", {}))
    except ConfigError:
        assert not fits
    else:
        assert fits
