"""The documents say what is so."""

import re
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from tableferry.cli import app
from tableferry.config import OPTIONAL, REQUIRED, SourceSettings, TargetSettings
from tableferry.frontend.exit_codes import REFUSED, TERMINATED
from tableferry.report.error_page import NEXT
from tableferry.report.error_page import with_tables as with_error_tables
from tableferry.report.remedy_page import with_remedies
from tableferry.typemap.page import with_tables

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
ENGINE = ROOT / "src" / "tableferry"
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "packages").glob("*/*.md")]
)
FOLDERS = [
    ROOT,
    ENGINE,
    ROOT / "lambda_deployment_postgresql_updated",
    *(ROOT / "packages").glob("*/src/*"),
    *(ROOT / "packages").glob("*/src/*/*"),
]
"""Where a path in a document may start."""
MADE_BY_THE_READER = {
    "live-report.json",
    "live-report.md",
    "plan.json",
    "postgres/publish/delete.py",
    "tables.schema.json",
    "tables.toml",
}


def _is_there(name: str) -> bool:
    return any((folder / name).exists() for folder in FOLDERS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    missing = []
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text()):
        if "://" in target:
            continue
        other = page.parent / target if target else page
        if not other.exists() or (anchor and anchor not in _anchors(other)):
            missing.append(f"{target}#{anchor}")
    assert missing == []


def _anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


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


def _listed_folders() -> list[str]:
    """Return the rows of the architecture's table of folders, from its top."""
    table = ARCHITECTURE[ARCHITECTURE.index("| folder |") :]
    table = table[: table.index("\n\n")]
    return re.findall(r"^\| `([a-z]+)(?:/|\.py)` \|", table, re.MULTILINE)


def test_the_architecture_lists_every_folder_and_no_other() -> None:
    there = {
        path.stem
        for path in ENGINE.iterdir()
        if path.name not in {"__init__.py", "__main__.py"}
        and (path.suffix == ".py" or (path / "__init__.py").exists())
    }
    assert set(_listed_folders()) == there


def test_the_architecture_lists_the_folders_in_the_order_of_the_layers() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(one["layers"] for one in contracts["contracts"] if one["type"] == "layers")
    height = {
        name: number
        for number, layer in enumerate(reversed(layers))
        for name in re.findall(r"[a-z]+", layer)
    }
    listed = _listed_folders()
    assert listed == sorted(listed, key=height.__getitem__)


def test_a_batch_passes_at_most_twelve_files_which_exist() -> None:
    path = ARCHITECTURE[ARCHITECTURE.index("## The path of a batch") :]
    files = re.findall(r"^(?:\S+ --\S+--> )? *([a-z_/]+\.py) ", path, re.MULTILINE)
    assert 5 < len(files) <= 12
    assert [name for name in files if not (ENGINE / name).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_document_names_exists(page: Path) -> None:
    text = page.read_text()
    named = {
        *re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|sql|json|ya?ml|toml|txt|svg|sh))`", text),
        *re.findall(r"`((?:bench|chaos|deploy|docs|packages|src|tests)/[\w./-]*\w)`", text),
        *re.findall(r"(?<![\w/])script/[\w-]+|\.ci/run", text),
        *re.findall(r"^python ([\w./]+\.py)", text, re.MULTILINE),
    }
    assert [name for name in sorted(named - MADE_BY_THE_READER) if not _is_there(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_document_shows_has_the_options_shown(page: Path) -> None:
    options = {
        name: {
            option
            for one in (command, *getattr(command, "commands", {}).values())
            for parameter in one.params
            for option in parameter.opts
        }
        for name, command in get_command(app).commands.items()  # type: ignore[attr-defined]
    }
    blocks = "\n".join(
        block
        for language, block in re.findall(
            r"^```(\w*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE
        )
        if not language
    )
    shown = [
        *re.findall(r"^tableferry ([a-z]+)([^#\n]*)", blocks, re.MULTILINE),
        *re.findall(r"`tableferry ([a-z]+)([^`]*)`", page.read_text()),
    ]
    assert [name for name, _ in shown if name not in options] == []
    assert [
        f"{name} {option}"
        for name, rest in shown
        for option in re.findall(r"--[a-z][a-z-]+", rest)
        if option not in options[name]
    ] == []


def test_the_unit_for_systemd_starts_a_command_that_there_is_and_knows_its_exit_codes() -> None:
    unit = (ROOT / "examples" / "tableferry-watch.service").read_text()
    (command,) = re.findall(r"^ExecStart=\S+/tableferry (.*)$", unit, re.MULTILINE)
    name, *arguments = command.split()
    parsed = get_command(app).commands[name].make_context(name, arguments)  # type: ignore[attr-defined]
    assert parsed.params["every"] == "30s"
    assert f"\nSuccessExitStatus={TERMINATED.exit_code}\n" in unit
    assert f"\nRestartPreventExitStatus={REFUSED.exit_code}\n" in unit


def test_every_class_that_the_glossary_names_exists() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text()
    named = set(re.findall(r"`([A-Z]\w+)`", page)) - {"TABLE_CONFIGS"}
    written = "\n".join(path.read_text() for path in ENGINE.rglob("*.py"))
    assert len(named) > 5
    assert {name for name in named if f"class {name}" not in written} == set()


def test_the_changelog_is_kept() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()


def test_every_test_that_a_promise_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "promises.md").read_text()))
    assert len(named) > 15
    assert named - _tests_written() == set()


def _tests_written() -> set[str]:
    """Return the names of all tests, the sandbox's included."""
    folders = [ROOT / "tests", *(ROOT / "packages").glob("*/tests")]
    files = [path for folder in folders for path in folder.rglob("test_*.py")]
    return {name for path in files for name in re.findall(r"def (test_\w+)\(", path.read_text())}


def test_the_page_of_types_is_what_the_table_of_types_says() -> None:
    """Run script/types after a change of the table."""
    page = (ROOT / "docs" / "types.md").read_text()
    assert page == with_tables(page)
    assert "later" not in page.lower()


def test_the_page_of_errors_is_what_is_known_of_them() -> None:
    """Run script/errors after a change of what is known."""
    page = (ROOT / "docs" / "errors.md").read_text()
    assert page == with_error_tables(page)
    assert all(f"`{kind.__name__}`" in page for kind in NEXT)


def test_the_page_of_remedies_is_what_is_known_of_errors() -> None:
    """Run script/errors after a change of what is known."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    assert page == with_remedies(page)
    assert all(f"`{kind.__name__}`" in page for kind in NEXT)


def test_every_fault_has_a_row_and_every_test_that_it_names_exists() -> None:
    page = (ROOT / "docs" / "faults.md").read_text()
    rows = re.findall(r"^\| (\d+) \| .* \| (.*) \|$", page, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 59
    named = {name for _, tests in rows for name in re.findall(r"`(test_\w+)`", tests) or ["none"]}
    assert named - _tests_written() == set()
