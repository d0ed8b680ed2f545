"""A table with everything that can hang on one, and a catalogue of all of it to compare."""

from pathlib import Path
from typing import Final

from tests.support.databases import PgDatabase

DDL: Final = Path(__file__).with_suffix(".sql")
ROLES: Final = ("owner", "reader", "granter", "clerk", "viewer")


def roles(database: PgDatabase) -> dict[str, str]:
    """Names for the roles of one database: roles are the whole server's."""
    return {role: f"{role}_{database.name}" for role in ROLES}


def build(database: PgDatabase, tablespace: str = "") -> None:
    """Make ``keep.t`` with all that belongs to it and depends on it."""
    names = roles(database)
    statements = [part for part in DDL.read_text().split(";;") if part.strip()]
    database.run(*(_named(part, names) for part in statements))
    if tablespace:
        database.run(f"ALTER INDEX keep.t_by_name SET TABLESPACE {tablespace}")


def drop_roles(database: PgDatabase) -> None:
    """Drop the roles, with what they own and may do."""
    names = ", ".join(f'"{name}"' for name in roles(database).values())
    database.run(f"DROP OWNED BY {names} CASCADE", f"DROP ROLE {names}")


def _named(statement: str, names: dict[str, str]) -> str:
    for role, name in names.items():
        statement = statement.replace(f"@{role}", f'"{name}"')
    return statement
