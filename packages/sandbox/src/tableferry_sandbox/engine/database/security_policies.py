"""Security policies: which function decides on which rows of a table (row-level security)."""

from dataclasses import dataclass, field
from typing import ClassVar

from tableferry_sandbox.engine.database.other_objects import InlineFunction, SchemaObject
from tableferry_sandbox.engine.tree.syntax import Node


@dataclass(eq=False, kw_only=True)
class SecurityPolicy(SchemaObject):
    """A security policy; its predicates are at their tables as well."""

    enabled: bool = True
    schema_bound: bool = True
    not_for_replication: bool = False
    predicates: "list[SecurityPredicate]" = field(default_factory=list)
    next_id: int = 1
    kind: ClassVar[str] = "SP"
    description: ClassVar[str] = "SECURITY_POLICY"


@dataclass(eq=False)
class SecurityPredicate:
    """One predicate of a policy, on the table with the id ``target``.

    ``operation`` is empty for a block predicate on all operations and for a filter predicate;
    ``text`` is how the catalog shows the call of the function.
    """

    predicate_id: int
    policy: SecurityPolicy
    block: bool
    operation: str
    target: int
    function: InlineFunction
    arguments: tuple[Node, ...]
    text: str

    def blocks(self, operation: str) -> bool:
        """Return whether this predicate is in force for an operation."""
        return self.block and self.policy.enabled and self.operation in ("", operation)

    @property
    def filters(self) -> bool:
        """Whether this predicate hides rows now."""
        return not self.block and self.policy.enabled
