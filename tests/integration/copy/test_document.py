"""Every command of docs/copy.md does what the page says, in the order of the page."""

import re
import shlex
from pathlib import Path

from tests.integration.copy.conftest import PASSWORD, Tableferry, url_of, url_without_password
from tests.support.databases import PgDatabase
from tests.support.sandbox import Sandbox

PAGE = Path(__file__).parents[3] / "docs" / "copy.md"

TARGETS = (
    "SELECT table_schema || '.' || table_name FROM information_schema.tables "
    "WHERE table_schema IN ('app', 'public', 'sales') ORDER BY 1"
)

INIT = ["init"]
"""Asks; ``test_init`` answers at a terminal."""


def commands(shop: Sandbox, database: PgDatabase) -> list[list[str]]:
    """The arguments of each command of the page, with our URLs in place of the page's."""
    blocks = re.findall(
        r"^```\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    lines = [line for block in blocks for line in block.splitlines()]
    ours = {
        "mssql://sa@sql.example/Shop": url_of(shop, None),
        "postgresql://loader@db.example/warehouse": url_without_password(database),
    }
    return [[ours.get(one, one) for one in shlex.split(line)[1:]] for line in lines]


def test_every_command_of_the_page_succeeds(
    shop: Sandbox, pg_database: PgDatabase, tableferry: Tableferry, tmp_path: Path
) -> None:
    found = commands(shop, pg_database)
    assert [one[0] for one in found] == ["copy"] * 4 + ["init", "sync", "verify", "init"]
    asks_nothing = found[-1]
    after: list[list[str]] = []
    for arguments in found:
        if arguments[0] == "init":
            for path in tmp_path.iterdir():
                path.unlink()
        done = tableferry(
            *(asks_nothing if arguments == INIT else arguments),
            SQL_SERVER_PASSWORD=PASSWORD,
            PGPASSWORD=pg_database.password,
        )
        assert done.returncode == 0, (arguments, done.stderr)
        after.append([str(row[0]) for row in pg_database.rows(TARGETS)])
    first = ["public.audit_log", "public.customer"]
    assert after[0] == first
    assert after[1] == first, "the dry run writes nothing"
    assert after[2] == ["app.order", *first]
    assert after[3] == ["app.order", "app.people", *first]
    assert after[5] == ["app.order", "app.people", *first, "sales.order"]
