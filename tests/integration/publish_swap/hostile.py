"""A table with everything that can hang on one, and a catalogue of all of it to compare."""

from pathlib import Path
from typing import Final

from tests.support.databases import PgDatabase

DDL: Final = Path(__file__).with_suffix(".sql")
ROLES: Final = ("owner", "reader", "granter", "clerk", "viewer")


def roles(database: PgDatabase) -> dict[str, str]:
    """Names for the roles of one database: roles are the whole server's."""
    return {role: f"{role}_{database.name}" for role in ROLES}


def build(database: PgDatabase) -> None:
    """Make ``keep.t`` with all that belongs to it and depends on it."""
    names = {**roles(database), "place": f"place_{database.name}"}
    statements = [part for part in DDL.read_text().split(";;") if part.strip()]
    database.run(*(_named(part, names) for part in statements))


def drop(database: PgDatabase) -> None:
    """Drop all of it: roles and tablespaces are the whole server's."""
    names = ", ".join(f'"{name}"' for name in roles(database).values())
    database.run(
        f"DROP OWNED BY {names} CASCADE",
        f"DROP ROLE {names}",
        "DROP SCHEMA keep, views CASCADE",
        'DROP PUBLICATION "some rows", plain',
        f"DROP TABLESPACE place_{database.name}",
    )


def _named(statement: str, names: dict[str, str]) -> str:
    for role, name in names.items():
        statement = statement.replace(f"@{role}", f'"{name}"')
    return statement
