"""The syntax tree of security: principals, their permissions, security policies."""

from dataclasses import dataclass

from tableferry_sandbox.engine.tree.statements import Path, Statement
from tableferry_sandbox.engine.tree.syntax import Node


@dataclass(frozen=True, slots=True)
class PrincipalChange(Statement):
    """CREATE, ALTER or DROP of a login, a user or a role.

    ``action``: create, alter, drop, enable, disable, add member, drop member; ``of`` is a user's
    login or a role's member.
    """

    action: str
    kind: str
    name: str
    of: str = ""
    options: tuple[tuple[str, str], ...] = ()
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class Permission(Node):
    """A permission as GRANT names it; without ``columns`` it is on the whole securable."""

    name: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant(Statement):
    """GRANT, DENY or REVOKE; ``securable_class``: DATABASE, SCHEMA or OBJECT."""

    action: str
    permissions: tuple[Permission, ...]
    securable_class: str
    securable: Path
    principals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PredicateChange(Node):
    """What a security policy adds, alters or drops.

    ``operation`` is empty for a block predicate on all operations and for a filter predicate.
    """

    action: str
    block: bool
    table: Path
    function: Path = ()
    arguments: tuple[Node, ...] = ()
    texts: tuple[str, ...] = ()
    operation: str = ""


@dataclass(frozen=True, slots=True)
class PolicyChange(Statement):
    """CREATE or ALTER SECURITY POLICY; what is not given is None."""

    name: Path
    create: bool
    predicates: tuple[PredicateChange, ...] = ()
    enabled: bool | None = None
    schema_bound: bool | None = None
    not_for_replication: bool | None = None
