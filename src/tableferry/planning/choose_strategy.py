"""The publishing strategies' interface to the plan, and the choice of ``publish: auto``. Pure.

What a strategy does in PostgreSQL is declared beside its code in ``postgres/publish``. Only the
registry knows which strategies exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tableferry.config import LedgerUse, Publish, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.schema import Obstacle, TargetSchema
from tableferry.planning.column_plan import ColumnPlan


@dataclass(frozen=True, slots=True)
class Candidate:
    """An existing target table and the load into it, for a strategy to judge.

    ``key`` names the key's target columns, and is empty unless all of them are carried. ``rows`` is
    how many the source has, as far as its catalog knows.
    """

    spec: TableSpec
    target: TargetSchema
    columns: Sequence[ColumnPlan]
    key: tuple[str, ...]
    rows: int | None = None

    def obstacles(self, strategy: str) -> tuple[Obstacle, ...]:
        """Return the obstacles to this strategy in the table's catalog entries."""
        return self.target.obstacles.get(strategy, ())


@dataclass(frozen=True, slots=True)
class Suitability:
    """Whether ``auto`` may choose a strategy, and the reason.

    ``is_best``: it is chosen before those that come first in the order.
    """

    suits: bool
    reason: str
    is_best: bool = False


class Strategy(Protocol):
    """A publishing strategy, as far as a plan is concerned: how a load becomes visible.

    ``staged``: rows go through a staging table, so they can be loaded in chunks, and publishing can
    be retried without reading again. ``needs_key``: it identifies rows by a key. ``in_place``: it
    changes existing rows, so columns that are not loaded keep their values. ``check`` returns
    warnings, and raises SchemaError where the strategy cannot load the table. ``suits`` returns
    whether ``auto`` may choose it. ``readers_wait`` describes how long queries on the target wait,
    given the estimated rows.
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
    """A plan's strategy; ``reason`` is why ``auto`` chose it, empty where it was configured."""

    strategy: Strategy
    reason: str
    warnings: tuple[str, ...]


def choose(candidate: Candidate, strategies: Strategies, merging: Strategy | None = None) -> Choice:
    """Return how the table's loads are published; raises SchemaError where they cannot be.

    Of complete loads: the configured strategy, or for ``auto`` the first that suits. ``merging``
    publishes changes alone, however a complete load is published; None where there are none.
    Without ``strategies`` there are only changes.
    """
    if not strategies:
        if merging is None:
            raise TypeError("a plan needs a strategy")
        return Choice(merging, "", _require_merging(candidate, merging))
    choice = _of_complete_loads(candidate, strategies)
    if merging is None or merging is choice.strategy:
        return choice
    return replace(choice, warnings=choice.warnings + _require_merging(candidate, merging))


def _require_merging(candidate: Candidate, merging: Strategy) -> tuple[str, ...]:
    """Return warnings about how changes get into the table; raises SchemaError."""
    require_key(candidate.spec, merging, candidate.key)
    return merging.check(candidate)


def _of_complete_loads(candidate: Candidate, strategies: Strategies) -> Choice:
    spec = candidate.spec
    if spec.publish is not Publish.AUTO:
        strategy = strategies[spec.publish.value]
        require_ledger(spec, strategy)
        require_key(spec, strategy, candidate.key)
        _require_in_place(spec, strategy)
        return Choice(strategy, "", strategy.check(candidate))
    judged = [(strategy, _judged(candidate, strategy)) for strategy in strategies.values()]
    best = [(strategy, found) for strategy, found in judged if found.suits and found.is_best]
    rejected: list[str] = []
    for strategy, found in best or judged:
        if found.suits:
            reason = "; ".join([*rejected, f"{strategy.name}: {found.reason}"])
            return Choice(strategy, reason, strategy.check(candidate))
        rejected.append(f"not {strategy.name}: {found.reason}")
    raise SchemaError(
        f"No publishing strategy suits {spec.target}: {'; '.join(rejected)}",
        hint="Name one in 'publish' to see what it needs, or remove what prevents it.",
    )


def _require_in_place(spec: TableSpec, strategy: Strategy) -> None:
    """Refuse a strategy that would lose rows that are to stay; raises SchemaError."""
    if spec.deletes.keeps_rows and not strategy.in_place:
        raise SchemaError(
            f"'deletes': {str(spec.deletes)!r} of {spec.target} needs rows that stay in place, and "
            f"'publish': {strategy.name!r} replaces all of them",
            hint="Use 'publish': 'merge' or 'auto'.",
        )


def _judged(candidate: Candidate, strategy: Strategy) -> Suitability:
    if strategy.staged and candidate.spec.ledger is LedgerUse.OFF:
        return Suitability(suits=False, reason="it needs the ledger")
    if strategy.needs_key and not candidate.key:
        return Suitability(suits=False, reason="the table is carried without a key")
    if not strategy.in_place and candidate.spec.deletes.keeps_rows:
        return Suitability(suits=False, reason="it would lose rows that the source has deleted")
    return strategy.suits(candidate)


def require_key(spec: TableSpec, strategy: Strategy, key: Sequence[str]) -> None:
    """Refuse a strategy that needs a key and has none; raises SchemaError."""
    if strategy.needs_key and not key:
        raise SchemaError(
            f"{spec.source} is carried without a key, so its rows cannot be matched with those of "
            f"{spec.target}",
            hint="Name the columns that identify a row in 'primary_key', and carry all of them; or "
            "use 'publish': 'swap', which needs no key.",
        )


def require_ledger(spec: TableSpec, strategy: Strategy) -> None:
    """Refuse a staging table without a ledger to track it; raises SchemaError."""
    if strategy.staged and spec.ledger is LedgerUse.OFF:
        raise SchemaError(
            f"'publish': {strategy.name!r} of {spec.target} needs the ledger, which tracks its "
            "staging table",
            hint="Omit 'ledger': 'off', or use 'publish': 'truncate'.",
        )
