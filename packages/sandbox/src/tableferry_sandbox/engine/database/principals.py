"""Logins, users, roles and their permissions (Permissions, Database Engine).

A login of ``sysadmin`` is dbo everywhere. Any other has what its user in a database, the roles of
that user and ``public`` were granted there, unless one of them was denied it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Securable: TypeAlias = tuple[str, str | int]
"""What a permission applies to: ("DATABASE", 0), ("SCHEMA", name in lower case), ("OBJECT", id)."""

WHOLE: Final[Securable] = ("DATABASE", 0)
ON_COLUMNS: Final = frozenset({"SELECT", "UPDATE", "REFERENCES", "UNMASK"})
"""The permissions that single columns of a table or view may have (GRANT Object Permissions)."""

SYSTEM_DATABASES: Final = frozenset({"master", "tempdb", "msdb"})
"""Databases that every login may enter, as the user guest."""

_COVERING: Final = {"VIEW DEFINITION": ("ALTER",), "EXECUTE": (), "UNMASK": ()}
"""The permissions that imply one, besides CONTROL, which implies all."""

_DATA: Final = frozenset({"INSERT", "UPDATE", "DELETE"})
_DEFINING: Final = frozenset({"ALTER", "CREATE TABLE", "CREATE VIEW", "CREATE TYPE", "REFERENCES",
                              "CREATE SCHEMA", "VIEW DEFINITION"})  # fmt: skip
FIXED_ROLES: Final[Mapping[str, frozenset[str]]] = {
    "db_owner": frozenset(),
    "db_accessadmin": frozenset(),
    "db_securityadmin": frozenset(),
    "db_ddladmin": _DEFINING,
    "db_backupoperator": frozenset(),
    "db_datareader": frozenset({"SELECT"}),
    "db_datawriter": _DATA,
    "db_denydatareader": frozenset(),
    "db_denydatawriter": frozenset(),
}
_DENYING: Final = {"db_denydatareader": frozenset({"SELECT"}), "db_denydatawriter": _DATA}

VISIBLE_BY: Final = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "ALTER", "VIEW DEFINITION",
)  # fmt: skip
"""Any of these on an object makes it visible in the catalog (Metadata Visibility)."""


@dataclass(eq=False)
class Login:
    """A login of the server, or the database user that a session executes as.

    ``only``: that user's database and name, both in lower case; empty for a login.
    """

    name: str
    password: str
    default_database: str = "master"
    sysadmin: bool = True
    disabled: bool = False
    only: tuple[str, ...] = ()


@dataclass(eq=False)
class Principal:
    """A user (``kind`` S) or a role (R) of a database; ``login`` is the user's, in lower case."""

    principal_id: int
    name: str
    kind: str = "S"
    login: str = ""
    roles: set[str] = field(default_factory=set)


def built_in() -> dict[str, Principal]:
    """Return the principals that every database has, by name in lower case."""
    found = [Principal(0, "public", "R")]
    found += [
        Principal(number, name)
        for number, name in enumerate(("dbo", "guest", "INFORMATION_SCHEMA", "sys"), 1)
    ]
    found += [Principal(16384 + number, name, "R") for number, name in enumerate(FIXED_ROLES)]
    return {principal.name.lower(): principal for principal in found}


@dataclass
class Security:
    """One database's principals, and what they were granted (True) or denied (False).

    ``columns`` has what was granted or denied on single columns, by the id of their table or view:
    the principal, the permission and the column.
    """

    principals: dict[str, Principal] = field(default_factory=built_in)
    rights: dict[tuple[int, str, Securable], bool] = field(default_factory=dict)
    columns: dict[int, dict[tuple[int, str, int], bool]] = field(default_factory=dict)
    next_id: int = 5

    def add(self, name: str, kind: str, login: str = "") -> Principal:
        """Add a user or a role."""
        principal = Principal(self.next_id, name, kind, login.lower())
        self.next_id += 1
        self.principals[name.lower()] = principal
        return principal

    def remove(self, principal: Principal) -> None:
        """Remove a user or a role, its memberships and what it was granted."""
        del self.principals[principal.name.lower()]
        for other in self.principals.values():
            other.roles.discard(principal.name.lower())
        gone = [key for key in self.rights if key[0] == principal.principal_id]
        for key in gone:
            del self.rights[key]
        for object_id in list(self.columns):
            self._keep(object_id, lambda given: given[0] != principal.principal_id)

    def user_of(self, login: Login, database: str) -> Principal | None:
        """Return a login's user in this database, None if it may not enter."""
        if login.sysadmin:
            return self.principals["dbo"]
        if login.only[:1] == (database.lower(),):
            return self.principals.get(login.only[1])
        for principal in self.principals.values():
            if principal.kind == "S" and not login.only and principal.login == login.name.lower():
                return principal
        return self.principals["guest"] if database.lower() in SYSTEM_DATABASES else None

    def acting(self, user: Principal) -> list[Principal]:
        """Return a user and every role it acts in."""
        found = {user.name.lower(): user, "public": self.principals["public"]}
        queue = [user]
        while queue:
            for role in queue.pop().roles:
                if role not in found:
                    found[role] = self.principals[role]
                    queue.append(self.principals[role])
        return list(found.values())

    def allows(self, user: Principal, permission: str, *scopes: Securable) -> bool:
        """Return whether a user has a permission on what ``scopes`` name, from wide to narrow."""
        acting = self.acting(user)
        names = {principal.name.lower() for principal in acting}
        if user.name == "dbo" or "db_owner" in names:
            return True
        if any(permission in denied for role, denied in _DENYING.items() if role in names):
            return False
        if False in self._decisions(acting, (permission, "CONTROL"), scopes):
            return False
        holding = (permission, "CONTROL", *_COVERING.get(permission, ()))
        return True in self._decisions(acting, holding, scopes) or any(
            permission in FIXED_ROLES.get(name, frozenset()) for name in names
        )

    def decide(
        self, principal: Principal, permission: str, securable: Securable, given: bool | None
    ) -> None:
        """Grant, deny or (None) revoke a permission on a whole securable.

        That decides on each of its columns as well.
        """
        key = (principal.principal_id, permission, securable)
        self.rights.pop(key, None)
        if given is not None:
            self.rights[key] = given
        kind, number = securable
        if kind == "OBJECT" and number in self.columns:
            self._keep(int(number), lambda one: one[:2] != key[:2])

    def decide_on_columns(
        self, principal: Principal, permission: str, object_id: int, columns: list[int],
        given: bool | None,
    ) -> None:  # fmt: skip
        """Grant, deny or (None) revoke a permission on columns of a table or view."""
        known = self.columns.setdefault(object_id, {})
        for column in columns:
            known.pop((principal.principal_id, permission, column), None)
            if given is not None:
                known[principal.principal_id, permission, column] = given
        self._keep(object_id, lambda _: True)

    def _keep(self, object_id: int, kept: Callable[[tuple[int, str, int]], bool]) -> None:
        left = {key: given for key, given in self.columns[object_id].items() if kept(key)}
        if left:
            self.columns[object_id] = left
        else:
            del self.columns[object_id]

    def decided_on_columns(
        self, user: Principal, permission: str, object_id: int
    ) -> dict[int, bool]:
        """Return what was decided on single columns for a user and its roles, by column id."""
        given = self.columns.get(object_id)
        if not given or self.owns(user):
            return {}
        acting = {principal.principal_id for principal in self.acting(user)}
        found: dict[int, bool] = {}
        for (principal, one, column), allowed in given.items():
            if one == permission and principal in acting:
                found[column] = allowed and found.get(column, True)
        return found

    def owns(self, user: Principal) -> bool:
        """Return whether a user may do everything in this database."""
        return user.name == "dbo" or any(p.name == "db_owner" for p in self.acting(user))

    def _decisions(
        self, acting: list[Principal], permissions: tuple[str, ...], scopes: tuple[Securable, ...]
    ) -> Iterator[bool]:
        for principal in acting:
            for permission in permissions:
                for scope in scopes:
                    decision = self.rights.get((principal.principal_id, permission, scope))
                    if decision is not None:
                        yield decision
