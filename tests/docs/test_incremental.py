"""docs/incremental.md: its entries are read, its statements run, its tables are the code's."""

import re
from pathlib import Path

from tableferry.config import DeleteHandling, ReadMode, TableSpec
from tableferry.config.config_file import read_tables
from tableferry.config.mode_problems import DELETES_OF_MODES, KEYS_OF_MODES, RECONCILE_KEYS
from tableferry.model.watermark import ReloadReason
from tableferry.modes import MODES
from tableferry.modes.watermark_types import DEFAULT_TIME_OVERLAP
from tableferry_sandbox.sample import load_sample
from tests.support.sandbox import Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "incremental.md").read_text()


def _rows(heading: str) -> list[list[str]]:
    """Return the rows of the table whose heading begins like this, without the heading."""
    table = PAGE[PAGE.index(f"\n| {heading} |") + 1 :].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n")[2:]]


def _modes(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_the_entries_of_the_page_are_read(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    path = tmp_path / "tables.toml"
    path.write_text(shown)
    assert {str(spec.mode) for spec in read_tables(path)} == {*MODES} - {"full"}


def test_the_first_table_chooses_among_all_modes() -> None:
    chosen = [mode for row in _rows("the table has") for mode in _modes(row[1])]
    assert sorted(chosen) == sorted(MODES)


def test_the_keys_and_their_defaults_are_those_of_an_entry() -> None:
    defaults = TableSpec.__dataclass_fields__
    shown = {_modes(row[0])[0]: row for row in _rows("key")}
    assert {*KEYS_OF_MODES, *RECONCILE_KEYS, "mode", "deletes"} == {*shown}
    for key, mode in KEYS_OF_MODES.items():
        assert shown[key][2] == f"`{mode}`"
    for key in ("mode", "deletes", "on_expired", *RECONCILE_KEYS):
        assert shown[key][1].strip("`") == str(defaults[key].default)
    assert shown["overlap"][1].startswith(f"{DEFAULT_TIME_OVERLAP} s ")


def test_what_fits_to_a_mode_is_what_the_page_says() -> None:
    shown = {
        (row[0].strip("`").partition(":")[0], mode): answer
        for row in _rows("`deletes` | `full`")
        for mode, answer in zip(ReadMode, row[1:5], strict=True)
    }
    assert " | ".join(["| `deletes`", *(f"`{mode}`" for mode in ReadMode), "a row"]) in PAGE
    assert shown == {
        (how, mode): "yes" if how in DELETES_OF_MODES[mode] else "no"
        for how in DeleteHandling
        for mode in ReadMode
    }


def test_every_reason_for_a_reload_has_a_row_and_the_row_says_whether_a_run_may_stop_there() -> (
    None
):
    shown = {
        row[0].partition(":")[0].strip("`"): row[1].startswith("`on_expired`")
        for row in _rows("state")
        if re.match("`[a-z_]+`", row[0])
    }
    assert {reason.value: reason.is_lost for reason in ReloadReason} == shown


def test_the_statements_for_the_dba_run(empty_sandbox: Sandbox) -> None:
    load_sample(empty_sandbox.engine, 0.01)
    empty_sandbox.run("McTM", "CREATE LOGIN tableferry_reader WITH PASSWORD = 'Reader-pass-1'")
    empty_sandbox.run("McTM", "CREATE USER tableferry_reader FOR LOGIN tableferry_reader")
    empty_sandbox.run("McTM", "CREATE TABLE dbo.Orders (ID int PRIMARY KEY)")
    (block,) = re.findall(r"^```sql\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    statements = [line.rstrip(";") for line in block.splitlines()]
    inline = re.findall(r"`((?:ALTER (?:DATABASE McTM|TABLE dbo)|GRANT VIEW)[^`]*)`", PAGE)
    assert (len(statements), len(inline)) == (5, 4)
    for statement in statements + inline:
        empty_sandbox.run("McTM", statement)
