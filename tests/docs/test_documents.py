"""The documents say what is so."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from tableferry.cli import app
from tableferry.config import OPTIONAL, REQUIRED, SourceSettings, TargetSettings
from tableferry.typemap.page import with_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    missing = [
        target for target in targets if "://" not in target and not (page.parent / target).exists()
    ]
    assert missing == []


def test_every_command_is_in_the_readme() -> None:
    commands = list(get_command(app).commands)  # type: ignore[attr-defined]
    assert len(commands) > 5
    assert [
        name for name in commands if f"`{name}" not in README and f"tableferry {name}" not in README
    ] == []


def test_every_key_of_a_tables_entry_is_in_the_readme() -> None:
    keys = (*REQUIRED, *OPTIONAL)
    assert [key for key in keys if f'"{key}"' not in README and f"`{key}`" not in README] == []


@pytest.mark.parametrize("settings", [SourceSettings, TargetSettings])
def test_every_variable_is_in_the_readme_and_the_example(
    settings: type[SourceSettings] | type[TargetSettings],
) -> None:
    example = (ROOT / ".env.example").read_text()
    names = [f"_{field.upper()}" for field in settings.model_fields if field != "prefix"]
    assert [name for name in names if name not in README] == []
    assert [name for name in names if name not in example] == []


def test_the_architecture_lists_every_module_and_no_other() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page[page.index("| module |") : page.index("Dependencies point one way")]
    told = {name.rstrip("/").removesuffix(".py") for name in re.findall(r"`([a-z_/.]+)`", table)}
    package = ROOT / "src" / "tableferry"
    there = {
        path.stem
        for path in package.iterdir()
        if path.name not in {"__init__.py", "__main__.py", "__pycache__", "py.typed"}
        and (path.suffix == ".py" or (path / "__init__.py").exists())
    }
    assert there - told == set()
    assert {name for name in told if "/" not in name} - there == set()


def test_the_changelog_is_kept() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()


def test_every_test_that_a_promise_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "promises.md").read_text()))
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 15
    assert {name for name in named if f"def {name}(" not in written} == set()


def test_the_page_of_types_is_what_the_table_of_types_says() -> None:
    """Run script/types after a change of the table."""
    page = (ROOT / "docs" / "types.md").read_text()
    assert page == with_table(page)
    assert "later" not in page.lower()


def test_every_fault_has_a_row_and_every_test_that_it_names_exists() -> None:
    page = (ROOT / "docs" / "faults.md").read_text()
    rows = re.findall(r"^\| (\d+) \| .* \| (.*) \|$", page, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 60))
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    missing = {
        name
        for _, tests in rows
        for name in re.findall(r"`(test_\w+)`", tests) or ["none"]
        if f"def {name}(" not in written
    }
    assert missing == set()
