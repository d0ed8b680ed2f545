"""A verification is written down once, with counts alone, and the oldest of a table are pruned."""

import dataclasses
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tableferry import postgres
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.ledger import Ledger, RecordedVerification, write_verification
from tableferry.postgres.ledger.migrate import migrate, migrations
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase

BEFORE = 4
"""The ledger's version before it had verifications."""


def recorded(**changes: object) -> RecordedVerification:
    found = RecordedVerification(
        uuid.uuid4(), uuid.uuid4(), "t", TargetTable("", "t"), "rows", "differs", 10, 9, missing=1
    )
    return dataclasses.replace(found, **changes)  # type: ignore[arg-type]


@pytest.fixture
def database(pg_database: PgDatabase) -> PgDatabase:
    with postgres.connect(settings_of(pg_database)) as connection:
        migrate(connection)
    return pg_database


def write(database: PgDatabase, *rows: RecordedVerification, kept: int = 1_000) -> None:
    with postgres.connect(settings_of(database)) as connection:
        for row in rows:
            with connection.transaction():
                write_verification(connection, row, kept)


def test_a_verification_is_found_by_its_tables_full_name(database: PgDatabase) -> None:
    found = recorded(not_compared={"Shape": "it has no rule"}, as_of="version 7", watermark="7")
    write(database, found)
    assert database.rows(
        "SELECT run_id, table_key, target, depth, verdict, source_rows, target_rows, missing, "
        "extra, not_compared, watermark, as_of FROM tableferry.verifications"
    ) == [
        (
            found.run_id, "t", "public.t", "rows", "differs", 10, 9, 1,
            0, {"Shape": "it has no rule"}, "7", "version 7",
        )
    ]  # fmt: skip


def test_one_that_is_written_twice_is_there_once(database: PgDatabase) -> None:
    found = recorded()
    write(database, found, found)
    assert database.rows("SELECT count(*) FROM tableferry.verifications") == [(1,)]


def test_the_oldest_of_a_table_are_deleted_and_those_of_others_stay(database: PgDatabase) -> None:
    write(database, recorded(target=TargetTable("", "other"), reason="other"))
    write(database, *(recorded(reason=str(number)) for number in range(5)), kept=3)
    kept = database.rows("SELECT reason FROM tableferry.verifications ORDER BY verified_at")
    assert kept == [("other",), ("2",), ("3",), ("4",)]


def test_a_ledger_that_cannot_be_written_to_is_a_warning(database: PgDatabase) -> None:
    with Ledger(settings_of(database), uuid.uuid4()) as ledger:
        database.run("ALTER TABLE tableferry.verifications RENAME TO gone")
        ledger.verified(recorded())
        (warning,) = ledger.take_warnings()
    assert warning.startswith("t: its verification (differs) could not be written to the ledger")


@pytest.fixture
def other_role(pg_database: PgDatabase) -> Iterator[PgDatabase]:
    """The database as a second role that uses the ledger sees it, as of before verifications."""
    role, password = f"other {uuid.uuid4().hex[:8]}", "of the other role"
    with postgres.connect(settings_of(pg_database)) as connection:
        migrate(connection, migrations()[:BEFORE])
    name = sql.Identifier(role)
    with pg_database.connect() as admin:
        for statement in (
            "CREATE ROLE {} LOGIN PASSWORD " + f"'{password}'",
            "GRANT USAGE ON SCHEMA tableferry TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tableferry TO {}",
        ):
            admin.execute(sql.SQL(statement).format(name))  # type: ignore[arg-type]
    host = pg_database
    yield PgDatabase(host.host, host.port, host.name, role, password)
    with pg_database.connect() as admin:
        admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(name))
        admin.execute(sql.SQL("DROP ROLE {}").format(name))


def test_a_role_that_used_the_ledger_before_uses_its_new_table(
    pg_database: PgDatabase, other_role: PgDatabase
) -> None:
    with postgres.connect(settings_of(pg_database)) as connection:
        migrate(connection)
    with postgres.connect(settings_of(other_role)) as connection:
        migrate(connection)
    write(other_role, recorded())
    assert other_role.rows("SELECT count(*) FROM tableferry.verifications") == [(1,)]


def test_a_verdict_of_another_word_is_refused(database: PgDatabase) -> None:
    insert = (
        "INSERT INTO tableferry.verifications SELECT gen_random_uuid(), gen_random_uuid(), 't', "
        "'t', clock_timestamp(), 'rows', 'fine', 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}', NULL, '', 0, ''"
    )
    with pytest.raises(psycopg.errors.CheckViolation):
        database.run(insert)
