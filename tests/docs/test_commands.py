"""Every command that a page shows is executed, on the tables that the first of them finds.

The pages of copy and the first day have tests of their own, in which the order counts.
"""

import re
import shlex
from pathlib import Path

from tests.support.databases import PgDatabase
from tests.support.in_process import call
from tests.support.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
OF_THEIR_OWN = {"copy.md", "start.md"}
PAGES = [
    page
    for page in (*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md")
    if page.name not in OF_THEIR_OWN
]

ELSEWHERE = {
    "watch": "tests/integration/test_watch.py",  # it does not end by itself
    "--scheduler": "tests/integration/fanout",  # a cluster, or processes for minutes
}
"""What is not executed here, and the tests that do it."""

DISCOVER = ["discover", "--source", "mctm", ">", "table_configs.py"]


def commands() -> list[list[str]]:
    """The arguments of each command of the pages, each once; ``discover`` is not one of them."""
    blocks = [
        block
        for page in PAGES
        for language, block in re.findall(
            r"^```(\w*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE
        )
        if not language
    ]
    found = []
    for line in "".join(blocks).replace("\\\n", "").splitlines():
        if line.startswith("tableferry ") and not any(word in line for word in ELSEWHERE):
            arguments = shlex.split(line, comments=True)[1:]
            if arguments not in (*found, DISCOVER):
                found.append(arguments)
    return found


def test_what_is_executed_elsewhere_has_tests_there() -> None:
    for word, where in ELSEWHERE.items():
        files = [ROOT / where] if where.endswith(".py") else sorted((ROOT / where).glob("*.py"))
        assert any(word in path.read_text() for path in files), word


def test_every_command_of_the_pages_succeeds(
    sample_sandbox: Sandbox, pg_database: PgDatabase, tmp_path: Path
) -> None:
    env = {**sample_sandbox.environment, **pg_database.environment}
    tables = call("discover", "--source", "mctm", env=env, cwd=tmp_path)
    (tmp_path / "table_configs.py").write_text(tables.stdout)
    # A page shows a status, say, before it shows a sync: the tables are there on that day.
    assert call("sync", env=env, cwd=tmp_path).returncode == 0
    found = commands()
    assert {"doctor", "status", "history", "runs", "quarantine", "verify", "check", "plan"} <= {
        arguments[0] for arguments in found
    }
    for arguments in found:
        ours = [one.replace("/var/lib/node_exporter", str(tmp_path)) for one in arguments]
        done = call(*ours, env=env, cwd=tmp_path)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    assert (tmp_path / "status.html").stat().st_size < 150_000
    assert "tableferry_up 1" in (tmp_path / "tableferry.prom").read_text()
