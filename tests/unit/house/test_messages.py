"""Messages as a user reads them: correct plurals, and no file that an installation lacks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tableferry.model.counting import counted, plural, verb

ROOT = Path(__file__).parents[3]
FOLDERS = ("src", "packages/sandbox/src", "lambda_deployment_postgresql_updated")
MODULES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

NOUNS = (
    "rows tables chunks columns values times indexes workers connections transactions "
    "keys sessions attempts databases entries"
)
BEHIND_A_COUNT = re.compile(rf" (?:{'|'.join(NOUNS.split())})\b")

OF_THE_REPOSITORY = re.compile(
    r"README|CONTRIBUTING|\bdocs/|\bdeploy/|\bexamples/|\.md\b|\.env\.example"
)


def texts_of(tree: ast.AST) -> Iterator[ast.Constant]:
    """Yield every text but the docstrings, which no user reads."""
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    described |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in described:
            yield node


def plurals_behind_a_variable(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, text in zip(node.values, node.values[1:], strict=False):
            if not isinstance(value, ast.FormattedValue) or not isinstance(text, ast.Constant):
                continue
            what = ast.unparse(value.value)
            is_a_count = "counted" not in what and not what.isupper()
            if is_a_count and BEHIND_A_COUNT.match(str(text.value)):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {{{what}}}{text.value!r}")
    return found


ALWAYS_SEVERAL = {
    "src/tableferry/postgres/facts.py": "a load has three sessions or more",
    "src/tableferry/postgres/publish/older_snapshots.py": "one transaction has its own sentence",
    "src/tableferry/planning/row_size.py": "a row beyond a page has many columns",
    "src/tableferry/planning/match_columns.py": "beyond PostgreSQL's 1,600 columns",
    "src/tableferry/transfer/readers.py": "a table that is cut has several chunks",
    "src/tableferry/runs/events.py": "one failure has its own sentence",
    "packages/sandbox/src/tableferry_sandbox/command.py": "a column of numbers under each other",
    "packages/sandbox/src/tableferry_sandbox/tds/row_encoder.py": "an error in our own code",
    "src/tableferry/report/table_status.py": "a rate, as in rows/s",
}


def test_no_message_says_1_rows() -> None:
    of_sql_server = ROOT / "packages/sandbox/src/tableferry_sandbox/engine"
    ours = [path for path in MODULES if not path.is_relative_to(of_sql_server)]
    with_plurals = {path: plurals_behind_a_variable(path) for path in ours}
    found = {str(path.relative_to(ROOT)): lines for path, lines in with_plurals.items() if lines}
    assert {name: lines for name, lines in found.items() if name not in ALWAYS_SEVERAL} == {}


def test_no_message_names_a_file_that_an_installation_lacks() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{text.lineno}: {text.value!r}"
        for path in MODULES
        for text in texts_of(ast.parse(path.read_text()))
        if OF_THE_REPOSITORY.search(text.value)
    ]
    assert named == []


@pytest.mark.parametrize(
    ("count", "noun", "shown"),
    [
        (0, "row", "0 rows"),
        (1, "row", "1 row"),
        (2_000, "row", "2,000 rows"),
        (1, "stored chunk", "1 stored chunk"),
        (2, "stored chunk", "2 stored chunks"),
        (2, "index", "2 indexes"),
    ],
)
def test_a_count_agrees_with_its_noun(count: int, noun: str, shown: str) -> None:
    assert counted(count, noun) == shown
    assert shown.endswith(plural(count, noun))
    assert verb(count, "was", "were") == ("was" if count == 1 else "were")
