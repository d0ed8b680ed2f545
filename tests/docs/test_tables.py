"""docs/tables.md: its files are read, and mean what the page says."""

import re
import tomllib
from pathlib import Path

import jsonschema

from tableferry.config.config_file import read_table_set
from tableferry.config.explain import explain
from tableferry.config.inherited import DETAILS
from tableferry.config.json_schema import tables_schema
from tableferry.config.resolve import Resolved, questions, resolve_tables
from tableferry.config.table_set import TableSet
from tableferry.model.identifiers import SourceTable
from tests.unit.config.test_resolve import Found, matches

PAGE = (Path(__file__).parents[2] / "docs" / "tables.md").read_text()


def block(language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def resolve(table_set: TableSet) -> Resolved:
    """Resolve with the tables that the page names."""
    [sentence] = re.findall(r"With the tables (.*?) in the source", PAGE, re.DOTALL)
    tables = [SourceTable.parse(name, "Shop") for name in re.findall("`(.*?)`", sentence)]
    tables.sort(key=lambda one: (one.schema, one.name))
    return resolve_tables(
        table_set,
        {
            place: {one: [Found(t) for t in tables if matches(one, t)] for one in asked}
            for place, asked in questions(table_set).items()
        },
    )


def test_the_tables_of_the_first_file_are_those_of_the_page(tmp_path: Path) -> None:
    path = tmp_path / "tables.toml"
    path.write_text(block("toml"))
    rows = re.findall(r"^\| `(.*)` \| `(.*)` \| `(.*)` \| (\d) \| (\d) \|$", PAGE, re.MULTILINE)
    found = resolve(read_table_set(path))
    specs = found.selected(None)
    assert rows == [
        (one.key, str(one.target), one.mode.value, str(one.chunks), str(one.parallel))
        for one in specs
    ]
    shown = re.findall(r"^  (\w+): (.*)$", PAGE, re.MULTILINE)
    assert len(shown) == 4
    lines = explain(found, "people").lines()
    assert shown == [(key, lines[key]) for key, _ in shown]


def test_the_file_satisfies_the_schema() -> None:
    jsonschema.Draft7Validator(tables_schema()).validate(tomllib.loads(block("toml")))


def test_the_python_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tables.py"
    path.write_text(block("python"))
    specs = resolve(read_table_set(path)).specs
    assert str(specs["people"].target) == "crm.people"
    assert str(specs["sales_region"].target) == "sales.region"


def test_the_page_names_every_setting_that_details_a_choice() -> None:
    [listed] = re.findall(
        r"^These are|is for tables in chunks\. These are (.*?)\. A default", PAGE, re.DOTALL
    )
    assert {*re.findall(r"`(\w+)`", listed)} == {*DETAILS, *DETAILS.values()}
