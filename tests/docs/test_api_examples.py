"""docs/api.md and examples/: every block runs, and uses names that are public."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import tableferry
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox
from tests.support.urls import source_url, target_url

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [ROOT / "examples" / name for name in ("airflow_dag.py", "dagster_asset.py")]


def test_every_block_of_the_page_runs(
    sample_sandbox: Sandbox,
    pg_database: PgDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In one namespace, from top to bottom; only the two URLs are those of this machine."""
    for name, value in {**sample_sandbox.environment, **pg_database.environment}.items():
        monkeypatch.setenv(name, value)
    server = sample_sandbox
    urls = {
        "mssql": source_url(server.host, server.port, server.user, server.password),
        "postgresql": target_url(pg_database),
    }
    namespace: dict[str, Any] = {}
    assert len(BLOCKS) > 4
    for block in BLOCKS:
        here = re.sub(r'"(mssql|postgresql)://[^"]*"', lambda url: repr(urls[url[1]]), block)
        exec(compile(here, "docs/api.md", "exec"), namespace)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "2000 ok"
    assert any(line.startswith("dbo.Missing") or "Missing" in line for line in told)
    assert "customer: ok" in told
    assert pg_database.rows("SELECT count(*) FROM customer") == [(2_000,)]


@pytest.mark.parametrize("code", [*BLOCKS, *(path.read_text() for path in EXAMPLES)])
def test_the_examples_use_public_names_only(code: str) -> None:
    used = {
        node.attr
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "tableferry"
    }
    assert used <= set(tableferry.__all__)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_has_twenty_lines_at_most(example: Path) -> None:
    assert len([line for line in example.read_text().splitlines() if line.strip()]) <= 20


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in tableferry.__all__
        if name not in {"ErrorReport", "SourceSettings", "Status", "TableOptions"}
    ],
)
def test_every_public_name_is_on_the_page(name: str) -> None:
    assert re.search(rf"\b{name}\b", PAGE)
