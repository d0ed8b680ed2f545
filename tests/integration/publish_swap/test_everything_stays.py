"""A table with everything that can hang on one is swapped, and its catalogs stay the same."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tableferry import postgres
from tableferry.config import Publish
from tableferry.model.schema import SourceType
from tableferry_sandbox.postgres_binaries import Identity, programs
from tests.integration.loads import BIGINT, INT, TEXT, load, planned_load
from tests.integration.publish_swap import hostile
from tests.integration.publish_swap.catalogue import catalogue
from tests.support.databases import PgDatabase

COLUMNS = (
    ("id", INT),
    ("name", TEXT),
    ("country_id", INT),
    ("parent", INT),
    ("amount", SourceType("decimal", 9, 10, 4)),
    ("big", TEXT),
    ("running", BIGINT),
)
ROWS = [
    (5, "five", 1, None, 1, "x", 1),
    (10, "ten", 2, 5, 2, "y", 2),
    (70, "more", None, 10, 3, "z", 3),
]


@pytest.fixture
def table(pg_database: PgDatabase) -> Iterator[PgDatabase]:
    hostile.build(pg_database)
    yield pg_database
    hostile.drop(pg_database)


def without_alias(text: str) -> str:
    """A materialised view reads the same table under the same name, but its query says so."""
    return re.sub(r"keep\.t t\b", "keep.t", text)


def all_of(database: PgDatabase) -> list[str]:
    return [without_alias(line) for line in catalogue(database, "keep", "views", "public")]


def dumped(database: PgDatabase, folder: Path) -> list[list[str]]:
    """What pg_dump has to say of everything but the rows, object by object."""
    dump = [
        programs(Identity(), folder) / "pg_dump",
        "--schema-only",
        "--exclude-schema=tableferry",
    ]
    said = subprocess.run(
        [*dump, "--dbname", database.conninfo], check=True, capture_output=True, text=True
    ).stdout
    said = re.sub(r"^\\unrestrict .*$", "", without_alias(said), flags=re.MULTILINE)  # at random
    objects = [part.splitlines() for part in said.split("\n-- Name: ")[1:]]
    # Grants stand in the order in which they were made, which means nothing.
    return [sorted(lines) if "; Type: ACL;" in lines[0] else lines for lines in objects]


def test_all_that_belongs_to_a_table_and_hangs_on_it_stays_as_it_was(
    connection: postgres.TargetConnection, table: PgDatabase
) -> None:
    plan = planned_load(connection, Publish.SWAP, COLUMNS, target="keep.t")
    before = all_of(table)
    load(connection, plan, ROWS)
    after = all_of(table)
    assert [line for line in before if line not in after] == []
    assert [line for line in after if line not in before] == []
    assert len(before) > 300


def test_a_dump_of_the_schema_is_the_same_before_and_after(
    connection: postgres.TargetConnection, table: PgDatabase, tmp_path: Path
) -> None:
    plan = planned_load(connection, Publish.SWAP, COLUMNS, target="keep.t")
    before = dumped(table, tmp_path)
    for rows in (ROWS, ROWS[:1]):
        load(connection, plan, rows)
        assert dumped(table, tmp_path) == before
    assert len(before) > 60
