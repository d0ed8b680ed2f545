"""What a benchmark found: sections with their bars and charts, kept as JSON beside the page.

Each group of measurements writes its section as soon as it has it. A section that is not measured
again stays as it is, with its date.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: the measured value, the required one, and whether it is met."""

    name: str
    measured: str
    required: str
    met: bool


def at_most(name: str, value: float, limit: float, unit: str = "x") -> Bar:
    """Return a bar that a value meets up to its limit."""
    return Bar(name, f"{value:.2f}{unit}", f"<= {limit:g}{unit}", value <= limit)


def at_least(name: str, value: float, limit: float, unit: str = "x") -> Bar:
    """Return a bar that a value meets from its limit."""
    return Bar(name, f"{value:.2f}{unit}", f">= {limit:g}{unit}", value >= limit)


def below(name: str, value: float, limit: float, unit: str, digits: int = 0) -> Bar:
    """Return a bar that a value meets below its limit; the unit stands after a blank."""
    return Bar(name, f"{value:.{digits}f} {unit}", f"< {limit:g} {unit}", value < limit)


@dataclass(frozen=True, slots=True)
class Chart:
    """Values to draw as horizontal bars, in their order.

    ``rows`` are labels with values; those with a label in ``ours`` are drawn in another colour.
    """

    name: str
    title: str
    unit: str
    rows: tuple[tuple[str, float], ...]
    ours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: ``body`` is Markdown. ``when`` says when and on what it was measured.

    ``error`` is what went wrong the last time, empty where nothing did.
    """

    title: str
    body: str
    bars: tuple[Bar, ...] = ()
    charts: tuple[Chart, ...] = ()
    when: str = ""
    error: str = ""

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> "Section":
        """Return the section that ``asdict`` made a dict of."""
        bars = tuple(Bar(**one) for one in found["bars"])
        charts = tuple(
            Chart(
                **{
                    **one,
                    "rows": tuple((label, value) for label, value in one["rows"]),
                    "ours": tuple(one["ours"]),
                }
            )
            for one in found["charts"]
        )
        return cls(**{**found, "bars": bars, "charts": charts})


@dataclass(slots=True)
class Results:
    """The sections by group, in a file."""

    file: Path
    sections: dict[str, Section] = field(default_factory=dict)

    @classmethod
    def at(cls, file: Path) -> "Results":
        """Read them; there are none where the file is missing. Raises OSError, ValueError."""
        if not file.exists():
            return cls(file)
        found = json.loads(file.read_text())
        return cls(file, {name: Section.from_dict(one) for name, one in found.items()})

    def keep(self, name: str, section: Section) -> None:
        """Put a section in the place of an earlier one."""
        self.sections[name] = section
        self._write()

    def failed(self, name: str, title: str, error: str) -> None:
        """Note that a measurement failed; what was measured earlier stays."""
        earlier = self.sections.get(name, Section(title, ""))
        self.sections[name] = replace(earlier, error=error)
        self._write()

    def _write(self) -> None:
        kept = {name: asdict(section) for name, section in self.sections.items()}
        self.file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
