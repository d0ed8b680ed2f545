"""``Table``, and that one thing has one name in the configuration, the API and the command."""

import inspect
from typing import Any

import pytest
from typer.main import get_command

import tableferry
from tableferry import ConfigError, Settings, SourceSettings, Table, TableOptions, TargetSettings
from tableferry.api.connections import settings_for
from tableferry.api.table import as_list, specs_of
from tableferry.cli import app
from tableferry.config import OPTIONAL, REQUIRED, parse_table_configs
from tableferry.config.entry_model import PATTERN_KEYS

SOURCE = "mssql://reader:secret@sql01/McTM"
TARGET = "postgresql://writer:secret@pg01/app"

ENTRY: dict[str, Any] = {
    "db_type": "mctm",
    "sql_server_db": "McTM",
    "sql_table": "dbo.Customer",
    "pg_table": "mctm_customer",
    "columns": ["CustomerID"],
    "pg_columns": ["customer_id"],
    "primary_key": "CustomerID",
    "publish": "swap",
    "chunks": 4,
}


def parameters(function: Any) -> set[str]:
    """The names that a function takes by keyword, without ``**options``."""
    found = inspect.signature(function).parameters.values()
    return {one.name for one in found if one.kind is not one.VAR_KEYWORD} - {"self"}


def test_a_tables_keyword_arguments_are_the_keys_of_an_entry() -> None:
    own = parameters(Table.__init__) - {"key"}
    assert own == {"sql_table", "pg_table"}
    assert own | set(TableOptions.__annotations__) == {*REQUIRED, *OPTIONAL, *PATTERN_KEYS}
    assert parameters(tableferry.copy_table) & set(TableOptions.__annotations__) == set()


@pytest.mark.parametrize("command", ["sync", "plan", "check", "discover", "doctor", "status"])
def test_the_functions_and_the_command_have_the_same_names(command: str) -> None:
    """Besides where the connections come from, and how the command shows its result."""
    options = {
        option.lstrip("-").replace("-", "_")
        for parameter in get_command(app).commands[command].params  # type: ignore[attr-defined]
        for option in parameter.opts
        if option.startswith("--")
    } - {"help", "html", "all"}
    of_the_command = {
        "config",
        "json",
        "openmetrics",
        "quiet",
        "report",
        "scheduler",
        "html",
        "all",
    }
    of_python = {"settings", "source", "target", "db_type", "deadline", "run_id", "on_event"}
    function = parameters(getattr(tableferry, command))
    assert options - of_the_command <= function
    assert function - options <= of_python


def test_a_table_has_the_specification_of_its_entry() -> None:
    table = Table(key="customer", **ENTRY)
    assert specs_of([table]) == [parse_table_configs({"customer": ENTRY})["customer"]]
    assert table.entry == ENTRY
    assert as_list({"customer": ENTRY})[0].entry == ENTRY


def test_without_a_key_a_table_is_known_by_its_target() -> None:
    assert Table("dbo.Customer", "crm.customer").key == "crm.customer"


def test_without_a_database_the_table_is_in_that_of_the_source() -> None:
    [spec] = specs_of([Table("dbo.Customer", "customer")], {"source": "McTM"})
    assert (spec.database, str(spec.source)) == ("McTM", "McTM.dbo.Customer")


def test_a_table_named_in_another_database_than_the_sources_is_refused() -> None:
    with pytest.raises(ConfigError, match="'sql_server_db' is"):
        specs_of([Table("Other.dbo.Customer", "customer")], {"source": "McTM"})


def test_every_problem_of_a_table_is_named_when_it_is_made() -> None:
    with pytest.raises(ConfigError) as refused:
        Table("dbo.Customer", "customer", publish="now", chunks=0, where="a = 1)")
    for part in ("customer: 'publish'", "customer: 'chunks'", "customer: 'where'"):
        assert part in refused.value.message


def test_a_table_cannot_be_changed() -> None:
    table = Table("dbo.Customer", "customer")
    table.entry["pg_table"] = "other"
    assert table.entry["pg_table"] == "customer"
    with pytest.raises(AttributeError):
        table.entry = {}  # type: ignore[misc]
    with pytest.raises(AttributeError):
        table.key = "other"  # type: ignore[misc]
    assert {table: 1}[Table("dbo.Customer", "customer")] == 1


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ([], "No table was named"),
        (["customer"], "A table is a str"),
        ([Table("dbo.A", "a", key="x"), Table("dbo.B", "b", key="x")], "Two tables have the key x"),
        ({"a": {**ENTRY, "sql_tabel": "dbo.A"}}, "unknown key 'sql_tabel'"),
    ],
)
def test_tables_that_cannot_be_meant_are_refused(tables: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        tableferry.sync(tables, source=SOURCE, target=TARGET)


def test_two_tables_into_one_target_are_refused() -> None:
    tables = [Table("dbo.A", "t", key="a"), Table("dbo.B", "public.t", key="b")]
    with pytest.raises(ConfigError, match="already the target of a"):
        tableferry.sync(tables, source=SOURCE, target=TARGET)


def test_one_source_serves_all_tables_of_one_name() -> None:
    found = settings_for(["mctm"], SOURCE, TARGET, None)
    assert found.sources["mctm"].host == "sql01"


def test_each_source_may_be_given_by_its_name() -> None:
    found = settings_for(["b"], {"a": SOURCE, "b": SOURCE.replace("01", "02")}, TARGET, None)
    assert found.sources["b"].host == "sql02"


@pytest.mark.parametrize(
    ("db_types", "source", "target", "with_settings", "told"),
    [
        (["a", "b"], SOURCE, TARGET, False, "The tables name 2 sources and one was given"),
        (["c"], {"a": SOURCE}, TARGET, False, "No source is named c"),
        (["a"], SOURCE, None, False, "names its connections twice, or not at all"),
        (["a"], None, None, False, "names its connections twice, or not at all"),
        (["a"], SOURCE, TARGET, True, "names its connections twice, or not at all"),
        (["c"], None, None, True, "No source is named c"),
        (["a"], 1433, TARGET, False, "The source is a int"),
        (["a"], SOURCE, object(), False, "The target is a builtins.object"),
    ],
)
def test_connections_that_cannot_be_meant_are_refused(
    db_types: list[str], source: Any, target: Any, with_settings: bool, told: str
) -> None:
    known = settings_for(["a"], SOURCE, TARGET, None) if with_settings else None
    with pytest.raises(ConfigError, match=told):
        settings_for(db_types, source, target, known)


def test_settings_come_from_the_environment_only_when_they_are_asked_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {"HOST": "db01", "DB": "d", "USER": "u", "PASSWORD": "p"}
    for name, value in values.items():
        monkeypatch.setenv(f"SQL_SERVER_MCTM_{name}", value)
        monkeypatch.setenv(f"PG_{name}", value)
    found = Settings.from_env("mctm")
    assert isinstance(found.sources["mctm"], SourceSettings)
    assert isinstance(found.target, TargetSettings)
    assert found.target.variable("host") == "PG_HOST"


def test_a_wrong_table_is_told_as_arguments_and_a_wrong_dict_as_entries() -> None:
    with pytest.raises(ConfigError) as refused:
        Table("dbo.T", "t", batch_size=0)
    assert "the arguments of Table" in refused.value.hint
    assert "TABLE_CONFIGS" not in refused.value.message + refused.value.hint
    with pytest.raises(ConfigError) as refused:
        as_list({"t": {"sql_table": "dbo.T"}})
    assert "TABLE_CONFIGS" in refused.value.hint
