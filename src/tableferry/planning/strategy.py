"""Publishing strategies as the plan sees them, and how ``publish: auto`` chooses one. Pure.

What a strategy does in PostgreSQL is declared beside its code, in ``postgres/publish``; here is
what a plan asks of it. Nothing but the registry knows which strategies there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tableferry.config import LedgerUse, Publish, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.schema import Obstacle, TargetSchema
from tableferry.planning.column_plan import ColumnPlan


@dataclass(frozen=True, slots=True)
class Candidate:
    """An existing target table and what is to be loaded into it, for a strategy to judge.

    ``key`` names the target's columns of the key, and is empty where the key is not carried whole.
    ``complete``: the load holds every row that the target should have afterwards.
    """

    spec: TableSpec
    target: TargetSchema
    columns: Sequence[ColumnPlan]
    key: tuple[str, ...]
    complete: bool = True

    def obstacles(self, strategy: str) -> tuple[Obstacle, ...]:
        """Return what the catalog says of the table that matters to this strategy."""
        return self.target.obstacles.get(strategy, ())


@dataclass(frozen=True, slots=True)
class Suitability:
    """Whether ``auto`` may take a strategy, and why (not)."""

    suits: bool
    reason: str


class Strategy(Protocol):
    """How a load becomes visible, as far as a plan is concerned.

    ``staged``: rows come by way of a staging table, so they can be loaded in chunks, and publishing
    can be tried again without reading. ``needs_key``: rows are told apart by a key. ``in_place``:
    rows that stay are kept, so the target's other columns keep their values, and a load need not be
    complete. ``check`` returns warnings and raises SchemaError where the table cannot be loaded
    like this; ``suits`` says whether ``auto`` may choose it; ``readers_wait`` says for how long
    queries on the target wait, given the estimated rows.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - described above, like the others

    @property
    def staged(self) -> bool: ...  # noqa: D102

    @property
    def needs_key(self) -> bool: ...  # noqa: D102

    @property
    def in_place(self) -> bool: ...  # noqa: D102

    def check(self, candidate: Candidate) -> tuple[str, ...]: ...  # noqa: D102

    def suits(self, candidate: Candidate) -> Suitability: ...  # noqa: D102

    def readers_wait(self, rows: int | None, *, adds_columns: bool) -> str: ...  # noqa: D102


Strategies = Mapping[str, Strategy]
"""By name, in the order in which ``auto`` considers them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan's strategy; ``reason`` is why ``auto`` chose it, empty where it was asked for."""

    strategy: Strategy
    reason: str
    warnings: tuple[str, ...]


def choose(candidate: Candidate, strategies: Strategies) -> Choice:
    """Return the strategy that is asked for, or the first that suits; raises SchemaError."""
    spec = candidate.spec
    if spec.publish is not Publish.AUTO:
        strategy = strategies[spec.publish.value]
        require_ledger(spec, strategy)
        require_key(spec, strategy, candidate.key)
        _require_complete(candidate, strategy)
        return Choice(strategy, "", strategy.check(candidate))
    passed_over: list[str] = []
    for strategy in strategies.values():
        found = _judged(candidate, strategy)
        if found.suits:
            reason = "; ".join([*passed_over, f"{strategy.name}: {found.reason}"])
            return Choice(strategy, reason, strategy.check(candidate))
        passed_over.append(f"not {strategy.name}: {found.reason}")
    raise SchemaError(
        f"No publishing strategy suits {spec.target}: {'; '.join(passed_over)}",
        hint="Name one in 'publish' to see what it needs, or change what is in its way.",
    )


def _judged(candidate: Candidate, strategy: Strategy) -> Suitability:
    if strategy.staged and candidate.spec.ledger is LedgerUse.OFF:
        return Suitability(suits=False, reason="it needs the ledger")
    if strategy.needs_key and not candidate.key:
        return Suitability(suits=False, reason="the table is carried without a key")
    if not strategy.in_place and not candidate.complete:
        return Suitability(suits=False, reason="it would lose the rows that did not change")
    return strategy.suits(candidate)


def require_key(spec: TableSpec, strategy: Strategy, key: Sequence[str]) -> None:
    """Refuse a strategy that needs a key and has none; raises SchemaError."""
    if strategy.needs_key and not key:
        raise SchemaError(
            f"{spec.source} is carried without a key, so its rows cannot be told apart to be "
            f"merged into {spec.target}",
            hint="Name the columns that tell its rows apart in 'primary_key', and carry all of "
            "them; or use 'publish': 'swap', which needs no key.",
        )


def require_ledger(spec: TableSpec, strategy: Strategy) -> None:
    """Refuse a staging table that no ledger would know of; raises SchemaError."""
    if strategy.staged and spec.ledger is LedgerUse.OFF:
        raise SchemaError(
            f"'publish': {strategy.name!r} of {spec.target} needs the ledger, which knows its "
            "staging table",
            hint="Leave 'ledger': 'off' out, or use 'publish': 'truncate'.",
        )


def _require_complete(candidate: Candidate, strategy: Strategy) -> None:
    if not candidate.complete and not strategy.in_place:
        raise SchemaError(
            f"'mode': {str(candidate.spec.mode)!r} reads only the rows of {candidate.spec.source} "
            f"that changed, and 'publish': {strategy.name!r} would lose the others",
            hint="Use 'publish': 'merge' or 'auto'.",
        )
