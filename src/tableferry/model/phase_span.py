"""When a table's run was in which phase: what results and the ledger have of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    """A phase that a table's run was in, from ``begin`` to ``end`` seconds after its own beginning.

    ``phase`` is a word of ``runs.events.Phase``. A phase may come again: after a retry, say.
    """

    phase: str
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end - self.begin


def seconds_by_phase(spans: Sequence[PhaseSpan]) -> dict[str, float]:
    """Return how long each phase lasted in all, in the order in which they were entered."""
    total: dict[str, float] = {}
    for span in spans:
        total[span.phase] = total.get(span.phase, 0.0) + span.seconds
    return {phase: round(seconds, 3) for phase, seconds in total.items()}


def to_json(spans: Sequence[PhaseSpan]) -> list[list[Any]]:
    """Return the form that the ledger has: ``[["load", 0.8, 12.4], ...]``."""
    return [[span.phase, round(span.begin, 3), round(span.end, 3)] for span in spans]


def from_json(form: object) -> tuple[PhaseSpan, ...]:
    """Return the spans of the ledger's form; none for NULL."""
    if not isinstance(form, list):
        return ()
    return tuple(PhaseSpan(str(phase), float(begin), float(end)) for phase, begin, end in form)
