"""The statements that give a login what a swap needs beside SELECT: the rights of owners. Pure."""

from collections.abc import Sequence

from tableferry.model.identifiers import quote_pg
from tableferry.model.schema import Obstacle


def swap_grants(obstacles: Sequence[Obstacle], login: str) -> list[str]:
    """Return a GRANT for each right that ``postgres.publish.swap_obstacles`` found lacking.

    Obstacles that are no rights have none: what else prevents a swap the plan says.
    """
    found = (_grant(one.kind, one.name, login) for one in obstacles)
    return list(dict.fromkeys(grant for grant in found if grant))


def _grant(kind: str, name: str, login: str) -> str:
    """Take apart a name as the query writes it; objects in it are quoted where they have to be."""
    match kind:
        case "owner":
            return _member(name.rpartition(" of ")[2], login)
        case "role":
            return _member(name, login)
        case "create":
            role, _, on = name.rpartition(" on ")
            what, _, named = on.partition(" ")
            place = quote_pg(named) if what == "tablespace" else named
            return f"GRANT CREATE ON {what.upper()} {place} TO {quote_pg(role)}"
        case "references":
            return f"GRANT REFERENCES ON {name.rpartition(', for ')[0]} TO {quote_pg(login)}"
    return ""


def _member(role: str, login: str) -> str:
    return f"GRANT {quote_pg(role)} TO {quote_pg(login)}"
